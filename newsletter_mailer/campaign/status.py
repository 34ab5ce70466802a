"""status: what became of an issue, from the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from newsletter_mailer.campaign.project import Project
from newsletter_mailer.deliver.reasons import reason
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.findings import did_you_mean
from newsletter_mailer.issue.folder import checked_id, issue_ids
from newsletter_mailer.store.ledger import Ledger, read_ledger
from newsletter_mailer.store.rows import DeliveryRecord, Resolution
from newsletter_mailer.store.states import State


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
    """An issue in numbers. Empty `counts`: it was not sent yet."""

    issue: str
    counts: Mapping[State, int] = field(default_factory=dict)
    domains: Mapping[str, Counter[State]] = field(default_factory=dict)  #: of those tried
    variants: Mapping[str, Counter[State]] = field(default_factory=dict)  #: of those tried
    reasons: Sequence[Reason] = ()  #: the most frequent first
    runs: Sequence[Mapping[str, object]] = ()  #: oldest first
    resolutions: Sequence[Resolution] = ()

    def as_json(self, *, with_addresses: bool = False) -> dict[str, object]:
        """What `status --json` prints, but for the list of addresses."""
        return {
            "issue": self.issue,
            "counts": {state.value: count for state, count in self.counts.items()},
            "runs": self.runs,
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


def standing(project: Project, issue_id: str, *, of_sandbox: bool = False) -> Standing:
    """Raises LedgerError, ProjectError for an issue that nobody knows."""
    ledger = read_ledger(_path(project, issue_id, of_sandbox))
    if ledger is None:
        _refuse_unknown_issue(project, issue_id)
        return Standing(issue=issue_id)
    with ledger:
        if ledger.issue(issue_id) is None:
            _refuse_unknown_issue(project, issue_id)
        return standing_in(ledger, issue_id)


def standing_in(ledger: Ledger, issue_id: str) -> Standing:
    """Raises LedgerError."""
    domains: dict[str, Counter[State]] = {}
    variants: dict[str, Counter[State]] = {}
    for tally in ledger.figures.tallies(issue_id):
        domains.setdefault(tally.domain, Counter())[tally.state] += tally.count
        variants.setdefault(tally.variant, Counter())[tally.state] += tally.count
    counts = ledger.counts(issue_id)
    return Standing(
        issue=issue_id,
        counts={state: counts[state] for state in State if state in counts},
        domains=dict(sorted(domains.items())),
        variants=dict(sorted(variants.items())),
        reasons=_reasons(ledger, issue_id),
        runs=ledger.runs(issue_id),
        resolutions=[*ledger.resolutions.all(issue_id)],
    )


def deliveries(
    project: Project, issue_id: str, *, of_sandbox: bool = False, state: State | None = None
) -> Iterator[DeliveryRecord]:
    """Every reader's row, or those in one state, by address. Raises LedgerError, ProjectError."""
    ledger = read_ledger(_path(project, issue_id, of_sandbox))
    if ledger is not None:
        with ledger:
            yield from ledger.deliveries(issue_id, state)


def _path(project: Project, issue_id: str, of_sandbox: bool) -> Path:
    checked_id(issue_id)
    return project.sandbox_ledger_path(issue_id) if of_sandbox else project.ledger_path


def _reasons(ledger: Ledger, issue_id: str) -> list[Reason]:
    counts: Counter[tuple[State, int | None, str | None, str]] = Counter()
    for trouble in ledger.figures.troubles(issue_id):
        text = reason(trouble.reply, trouble.address)
        counts[trouble.state, trouble.code, trouble.enhanced, text] += trouble.count
    return [Reason(*what, count) for what, count in counts.most_common()]


def _by_state(groups: Mapping[str, Counter[State]]) -> dict[str, dict[str, int]]:
    return {
        name: {state.value: counts[state] for state in State if counts[state]}
        for name, counts in groups.items()
    }


def _resolution(one: Resolution, with_addresses: bool) -> dict[str, object]:
    addresses = {"addresses": one.addresses} if with_addresses else {}
    return {
        "at": one.at.isoformat(),
        "who": one.by.who,
        "host": one.by.host,
        "how": one.how,
        "log": one.log,
        "readers": len(one.addresses),
        **addresses,
    }


def _refuse_unknown_issue(project: Project, issue_id: str) -> None:
    """A misspelt id is not an issue that nobody got. Raises ProjectError."""
    known = issue_ids(project.root)
    if issue_id not in known:
        raise ProjectError(
            f"There is no issue {issue_id}, and the ledger knows none. "
            f"{did_you_mean(issue_id, known)}"
        )
