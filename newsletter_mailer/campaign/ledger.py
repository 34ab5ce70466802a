"""ledger: a copy to keep, a move to another place, a copy put back, a new beginning."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path

from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.sent_file import (
    read_sent,
    unreadable_sent,
    witnesses,
    write_restored,
)
from newsletter_mailer.did_you_mean import did_you_mean
from newsletter_mailer.errors import LedgerError, ProjectError
from newsletter_mailer.issue.issue_folders import issue_ids
from newsletter_mailer.store.copies import Copies, Gap, Replaced
from newsletter_mailer.store.ledger_store import LedgerStore


def backup(project: Project, file: Path) -> tuple[Path, str]:
    """A consistent copy of the ledger, to be kept; a send may be at work.

    Its path, and why this may not be the ledger that counts, if it is not. Raises LedgerError,
    ProjectError.
    """
    store = _existing(project)
    _copies_of(store).backup(file.absolute())
    with store.open(may_be_new=False) as ledger:
        return file.absolute(), ledger.doubt(witnesses(project))


def move(project: Project, file: Path, now: datetime) -> Path:
    """The ledger goes on in `file`, elsewhere; here nobody sends with it any more. Its path.

    Raises LedgerError, ProjectError; then it goes on here.
    """
    store = _existing(project)
    with store.open(may_be_new=False) as ledger:
        ledger.hold(witnesses(project))
        _copies_of(store).move(file.absolute(), now)
    return file.absolute()


def restore(
    project: Project,
    file: Path,
    now: datetime,
    confirm: Callable[[Gap], None],
    in_doubt: Collection[str] = (),
) -> tuple[Gap, Replaced | None]:
    """The ledger in `file` counts here from now on. What it does not know, and what it replaced.

    `in_doubt`: issues that may have been sent since, though nothing here says so. `confirm`: asks a
    person, who is told what it does not know; raises NotConfirmed. Raises that, LedgerError,
    ProjectError; then everything is as it was, unless it is an issue's file that cannot be written.
    """
    store, file = project.ledger, file.absolute()
    copies = _copies_of(store)
    told, unreadable = witnesses(project), unreadable_sent(project)
    doubtful = {*unreadable, *(_existing_issue(project, issue_id) for issue_id in in_doubt)}
    gap = copies.gap(file, told, doubtful)
    confirm(gap)
    replaced = copies.restore(file, told, doubtful, now)
    with store.open(may_be_new=False) as restored:
        doubted = {project.named(issue_id) for issue_id in in_doubt} - {*unreadable}
        for issue_id in unreadable:
            write_restored(project, issue_id, restored)
        for issue_id in doubted:
            sent = read_sent(project, issue_id)
            if sent is not None and sent.ledger != restored.id:  # that one is lost
                write_restored(project, issue_id, restored, sent)
    return gap, replaced


def begin(project: Project, now: datetime) -> LedgerStore:
    """A new ledger, which knows nobody, where the old one is lost for good. Where it is.

    Raises LedgerError, ProjectError.
    """
    project.ledger.begin(now)
    return project.ledger


def _copies_of(store: LedgerStore) -> Copies:
    """Raises LedgerError where there are none."""
    if store.copies is None:
        raise LedgerError(
            f"The ledger {store} is no file: its database's own tools copy it and put it back."
        )
    return store.copies


def _existing_issue(project: Project, issue_id: str) -> str:
    named, known = project.named(issue_id), issue_ids(project.root)
    if named not in known:
        raise ProjectError(
            f"--in-doubt: there is no issue {issue_id}. {did_you_mean(issue_id, known)}"
        )
    return named


def _existing(project: Project) -> LedgerStore:
    store = project.ledger
    if not store.is_there():
        raise LedgerError(f"There is no ledger at {store} yet: nothing was sent from here.")
    return store
