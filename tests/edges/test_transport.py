"""The seam: a way for mail to leave is one new file, and what is above it goes on as it is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import newsletter_mailer.deliver
from newsletter_mailer.campaign.prepare import Prepared
from newsletter_mailer.campaign.project import Project, open_project
from newsletter_mailer.campaign.send import send
from newsletter_mailer.campaign.send_request import SendReport, SendRequest
from newsletter_mailer.campaign.send_test import send_test
from newsletter_mailer.deliver import engine
from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.stop import Stop
from newsletter_mailer.errors import CannotConnect, NewsletterError
from newsletter_mailer.settings.transport import TransportSettings
from newsletter_mailer.store.claims import ClaimedRow
from newsletter_mailer.store.states import State
from tests.conftest import ProjectFolder
from tests.smtp_server import Behaviour
from tests.transports.memory.transport import MemoryServer, MemorySettings, TooManyRequests

ISSUE = "2030-01"


@dataclass(frozen=True, kw_only=True)
class ProjectOfMemory(Project):
    """Its settings name a way that the product does not have."""

    server: MemoryServer

    def transport_settings(self, issue_id: str, *, to_sandbox: bool) -> TransportSettings:
        return MemorySettings(server=self.server)


class Onlooker:
    """campaign.send_request.Watcher, who says yes."""

    server = ""

    def __init__(self) -> None:
        self.told: list[tuple[str, Outcome]] = []

    def prepared(self, prepared: Prepared, forecast: SendReport, *, server: str) -> None:
        self.server = server

    def confirm(self, past_dates: int) -> bool:
        return True

    def note(self, text: str) -> None: ...

    def began(self, owed: int) -> None: ...

    def waiting(self, until: datetime, why: str) -> None: ...

    def outcomes(self, outcomes: Sequence[tuple[ClaimedRow, Outcome]]) -> None:
        self.told += [(row.address, outcome) for row, outcome in outcomes]

    def stopped(self, fault: NewsletterError) -> None: ...

    def broken_off(self, report: SendReport) -> None: ...


@pytest.fixture
def memory(project: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> ProjectOfMemory:
    """A project and its one new file, which lies where the product looks for transports."""
    added = str(Path(__file__).parent.parent / "transports")
    monkeypatch.setattr(
        newsletter_mailer.deliver, "__path__", [*newsletter_mailer.deliver.__path__, added]
    )
    usual = open_project(project.root, {})
    return ProjectOfMemory(
        root=usual.root,
        settings=usual.settings,
        environment=usual.environment,
        server=MemoryServer(),
    )


def sent(
    memory: ProjectOfMemory, retry_for: timedelta = timedelta()
) -> tuple[SendReport, Onlooker]:
    onlooker = Onlooker()
    request = SendRequest(issue_id=ISSUE, retry_for=retry_for)
    return send(memory, request, onlooker, Stop()), onlooker


def test_an_issue_leaves_by_a_transport_that_is_one_new_file(memory: ProjectOfMemory) -> None:
    report, onlooker = sent(memory)

    assert sorted(memory.server.recipients()) == ["ann@example.org", "ben@example.org"]
    assert (report.planned, report.sent, report.is_complete) == (2, 2, True)
    assert onlooker.server == "the memory of a test"
    assert memory.server.open == 0


def test_it_is_sent_once_by_whatever_carries_it(memory: ProjectOfMemory) -> None:
    sent(memory)
    report, _ = sent(memory)

    assert report.already_sent == 2
    assert len(memory.server.received) == 2


def test_a_test_mail_leaves_by_it(memory: ProjectOfMemory) -> None:
    (mail,) = send_test(memory, ISSUE, ["cy@example.org"])

    assert mail.outcome.state is State.SENT
    assert memory.server.recipients() == ["cy@example.org"]
    assert memory.server.received[0].message["Subject"] == "[TEST] The subject"


def test_a_test_mail_that_is_lost_is_told_in_its_words(memory: ProjectOfMemory) -> None:
    memory.server.behaviour = Behaviour(at_dot=lambda address: "drop")
    (past,) = send_test(memory, ISSUE, ["cy@example.org"])
    memory.server.behaviour = Behaviour(at_rcpt=lambda address: "drop")
    (before,) = send_test(memory, ISSUE, ["cy@example.org"])

    assert past.outcome.state is State.UNKNOWN
    assert past.outcome.reply == "line lost after the last octet: it hung up"
    assert before.outcome.state is State.DEFERRED
    assert before.outcome.reply == "line lost before the last octet: it hung up"


def test_a_transport_that_is_of_no_use_is_told_before_anything_is_written(
    memory: ProjectOfMemory,
) -> None:
    memory.server.is_down = True

    with pytest.raises(CannotConnect, match="does not answer"):
        sent(memory)
    assert not (memory.root / ".newsletter").exists()


@dataclass
class Haste:
    """A clock on which ten seconds are one."""

    began: float = field(default_factory=time.monotonic)

    def __call__(self) -> float:
        return time.time() + 9 * (time.monotonic() - self.began)


def test_an_answer_without_smtp_says_how_long_the_run_waits(
    memory: ProjectOfMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP 429 with Retry-After: 7 to the first message: nothing leaves for as long, to anybody."""
    clock, asked = Haste(), list[float]()
    monkeypatch.setattr(engine, "steady_clock", lambda: clock)
    limit = Outcome(State.DEFERRED, 429, None, "ApplicationThrottled: over its MailboxConcurrency")

    def too_many(address: str) -> TooManyRequests | None:
        asked.append(clock())
        return TooManyRequests(limit, retry_after=7) if len(asked) == 1 else None

    memory.server.too_many = too_many
    report, onlooker = sent(memory, timedelta(minutes=2))

    assert (report.sent, report.is_complete) == (2, True)
    assert [outcome for _, outcome in onlooker.told if outcome.code == 429] == [limit]
    assert asked[1] - asked[0] >= 7
    assert asked[2] - asked[0] < 60
