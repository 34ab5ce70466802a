"""Who looks while another process sends is never told that the ledger is an older copy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter_mailer.campaign import status
from newsletter_mailer.campaign.ledger_now import ledger_now
from newsletter_mailer.campaign.project import Project, open_project
from newsletter_mailer.campaign.send_clearance import refuse_doubtful_ledger
from newsletter_mailer.campaign.send_request import SendRequest
from newsletter_mailer.errors import LedgerBusy
from newsletter_mailer.store.generation import Generation, Witness
from newsletter_mailer.store.sqlite.doubt import doubt_at
from newsletter_mailer.store.sqlite.store import SqliteStore
from tests.acceptance.scene import plain_newsletter

ISSUE = "2030-01"
LOOKS = 300

#: One short run after the other, with all that stands outside the ledger, and nothing in between.
SENDER = """
import itertools, sys
from datetime import UTC, datetime
from pathlib import Path
from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.campaign.sent_file import progress_file, witnesses, write_begun, write_ended
from newsletter_mailer.store.claims import Settled
from newsletter_mailer.store.runs import NewRun, PlannedRow
from newsletter_mailer.store.states import OWED, State

project, issue = open_project(Path(sys.argv[1]), {}), sys.argv[2]
for number in itertools.count():
    now = datetime.now(UTC)
    with project.ledger.open() as ledger:
        ledger.hold(witnesses(project))
        claims = ledger.begin_run(
            NewRun(issue=issue, now=now, content_hash="", host="example.org"),
            [
                PlannedRow(address=one, mailbox=one, variant="", values={})
                for one in (f"reader{number}-{n}@example.org" for n in range(3))
            ],
        )
        about = dict(run=claims.run, journal=claims.journal.token, content_hash="", now=now)
        begun = write_begun(project, issue, ledger=ledger, list_sizes={}, **about)
        claims.journal.tell(progress_file(project, issue))
        while rows := claims.record_and_claim([], 1, due=dict.fromkeys(OWED, 1e12)):
            for row in rows:
                slot = claims.journal.mark(row.id, row.attempt)
                claims.journal.answer(slot, State.SENT, 250, None, "ok")
                claims.record_and_claim([Settled(id=row.id, state=State.SENT, at=1.0)], 0, due={})
                claims.journal.release([slot])
        claims.end(now)
        write_ended(project, issue, begun, ledger)
    if number == 0:
        print("sends", flush=True)
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Another process sends with its ledger, all the time."""
    root = plain_newsletter(tmp_path / "news", readers=1).root
    sender = subprocess.Popen(
        [sys.executable, "-c", SENDER, str(root), ISSUE], stdout=subprocess.PIPE, text=True
    )
    try:
        assert sender.stdout is not None
        assert sender.stdout.readline() == "sends\n"
        yield open_project(root, {})
        assert sender.poll() is None, "it sends still"
    finally:
        sender.kill()
        sender.communicate()


def runs(project: Project) -> int:
    with ledger_now(project.ledger, ISSUE) as now:
        assert now.ledger is not None
        return now.ledger.runs.last(ISSUE)


def test_status_has_no_doubt(project: Project) -> None:
    before = runs(project)

    doubts = [status.doubt(project, ISSUE) for _ in range(LOOKS)]

    assert {*doubts} == {""}
    assert runs(project) > before + 5


def test_send_has_no_doubt_before_it_holds_the_ledger(project: Project) -> None:
    notes: list[str] = []
    request = SendRequest(issue_id=ISSUE, dry_run=True)

    for _ in range(LOOKS):
        with ledger_now(project.ledger, ISSUE) as now:
            refuse_doubtful_ledger(project, request, now.ledger, notes.append)

    assert notes == []


class Writing(list[Witness]):
    """Whoever reads these witnesses has somebody write into the ledger at that moment."""

    def __init__(self, file: Path, *witnesses: Witness) -> None:
        super().__init__(witnesses)
        self._file = file

    def __iter__(self) -> Iterator[Witness]:
        now = self._file.stat().st_mtime_ns
        os.utime(self._file, ns=(now + 1, now + 1))
        return super().__iter__()


def test_a_doubt_that_a_writer_may_have_caused_at_every_look_is_not_told(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    with SqliteStore(file).open() as ledger:
        witness = Witness(ledger=ledger.id, generation=Generation(7, "later"), file="sent.toml")

    assert "older than sent.toml" in doubt_at(file, [witness])
    with pytest.raises(LedgerBusy, match="Run this again"):
        doubt_at(file, Writing(file, witness))
