"""status: what became of an issue, from the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from newsletter_mailer.campaign.arguments import refuse_unknown_issue
from newsletter_mailer.campaign.newsletter_identity import refuse_another_newsletter
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.sent_file import refuse_another_ledger, witnesses
from newsletter_mailer.deliver.answers.reasons import reason
from newsletter_mailer.errors import LedgerBusy, ProjectError
from newsletter_mailer.issue.issue_folders import checked_id
from newsletter_mailer.report.standing import Reason, Standing
from newsletter_mailer.store.figures import DeliveryRecord, Skip
from newsletter_mailer.store.ledger import Ledger
from newsletter_mailer.store.states import AS_TOLD, TROUBLE, State


def standing(project: Project, issue_id: str, *, of_sandbox: bool = False) -> Standing:
    """Raises LedgerError, ProjectError for an issue that nobody knows."""
    ledger = ledger_of(project, issue_id, of_sandbox=of_sandbox)
    if ledger is None:
        return Standing(issue=issue_id)
    with ledger:
        return standing_in(ledger, issue_id)


def ledger_of(project: Project, issue_id: str, *, of_sandbox: bool = False) -> Ledger | None:
    """The issue's ledger, open to be looked at; None if there is none yet.

    Raises LedgerError, ProjectError for an issue that nobody knows.
    """
    checked_id(issue_id)
    store = project.sandbox_ledger(issue_id) if of_sandbox else project.ledger
    ledger = store.read()
    if ledger is None:
        refuse_unknown_issue(project, issue_id, None)
        return None
    try:
        refuse_unknown_issue(project, issue_id, ledger)
        if not of_sandbox:
            refuse_another_newsletter(project, issue_id, ledger)
    except BaseException:
        ledger.close()
        raise
    return ledger


def doubt(project: Project, issue_id: str, *, of_sandbox: bool = False) -> str:
    """Why what the ledger says may not be the last word, and what to do; empty if it is.

    Raises LedgerError, ProjectError.
    """
    if of_sandbox:
        return ""
    ledger = project.ledger.read()
    try:
        if ledger is None:
            refuse_another_ledger(project, issue_id, None)
            return ""
        with ledger:
            refuse_another_ledger(project, issue_id, ledger)
            return ledger.doubt(witnesses(project))
    except (ProjectError, LedgerBusy) as fault:
        return str(fault)


def standing_in(ledger: Ledger, issue_id: str) -> Standing:
    """Raises LedgerError."""
    domains: dict[str, Counter[State]] = {}
    variants: dict[str, Counter[State]] = {}
    counts = Counter(ledger.figures.untried(issue_id))
    for tally in ledger.figures.tallies(issue_id):
        counts[tally.state] += tally.count
        domains.setdefault(tally.domain, Counter())[tally.state] += tally.count
        variants.setdefault(tally.variant, Counter())[tally.state] += tally.count
    reasons = _reasons(ledger, issue_id)
    gone: Counter[str] = Counter()
    for row in ledger.figures.no_longer_mailed(issue_id):
        gone[row.why] += row.count
        counts[row.state] -= row.count
        if row.state in TROUBLE:
            domains[row.domain][row.state] -= row.count
            variants[row.variant][row.state] -= row.count
            text = reason(row.reply, row.address)
            reasons[row.state, row.code, row.enhanced, text] -= row.count
    return Standing(
        issue=issue_id,
        counts={state: counts[state] for state in AS_TOLD if counts[state]},
        domains={name: +states for name, states in sorted(domains.items()) if +states},
        variants={name: +states for name, states in sorted(variants.items()) if +states},
        reasons=[Reason(*what, count) for what, count in (+reasons).most_common()],
        no_longer_mailed=dict(gone.most_common()),
        runs=ledger.runs.all(issue_id),
        resolutions=[*ledger.resolutions.all(issue_id)],
    )


def deliveries(
    project: Project, issue_id: str, *, of_sandbox: bool = False, state: State | None = None
) -> Iterator[DeliveryRecord]:
    """Every reader's row, or those in one state, by address. Raises LedgerError, ProjectError."""
    ledger = ledger_of(project, issue_id, of_sandbox=of_sandbox)
    if ledger is not None:
        with ledger:
            yield from ledger.deliveries(issue_id, state)


def skips(project: Project, issue_id: str, *, of_sandbox: bool = False) -> Iterator[Skip]:
    """Who was not to be mailed, by reason and address. Raises LedgerError, ProjectError."""
    ledger = ledger_of(project, issue_id, of_sandbox=of_sandbox)
    if ledger is not None:
        with ledger:
            yield from ledger.figures.skips(issue_id)


_Why = tuple[State, int | None, str | None, str]


def _reasons(ledger: Ledger, issue_id: str) -> Counter[_Why]:
    """How many had each answer: state, code, enhanced code, and a text that names nobody."""
    counts: Counter[_Why] = Counter()
    for trouble in ledger.figures.troubles(issue_id):
        text = reason(trouble.reply, trouble.address)
        counts[trouble.state, trouble.code, trouble.enhanced, text] += trouble.count
    return counts
