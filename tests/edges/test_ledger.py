"""The ledger, a real SQLite file: what was sent to whom, whatever happens to the file."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from newsletter_mailer.errors import LedgerBusy, LedgerError
from newsletter_mailer.store.ledger import Ledger, open_ledger, read_ledger
from newsletter_mailer.store.rows import By, ClaimedRow, Fate, NewRun, PlannedRow, Settled
from newsletter_mailer.store.schema import STEPS
from newsletter_mailer.store.sender import Sender
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
) -> Sender:
    return ledger.begin_run(
        NewRun(
            issue=issue,
            now=now,
            content_hash="c0ffee",
            files={"10-letter.md": "c0ffee"},
            filters={"regions": ["dudley"]},
            host="example.org",
        ),
        skipped={},
        rows=[
            PlannedRow(address=address, mailbox=address.title(), variant=variant, values={"a": "b"})
            for address in addresses
        ],
    )


def claim(
    sender: Sender,
    count: int = 100,
    states: Sequence[State] = OWED,
    due: datetime = LATER,
) -> list[str]:
    return [row.address for row in claimed(sender, count, states, due)]


def claimed(
    sender: Sender,
    count: int = 100,
    states: Sequence[State] = OWED,
    due: datetime = LATER,
) -> list[ClaimedRow]:
    return sender.record_and_claim([], count, due=dict.fromkeys(states, due.timestamp()))


def number_of(ledger: Ledger, address: str) -> int:
    (number,) = ledger._database.execute(
        "SELECT id FROM delivery WHERE issue = ? AND address = ?", (ISSUE, address)
    ).fetchone()
    return int(number)


def settle(ledger: Ledger, sender: Sender, **ends: tuple[State, int | None, str]) -> None:
    """By the name before the @-sign: state, code, reply. Deferred ones are due at NOW."""
    sender.record_and_claim(
        [
            Settled(
                id=number_of(ledger, f"{name}@example.org"),
                state=state,
                code=code,
                reply=reply,
                at=NOW.timestamp(),
                due=NOW.timestamp() if state is State.DEFERRED else 0,
            )
            for name, (state, code, reply) in ends.items()
        ],
        0,
        due={},
    )


def journals(ledger: Ledger) -> list[Path]:
    return [*ledger.path.parent.glob("*.journal")]


def states(ledger: Ledger) -> dict[str, str]:
    return {row.address: row.state.value for row in ledger.deliveries(ISSUE)}


def put(ledger: Ledger, sender: Sender, state: State) -> None:
    """Ann's row in this state, by ways that exist."""
    if state is not State.QUEUED:
        assert claim(sender, 1) == ALL[:1]
    if state not in (State.QUEUED, State.SENDING):
        settle(ledger, sender, ann=(state, None, ""))


def resolve(ledger: Ledger, state: State) -> list[str]:
    return ledger.resolutions.settle(
        ISSUE, {ALL[0]: Fate(state, "by hand")}, how="resend", by=By("ann", "desk"), now=NOW
    )


def test_a_claimed_row_carries_all_that_its_message_needs(ledger: Ledger) -> None:
    (row,) = claimed(begin(ledger, "zoë@example.org"), 10)

    assert (row.address, row.mailbox) == ("zoë@example.org", "Zoë@Example.Org")
    assert row.domain == "example.org"
    assert (row.variant, row.values) == ("everyone", {"a": "b"})
    assert row.message_id.endswith("@example.org")
    assert row.message_id.isascii()
    assert row.attempt == 1


def test_message_ids_are_stable_and_all_different(path: Path) -> None:
    def ids(ledger: Ledger) -> dict[str, str]:
        sender = begin(ledger, *ALL)
        rows = claimed(sender, 10)
        sender.give_back({row.id: 0.0 for row in rows})
        return {row.address: row.message_id for row in rows}

    with open_ledger(path) as ledger:
        first = ids(ledger)
    with open_ledger(path) as again, open_ledger(path.with_name("other.db")) as other:
        assert ids(again) == first
        strange = ids(other)

    assert len({*first.values(), *strange.values()}) == 2 * len(ALL)
    assert all(one.endswith("@example.org") for one in first.values())


def test_nobody_is_claimed_twice(ledger: Ledger) -> None:
    sender = begin(ledger, *ALL)

    assert claim(sender, 2) + claim(sender, 2) + claim(sender, 2) == ALL


@pytest.mark.parametrize("state", list(State))
def test_only_owed_rows_are_claimed(ledger: Ledger, state: State) -> None:
    put(ledger, begin(ledger, ALL[0]), state)

    again = begin(ledger, ALL[0], now=LATER)

    assert claim(again) == (ALL[:1] if state in OWED else [])


@pytest.mark.parametrize("state", [State.SENT, State.REFUSED, State.UNKNOWN, State.SENDING])
def test_what_is_not_owed_cannot_be_asked_for(ledger: Ledger, state: State) -> None:
    sender = begin(ledger, ALL[0])
    put(ledger, sender, state)

    with pytest.raises(ValueError, match="may be sent"):
        claim(sender, states=[state])


@pytest.mark.parametrize("end", list(State))
@pytest.mark.parametrize("begun", list(State))
def test_an_outcome_moves_a_row_only_along_the_drawn_ways(
    ledger: Ledger, begun: State, end: State
) -> None:
    sender = begin(ledger, ALL[0])
    put(ledger, sender, begun)

    moved = begun is State.SENDING and end in TRANSITIONS[begun]
    if moved:
        settle(ledger, sender, ann=(end, None, ""))
    else:
        refusal = LedgerError if end in TRANSITIONS[State.SENDING] else ValueError
        with pytest.raises(refusal, match=r"another sender|cannot end"):
            settle(ledger, sender, ann=(end, None, ""))

    assert states(ledger) == {ALL[0]: end if moved else begun}


@pytest.mark.parametrize("state", list(State))
def test_a_row_given_back_is_owed_again_if_it_was_claimed(ledger: Ledger, state: State) -> None:
    sender = begin(ledger, ALL[0])
    put(ledger, sender, state)

    if state is State.SENDING:
        sender.give_back({number_of(ledger, ALL[0]): 0.0})
    else:
        with pytest.raises(LedgerError, match="another sender"):
            sender.give_back({number_of(ledger, ALL[0]): 0.0})

    assert states(ledger) == {ALL[0]: "queued" if state is State.SENDING else state}


def test_a_row_that_is_held_back_is_what_it_was_before_and_due_when_it_may_leave(
    ledger: Ledger,
) -> None:
    sender = begin(ledger, *ALL[:2])
    claim(sender, 1)
    settle(ledger, sender, ann=(State.DEFERRED, 451, "later"))
    rows = claimed(sender)

    sender.give_back({row.id: LATER.timestamp() for row in rows})

    assert states(ledger) == {ALL[0]: "deferred", ALL[1]: "queued"}
    assert claim(sender, due=LATER - timedelta(seconds=1)) == []
    again = {row.address: row.attempt for row in claimed(sender, due=LATER)}
    assert again == {ALL[0]: 2, ALL[1]: 1}, "it was no attempt"


@pytest.mark.parametrize("state", list(State))
def test_only_a_row_that_this_run_deferred_is_refused_after_all(
    ledger: Ledger, state: State
) -> None:
    sender = begin(ledger, ALL[0])
    put(ledger, sender, state)
    refused = [number_of(ledger, ALL[0])]

    if state is State.DEFERRED:
        sender.record_and_claim([], 0, due={}, refused=refused)
    else:
        with pytest.raises(LedgerError, match="another sender"):
            sender.record_and_claim([], 0, due={}, refused=refused)

    assert states(ledger) == {ALL[0]: "refused" if state is State.DEFERRED else state}


def test_a_row_that_an_earlier_run_deferred_is_not_refused_without_another_try(
    ledger: Ledger,
) -> None:
    put(ledger, begin(ledger, ALL[0]), State.DEFERRED)
    again = begin(ledger, ALL[0], now=LATER)

    with pytest.raises(LedgerError, match="another sender"):
        again.record_and_claim([], 0, due={}, refused=[number_of(ledger, ALL[0])])

    assert states(ledger) == {ALL[0]: "deferred"}


def test_a_domain_that_rests_is_claimed_by_the_next_run_and_nobody_waits_for_it(
    ledger: Ledger,
) -> None:
    theirs = ["eve@resting.example", "fay@resting.example", "gil@resting.example"]
    sender = begin(ledger, ALL[0], *theirs)
    held = claimed(sender, 2)
    mine = next(row for row in held if row.domain != "resting.example")

    sender.rest(["resting.example"], [row.id for row in held if row is not mine])

    assert claim(sender) == []
    assert sender.next_due() == {}
    assert states(ledger) == {mine.address: "sending", **dict.fromkeys(theirs, "queued")}
    assert claim(begin(ledger, *theirs, now=LATER)) == theirs


def test_a_domain_that_cannot_be_told_to_rest_can_be_told_again(ledger: Ledger) -> None:
    """All of it or nothing: else rows given back would look like another sender's work."""
    theirs = ["eve@resting.example", "fay@resting.example"]
    sender = begin(ledger, *theirs)
    held = [row.id for row in claimed(sender, 1)]
    ledger._database.execute(
        "CREATE TEMP TRIGGER fault BEFORE UPDATE ON delivery WHEN old.state = 'queued' "
        "BEGIN SELECT RAISE(ABORT, 'planted'); END"
    )
    with pytest.raises(LedgerError, match="planted"):
        sender.rest(["resting.example"], held)
    ledger._database.execute("DROP TRIGGER fault")

    sender.rest(["resting.example"], held)

    assert states(ledger) == dict.fromkeys(theirs, "queued")
    assert sender.next_due() == {}


@pytest.mark.parametrize("decision", list(State))
@pytest.mark.parametrize("state", list(State))
def test_only_unknown_rows_are_resolved_and_only_two_ways(
    ledger: Ledger, state: State, decision: State
) -> None:
    put(ledger, begin(ledger, ALL[0]), state)

    if decision in TRANSITIONS[State.UNKNOWN]:
        assert resolve(ledger, decision) == (ALL[:1] if state is State.UNKNOWN else [])
    else:
        with pytest.raises(ValueError, match="cannot become"):
            resolve(ledger, decision)

    may = state is State.UNKNOWN and decision in TRANSITIONS[State.UNKNOWN]
    assert states(ledger) == {ALL[0]: decision if may else state}


def test_a_resent_unknown_row_keeps_its_message_id(ledger: Ledger) -> None:
    sender = begin(ledger, ALL[0])
    (first,) = claimed(sender, 1)
    settle(ledger, sender, ann=(State.UNKNOWN, None, "line lost"))
    resolve(ledger, State.QUEUED)

    (second,) = claimed(begin(ledger, ALL[0], now=LATER), 1)

    assert first.message_id == second.message_id


def test_an_outcome_is_kept_with_its_reply_and_shown(ledger: Ledger) -> None:
    sender = begin(ledger, *ALL)
    sender.server = "mail.example.org"
    claim(sender)
    settle(
        ledger,
        sender,
        ann=(State.SENT, 250, "queued as 1"),
        ben=(State.REFUSED, 550, "no such user"),
        cy=(State.UNKNOWN, None, "line lost"),
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
    servers = ledger._database.execute("SELECT DISTINCT server FROM delivery").fetchall()
    assert servers == [("mail.example.org",)]


def test_a_row_whose_dot_was_marked_by_a_dead_sender_is_unknown_without_an_old_code(
    path: Path,
) -> None:
    with open_ledger(path) as dead:
        dead.hold()
        sender = begin(dead, *ALL)
        claim(sender, 1)
        settle(dead, sender, ann=(State.DEFERRED, 451, "later"))
        second = begin(dead, *ALL, now=LATER)
        rows = claimed(second, 3)
        marked = [row for row in rows if row.address != ALL[1]]
        for row in marked:
            second.journal.dot(row.id, row.attempt)
    with open_ledger(path) as ledger:
        assert ledger.counts(ISSUE)[State.SENDING] == 3
        ledger.hold()

        unknown = {row.address: row.reply for row in ledger.deliveries(ISSUE, State.UNKNOWN)}
        assert sorted(unknown) == [ALL[0], ALL[2]]
        assert {*unknown.values()} == {"the sender died before it read the answer"}
        assert claim(begin(ledger, *ALL)) == [ALL[1]]


def test_the_queued_come_before_the_deferred_and_none_before_it_is_due(ledger: Ledger) -> None:
    sender = begin(ledger, *ALL)
    claim(sender, 2)
    settle(ledger, sender, ann=(State.DEFERRED, 451, ""), ben=(State.DEFERRED, 451, ""))
    ledger._database.execute(
        "UPDATE delivery SET due = ? WHERE address = ?", (LATER.timestamp(), ALL[1])
    )

    assert claim(sender, 1, due=NOW) == [ALL[2]]
    assert claim(sender, 5, due=NOW) == [ALL[0]]
    assert claim(sender, 5, due=NOW) == []
    assert claim(sender, 5, due=LATER) == [ALL[1]]


def test_a_new_run_waits_for_no_pause_of_the_last_one(ledger: Ledger) -> None:
    sender = begin(ledger, ALL[0])
    claim(sender)
    settle(ledger, sender, ann=(State.DEFERRED, 451, "later"))

    assert claim(sender, due=NOW - timedelta(hours=1)) == []
    assert claim(begin(ledger, ALL[0]), due=NOW - timedelta(hours=1)) == ALL[:1]


def test_what_is_owed_is_told_with_when_it_is_due(ledger: Ledger) -> None:
    sender = begin(ledger, *ALL)
    claim(sender, 2)
    settle(ledger, sender, ann=(State.DEFERRED, 451, ""), ben=(State.SENT, 250, ""))
    assert sender.next_due() == {State.QUEUED: (0, 1), State.DEFERRED: (NOW.timestamp(), 1)}

    ledger.suppressions.add(ALL[0], "manual", NOW)
    assert sender.next_due() == {State.QUEUED: (0, 1)}
    claim(sender)
    assert sender.next_due() == {}


def test_domains_take_turns(ledger: Ledger) -> None:
    mixed = [f"{n}@a.example" for n in range(4)] + [f"{n}@b.example" for n in range(2)]

    order = [address.partition("@")[2][0] for address in claim(begin(ledger, *mixed))]

    assert sorted(order[:2]) == sorted(order[2:4]) == ["a", "b"]
    assert order[4:] == ["a", "a"]


def test_an_outcomes_moment_is_the_same_in_any_timezone(ledger: Ledger) -> None:
    sender = begin(ledger, ALL[0])
    claim(sender)
    settle(ledger, sender, ann=(State.SENT, 250, ""))
    in_india = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))

    (row,) = ledger.deliveries(ISSUE)
    assert row.at == in_india


def test_only_the_asked_states_are_claimed(ledger: Ledger) -> None:
    sender = begin(ledger, *ALL[:2])
    claim(sender, 1)
    settle(ledger, sender, ann=(State.DEFERRED, 451, ""))

    assert claim(sender, states=[State.DEFERRED]) == [ALL[0]]


def test_a_later_run_with_other_readers_touches_nobody_else(ledger: Ledger) -> None:
    first = begin(ledger, *ALL[:2], variant="old")
    claim(first, 1)
    settle(ledger, first, ann=(State.SENT, 250, ""))
    second = begin(ledger, ALL[0], ALL[2], now=LATER, variant="new")

    rows = claimed(second, 10)

    assert [(row.address, row.variant) for row in rows] == [(ALL[2], "new")]
    assert ledger.counts(ISSUE, second.run) == {State.SENT: 1, State.SENDING: 1}
    assert states(ledger)[ALL[1]] == "queued"


def test_what_is_still_owed_is_planned_anew(ledger: Ledger) -> None:
    begin(ledger, ALL[0], variant="old")

    (row,) = claimed(begin(ledger, ALL[0], variant="new"), 1)

    assert row.variant == "new"


def test_a_row_that_somebody_else_changed_ends_the_run_and_nothing_of_it_is_recorded(
    ledger: Ledger,
) -> None:
    first = begin(ledger, *ALL[:2])
    claim(first)
    first.give_back({number_of(ledger, ALL[0]): 0.0})
    second = begin(ledger, ALL[0])
    claim(second)

    with pytest.raises(LedgerError, match="another sender at the same time: of 2 rows"):
        settle(ledger, first, ann=(State.REFUSED, 550, "no"), ben=(State.SENT, 250, ""))
    with pytest.raises(LedgerError, match="another sender at the same time: of 2 rows"):
        first.give_back({number_of(ledger, one): 0.0 for one in ALL[:2]})

    assert states(ledger) == {ALL[0]: "sending", ALL[1]: "sending"}
    first.close()
    assert journals(ledger), "it may hold what the ledger lacks"


def test_issues_do_not_mix(ledger: Ledger) -> None:
    begin(ledger, *ALL, issue="2030-02")

    assert claim(begin(ledger, ALL[0])) == ALL[:1]
    assert ledger.counts("2030-02") == {State.QUEUED: 3}


@pytest.mark.parametrize(
    ("state", "date"),
    [(State.SENT, NOW), (State.UNKNOWN, NOW), (State.REFUSED, LATER), (State.DEFERRED, LATER)],
)
def test_the_issues_date_is_that_of_the_first_run_that_handed_anything_over(
    ledger: Ledger, state: State, date: datetime
) -> None:
    assert ledger.issue(ISSUE) is None
    first = begin(ledger, ALL[0])
    claim(first)
    settle(ledger, first, ann=(state, 250, ""))
    begin(ledger, ALL[0], now=LATER)

    record = ledger.issue(ISSUE)
    assert record is not None
    assert (record.date, record.files) == (date, {"10-letter.md": "c0ffee"})


def test_a_run_is_recorded_with_who_and_where_its_filters_and_who_was_skipped(
    ledger: Ledger,
) -> None:
    skipped: dict[str, int] = {}

    def rows() -> Iterator[PlannedRow]:
        yield planned(ALL[0])
        skipped["bounced"] = 2
        yield planned(ALL[0])

    sender = ledger.begin_run(
        NewRun(
            issue=ISSUE,
            now=NOW,
            content_hash="c0ffee",
            files={},
            filters={"regions": ["dudley"]},
            host="example.org",
            by=By("ann", "desk"),
        ),
        skipped=skipped,
        rows=rows(),
    )
    ledger.end_run(sender, LATER, {State.SENT: 1})

    assert ledger.runs.all(ISSUE) == [
        {
            "run": sender.run,
            "began": "2030-01-15T09:00:00.000000+00:00",
            "ended": "2030-01-15T10:00:00.000000+00:00",
            "who": "ann",
            "host": "desk",
            "filters": {"regions": ["dudley"]},
            "content_hash": "c0ffee",
            "planned": 1,
            "skipped": {"bounced": 2},
            "counts": {"sent": 1},
            "version": "",
            "template": "",
            "past_dates": 0,
        }
    ]


def test_a_run_that_cannot_begin_leaves_nothing(ledger: Ledger) -> None:
    def rows() -> Iterator[PlannedRow]:
        yield planned(ALL[0])
        raise RuntimeError("the list broke")

    with pytest.raises(RuntimeError, match="the list broke"):
        ledger.begin_run(
            NewRun(issue=ISSUE, now=NOW, content_hash="", files={}, filters={}, host="example.org"),
            skipped={},
            rows=rows(),
        )

    assert (ledger.issue(ISSUE), ledger.runs.all(ISSUE), ledger.counts(ISSUE)) == (None, [], {})
    assert [*ledger.path.parent.glob("*.journal")] == []
    begin(ledger, *ALL)
    assert ledger.counts(ISSUE) == {State.QUEUED: 3}


def test_a_suppressed_reader_is_never_claimed_and_stays_owed(ledger: Ledger) -> None:
    sender = begin(ledger, *ALL)
    ledger.suppressions.add(ALL[0], "unsubscribed", NOW)

    assert claim(sender) == ALL[1:]
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
    sender = begin(ledger, ALL[0])
    claim(sender)
    settle(ledger, sender, ann=(State.UNKNOWN, None, "line lost"))
    resolve(ledger, State.SENT)
    ledger.suppressions.add(ALL[0], "manual", NOW)

    held = ledger.people.held_about(ALL[0])

    assert held["suppressed"] == {
        "reason": "manual",
        "since": NOW.isoformat(timespec="microseconds"),
    }
    assert held["issues"] == [
        {
            "issue": ISSUE,
            "mailbox": "Ann@Example.Org",
            "state": "sent",
            "at": NOW.isoformat(),
            "values": {"a": "b"},
        }
    ]
    assert held["settled"] == [
        {
            "issue": ISSUE,
            "at": NOW.isoformat(timespec="microseconds"),
            "who": "ann",
            "how": "resend",
            "before": {"state": "unknown", "reply": "line lost", "at": NOW.isoformat()},
        }
    ]
    assert ledger.people.held_about("nobody@example.org")["issues"] == []


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
        first.close()
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
    sender = begin(ledger, *ALL)
    claim(sender, 1)
    settle(ledger, sender, ann=(State.SENT, 250, ""))
    pages = ledger._database.execute("PRAGMA page_count").fetchone()[0]
    ledger._database.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(LedgerError, match="the disk is full") as refused:
        begin(ledger, *(f"reader{number}@example.org" for number in range(2_000)), now=LATER)

    assert "\n" not in str(refused.value)
    ledger._database.execute("PRAGMA max_page_count = 1000000")
    assert states(ledger) == {ALL[0]: "sent", ALL[1]: "queued", ALL[2]: "queued"}
    assert claim(sender) == ALL[1:]


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
        begin(ledger, *ALL).close()
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
    assert sorted(after) == ["ledger.db", "ledger.db.generation"]


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
        sender = begin(ledger, *ALL)
        claim(sender, 1)
        looked = read_ledger(path)
        assert looked is not None
        with looked:
            assert looked.counts(ISSUE) == {State.QUEUED: 2, State.SENDING: 1}
            settle(ledger, sender, ann=(State.SENT, 250, ""))
            assert looked.counts(ISSUE) == {State.QUEUED: 2, State.SENT: 1}


def test_no_question_of_a_run_walks_over_all_rows(ledger: Ledger) -> None:
    asked: list[str] = []
    ledger._database.set_trace_callback(asked.append)
    sender = begin(ledger, *(f"reader{number}@example.org" for number in range(1_000)))
    assert len(claim(sender, 50)) == 50
    settle(ledger, sender, reader0=(State.DEFERRED, 451, "later"))
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
