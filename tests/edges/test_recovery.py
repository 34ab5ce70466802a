"""What a dead sender left, and what is made of it: a real journal beside a real ledger."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.errors import LedgerError, OutdatedLedger
from newsletter_mailer.store import journal as journal_module
from newsletter_mailer.store.journal import Entry, Journal, read_journal
from newsletter_mailer.store.ledger import Ledger, open_ledger
from newsletter_mailer.store.left import journal_path
from newsletter_mailer.store.rows import ClaimedRow, NewRun, PlannedRow, Settled
from newsletter_mailer.store.sender import Sender
from newsletter_mailer.store.states import State

ISSUE = "2030-01"
NOW = datetime(2030, 1, 15, 9, 0, tzinfo=UTC)
EVER = {State.QUEUED: 1e12, State.DEFERRED: 1e12}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def begin(ledger: Ledger, *names: str) -> Sender:
    return ledger.begin_run(
        NewRun(issue=ISSUE, now=NOW, content_hash="", files={}, filters={}, host="example.org"),
        skipped={},
        rows=[
            PlannedRow(
                address=f"{name}@a.example", mailbox=f"{name}@a.example", variant="", values={}
            )
            for name in names
        ],
    )


def claim(sender: Sender) -> list[ClaimedRow]:
    return sender.record_and_claim([], 100, due=EVER)


def states(ledger: Ledger) -> dict[str, State]:
    return {row.address.partition("@")[0]: row.state for row in ledger.deliveries(ISSUE)}


def journals(path: Path) -> list[Path]:
    return sorted(path.parent.glob("*.journal"))


def dies(path: Path, act: Callable[[Sender, ClaimedRow], None]) -> None:
    """A sender claims Ann's row, does this with it, and is gone."""
    with open_ledger(path) as ledger:
        ledger.hold()
        sender = begin(ledger, "ann")
        (row,) = claim(sender)
        act(sender, row)
        sender.journal.abandon()


def recovered(path: Path) -> tuple[State, str, int]:
    """Ann's row as the next sender finds it: state, reply, attempts."""
    with open_ledger(path) as ledger:
        ledger.hold()
        (row,) = ledger.deliveries(ISSUE)
        return row.state, row.reply, row.attempts


def nothing(sender: Sender, row: ClaimedRow) -> None:
    """It was claimed, and perhaps begun."""


def dot(sender: Sender, row: ClaimedRow) -> int:
    slot = sender.journal.dot(row.id, row.attempt)
    assert slot is not None
    return slot


def marked(sender: Sender, row: ClaimedRow) -> None:
    dot(sender, row)


def put_back(sender: Sender, row: ClaimedRow) -> None:
    sender.journal.release([dot(sender, row)])


def another(sender: Sender, row: ClaimedRow) -> None:
    sender.journal.dot(row.id + 1, row.attempt)


def an_earlier_attempt(sender: Sender, row: ClaimedRow) -> None:
    sender.journal.dot(row.id, row.attempt - 1)


def answered(state: State, code: int | None, reply: str) -> Callable[[Sender, ClaimedRow], None]:
    def act(sender: Sender, row: ClaimedRow) -> None:
        sender.journal.answer(dot(sender, row), state, code, "2.0.0" if code else None, reply)

    act.__name__ = f"answered {state} {code}"
    return act


DIED = "the sender died before it read the answer"


@pytest.mark.parametrize(
    ("act", "state", "reply", "attempts"),
    [
        (nothing, State.QUEUED, "", 0),
        (put_back, State.QUEUED, "", 0),
        (another, State.QUEUED, "", 0),
        (an_earlier_attempt, State.QUEUED, "", 0),
        (marked, State.UNKNOWN, DIED, 1),
        (answered(State.SENT, 250, "queued as 1"), State.SENT, "250 queued as 1", 1),
        (answered(State.DEFERRED, 451, "later"), State.DEFERRED, "451 later", 1),
        (answered(State.DEFERRED, 550, "no relay"), State.DEFERRED, "550 no relay", 1),
        (answered(State.REFUSED, 554, "spam"), State.REFUSED, "554 spam", 1),
        (answered(State.UNKNOWN, None, "line lost"), State.UNKNOWN, "line lost", 1),
        (answered(State.SENT, 250, "ü" * 500), State.SENT, f"250 {'ü' * 115}", 1),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_each_mark_has_its_state(
    path: Path,
    act: Callable[[Sender, ClaimedRow], None],
    state: State,
    reply: str,
    attempts: int,
) -> None:
    dies(path, act)

    found = recovered(path)

    assert (found[0], found[2]) == (state, attempts)
    assert found[1].startswith(reply)
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
        patched(0, b"\x02\x00"),
        patched(16, b"\xff\xff"),
        patched(18, b"\xff\xff"),
    ],
    ids=lambda value: value.__name__,
)
def test_without_a_journal_that_can_be_trusted_all_that_was_claimed_is_unknown(
    path: Path, spoil: Callable[[Path], None]
) -> None:
    dies(path, answered(State.DEFERRED, 451, "later"))
    (journal,) = journals(path)
    spoil(journal)

    state, reply, attempts = recovered(path)

    assert (state, attempts) == (State.UNKNOWN, 1)
    assert "its journal" in reply
    assert journals(path) == []


def test_a_sender_that_died_before_its_run_was_recorded_leaves_nothing_behind(path: Path) -> None:
    with open_ledger(path):
        Journal(journal_path(path, "0" * 16), "0" * 16).abandon()
        journals(path)[0].with_name(f"{path.name}.ba1f.journal").write_bytes(b"newsl")
    with open_ledger(path) as ledger:
        ledger.hold()

    assert journals(path) == []


def test_several_dead_senders_are_told_apart(path: Path) -> None:
    with open_ledger(path) as ledger:
        first = begin(ledger, "ann", "ben")
        rows = claim(first)
        marked(first, rows[0])
        second = begin(ledger, "cy", "dan")
        others = claim(second)
        marked(second, others[1])
        assert len(journals(path)) == 2
        first.journal.abandon()
        second.journal.abandon()
    with open_ledger(path) as ledger:
        ledger.hold()

        assert states(ledger) == {
            "ann": State.UNKNOWN,
            "ben": State.QUEUED,
            "cy": State.QUEUED,
            "dan": State.UNKNOWN,
        }
    assert journals(path) == []


def test_what_the_ledger_has_already_is_not_taken_from_the_journal(path: Path) -> None:
    def act(sender: Sender, row: ClaimedRow) -> None:
        slot = dot(sender, row)
        sender.journal.answer(slot, State.SENT, 250, None, "queued")
        sender.record_and_claim(
            [Settled(id=row.id, state=State.SENT, code=250, reply="queued", at=1.0)], 0, due={}
        )
        sender.journal.answer(slot, State.REFUSED, 550, None, "never said")

    dies(path, act)

    assert recovered(path)[:2] == (State.SENT, "250 queued")


def test_a_sender_that_died_while_it_brought_the_log_into_the_file_goes_on(
    path: Path, tmp_path: Path
) -> None:
    """Any part of the file's pages may be written by then. An older file is told from that."""
    names = [f"reader{number:02}" for number in range(60)]
    journal_then, whole = b"", {0: b"", 8: b"", 15: b"", 16: b""}  # by commits
    with open_ledger(path) as ledger:
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

    def opened(file: bytes) -> Ledger:
        path.write_bytes(file)
        path.with_name("ledger.db-wal").write_bytes(log)
        journal.write_bytes(journal_then)
        return open_ledger(path)

    pages = [*range(0, len(whole[16]), 4096)]
    half = [whole[16][:at] + whole[15][at:] for at in pages]
    half += [whole[15][:at] + whole[16][at:] for at in pages]
    for file in half:
        with opened(file) as ledger:
            ledger.hold()
            assert set(states(ledger).values()) == {State.QUEUED}
    for file in (whole[0], whole[0][: len(whole[0]) // 2] + whole[8][len(whole[0]) // 2 :]):
        with pytest.raises(OutdatedLedger, match="was put in its place"):
            opened(file)


def test_when_all_is_recorded_the_journal_goes(path: Path) -> None:
    with open_ledger(path) as ledger:
        sender = begin(ledger, "ann")
        (row,) = claim(sender)
        assert len(journals(path)) == 1
        sender.record_and_claim([Settled(id=row.id, state=State.SENT, at=1.0)], 0, due={})
        sender.close()

    assert journals(path) == []


def test_when_not_all_is_recorded_the_journal_stays(path: Path) -> None:
    with open_ledger(path) as ledger:
        sender = begin(ledger, "ann", "ben")
        row, _ = claim(sender)
        sender.record_and_claim([Settled(id=row.id, state=State.SENT, at=1.0)], 0, due={})
        sender.close()

    assert len(journals(path)) == 1


def test_a_journal_that_cannot_be_made_stops_before_anything_is_recorded(path: Path) -> None:
    with open_ledger(path) as ledger:
        path.parent.joinpath("elsewhere").mkdir()
        ledger.path = path.parent / "gone" / "ledger.db"
        with pytest.raises(LedgerError, match="journal"):
            begin(ledger, "ann")

        assert ledger.runs.all(ISSUE) == []


HOLD = """
import sys, time
from pathlib import Path
from newsletter_mailer.errors import LedgerBusy
from newsletter_mailer.store.ledger import open_ledger
with open_ledger(Path(sys.argv[1])) as ledger:
    time.sleep(max(0, float(sys.argv[2]) - time.time()))
    try:
        ledger.hold()
    except LedgerBusy:
        print("busy", flush=True)
    else:
        print("holds", flush=True)
        sys.stdin.read()
"""


def test_of_five_that_find_a_dead_senders_journal_at_once_one_settles_it(path: Path) -> None:
    dies(path, marked)
    start = str(time.time() + 1.5)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", HOLD, str(path), start],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(5)
    ]
    said = [process.stdout.readline().strip() for process in processes if process.stdout]
    ends = [process.communicate(timeout=60) for process in processes]

    assert sorted(said) == ["busy"] * 4 + ["holds"], ends
    assert [process.returncode for process in processes] == [0] * 5, ends
    assert recovered(path)[:2] == (State.UNKNOWN, DIED)


def test_a_slot_that_was_given_back_is_used_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "a.journal", "a")
    slots = [journal.dot(row, 1) for row in range(journal_module.SLOTS)]
    assert None not in slots
    assert len({*slots}) == journal_module.SLOTS
    assert journal.dot(9_999, 1) is None, "too many outcomes wait for their commit"

    journal.release([slot for slot in slots[:2] if slot is not None])
    assert {journal.dot(row, 2) for row in range(2)} == {*slots[:2]}
    assert journal.dot(9_999, 1) is None
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
        patch.setattr(journal_module, "SLOTS", 32)
        journal = Journal(path, "a")
        for row, attempt, (state, code), enhanced, reply in marks:
            slot = journal.dot(row, attempt)
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
