"""An issue's standing for people: how many, why not, where, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

import typer
from rich.cells import cell_len, set_cell_size

from newsletter_mailer.characters.terminal import visible
from newsletter_mailer.cli.terminal.printing import counted, local_minute, table
from newsletter_mailer.report.standing import Standing, gone_words
from newsletter_mailer.store.runs import RunRecord
from newsletter_mailer.store.states import AS_TOLD, TROUBLE, State

_MOST = 12  #: lines of a part
_LEAST_BAR, _LONGEST_BAR = 10, 60  #: columns
_BLOCKS = " ▏▎▍▌▋▊▉█"
_COLOURS = {
    State.SENT: "green",
    State.DEFERRED: "yellow",
    State.REFUSED: "red",
    State.UNKNOWN: "magenta",
    State.SENDING: "cyan",
    State.QUEUED: "blue",
}
_HOW = {
    "resend": "sent again",
    "assume-sent": "taken as sent",
    "evidence": "taken as sent",
    "retry": "refused, to be tried again",
    "again": "who had it, mailed once more",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Where it is read. `width` None: lines are as long as they are."""

    width: int | None
    has_colours: bool
    has_blocks: bool  #: the characters of bars, which an old console lacks
    zone: tzinfo


def standing_text(standing: Standing, screen: Screen, *, name: str, command: str) -> str:
    """`name`: of the issue. `command`: the options that follow a command's name."""
    counts = ", ".join(f"{count:,} {state}" for state, count in standing.counts.items())
    parts = [
        [f"{name}: {counts or 'nobody is owed it'}"],
        _bars(standing.counts, screen),
        _reasons(standing, screen),
        _places("Domain", standing.domains, screen),
        _places("Variant", standing.variants, screen) if len(standing.variants) > 1 else [],
        _runs(standing, screen),
        _resolutions(standing, screen),
        _what_to_do(standing, command),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _paint(text: str, state: State, screen: Screen) -> str:
    return typer.style(text, fg=_COLOURS[state]) if screen.has_colours else text


def _bold(text: str, screen: Screen) -> str:
    return typer.style(text, bold=True) if screen.has_colours else text


def _cut(text: str, room: int | None) -> str:
    """On one line of so many columns, with a mark where something is missing."""
    text = visible(text)
    if room is None or cell_len(text) <= room:
        return text
    return f"{set_cell_size(text, room - 1).rstrip()}…"


def _bars(counts: Mapping[State, int], screen: Screen) -> list[str]:
    if not counts:
        return []
    total = sum(counts.values())
    digits = max(len(f"{count:,}") for count in counts.values())
    room = (screen.width or 80) - 2 - 8 - 2 - digits - 2 - 9
    room = max(_LEAST_BAR, min(room, _LONGEST_BAR))
    lines = []
    for state, count in counts.items():
        bar = _bar(count / total, room, screen)
        share = f"{100 * count / total:5.1f} %"
        painted = _paint(bar, state, screen) + " " * (room - len(bar))
        lines.append(f"  {state:8}  {count:>{digits},}  {painted}  {share}")
    return lines


def _bar(share: float, room: int, screen: Screen) -> str:
    """Somebody is never nothing: the shortest bar is an eighth of a column."""
    if not screen.has_blocks:
        return "#" * max(1, round(share * room))
    whole, eighths = divmod(max(1, round(share * room * 8)), 8)
    return _BLOCKS[8] * whole + _BLOCKS[eighths].strip()


def _reasons(standing: Standing, screen: Screen) -> list[str]:
    if not standing.reasons:
        return []
    digits = max(len(f"{one.count:,}") for one in standing.reasons)
    codes = [f"{one.code or ''} {one.enhanced or ''}".strip() for one in standing.reasons]
    width = max(map(len, codes[:_MOST]))
    lines = [_bold("Why", screen)]
    for one, code in zip(standing.reasons[:_MOST], codes, strict=False):
        head = f"  {_paint(f'{one.state:8}', one.state, screen)}  {one.count:>{digits},}  "
        head += f"{code:{width}}  " if width else ""
        taken = 2 + 8 + 2 + digits + 2 + (width + 2 if width else 0)
        lines.append(head + _cut(one.text, screen.width and screen.width - taken))
    return [*lines, *_rest(standing.reasons, "reason")]


def _places(title: str, places: Mapping[str, Counter[State]], screen: Screen) -> list[str]:
    """Those with the most trouble first."""
    states = [
        state for state in (State.SENT, *TROUBLE) if any(place[state] for place in places.values())
    ]
    if not places or (len(places) == 1 and states == [State.SENT]):
        return []
    ordered = sorted(
        places.items(), key=lambda item: (-sum(item[1][s] for s in TROUBLE), -item[1].total())
    )
    room = screen.width and screen.width - 4 - 10 * len(states)
    rows = [(title, *(state.value for state in states))]
    rows += [
        (_cut(name, room), *(f"{place[state]:,}" if place[state] else "-" for state in states))
        for name, place in ordered[:_MOST]
    ]
    head, *lines = table(rows, right=range(1, len(states) + 1)).split("\n")
    return [_bold(head, screen), *(f"  {line}" for line in lines), *_rest(ordered, title.lower())]


def _rest(everything: Sequence[object], what: str) -> Iterator[str]:
    if len(everything) > _MOST:
        yield f"  and {counted(len(everything) - _MOST, f'more {what}')} (see --json)"


def _runs(standing: Standing, screen: Screen) -> list[str]:
    if not standing.runs:
        return []
    shown = standing.runs[-_MOST:]
    lines = [_bold("Runs", screen)]
    if len(standing.runs) > len(shown):
        lines.append(f"  {counted(len(standing.runs) - len(shown), 'earlier run')} (see --json)")
    for run in shown:
        lines += _run(run, screen)
    return lines


def _run(run: RunRecord, screen: Screen) -> Iterator[str]:
    began, ended = local_minute(run.began, screen.zone), local_minute(run.ended, screen.zone)
    until = "cut short" if not ended else f"to {ended[11:] if ended[:10] == began[:10] else ended}"
    who = " on ".join(filter(None, run.by))
    chosen = [f"{name}: {', '.join(words)}" for name, words in run.filters.items() if words]
    first = f"{began} {until}" + (f"  {who}" if who else "")
    yield _cut(f"  {run.number}  {first}", screen.width)
    facts = [counted(run.planned, "reader"), *chosen]
    facts.append(f"content {run.content_hash[:8]}")
    facts += [f"{count:,} skipped ({reason})" for reason, count in run.skipped.items()]
    if run.counts:
        facts.append(
            "at its end "
            + ", ".join(
                f"{run.counts[state]:,} {state}" for state in AS_TOLD if state in run.counts
            )
        )
    if run.past_dates:
        facts.append(f"{counted(run.past_dates, 'date')} past, sent on purpose")
    if run.version:
        facts.append(f"newsletter-mailer {run.version}, template {run.template}")
    indent = " " * (len(f"  {run.number}  "))
    yield from (f"{indent}{line}" for line in _filled(facts, screen.width, len(indent)))


def _filled(facts: Sequence[str], width: int | None, indent: int) -> list[str]:
    """As many on a line as fit."""
    lines: list[str] = []
    for fact in facts:
        if lines and (width is None or indent + cell_len(lines[-1]) + 2 + cell_len(fact) <= width):
            lines[-1] += f"; {fact}"
        else:
            lines.append(fact)
    return lines


def _resolutions(standing: Standing, screen: Screen) -> list[str]:
    if not standing.resolutions:
        return []
    lines = [_bold("Settled", screen)]
    for one in standing.resolutions[-_MOST:]:
        who = " on ".join(filter(None, one.by))
        why = f"by {one.log}, " if one.log else ""
        when = local_minute(one.at, screen.zone)
        what = f"{counted(len(one.addresses), 'reader')} {_HOW[one.how]}"
        lines.append(_cut(f"  {when}  {what} ({why}{who})", screen.width))
    return lines


def _what_to_do(standing: Standing, command: str) -> list[str]:
    unknown = standing.counts.get(State.UNKNOWN, 0)
    lines = []
    if standing.no_longer_mailed:
        gone = sum(standing.no_longer_mailed.values())
        are = "reader is" if gone == 1 else "readers are"
        lines.append(f"{gone:,} {are} not mailed any more: {gone_words(standing)}.")
    if standing.counts.get(State.SENDING):
        lines.append("A send is at work, or was cut off: the next one finds out how far it came.")
    if standing.owed:
        readers = counted(standing.owed, "reader")
        lines.append(f"{readers} still owed it: newsletter-mailer send {command}")
    if any(run.skipped for run in standing.runs):
        lines.append(f"Who was skipped, and why: newsletter-mailer status {command} --skipped")
    if "--sandbox" not in command and (refused := standing.counts.get(State.REFUSED)):
        lines.append(f"{refused:,} refused: once a reason is gone, they can be mailed again:")
        lines.append(
            f"newsletter-mailer resolve {command} --refused retry (some: --domain, --reply)"
        )
    if unknown and "--sandbox" not in command:
        lines.append(
            f"{unknown:,} unknown: look whether they have it, or ask the mail server's log, then"
        )
        lines.append(f"newsletter-mailer resolve {command} --unknown resend (or assume-sent)")
    return lines
