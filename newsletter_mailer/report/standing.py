"""An issue in numbers, as the ledger has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from newsletter_mailer.store.figures import LEFT
from newsletter_mailer.store.resolutions import Resolution
from newsletter_mailer.store.runs import RunRecord
from newsletter_mailer.store.states import AS_TOLD, OWED, State

#: By reason; another one stands for itself.
_GONE = {
    LEFT: "no longer among its readers",
    "manual": "taken out by hand",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why so many were not sent. `text` names nobody."""

    state: State
    code: int | None
    enhanced: str | None
    text: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Without counts and whoever is no longer mailed: the issue was not sent yet."""

    issue: str
    counts: Mapping[State, int] = field(default_factory=dict)  #: of who has it, or may get it
    #: Owed it once, and mailed by no send any more: how many, by reason (`store.figures.LEFT`).
    no_longer_mailed: Mapping[str, int] = field(default_factory=dict)
    domains: Mapping[str, Counter[State]] = field(default_factory=dict)  #: of those tried
    variants: Mapping[str, Counter[State]] = field(default_factory=dict)  #: of those tried
    reasons: Sequence[Reason] = ()  #: the most frequent first
    runs: Sequence[RunRecord] = ()  #: oldest first
    resolutions: Sequence[Resolution] = ()

    @property
    def readers(self) -> int:
        return sum(self.counts.values())

    @property
    def was_begun(self) -> bool:
        return bool(self.counts or self.no_longer_mailed)

    @property
    def owed(self) -> int:
        """How many the next send mails, if the lists are as they were at the last."""
        return sum(self.counts.get(state, 0) for state in OWED)

    def as_json(self, *, with_addresses: bool = False) -> dict[str, object]:
        """What `status --json` prints, but for the list of addresses."""
        return {
            "issue": self.issue,
            "counts": {state.value: count for state, count in self.counts.items()},
            "no_longer_mailed": dict(self.no_longer_mailed),
            "runs": [_run(run) for run in self.runs],
            "domains": _by_state(self.domains),
            "variants": _by_state(self.variants),
            "reasons": [
                {
                    "state": one.state.value,
                    "code": one.code,
                    "enhanced": one.enhanced,
                    "text": one.text,
                    "count": one.count,
                }
                for one in self.reasons
            ],
            "resolutions": [_resolution(one, with_addresses) for one in self.resolutions],
        }


def _run(run: RunRecord) -> dict[str, object]:
    return {
        "run": run.number,
        "began": _moment(run.began),
        "ended": _moment(run.ended),
        "who": run.by.who,
        "host": run.by.host,
        "filters": run.filters,
        "content_hash": run.content_hash,
        "planned": run.planned,
        "skipped": run.skipped,
        "counts": run.counts,
        "version": run.version,
        "template": run.template,
        "past_dates": run.past_dates,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="microseconds")


def gone_words(standing: Standing) -> str:
    """`1 unsubscribed, 1 no longer among its readers`."""
    return ", ".join(
        f"{count:,} {_GONE.get(why, why)}" for why, count in standing.no_longer_mailed.items()
    )


def _by_state(groups: Mapping[str, Counter[State]]) -> dict[str, dict[str, int]]:
    return {
        name: {state.value: counts[state] for state in AS_TOLD if counts[state]}
        for name, counts in groups.items()
    }


def _resolution(one: Resolution, with_addresses: bool) -> dict[str, object]:
    addresses = (
        {
            "addresses": one.addresses,
            "before": {
                address: {
                    "state": before.state.value,
                    "reply": before.reply,
                    "at": before.at and before.at.isoformat(),
                }
                for address, before in one.before.items()
            },
        }
        if with_addresses
        else {}
    )
    return {
        "at": one.at.isoformat(),
        "who": one.by.who,
        "host": one.by.host,
        "how": one.how,
        "log": one.log,
        "readers": len(one.addresses),
        **addresses,
    }
