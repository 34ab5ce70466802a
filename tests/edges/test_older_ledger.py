"""A ledger of an earlier version is understood at once, and brought forward when it is written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter_mailer.errors import LedgerError
from newsletter_mailer.store.sqlite.schema import STEPS
from newsletter_mailer.store.sqlite.store import SqliteStore
from newsletter_mailer.store.states import State

ROWS = """
INSERT INTO ledger VALUES ('0123456789abcdef', x'00');
INSERT INTO issue VALUES ('2030-01', '2030-01-15T09:00:00.000000+00:00', 'c0ffee', '{}');
INSERT INTO run
  VALUES (1, '2030-01', '2030-01-15T09:00:00.000000+00:00', NULL, '{}', 'c0ffee', 3, '{}');
INSERT INTO delivery VALUES
  ('2030-01', 'ann@example.org', 'Ann@example.org', 'full', '{"first_name": "Ann"}', 'sent', 1, 1,
   'a@example.org', 250, '2.0.0', 'OK', 'mail', '2030-01-15T09:00:01.500000+00:00'),
  ('2030-01', 'ben@example.org', 'ben@example.org', 'full', '{}', 'queued', 1, 0,
   'b@example.org', NULL, NULL, NULL, NULL, NULL),
  ('2030-01', 'cat@example.com', 'cat@example.com', 'full', '{}', 'sending', 1, 1,
   'c@example.org', NULL, NULL, NULL, NULL, NULL);
PRAGMA user_version = 1;
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Ann has it, Ben is owed it, and the sender died with Cat's."""
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as old:
        for statement in STEPS[0]:
            old.execute(statement)
        old.executescript(ROWS)
    return path


def test_it_is_read_without_being_changed(path: Path) -> None:
    before = path.read_bytes()
    ledger = SqliteStore(path).read()

    assert ledger is not None
    with ledger:
        assert ledger.id == "0123456789abcdef"
        assert ledger.counts("2030-01") == {State.SENT: 1, State.QUEUED: 1, State.SENDING: 1}
        ann, *_ = ledger.deliveries("2030-01")
        assert (ann.address, ann.reply, ann.attempts) == ("ann@example.org", "250 OK", 1)
        assert ann.at == datetime(2030, 1, 15, 9, 0, 1, 500_000, UTC)
        (tally,) = ledger.figures.tallies("2030-01")
        assert (tally.domain, tally.count) == ("example.org", 1)
        assert [*ledger.resolutions.all("2030-01")] == []
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["ledger.db"]


def test_whoever_writes_it_brings_it_forward_and_nobody_is_lost(path: Path) -> None:
    with SqliteStore(path).open() as ledger:
        ledger.hold()
        states = {row.address: row.state for row in ledger.deliveries("2030-01")}
        held = ledger.people.held_about("ann@example.org")
    with closing(sqlite3.connect(path)) as found:
        assert found.execute("PRAGMA user_version").fetchone() == (len(STEPS),)

    assert states == {
        "ann@example.org": State.SENT,
        "ben@example.org": State.QUEUED,
        "cat@example.com": State.UNKNOWN,  # it left no journal
    }
    assert held["issues"][0]["values"] == {"first_name": "Ann"}  # type: ignore[index]  # JSON


def test_a_ledger_of_the_future_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as future:
        future.execute(f"PRAGMA user_version = {len(STEPS) + 1}")

    for look in (SqliteStore(path).open, SqliteStore(path).read):
        with pytest.raises(LedgerError, match="newer version"):
            look()
