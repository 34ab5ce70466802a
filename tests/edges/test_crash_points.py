"""The same with a SQLite file and real journals: they may be lost, or from before a new start."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from newsletter_mailer.store.journal import boot, layout
from newsletter_mailer.store.sqlite.journals import journals_of
from newsletter_mailer.store.sqlite.ledger import SqliteLedger
from newsletter_mailer.store.sqlite.store import SqliteStore
from newsletter_mailer.store.states import OWED
from tests.store.crash_points import ISSUE, CrashPoints


class CrashPointsOfFiles(CrashPoints):
    """Every step of `CrashPoints`, and these."""

    def __init__(self) -> None:
        self.boots = 0
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(layout, "SLOTS", 16)
        self.patch.setattr(boot, "boot_id", lambda: f"boot {self.boots}")
        super().__init__(lambda folder: SqliteStore(folder / "ledger.db"))

    @property
    def path(self) -> Path:
        return Path(self.folder.name) / "ledger.db"

    def opened(self) -> SqliteLedger:
        ledger = SqliteStore(self.path).open()
        ledger._database.execute("PRAGMA synchronous = OFF")  # no machine loses power here
        return ledger

    @precondition(lambda self: self.sender)
    @rule(how=st.sampled_from(["power", "journal"]))
    def it_is_killed_and_its_marks_are_lost(self, how: str) -> None:
        settled = {item.id for item in self.settled}
        assert isinstance(self.ledger, SqliteLedger)
        for number, address in self.ledger._database.execute(
            "SELECT id, address FROM delivery WHERE state = 'sending'"
        ):
            assert number in settled or number in self.flights
            self.in_doubt.add(address)
        self.at_work().journal.abandon()
        if how == "power":
            self.boots += 1
        else:  # the log is gone as well, since the ledger was closed: nobody knows of anybody owed
            for row in self.ledger.deliveries(ISSUE):
                if row.state in OWED:
                    self.in_doubt.add(row.address)
            for journal in journals_of(self.path):
                journal.unlink()
        self.is_gone()

    @invariant()
    def only_a_sender_has_a_journal(self) -> None:
        """Until the next one has read it."""
        if self.sender is not None:
            assert len(journals_of(self.path)) == 1

    def teardown(self) -> None:
        try:
            super().teardown()
            assert journals_of(self.path) == []
        finally:
            self.patch.undo()


TestCrashPoints = CrashPointsOfFiles.TestCase
TestCrashPoints.settings = settings(stateful_step_count=30)
