"""What a dead sender left beside a SQLite file: a journal that says nothing, a log half brought in.

What is made of a journal that says something: tests/store/test_dead_sender.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.errors import LedgerError, OutdatedLedger
from newsletter_mailer.store.claims import ClaimedRow, Settled
from newsletter_mailer.store.journal import layout
from newsletter_mailer.store.journal.file import JournalFile
from newsletter_mailer.store.journal.reading import Entry, read_journal
from newsletter_mailer.store.runs import NewRun, PlannedRow
from newsletter_mailer.store.sqlite import recovery
from newsletter_mailer.store.sqlite.claims import SqliteClaims
from newsletter_mailer.store.sqlite.journals import journal_path
from newsletter_mailer.store.sqlite.ledger import SqliteLedger
from newsletter_mailer.store.sqlite.store import SqliteStore
from newsletter_mailer.store.states import State
from tests.edges.at_once import TOGETHER, at_once
from tests.store.dead_sender import DIED, answered, dies, dot, marked, recovered

ISSUE = "2030-01"
NOW = datetime(2030, 1, 15, 9, 0, tzinfo=UTC)
EVER = {State.QUEUED: 1e12, State.DEFERRED: 1e12}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def begin(ledger: SqliteLedger, *names: str) -> SqliteClaims:
    return ledger.begin_run(
        NewRun(issue=ISSUE, now=NOW, content_hash="", files={}, filters={}, host="example.org"),
        rows=[
            PlannedRow(
                address=f"{name}@a.example", mailbox=f"{name}@a.example", variant="", values={}
            )
            for name in names
        ],
    )


def claim(sender: SqliteClaims) -> list[ClaimedRow]:
    return sender.record_and_claim([], 100, due=EVER)


def journals(path: Path) -> list[Path]:
    return sorted(path.parent.glob("*.journal"))


def test_a_long_answer_is_cut(path: Path) -> None:
    """A journal has so many octets for each."""
    dies(SqliteStore(path), answered(State.SENT, 250, "ü" * 500))

    state, reply, _ = recovered(SqliteStore(path))

    assert state is State.SENT
    assert reply.startswith(f"250 {'ü' * 115}")
    assert journals(path) == []


def gone(journal: Path) -> None:
    journal.unlink()


def cut_short(journal: Path) -> None:
    journal.write_bytes(journal.read_bytes()[:-1])


def grown(journal: Path) -> None:
    journal.write_bytes(journal.read_bytes() + b"\0")


def empty(journal: Path) -> None:
    journal.write_bytes(b"")


def all_zero(journal: Path) -> None:
    journal.write_bytes(bytes(journal.stat().st_size))


def of_another_sender(journal: Path) -> None:
    octets = journal.read_bytes()
    token = journal.name.split(".")[-2].encode()
    journal.write_bytes(octets.replace(token, token[::-1], 1))


def of_another_start_of_the_machine(journal: Path) -> None:
    octets = journal.read_bytes()
    at = octets.index(b'"boot": "') + 9
    journal.write_bytes(octets[:at] + b"0000" + octets[at + 4 :])


def with_a_head_that_is_none(journal: Path) -> None:
    journal.write_bytes(journal.read_bytes().replace(b"{", b"[", 1))


def patched(at: int, octets: bytes) -> Callable[[Path], None]:
    """In the last slot, which is used first."""

    def spoil(journal: Path) -> None:
        whole = bytearray(journal.read_bytes())
        start = len(whole) - 256 + at
        whole[start : start + len(octets)] = octets
        journal.write_bytes(whole)

    spoil.__name__ = f"octets {at}: {octets!r}"
    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        gone,
        cut_short,
        grown,
        empty,
        all_zero,
        of_another_sender,
        of_another_start_of_the_machine,
        with_a_head_that_is_none,
        patched(0, b"\x07"),
        patched(0, b"\x02\x09"),
        patched(16, b"\xff\xff"),
        patched(18, b"\xff\xff"),
    ],
    ids=lambda value: value.__name__,
)
def test_without_a_journal_that_can_be_trusted_all_that_was_claimed_is_unknown(
    path: Path, spoil: Callable[[Path], None]
) -> None:
    dies(SqliteStore(path), answered(State.DEFERRED, 451, "later"))
    (journal,) = journals(path)
    spoil(journal)

    state, reply, attempts = recovered(SqliteStore(path))

    assert (state, attempts) == (State.UNKNOWN, 1)
    assert "its journal" in reply
    assert journals(path) == []


def test_an_answer_that_contradicts_itself_says_nothing_of_the_others(path: Path) -> None:
    """A yes with the code of a no, and a no with a code of HTTP."""
    with SqliteStore(path).open() as ledger:
        ledger.hold()
        sender = begin(ledger, "ann", "ben", "cy")
        ann, ben, _ = claim(sender)
        sender.journal.answer(dot(sender, ann), State.DEFERRED, 451, None, "later")
        sender.journal.answer(dot(sender, ben), State.REFUSED, 404, None, "ErrorItemNotFound")
        sender.journal.abandon()
    patched(0, b"\x02\x00")(*journals(path))

    with SqliteStore(path).open() as ledger:
        ledger.hold()
        rows = {row.address.partition("@")[0]: row for row in ledger.deliveries(ISSUE)}
        assert {name: row.state for name, row in rows.items()} == {
            "ann": State.UNKNOWN,
            "ben": State.REFUSED,
            "cy": State.QUEUED,
        }
    assert rows["ann"].reply == "what the sender's journal says of it contradicts itself"
    assert rows["ben"].reply == "404 ErrorItemNotFound"


def test_a_sender_that_died_before_its_run_was_recorded_leaves_nothing_behind(path: Path) -> None:
    with SqliteStore(path).open():
        JournalFile(journal_path(path, "0" * 16), "0" * 16).abandon()
        journals(path)[0].with_name(f"{path.name}.ba1f.journal").write_bytes(b"newsl")
    with SqliteStore(path).open() as ledger:
        ledger.hold()

    assert journals(path) == []


def test_a_sender_that_died_while_it_brought_the_log_into_the_file_goes_on(
    path: Path, tmp_path: Path
) -> None:
    """Any part of the file's pages may be written by then. An older file is told from that."""
    names = [f"reader{number:02}" for number in range(60)]
    journal_then, whole = b"", {0: b"", 8: b"", 15: b"", 16: b""}  # by commits
    with SqliteStore(path).open() as ledger:
        ledger.hold()
        sender = begin(ledger, *names)
        whole[0] = path.read_bytes()
        for commits in range(1, 17):
            sender.record_and_claim([], 3, due=EVER)
            if commits in whole:
                whole[commits] = path.read_bytes()
            if commits == 15:
                journal_then = sender.journal._memory[:]
        log = path.with_name("ledger.db-wal").read_bytes()
        sender.journal.abandon()
    (journal,) = journals(path)
    assert whole[0] != whole[8] == whole[15] != whole[16]

    def opened(file: bytes) -> SqliteLedger:
        path.write_bytes(file)
        path.with_name("ledger.db-wal").write_bytes(log)
        journal.write_bytes(journal_then)
        return SqliteStore(path).open()

    pages = [*range(0, len(whole[16]), 4096)]
    half = [whole[16][:at] + whole[15][at:] for at in pages]
    half += [whole[15][:at] + whole[16][at:] for at in pages]
    for file in half:
        with opened(file) as ledger:
            ledger.hold()
            assert ledger.counts(ISSUE).keys() == {State.QUEUED}
    for file in (whole[0], whole[0][: len(whole[0]) // 2] + whole[8][len(whole[0]) // 2 :]):
        with pytest.raises(OutdatedLedger, match="was put in its place"):
            opened(file)


def test_when_all_is_recorded_the_journal_goes(path: Path) -> None:
    with SqliteStore(path).open() as ledger:
        ledger.hold()
        sender = begin(ledger, "ann")
        (row,) = claim(sender)
        assert len(journals(path)) == 1
        sender.record_and_claim([Settled(id=row.id, state=State.SENT, at=1.0)], 0, due={})
        sender.end(NOW)

    assert journals(path) == []


def test_when_not_all_is_recorded_the_journal_stays(path: Path) -> None:
    with SqliteStore(path).open() as ledger:
        ledger.hold()
        sender = begin(ledger, "ann", "ben")
        row, _ = claim(sender)
        sender.record_and_claim([Settled(id=row.id, state=State.SENT, at=1.0)], 0, due={})
        sender.end(NOW)

    assert len(journals(path)) == 1


def test_a_journal_that_cannot_be_made_stops_before_anything_is_recorded(path: Path) -> None:
    with SqliteStore(path).open() as ledger:
        ledger.hold()
        path.parent.joinpath("elsewhere").mkdir()
        ledger.path = path.parent / "gone" / "ledger.db"
        with pytest.raises(LedgerError, match="journal"):
            begin(ledger, "ann")

        assert ledger.runs.all(ISSUE) == []


HOLD = f"""
import sys
from pathlib import Path
from newsletter_mailer.errors import LedgerBusy
from newsletter_mailer.store.sqlite.store import SqliteStore
with SqliteStore(Path(sys.argv[1])).open() as ledger:
    {TOGETHER}
    try:
        ledger.hold()
    except LedgerBusy:
        print("busy", flush=True)
    else:
        print("holds", flush=True)
        sys.stdin.read()
"""


def test_of_five_that_find_a_dead_senders_journal_at_once_one_settles_it(path: Path) -> None:
    dies(SqliteStore(path), marked)
    processes = at_once(HOLD, str(path), count=5)
    said = [process.stdout.readline().strip() for process in processes if process.stdout]
    ends = [process.communicate(timeout=60) for process in processes]

    assert sorted(said) == ["busy"] * 4 + ["holds"], ends
    assert [process.returncode for process in processes] == [0] * 5, ends
    assert recovered(SqliteStore(path))[:2] == (State.UNKNOWN, DIED)


def test_a_journal_that_goes_while_somebody_looks_is_no_sign_of_an_older_ledger(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its run could not begin: the ledger does not know it."""
    with SqliteStore(path).open() as ledger:
        ledger.hold()
        gone = journal_path(path, "0" * 16)
        monkeypatch.setattr(recovery, "journals_of", lambda ledger: [gone])

        assert ledger.doubt() == ""

        gone.mkdir()  # it is there, and cannot be read
        assert "is of a run that it does not know" in ledger.doubt()


def test_a_slot_that_was_given_back_is_used_again(tmp_path: Path) -> None:
    journal = JournalFile(tmp_path / "a.journal", "a")
    slots = [journal.mark(row, 1) for row in range(layout.SLOTS)]
    assert None not in slots
    assert len({*slots}) == layout.SLOTS
    assert journal.mark(9_999, 1) is None, "too many outcomes wait for their commit"

    journal.release([slot for slot in slots[:2] if slot is not None])
    assert {journal.mark(row, 2) for row in range(2)} == {*slots[:2]}
    assert journal.mark(9_999, 1) is None
    journal.abandon()


@given(
    st.lists(
        st.tuples(
            st.integers(1, 2**62),
            st.integers(0, 2**31),
            st.sampled_from(
                [
                    (None, None),
                    (State.SENT, 250),
                    (State.SENT, 299),
                    (State.DEFERRED, 421),
                    (State.DEFERRED, None),
                    (State.DEFERRED, 550),
                    (State.REFUSED, 554),
                    (State.REFUSED, 404),
                    (State.UNKNOWN, None),
                    (State.UNKNOWN, 354),
                ]
            ),
            st.one_of(st.none(), st.from_regex(r"[245]\.\d{1,3}\.\d{1,3}", fullmatch=True)),
            st.text(max_size=500),
        ),
        max_size=20,
        unique_by=lambda entry: entry[:2],
    )
)
def test_what_is_marked_is_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    marks: list[tuple[int, int, tuple[State | None, int | None], str | None, str]],
) -> None:
    path = tmp_path_factory.mktemp("journal") / "a.journal"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "SLOTS", 32)
        journal = JournalFile(path, "a")
        for row, attempt, (state, code), enhanced, reply in marks:
            slot = journal.mark(row, attempt)
            assert slot is not None
            if state is not None:
                journal.answer(slot, state, code, enhanced, reply)
        journal.abandon()
        found = read_journal(path, "a")

    assert found is not None
    assert found.keys() == {(row, attempt) for row, attempt, *_ in marks}
    for row, attempt, (state, code), enhanced, reply in marks:
        entry = found[row, attempt]
        if state is None:
            assert entry == Entry(state=None)
        else:
            assert (entry.state, entry.code, entry.enhanced) == (state, code, enhanced)
            kept = entry.reply.rstrip("\ufffd")
            assert reply.startswith(kept)
            assert entry.reply == reply or len(kept.encode()) > 220
