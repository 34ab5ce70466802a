"""The ledger, a real SQLite file: what was sent to whom, whatever happens to the file."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from newsletter_mailer.errors import LedgerBusy, LedgerError
from newsletter_mailer.store.ledger import Ledger, open_ledger, read_ledger
from newsletter_mailer.store.rows import ClaimedRow, PlannedRow, Settled
from newsletter_mailer.store.schema import STEPS
from newsletter_mailer.store.states import OWED, TRANSITIONS, State

NOW = datetime(2030, 1, 15, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ISSUE = "2030-01"
ALL = [f"{name}@example.org" for name in ("ann", "ben", "cy")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory" / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with open_ledger(path) as opened:
        yield opened


def planned(address: str, **values: str) -> PlannedRow:
    return PlannedRow(address=address, mailbox=address, variant="everyone", values=values)


def begin(
    ledger: Ledger,
    *addresses: str,
    issue: str = ISSUE,
    now: datetime = NOW,
    variant: str = "everyone",
) -> int:
    return ledger.begin_run(
        issue,
        now=now,
        content_hash="c0ffee",
        files={"10-letter.md": "c0ffee"},
        filters={"regions": ["dudley"]},
        skipped={},
        rows=[
            PlannedRow(address=address, mailbox=address.title(), variant=variant, values={"a": "b"})
            for address in addresses
        ],
        host="example.org",
    )


def claim(ledger: Ledger, run: int, count: int = 100, **more: object) -> list[str]:
    rows: list[ClaimedRow] = ledger.settle_and_claim(ISSUE, run, [], count, **more)  # type: ignore[arg-type]  # passed on
    return [row.address for row in rows]


def settled(
    address: str, state: State, *, code: int | None = None, reply: str = "", at: datetime = NOW
) -> Settled:
    return Settled(address=address, state=state, code=code, reply=reply, at=at)


def settle(ledger: Ledger, run: int, *ends: Settled) -> None:
    ledger.settle_and_claim(ISSUE, run, ends, 0)


def states(ledger: Ledger) -> dict[str, str]:
    return {row.address: row.state.value for row in ledger.deliveries(ISSUE)}


def put(ledger: Ledger, run: int, state: State) -> None:
    """Ann's row in this state, by ways that exist."""
    if state is not State.QUEUED:
        assert claim(ledger, run, 1) == ALL[:1]
    if state not in (State.QUEUED, State.SENDING):
        settle(ledger, run, settled(ALL[0], state))


def test_a_claimed_row_carries_all_that_its_message_needs(ledger: Ledger) -> None:
    run = begin(ledger, "zoë@example.org")

    (row,) = ledger.settle_and_claim(ISSUE, run, [], 10)

    assert (row.address, row.mailbox) == ("zoë@example.org", "Zoë@Example.Org")
    assert (row.variant, row.values) == ("everyone", {"a": "b"})
    assert row.message_id.endswith("@example.org")
    assert row.message_id.isascii()


def test_message_ids_are_stable_and_all_different(path: Path) -> None:
    def ids(ledger: Ledger) -> dict[str, str]:
        run = begin(ledger, *ALL)
        rows = ledger.settle_and_claim(ISSUE, run, [], 10)
        ledger.give_back(ISSUE, [row.address for row in rows])
        return {row.address: row.message_id for row in rows}

    with open_ledger(path) as ledger:
        first = ids(ledger)
    with open_ledger(path) as again, open_ledger(path.with_name("other.db")) as other:
        assert ids(again) == first
        strange = ids(other)

    assert len({*first.values(), *strange.values()}) == 2 * len(ALL)
    assert all(one.endswith("@example.org") for one in first.values())


def test_nobody_is_claimed_twice(ledger: Ledger) -> None:
    run = begin(ledger, *ALL)

    assert claim(ledger, run, 2) + claim(ledger, run, 2) + claim(ledger, run, 2) == ALL


@pytest.mark.parametrize("state", list(State))
def test_only_owed_rows_are_claimed(ledger: Ledger, state: State) -> None:
    run = begin(ledger, ALL[0])
    put(ledger, run, state)

    again = begin(ledger, ALL[0], now=LATER)

    assert claim(ledger, again) == (ALL[:1] if state in OWED else [])


@pytest.mark.parametrize("state", [State.SENT, State.REFUSED, State.UNKNOWN, State.SENDING])
def test_what_is_not_owed_cannot_be_asked_for(ledger: Ledger, state: State) -> None:
    run = begin(ledger, ALL[0])
    put(ledger, run, state)

    with pytest.raises(ValueError, match="may be sent"):
        claim(ledger, run, states=[state])


@pytest.mark.parametrize("end", list(State))
@pytest.mark.parametrize("begun", list(State))
def test_an_outcome_moves_a_row_only_along_the_drawn_ways(
    ledger: Ledger, begun: State, end: State
) -> None:
    run = begin(ledger, ALL[0])
    put(ledger, run, begun)

    if end in TRANSITIONS[State.SENDING]:
        settle(ledger, run, settled(ALL[0], end))
    else:
        with pytest.raises(ValueError, match="cannot end"):
            settle(ledger, run, settled(ALL[0], end))

    moved = begun is State.SENDING and end in TRANSITIONS[begun]
    assert states(ledger) == {ALL[0]: end if moved else begun}


@pytest.mark.parametrize("state", list(State))
def test_a_row_given_back_is_owed_again_if_it_was_claimed(ledger: Ledger, state: State) -> None:
    run = begin(ledger, ALL[0])
    put(ledger, run, state)

    ledger.give_back(ISSUE, ALL)

    assert states(ledger) == {ALL[0]: "queued" if state is State.SENDING else state}


@pytest.mark.parametrize("decision", list(State))
@pytest.mark.parametrize("state", list(State))
def test_only_unknown_rows_are_resolved_and_only_two_ways(
    ledger: Ledger, state: State, decision: State
) -> None:
    run = begin(ledger, ALL[0])
    put(ledger, run, state)

    if decision in (State.QUEUED, State.SENT):
        count = ledger.resolve_unknown(ISSUE, decision, now=NOW, how="by hand")
        assert count == (state is State.UNKNOWN)
    else:
        with pytest.raises(ValueError, match="cannot become"):
            ledger.resolve_unknown(ISSUE, decision, now=NOW, how="by hand")

    may = state is State.UNKNOWN and decision in TRANSITIONS[State.UNKNOWN]
    assert states(ledger) == {ALL[0]: decision if may else state}


def test_a_resent_unknown_row_keeps_its_message_id(ledger: Ledger) -> None:
    run = begin(ledger, ALL[0])
    (first,) = ledger.settle_and_claim(ISSUE, run, [], 1)
    settle(ledger, run, settled(ALL[0], State.UNKNOWN))
    ledger.resolve_unknown(ISSUE, State.QUEUED, now=NOW, how="resend")

    (second,) = ledger.settle_and_claim(ISSUE, begin(ledger, ALL[0], now=LATER), [], 1)

    assert first.message_id == second.message_id


def test_an_outcome_is_kept_with_its_reply_and_shown(ledger: Ledger) -> None:
    run = begin(ledger, *ALL)
    claim(ledger, run)
    settle(
        ledger,
        run,
        settled(ALL[0], State.SENT, code=250, reply="queued as 1"),
        settled(ALL[1], State.REFUSED, code=550, reply="no such user"),
        settled(ALL[2], State.UNKNOWN, reply="line lost"),
    )

    assert [(one.address, one.state, one.reply) for one in ledger.deliveries(ISSUE)] == [
        (ALL[0], State.SENT, "250 queued as 1"),
        (ALL[1], State.REFUSED, "550 no such user"),
        (ALL[2], State.UNKNOWN, "line lost"),
    ]
    assert [one.address for one in ledger.deliveries(ISSUE, State.REFUSED)] == [ALL[1]]
    assert ledger.counts(ISSUE) == {State.SENT: 1, State.REFUSED: 1, State.UNKNOWN: 1}
    assert ledger.states(ISSUE, [*ALL[:2], "nobody@example.org"]) == {
        ALL[0]: State.SENT,
        ALL[1]: State.REFUSED,
    }


def test_the_dead_senders_rows_are_unknown_and_say_so_without_an_old_code(path: Path) -> None:
    with open_ledger(path) as dead:
        run = begin(dead, *ALL)
        claim(dead, run, 1)
        settle(dead, run, settled(ALL[0], State.DEFERRED, code=451, reply="later"))
        claim(dead, begin(dead, *ALL, now=LATER), 2)
        claimed = [address for address, state in states(dead).items() if state == "sending"]
    with open_ledger(path) as ledger:
        assert ledger.counts(ISSUE)[State.SENDING] == 2
        ledger.hold()

        unknown = {row.address: row.reply for row in ledger.deliveries(ISSUE, State.UNKNOWN)}
        assert [*unknown] == claimed
        assert {*unknown.values()} == {"the sender died before it read the answer"}
        assert claim(ledger, begin(ledger, *ALL)) == [a for a in ALL if a not in claimed]


def test_the_queued_come_before_the_deferred_and_none_twice_in_a_round(ledger: Ledger) -> None:
    run = begin(ledger, *ALL)
    claim(ledger, run, 2)
    settle(
        ledger,
        run,
        settled(ALL[0], State.DEFERRED, at=NOW - timedelta(minutes=1)),
        settled(ALL[1], State.DEFERRED, at=NOW),
    )

    assert claim(ledger, run, 1, not_after=NOW) == [ALL[2]]
    assert claim(ledger, run, 5, not_after=NOW) == [ALL[0]]
    assert claim(ledger, run, 5, not_after=NOW) == []
    assert claim(ledger, run, 5, not_after=LATER) == [ALL[1]]


def test_a_moment_is_the_same_in_any_timezone(ledger: Ledger) -> None:
    run = begin(ledger, ALL[0])
    claim(ledger, run)
    settle(ledger, run, settled(ALL[0], State.DEFERRED, at=NOW))
    in_india = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))

    assert claim(ledger, run, 5, not_after=in_india) == []
    assert claim(ledger, run, 5, not_after=in_india + timedelta(microseconds=1)) == ALL[:1]


def test_only_the_asked_states_are_claimed(ledger: Ledger) -> None:
    run = begin(ledger, *ALL[:2])
    claim(ledger, run, 1)
    settle(ledger, run, settled(ALL[0], State.DEFERRED))

    assert claim(ledger, run, states=[State.DEFERRED]) == [ALL[0]]


def test_a_later_run_with_other_readers_touches_nobody_else(ledger: Ledger) -> None:
    first = begin(ledger, *ALL[:2], variant="old")
    claim(ledger, first, 1)
    settle(ledger, first, settled(ALL[0], State.SENT))
    second = begin(ledger, ALL[0], ALL[2], now=LATER, variant="new")

    rows = ledger.settle_and_claim(ISSUE, second, [], 10)

    assert [(row.address, row.variant) for row in rows] == [(ALL[2], "new")]
    assert ledger.counts(ISSUE, second) == {State.SENT: 1, State.SENDING: 1}
    assert states(ledger)[ALL[1]] == "queued"


def test_what_is_still_owed_is_planned_anew(ledger: Ledger) -> None:
    begin(ledger, ALL[0], variant="old")

    (row,) = ledger.settle_and_claim(ISSUE, begin(ledger, ALL[0], variant="new"), [], 1)

    assert row.variant == "new"


def test_issues_do_not_mix(ledger: Ledger) -> None:
    begin(ledger, *ALL, issue="2030-02")
    run = begin(ledger, ALL[0])

    assert claim(ledger, run) == ALL[:1]
    assert ledger.counts("2030-02") == {State.QUEUED: 3}


def test_the_issues_date_is_that_of_its_first_run(ledger: Ledger) -> None:
    assert ledger.issue(ISSUE) is None
    begin(ledger, ALL[0])
    begin(ledger, ALL[0], now=LATER)

    record = ledger.issue(ISSUE)
    assert record is not None
    assert (record.date, record.files) == (NOW, {"10-letter.md": "c0ffee"})


def test_a_run_is_recorded_with_its_filters_and_who_was_skipped(ledger: Ledger) -> None:
    skipped: dict[str, int] = {}

    def rows() -> Iterator[PlannedRow]:
        yield planned(ALL[0])
        skipped["bounced"] = 2
        yield planned(ALL[0])

    run = ledger.begin_run(
        ISSUE,
        now=NOW,
        content_hash="c0ffee",
        files={},
        filters={"regions": ["dudley"]},
        skipped=skipped,
        rows=rows(),
        host="example.org",
    )
    ledger.end_run(run, LATER)

    assert ledger.runs(ISSUE) == [
        {
            "run": run,
            "began": "2030-01-15T09:00:00.000000+00:00",
            "ended": "2030-01-15T10:00:00.000000+00:00",
            "filters": {"regions": ["dudley"]},
            "content_hash": "c0ffee",
            "planned": 1,
            "skipped": {"bounced": 2},
        }
    ]


def test_a_run_that_cannot_begin_leaves_nothing(ledger: Ledger) -> None:
    def rows() -> Iterator[PlannedRow]:
        yield planned(ALL[0])
        raise RuntimeError("the list broke")

    with pytest.raises(RuntimeError, match="the list broke"):
        ledger.begin_run(
            ISSUE,
            now=NOW,
            content_hash="",
            files={},
            filters={},
            skipped={},
            rows=rows(),
            host="example.org",
        )

    assert (ledger.issue(ISSUE), ledger.runs(ISSUE), ledger.counts(ISSUE)) == (None, [], {})
    begin(ledger, *ALL)
    assert ledger.counts(ISSUE) == {State.QUEUED: 3}


def test_a_suppressed_reader_is_never_claimed_and_stays_owed(ledger: Ledger) -> None:
    run = begin(ledger, *ALL)
    ledger.suppressions.add(ALL[0], "unsubscribed", NOW)

    assert claim(ledger, run) == ALL[1:]
    assert states(ledger)[ALL[0]] == "queued"


def test_suppression_is_told_changed_and_lifted(ledger: Ledger) -> None:
    assert ledger.suppressions.among(ALL) == {}
    ledger.suppressions.add(ALL[0], "bounced", NOW)
    ledger.suppressions.add(ALL[0], "complained", LATER)
    ledger.suppressions.add(ALL[1], "manual", NOW)

    assert ledger.suppressions.among(ALL) == {ALL[0]: "complained", ALL[1]: "manual"}
    assert [row[:2] for row in ledger.suppressions.all()] == [
        (ALL[0], "complained"),
        (ALL[1], "manual"),
    ]
    assert ledger.suppressions.remove(ALL[0])
    assert not ledger.suppressions.remove(ALL[0])
    assert ledger.suppressions.among(ALL) == {ALL[1]: "manual"}


def test_all_that_is_held_about_a_person_is_told(ledger: Ledger) -> None:
    begin(ledger, ALL[0])
    ledger.suppressions.add(ALL[0], "manual", NOW)

    held = ledger.held_about(ALL[0])

    assert held["suppressed"] == {
        "reason": "manual",
        "since": NOW.isoformat(timespec="microseconds"),
    }
    assert held["issues"] == [
        {
            "issue": ISSUE,
            "mailbox": "Ann@Example.Org",
            "state": "queued",
            "at": None,
            "values": {"a": "b"},
        }
    ]
    assert ledger.held_about("nobody@example.org")["issues"] == []


def test_every_commit_reaches_the_disk(ledger: Ledger) -> None:
    assert ledger._database.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert ledger._database.execute("PRAGMA synchronous").fetchone()[0] == 2


OPEN_AT_ONCE = """
import sys, time
from pathlib import Path
from newsletter_mailer.store.ledger import open_ledger
time.sleep(max(0, float(sys.argv[2]) - time.time()))
with open_ledger(Path(sys.argv[1])) as ledger:
    print(ledger.id)
"""


def test_five_processes_that_make_the_ledger_at_once_make_one(path: Path) -> None:
    start = str(time.time() + 1.0)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN_AT_ONCE, str(path), start],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(5)
    ]
    answers = [process.communicate(timeout=60) for process in processes]

    assert [process.returncode for process in processes] == [0] * 5, answers
    assert len({out for out, _ in answers}) == 1


def test_two_senders_do_not_share_a_ledger(path: Path) -> None:
    with open_ledger(path) as first, open_ledger(path) as second:
        first.hold()
        with pytest.raises(LedgerBusy, match=r"Another send.*ledger\.db"):
            second.hold()
        first.__exit__()
        second.hold()


def newer(path: Path) -> None:
    with open_ledger(path):
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
    with open_ledger(path) as ledger:
        begin(ledger, *(f"reader{number}@example.org" for number in range(2_000)))
    octets = bytearray(path.read_bytes())
    octets[4096 : len(octets) - 4096] = b"\x55" * (len(octets) - 8192)
    path.write_bytes(octets)


def cut_short(path: Path) -> None:
    with open_ledger(path):
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
@pytest.mark.parametrize("way", [open_ledger, read_ledger])
def test_a_file_that_cannot_be_the_ledger_is_refused_and_left_alone(
    path: Path, spoil: Callable[[Path], None], words: str, way: Callable[[Path], Ledger | None]
) -> None:
    spoil(path)
    before = path.read_bytes() if path.is_file() else b""

    def use() -> None:
        ledger = way(path)
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
        open_ledger(tmp_path / "file" / "ledger.db")


def test_a_full_disk_stops_with_one_sentence_and_loses_nothing(ledger: Ledger) -> None:
    run = begin(ledger, *ALL)
    claim(ledger, run, 1)
    settle(ledger, run, settled(ALL[0], State.SENT))
    pages = ledger._database.execute("PRAGMA page_count").fetchone()[0]
    ledger._database.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(LedgerError, match="the disk is full") as refused:
        begin(ledger, *(f"reader{number}@example.org" for number in range(2_000)), now=LATER)

    assert "\n" not in str(refused.value)
    ledger._database.execute("PRAGMA max_page_count = 1000000")
    assert states(ledger) == {ALL[0]: "sent", ALL[1]: "queued", ALL[2]: "queued"}
    assert claim(ledger, run) == ALL[1:]


WRITE = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from newsletter_mailer.errors import LedgerError
from newsletter_mailer.store.ledger import open_ledger
if os.name == "posix" and os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
try:
    with open_ledger(Path(sys.argv[1])) as ledger:
        ledger.suppressions.add("ann@example.org", "manual", datetime.now(UTC))
except LedgerError as fault:
    print(fault)
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
@pytest.mark.parametrize("protected", ["file", "folder"])
def test_a_write_protected_ledger_is_said_to_be(protected: str) -> None:
    place = Path(tempfile.mkdtemp())  # tmp_path is closed to other users
    try:
        path = place / "ledger.db"
        with open_ledger(path):
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
    monkeypatch.setattr("newsletter_mailer.store.database._WAIT", 0.1)
    with open_ledger(path) as ledger:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerBusy, match="another program holds it"):
            ledger.suppressions.add(ALL[0], "manual", NOW)
        other.execute("ROLLBACK")
        other.close()

        ledger.suppressions.add(ALL[0], "manual", NOW)
        assert ledger.suppressions.among(ALL) == {ALL[0]: "manual"}


def test_looking_writes_nothing_not_even_beside_the_file(path: Path) -> None:
    with open_ledger(path) as ledger:
        begin(ledger, *ALL)
    before = {
        file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in path.parent.iterdir()
    }

    looked = read_ledger(path)
    assert looked is not None
    with looked:
        assert looked.counts(ISSUE) == {State.QUEUED: 3}
        with pytest.raises(LedgerError, match="write-protected"):
            looked.suppressions.add(ALL[0], "manual", NOW)

    after = {
        file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in path.parent.iterdir()
    }
    assert after == before
    assert [*after] == ["ledger.db"]


@pytest.mark.parametrize("content", [None, b""])
def test_where_no_ledger_is_there_is_nothing_to_look_at(path: Path, content: bytes | None) -> None:
    path.parent.mkdir()
    if content is not None:
        path.write_bytes(content)

    assert read_ledger(path) is None
    assert [file.name for file in path.parent.iterdir()] == (
        ["ledger.db"] if content is not None else []
    )


def test_looking_sees_what_a_sender_at_work_has_recorded(path: Path) -> None:
    with open_ledger(path) as ledger:
        run = begin(ledger, *ALL)
        claim(ledger, run, 1)
        looked = read_ledger(path)
        assert looked is not None
        with looked:
            assert looked.counts(ISSUE) == {State.QUEUED: 2, State.SENDING: 1}
            settle(ledger, run, settled(ALL[0], State.SENT))
            assert looked.counts(ISSUE) == {State.QUEUED: 2, State.SENT: 1}


def test_a_hundred_thousand_rows_are_counted_and_claimed_without_a_walk_over_all(
    ledger: Ledger,
) -> None:
    run = begin(ledger, *(f"reader{number}@example.org" for number in range(100_000)))
    plans = [
        row[3]
        for row in ledger._database.execute(
            "EXPLAIN QUERY PLAN SELECT address FROM delivery WHERE issue = '' AND run = 1 "
            "AND state = 'queued' AND at < '' ORDER BY at LIMIT 5"
        )
    ]
    began = time.monotonic()
    for _ in range(20):
        assert len(claim(ledger, run, 50)) == 50
    assert ledger.counts(ISSUE, run) == {State.QUEUED: 99_000, State.SENDING: 1_000}

    assert "TEMP B-TREE" not in str(plans)
    assert time.monotonic() - began < 10  # 0.1 s, but for a very busy machine
