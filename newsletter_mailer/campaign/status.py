"""status: what became of an issue, from the ledger."""

from __future__ import annotations

from newsletter_mailer.campaign.project import Project
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.findings import did_you_mean
from newsletter_mailer.issue.folder import checked_id, issue_ids
from newsletter_mailer.store.ledger import read_ledger
from newsletter_mailer.store.states import State


def status(
    project: Project,
    issue_id: str,
    *,
    of_sandbox: bool = False,
    with_addresses: bool = False,
    state: State | None = None,
) -> dict[str, object]:
    """`{"issue", "counts": {state: n}, "runs": [...],
    "addresses": [{"address", "state", "reply"}]}`.

    Raises LedgerError, ProjectError.
    """
    checked_id(issue_id)
    path = project.sandbox_ledger_path(issue_id) if of_sandbox else project.ledger_path
    ledger = read_ledger(path)
    if ledger is None:
        _refuse_unknown_issue(project, issue_id)
        return {"issue": issue_id, "counts": {}, "runs": [], "addresses": []}
    with ledger:
        if ledger.issue(issue_id) is None:
            _refuse_unknown_issue(project, issue_id)
        addresses = ledger.deliveries(issue_id, state) if with_addresses else ()
        return {
            "issue": issue_id,
            "counts": {state.value: count for state, count in ledger.counts(issue_id).items()},
            "runs": ledger.runs(issue_id),
            "addresses": [
                {"address": row.address, "state": row.state.value, "reply": row.reply}
                for row in addresses
            ],
        }


def _refuse_unknown_issue(project: Project, issue_id: str) -> None:
    """A misspelt id is not an issue that nobody got. Raises ProjectError."""
    known = issue_ids(project.root)
    if issue_id not in known:
        raise ProjectError(
            f"There is no issue {issue_id}, and the ledger knows none. "
            f"{did_you_mean(issue_id, known)}"
        )
