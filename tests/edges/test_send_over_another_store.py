"""A whole send over a ledger that is no SQLite file: the job knows protocols alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from newsletter_mailer.campaign import ledger as copies
from newsletter_mailer.campaign.prepare import Prepared
from newsletter_mailer.campaign.project import Project, open_project
from newsletter_mailer.campaign.send import send
from newsletter_mailer.campaign.send_request import SendReport, SendRequest
from newsletter_mailer.campaign.status import doubt, standing
from newsletter_mailer.campaign.subscribers import suppress
from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.stop import Stop
from newsletter_mailer.errors import LedgerError, NewsletterError, ProjectError
from newsletter_mailer.store import stores
from newsletter_mailer.store.claims import ClaimedRow
from newsletter_mailer.store.ledger import IssueSoFar
from newsletter_mailer.store.states import State
from tests.acceptance.scene import addresses, plain_newsletter
from tests.smtp_server import Behaviour, Inbox, smtp_server
from tests.store.memory.ledger import MemoryLedger
from tests.store.memory.store import MemoryStore
from tests.store.memory.tables import Memory

ISSUE = "2030-01"
READERS = addresses(12)


@dataclass
class Onlooker:
    """campaign.send_request.Watcher, who agrees to everything."""

    notes: list[str] = field(default_factory=list)

    def prepared(self, prepared: Prepared, forecast: SendReport, *, server: str) -> None: ...

    def note(self, text: str) -> None:
        self.notes.append(text)

    def confirm(self, past_dates: int) -> bool:
        return True

    def began(self, owed: int) -> None: ...

    def waiting(self, until: datetime, why: str) -> None: ...

    def outcomes(self, outcomes: Sequence[tuple[ClaimedRow, Outcome]]) -> None: ...

    def stopped(self, fault: NewsletterError) -> None: ...

    def broken_off(self, report: SendReport) -> None: ...


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    """Where LEDGER_URL begins with memory://"""
    made = MemoryStore()
    monkeypatch.setitem(stores.STORES, "memory", lambda rest, project: made)
    return made


@pytest.fixture
def root(tmp_path: Path, store: MemoryStore) -> Path:
    return plain_newsletter(tmp_path / "news", readers=len(READERS)).root


def project_of(root: Path, inbox: Inbox) -> Project:
    return open_project(root, {**inbox.environment(), "LEDGER_URL": "memory://here"})


def sent(project: Project) -> SendReport:
    return send(project, SendRequest(issue_id=ISSUE), Onlooker(), Stop())


def test_everyone_gets_it_once_and_who_objected_does_not(root: Path) -> None:
    later = READERS[3]
    with smtp_server(Behaviour(at_rcpt=lambda to: "451 later" if to == later else None)) as inbox:
        project = project_of(root, inbox)
        suppress(project, READERS[0], "unsubscribed")
        first = sent(project)
    with smtp_server() as again:
        project = project_of(root, again)
        second = sent(project)

    assert (first.planned, first.sent, first.deferred) == (11, 10, 1)
    assert (second.already_sent, second.sent, second.skipped) == (10, 1, {"unsubscribed": 1})
    assert sorted(inbox.recipients() + again.recipients()) == READERS[1:]
    assert standing(project, ISSUE).counts == {State.SENT: 11}
    assert doubt(project, ISSUE) == ""


def test_without_the_ledger_that_sent_it_nobody_is_mailed(
    root: Path, store: MemoryStore, inbox: Inbox
) -> None:
    project = project_of(root, inbox)
    sent(project)
    store.memory = Memory()  # all is forgotten

    with pytest.raises(ProjectError, match="was sent with another ledger"):
        sent(project)

    assert sorted(inbox.recipients()) == READERS


def test_before_it_holds_the_ledger_it_looks_there_twice(
    root: Path, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the issue is prepared, and before a person is asked; what it knows of the issue is read
    then, and once more under the lock.
    """
    project, did = project_of(root, inbox), list[str]()
    sent(project)
    read, so_far = MemoryStore.read, MemoryLedger.so_far

    def noted_read(store: MemoryStore) -> MemoryLedger | None:
        did.append("read")
        return read(store)

    def noted_so_far(ledger: MemoryLedger, issue: str) -> IssueSoFar:
        did.append("so far")
        return so_far(ledger, issue)

    monkeypatch.setattr(MemoryStore, "read", noted_read)
    monkeypatch.setattr(MemoryLedger, "so_far", noted_so_far)
    sent(project)

    assert did == ["read", "read", "so far", "so far"]


def test_what_is_no_file_is_not_copied(root: Path, inbox: Inbox, tmp_path: Path) -> None:
    project = project_of(root, inbox)
    sent(project)

    with pytest.raises(LedgerError, match="is no file"):
        copies.backup(project, tmp_path / "copy.db")

    assert not (tmp_path / "copy.db").exists()
