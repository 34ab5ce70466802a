"""A page that shows what became of an issue: one file, no scripts, nothing from the network.

It names domains and never a reader.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from newsletter_mailer.report.standing import Standing, gone_words
from newsletter_mailer.report.timeline import Sitting, milestones, sittings
from newsletter_mailer.settings.quantities import span_text
from newsletter_mailer.store.figures import Moment
from newsletter_mailer.store.runs import RunRecord
from newsletter_mailer.store.states import TROUBLE, State

_MOST = 20  #: rows of a table
#: In the order of a bar, with what each means to somebody who never heard of SMTP.
_MEANINGS = {
    State.SENT: ("have it", "The mail server took the message."),
    State.DEFERRED: ("were put off", "The server said “later”. The next run tries again."),
    State.REFUSED: ("were refused", "The server said no, for good. They are never tried again."),
    State.UNKNOWN: (
        "are unknown",
        "The line was lost before the server answered. A person decides; nothing is sent twice.",
    ),
    State.SENDING: ("are on their way", "A run is at work, or was cut off."),
    State.QUEUED: ("are still waiting", "Not tried yet. The next run mails them."),
}
_HOW = {
    "resend": "to be sent again",
    "assume-sent": "taken as sent",
    "evidence": "taken as sent, as the mail server’s log shows",
    "retry": "refused, to be tried again",
    "again": "who had it, mailed once more",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the numbers are of. `made`: now; `zone`: the newsletter's."""

    newsletter: str
    made: datetime
    zone: tzinfo
    is_rehearsal: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """A state's part of a bar, in hundredths of it."""

    state: State
    begins: float
    width: float
    count: int


@dataclass(frozen=True, slots=True)
class _Place:
    """A row of a table: a domain, a variant, a run."""

    name: str
    total: int
    parts: Sequence[_Part]

    @property
    def words(self) -> str:
        return ", ".join(f"{part.count:,} {part.state}" for part in self.parts)


def page(standing: Standing, moments: Sequence[Moment], about: About) -> str:
    """HTML. `moments`: when attempts ended, in that order."""
    zone = about.zone
    gone = sum(standing.no_longer_mailed.values())
    curves = sittings(moments, standing.runs, standing.readers + gone, zone)
    return _template().render(
        about=about,
        standing=standing,
        share=_share(standing),
        outcome=_place("all readers", standing.counts),
        tiles=[
            (state, *words, standing.counts.get(state, 0))
            for state, words in _MEANINGS.items()
            if standing.counts.get(state)
        ],
        curves=curves,
        milestones=[*_milestones(moments, about)],
        domains=_places(standing.domains),
        variants=_places(standing.variants),
        reasons=standing.reasons[:_MOST],
        reasons_left=len(standing.reasons[_MOST:]),
        runs=[_run(run, about) for run in standing.runs],
        settled=[
            (one.at.astimezone(zone), len(one.addresses), _HOW[one.how])
            for one in standing.resolutions
        ],
        gone=gone,
        gone_words=gone_words(standing),
        describe=_describe,
        span=span_text,
    )


def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("newsletter_mailer.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda count: f"{count:,}"
    environment.filters["day"] = lambda moment: f"{moment.day} {moment:%B %Y}"
    return environment.get_template("page.html")


def _share(standing: Standing) -> str:
    """Never rounded up to all."""
    if not standing.readers:
        return "0 %"
    tenths = 1000 * standing.counts.get(State.SENT, 0) // standing.readers
    return "100 %" if tenths == 1000 else f"{tenths / 10:.1f} %"


def _place(name: str, counts: Mapping[State, int]) -> _Place:
    total = sum(counts.values())
    parts: list[_Part] = []
    begins = 0.0
    for state in _MEANINGS:
        if counts.get(state):
            width = 100 * counts[state] / total
            parts.append(_Part(state, round(begins, 3), round(width, 3), counts[state]))
            begins += width
    return _Place(name, total, parts)


def _places(groups: Mapping[str, Counter[State]]) -> list[_Place]:
    """Those with the most trouble first; what is too much for a table is one row."""
    ordered = sorted(
        groups.items(),
        key=lambda item: (-sum(item[1][s] for s in TROUBLE), -item[1].total(), item[0]),
    )
    shown = [_place(name, counts) for name, counts in ordered[:_MOST]]
    rest = ordered[_MOST:]
    if rest:
        together: Counter[State] = Counter()
        for _, counts in rest:
            together.update(counts)
        shown.append(_place(f"{len(rest):,} more", together))
    return shown


def _run(run: RunRecord, about: About) -> dict[str, object]:
    return {
        "number": run.number,
        "began": run.began.astimezone(about.zone),
        "took": span_text((run.ended - run.began).total_seconds()) if run.ended else None,
        "planned": run.planned,
        "chosen": ", ".join(word for words in run.filters.values() for word in words),
        "skipped": run.skipped,
        "outcome": _place("", run.counts or {}),
    }


def _milestones(moments: Sequence[Moment], about: About) -> Iterator[str]:
    """When half, nine in ten and all of those who have it had it."""
    for _, moment in milestones(moments, about.zone):
        day = f" on {moment.day} {moment:%B}" if moment.date() != about.made.date() else ""
        yield f"{moment:%H:%M:%S}{day}"


def _describe(curves: Sequence[Sitting], readers: int) -> str:
    """The picture in words, for who cannot see it."""
    return " ".join(
        f"Run {curve.run}, from {curve.began:%d %B %H:%M} to {curve.ended:%H:%M}: "
        f"{curve.ended_with[State.SENT]:,} of {readers:,} readers had it at its end."
        for curve in curves
    )
