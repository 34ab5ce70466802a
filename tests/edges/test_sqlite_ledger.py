"""The ledger, a real SQLite file: what was sent to whom, whatever happens to the file."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from newsletter_mailer.errors import DamagedLedger, LedgerBusy, LedgerError
from newsletter_mailer.store.runs import PlannedRow
from newsletter_mailer.store.sqlite.ledger import SqliteLedger
from newsletter_mailer.store.sqlite.schema import STEPS
from newsletter_mailer.store.sqlite.store import SqliteStore
from newsletter_mailer.store.states import State
from tests.edges.at_once import TOGETHER, at_once
from tests.store.scene import ALL, ANN, BEN, CY, ISSUE, LATER, NOW, Desk, new_run, planned


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory" / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[SqliteLedger]:
    with SqliteStore(path).open() as opened:
        opened.hold()
        yield opened


def number_of(ledger: SqliteLedger, address: str) -> int:
    (number,) = ledger._database.execute(
        "SELECT id FROM delivery WHERE issue = ? AND address = ?", (ISSUE, address)
    ).fetchone()
    return int(number)


def journals(ledger: SqliteLedger) -> list[Path]:
    return [*ledger.path.parent.glob("*.journal")]


def test_another_ledger_makes_other_message_ids(path: Path) -> None:
    """Each has a key of its own."""
    with SqliteStore(path).open() as one, SqliteStore(path.with_name("other.db")).open() as other:
        one.hold()
        other.hold()
        ids = {
            row.message_id
            for ledger in (one, other)
            for row in Desk(ledger).claimed(Desk(ledger).begin(*ALL))
        }

    assert len(ids) == 2 * len(ALL)


def test_a_domain_that_cannot_be_told_to_rest_can_be_told_again(ledger: SqliteLedger) -> None:
    """All of it or nothing: else rows given back would look like another sender's work."""
    theirs = ["eve@resting.example", "fay@resting.example"]
    desk = Desk(ledger)
    sender = desk.begin(*theirs)
    held = [row.id for row in desk.claimed(sender, 1)]
    ledger._database.execute(
        "CREATE TEMP TRIGGER fault BEFORE UPDATE ON delivery WHEN old.state = 'queued' "
        "BEGIN SELECT RAISE(ABORT, 'planted'); END"
    )
    with pytest.raises(LedgerError, match="planted"):
        sender.rest(["resting.example"], held)
    ledger._database.execute("DROP TRIGGER fault")

    sender.rest(["resting.example"], held)

    assert desk.states == dict.fromkeys(theirs, State.QUEUED)
    assert sender.next_due() == {}


def test_an_outcome_is_kept_with_the_server_that_answered(ledger: SqliteLedger) -> None:
    desk = Desk(ledger)
    claims = desk.begin(ANN)
    claims.settle_with("mail.example.org")
    desk.put(claims, State.SENT)

    servers = ledger._database.execute("SELECT DISTINCT server FROM delivery").fetchall()
    assert servers == [("mail.example.org",)]


@pytest.mark.parametrize("values", ["", "no JSON", '{"first_name": "Ann"', "{}, {}"])
def test_a_reader_whose_values_are_damaged_is_not_mailed(ledger: SqliteLedger, values: str) -> None:
    """Nor is anybody with the values of another."""
    desk = Desk(ledger)
    sender = desk.begin(*ALL)
    ledger._database.execute(
        "UPDATE delivery SET field_values = ? WHERE address = ?", (values, ANN)
    )

    with pytest.raises(DamagedLedger):
        desk.claimed(sender)
    assert ledger.counts(ISSUE) == {State.QUEUED: len(ALL)}


def test_where_somebody_else_changed_a_row_the_journal_stays(ledger: SqliteLedger) -> None:
    """It may hold what the ledger lacks."""
    desk = Desk(ledger)
    first = desk.begin(ANN, BEN)
    desk.claim(first)
    first.give_back({number_of(ledger, ANN): 0.0})
    desk.claim(desk.begin(ANN))

    with pytest.raises(LedgerError, match="another sender at the same time: of 2 rows"):
        desk.settle(first, {ANN: (State.REFUSED, 550, "no"), BEN: (State.SENT, 250, "")})
    first.give_back({number_of(ledger, BEN): 0.0})
    first.end(NOW)

    assert len(journals(ledger)) == 2


def test_a_run_that_cannot_begin_leaves_no_journal(ledger: SqliteLedger) -> None:
    def rows() -> Iterator[PlannedRow]:
        yield planned(ANN)
        raise RuntimeError("the list broke")

    with pytest.raises(RuntimeError, match="the list broke"):
        ledger.begin_run(new_run(), rows())

    assert journals(ledger) == []


def test_every_commit_reaches_the_disk(ledger: SqliteLedger) -> None:
    assert ledger._database.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert ledger._database.execute("PRAGMA synchronous").fetchone()[0] == 2


OPEN_AT_ONCE = f"""
import sys
from pathlib import Path
from newsletter_mailer.store.sqlite.store import SqliteStore
{TOGETHER}
with SqliteStore(Path(sys.argv[1])).open() as ledger:
    print(ledger.id)
"""


def test_five_processes_that_make_the_ledger_at_once_make_one(path: Path) -> None:
    processes = at_once(OPEN_AT_ONCE, str(path), count=5)
    answers = [process.communicate(timeout=60) for process in processes]

    assert [process.returncode for process in processes] == [0] * 5, answers
    assert len({out for out, _ in answers}) == 1


def newer(path: Path) -> None:
    with SqliteStore(path).open():
        pass
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    database.close()


def others(path: Path) -> None:
    path.parent.mkdir(parents=True)
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE holiday (day TEXT)")
    database.commit()
    database.close()


def text(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("This is my shopping list, and no ledger. " * 100)


def damaged(path: Path) -> None:
    with SqliteStore(path).open() as ledger:
        ledger.hold()
        Desk(ledger).begin(*(f"reader{number}@example.org" for number in range(2_000)))
    octets = bytearray(path.read_bytes())
    octets[4096 : len(octets) - 4096] = b"\x55" * (len(octets) - 8192)
    path.write_bytes(octets)


def cut_short(path: Path) -> None:
    with SqliteStore(path).open():
        pass
    path.write_bytes(path.read_bytes()[:5000])


def folder(path: Path) -> None:
    path.mkdir(parents=True)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (newer, "newer version"),
        (others, "another program's database"),
        (text, "not a ledger"),
        (damaged, "damaged"),
        (cut_short, "damaged"),
        (folder, "cannot be opened"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
@pytest.mark.parametrize("way", [SqliteStore.open, SqliteStore.read])
def test_a_file_that_cannot_be_the_ledger_is_refused_and_left_alone(
    path: Path,
    spoil: Callable[[Path], None],
    words: str,
    way: Callable[[SqliteStore], SqliteLedger | None],
) -> None:
    spoil(path)
    before = path.read_bytes() if path.is_file() else b""

    def use() -> None:
        ledger = way(SqliteStore(path))
        assert ledger is not None
        with ledger:
            ledger.counts(ISSUE)
            list(ledger.deliveries(ISSUE))

    with pytest.raises(LedgerError, match=words) as refused:
        use()

    assert "\n" not in str(refused.value)
    if path.is_file():
        assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(LedgerError, match="folder"):
        SqliteStore(tmp_path / "file" / "ledger.db").open()


def test_a_full_disk_stops_with_one_sentence_and_loses_nothing(ledger: SqliteLedger) -> None:
    desk = Desk(ledger)
    sender = desk.begin(*ALL)
    desk.claim(sender, 1)
    desk.settle(sender, {ANN: (State.SENT, 250, "")})
    pages = ledger._database.execute("PRAGMA page_count").fetchone()[0]
    ledger._database.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(LedgerError, match="the disk is full") as refused:
        desk.begin(*(f"reader{number}@example.org" for number in range(2_000)), now=LATER)

    assert "\n" not in str(refused.value)
    ledger._database.execute("PRAGMA max_page_count = 1000000")
    assert desk.states == {ANN: State.SENT, BEN: State.QUEUED, CY: State.QUEUED}
    assert desk.claim(sender) == ALL[1:]


#: Once somewhere else before it: the modules that are loaded for it may be root's alone to read.
WRITE = """
import os, sys, tempfile
from datetime import UTC, datetime
from pathlib import Path
from newsletter_mailer.errors import LedgerError
from newsletter_mailer.store.sqlite.store import SqliteStore

def write(path):
    with SqliteStore(path).open() as ledger:
        ledger.suppressions.add("ann@example.org", "manual", datetime.now(UTC))

with tempfile.TemporaryDirectory() as elsewhere:
    write(Path(elsewhere) / "ledger.db")
if os.name == "posix" and os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
try:
    write(Path(sys.argv[1]))
except LedgerError as fault:
    print(fault)
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
@pytest.mark.parametrize("protected", ["file", "folder"])
def test_a_write_protected_ledger_is_said_to_be(protected: str) -> None:
    place = Path(tempfile.mkdtemp())  # tmp_path is closed to other users
    try:
        path = place / "ledger.db"
        with SqliteStore(path).open():
            pass
        for file in place.iterdir():
            file.chmod(0o444 if protected == "file" else 0o666)
        place.chmod(0o777 if protected == "file" else 0o555)
        done = subprocess.run(
            [sys.executable, "-c", WRITE, str(path)], capture_output=True, text=True, check=False
        )
    finally:
        place.chmod(0o700)
        shutil.rmtree(place)

    assert done.returncode == 0, done.stderr
    assert "cannot be used: it " in done.stdout


def test_another_programs_lock_is_waited_for_and_then_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter_mailer.store.sqlite.database.PATIENCE", 0.1)
    with SqliteStore(path).open() as ledger:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerBusy, match="another program holds it"):
            ledger.suppressions.add(ALL[0], "manual", NOW)
        other.execute("ROLLBACK")
        other.close()

        ledger.suppressions.add(ALL[0], "manual", NOW)
        assert ledger.suppressions.among(ALL) == {ALL[0]: "manual"}


def test_looking_writes_nothing_not_even_beside_the_file(path: Path) -> None:
    with SqliteStore(path).open() as ledger:
        ledger.hold()
        Desk(ledger).begin(*ALL).end(NOW)
    before = {
        file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in path.parent.iterdir()
    }

    looked = SqliteStore(path).read()
    assert looked is not None
    with looked:
        assert looked.counts(ISSUE) == {State.QUEUED: 3}
        with pytest.raises(LedgerError, match="write-protected"):
            looked.suppressions.add(ALL[0], "manual", NOW)

    after = {
        file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in path.parent.iterdir()
    }
    assert after == before
    assert sorted(after) == ["ledger.db", "ledger.db.generation"]


@pytest.mark.parametrize("content", [None, b""])
def test_where_no_ledger_is_there_is_nothing_to_look_at(path: Path, content: bytes | None) -> None:
    path.parent.mkdir()
    if content is not None:
        path.write_bytes(content)

    assert SqliteStore(path).read() is None
    assert [file.name for file in path.parent.iterdir()] == (
        ["ledger.db"] if content is not None else []
    )


def test_looking_sees_what_a_sender_at_work_has_recorded(path: Path) -> None:
    with SqliteStore(path).open() as ledger:
        ledger.hold()
        desk = Desk(ledger)
        sender = desk.begin(*ALL)
        desk.claim(sender, 1)
        looked = SqliteStore(path).read()
        assert looked is not None
        with looked:
            assert looked.counts(ISSUE) == {State.QUEUED: 2, State.SENDING: 1}
            desk.settle(sender, {ANN: (State.SENT, 250, "")})
            assert looked.counts(ISSUE) == {State.QUEUED: 2, State.SENT: 1}


def test_a_file_that_somebody_writes_while_it_is_read_is_not_told_as_damaged(path: Path) -> None:
    """Without a log it is read alone, and a sender that begins changes it."""
    with SqliteStore(path).open() as ledger:
        ledger.hold()
        Desk(ledger).begin(*(f"reader{number}@example.org" for number in range(2_000))).end(NOW)
    looked = SqliteStore(path).read()
    assert looked is not None
    rows = looked.deliveries(ISSUE)
    next(rows)
    with SqliteStore(path).open() as ledger:
        ledger._database.execute("DELETE FROM delivery")
        ledger._database.execute("VACUUM")

    with pytest.raises(LedgerBusy, match="while it changed"), looked:
        list(rows)


def test_no_question_of_a_run_walks_over_all_rows(ledger: SqliteLedger) -> None:
    asked: list[str] = []
    ledger._database.set_trace_callback(asked.append)
    desk = Desk(ledger)
    sender = desk.begin(*(f"reader{number}@example.org" for number in range(1_000)))
    assert len(desk.claim(sender, 50)) == 50
    desk.settle(sender, {"reader0@example.org": (State.DEFERRED, 451, "later")})
    sender.next_due()
    sender.give_back({number_of(ledger, "reader1@example.org"): 0.0})
    ledger.counts(ISSUE, sender.run)
    ledger.counts(ISSUE)
    ledger._database.set_trace_callback(None)

    questions = [sql for sql in asked if "delivery" in sql and "INSERT" not in sql]
    plans = {
        row[3] for sql in questions for row in ledger._database.execute(f"EXPLAIN QUERY PLAN {sql}")
    }
    assert len(questions) >= 7
    walks = {step for step in plans if "SCAN delivery" in step or "TEMP B-TREE" in step}
    assert walks == {
        "SCAN delivery USING INDEX delivery_sending",  # only what is claimed is in it
        "USE TEMP B-TREE FOR GROUP BY",  # of six states
    }
