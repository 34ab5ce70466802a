"""One sender at a time, and what a dead one left is settled by its journal, by nobody's guess."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter_mailer.errors import LedgerBusy, LedgerError, OutdatedLedger
from newsletter_mailer.store.claims import Claims, LeftRow, Onlooker
from newsletter_mailer.store.generation import Generation, Witness
from newsletter_mailer.store.ledger_store import LedgerStore
from newsletter_mailer.store.states import State
from tests.store.scene import ALL, ANN, BEN, CY, ISSUE, LATER, NOW, Desk


def die(store: LedgerStore) -> None:
    """All are claimed; ann is marked and answered, ben is marked; then the sender is gone."""
    with store.open() as ledger:
        ledger.hold()
        desk = Desk(ledger)
        claims = desk.begin(*ALL)
        for row in desk.claimed(claims):
            if row.address != CY:
                slot = claims.journal.mark(row.id, row.attempt)
                assert slot is not None
                if row.address == ANN:
                    claims.journal.answer(slot, State.SENT, 250, "2.0.0", "ok")
        claims.journal.abandon()


def mark_all(desk: Desk, claims: Claims) -> None:
    for row in desk.claimed(claims):
        assert claims.journal.mark(row.id, row.attempt) is not None


def test_two_senders_do_not_share_a_ledger(store: LedgerStore) -> None:
    with store.open() as first, store.open() as second:
        first.hold()
        with pytest.raises(LedgerBusy, match="Another send"):
            second.hold()
        first.close()
        second.hold()


def test_no_run_begins_without_the_hold(store: LedgerStore) -> None:
    with store.open() as holder, store.open() as other:
        with pytest.raises(RuntimeError, match="without hold"):
            Desk(other).begin(ANN)
        holder.hold()
        with pytest.raises(LedgerBusy):
            other.hold()
        with pytest.raises(RuntimeError, match="without hold"):
            Desk(other).begin(ANN)

        assert holder.runs.all(ISSUE) == []
        assert Desk(holder).claim(Desk(holder).begin(ANN)) == [ANN]


def test_the_next_sender_settles_what_a_dead_one_left(store: LedgerStore) -> None:
    die(store)

    with store.open() as ledger:
        assert ledger.counts(ISSUE) == {State.SENDING: 3}
        ledger.hold()

        told = {row.address: (row.state, row.reply) for row in ledger.deliveries(ISSUE)}
        assert told == {
            ANN: (State.SENT, "250 ok"),
            BEN: (State.UNKNOWN, "the sender died before it read the answer"),
            CY: (State.QUEUED, ""),
        }
        (row,) = Desk(ledger).claimed(Desk(ledger).begin(*ALL, now=LATER))
        assert (row.address, row.attempt) == (CY, 1), "it never left"


def test_what_is_unknown_has_no_code_of_an_earlier_attempt(store: LedgerStore) -> None:
    with store.open() as ledger:
        ledger.hold()
        desk = Desk(ledger)
        desk.put(desk.begin(ANN), State.DEFERRED)
        again = desk.begin(ANN, now=LATER)
        mark_all(desk, again)
        again.journal.abandon()

    with store.open() as ledger:
        ledger.hold()
        (row,) = ledger.deliveries(ISSUE)
        assert (row.state, row.code) == (State.UNKNOWN, None)
        assert row.reply == "the sender died before it read the answer"


def test_whoever_looks_is_told_what_the_next_sender_will_find(store: LedgerStore) -> None:
    die(store)

    looked = store.read()
    assert looked is not None
    with looked:
        assert {row.address: row.state for row in looked.left(ISSUE)} == {
            ANN: State.SENT,
            BEN: State.UNKNOWN,
            CY: State.QUEUED,
        }
        assert looked.has_reached_anybody(ISSUE)
        assert looked.counts(ISSUE) == {State.SENDING: 3}, "nothing is changed"


def test_the_mark_of_another_attempt_says_nothing_of_this_one(store: LedgerStore) -> None:
    with store.open() as ledger:
        ledger.hold()
        desk = Desk(ledger)
        claims = desk.begin(ANN)
        (row,) = desk.claimed(claims)
        claims.journal.mark(row.id, row.attempt)
        desk.settle(claims, {ANN: (State.DEFERRED, 451, "later")})
        desk.claim(claims)
        claims.journal.abandon()

    with store.open() as ledger:
        ledger.hold()
        assert Desk(ledger).states == {ANN: State.QUEUED}


def test_a_released_slot_is_no_mark_any_more(store: LedgerStore) -> None:
    with store.open() as ledger:
        ledger.hold()
        desk = Desk(ledger)
        claims = desk.begin(ANN)
        (row,) = desk.claimed(claims)
        slot = claims.journal.mark(row.id, row.attempt)
        assert slot is not None
        claims.journal.release([slot])
        claims.journal.abandon()

    with store.open() as ledger:
        assert [row.state for row in ledger.left(ISSUE)] == [State.QUEUED]


def test_a_run_that_ends_well_leaves_nothing_to_settle(store: LedgerStore) -> None:
    with store.open() as ledger:
        ledger.hold()
        desk = Desk(ledger)
        claims = desk.begin(ANN)
        desk.claim(claims)
        desk.settle(claims, {ANN: (State.SENT, 250, "")})
        claims.end(NOW)

    with store.open() as again:
        assert again.doubt() == ""
        assert again.left(ISSUE) == []
        again.hold()
        assert Desk(again).states == {ANN: State.SENT}


def test_a_run_that_ends_with_a_row_in_hand_leaves_its_answer_to_the_next_sender(
    store: LedgerStore,
) -> None:
    with store.open() as ledger:
        ledger.hold()
        desk = Desk(ledger)
        claims = desk.begin(ANN)
        (row,) = desk.claimed(claims)
        slot = claims.journal.mark(row.id, row.attempt)
        assert slot is not None
        claims.journal.answer(slot, State.SENT, 250, "2.0.0", "ok")
        claims.end(NOW)
        (left,) = ledger.left(ISSUE)
        assert left == LeftRow(row.id, ANN, "everyone", State.SENT, 250, "2.0.0", "ok")

    with store.open() as again:
        again.hold()
        assert Desk(again).states == {ANN: State.SENT}


def test_each_run_has_a_journal_of_its_own(desk: Desk) -> None:
    first = desk.begin(ANN)
    first.end(NOW)
    second = desk.begin(ANN)

    assert first.journal.token
    assert first.journal.token != second.journal.token


def test_what_was_recorded_and_claimed_is_there_for_whoever_looks(store: LedgerStore) -> None:
    with store.open() as ledger:
        ledger.hold()
        desk = Desk(ledger)
        claims = desk.begin(*ALL)
        desk.claim(claims, 2)
        desk.settle(claims, {ANN: (State.SENT, 250, "")})

        looked = store.read()
        assert looked is not None
        with looked:
            assert Desk(looked).states == {
                ANN: State.SENT,
                BEN: State.SENDING,
                CY: State.QUEUED,
            }


class Told(Onlooker):
    """Who counts along; closed with the journal."""

    def __init__(self) -> None:
        self.commits = self.marks = 0
        self.is_closed = False

    def committed(self, commits: int) -> None:
        self.commits = commits

    def marked(self, marks: int) -> None:
        self.marks = marks

    def close(self) -> None:
        self.is_closed = True


def test_how_far_a_run_has_come_is_told_outside(desk: Desk) -> None:
    claims, told = desk.begin(*ALL), Told()
    claims.journal.tell(told)

    mark_all(desk, claims)
    assert (told.commits, told.marks) == (1, 3)

    desk.settle(claims, {ANN: (State.SENT, 250, "")})
    with pytest.raises(LedgerError, match="another sender"):
        desk.settle(claims, {ANN: (State.SENT, 250, "")})
    assert (told.commits, told.marks, told.is_closed) == (2, 3, False), "nothing was committed"

    claims.end(NOW)
    assert told.is_closed


def test_it_is_told_no_more_once_the_journal_is_abandoned(desk: Desk) -> None:
    claims, told = desk.begin(ANN), Told()
    claims.journal.tell(told)

    claims.journal.abandon()

    assert told.is_closed


def test_where_a_commit_cannot_be_told_outside_nothing_further_is_claimed(desk: Desk) -> None:
    class Full(Told):
        def committed(self, commits: int) -> None:
            raise LedgerError("the disk is full")

    claims = desk.begin(*ALL)
    claims.journal.tell(Full())
    assert desk.claim(claims, 1) == [ANN]

    with pytest.raises(LedgerError, match="the disk is full"):
        desk.claim(claims, 1)
    desk.settle(claims, {ANN: (State.SENT, 250, "")})

    assert desk.states == {ANN: State.SENT, BEN: State.QUEUED, CY: State.QUEUED}


def test_without_its_mark_outside_no_message_leaves(desk: Desk) -> None:
    class Full(Told):
        def marked(self, marks: int) -> None:
            raise LedgerError("the disk is full")

    claims = desk.begin(ANN)
    claims.journal.tell(Full())
    (row,) = desk.claimed(claims)

    with pytest.raises(LedgerError, match="the disk is full"):
        claims.journal.mark(row.id, row.attempt)

    assert [one.state for one in desk.ledger.left(ISSUE)] == [State.QUEUED]


def witness(ledger_id: str, generation: Generation) -> Witness:
    return Witness(ledger=ledger_id, generation=generation, file="sent.toml", issue=ISSUE)


def test_a_ledger_that_lacks_a_use_of_which_something_tells_is_an_older_copy(
    store: LedgerStore,
) -> None:
    with store.open() as ledger:
        ledger.hold()
        Desk(ledger).begin(ANN).end(NOW)
        last = ledger.generation()
        known, lacked = (
            witness(ledger.id, one) for one in (last, Generation(last.number + 1, "x"))
        )
        two = witness(ledger.id, Generation(last.number, "another token"))
        strange = witness("another ledger", Generation(99, "x"))

        assert ledger.doubt([known, strange]) == ""
        for one in (lacked, two):
            assert "sent.toml" in ledger.doubt([one])
            with pytest.raises(OutdatedLedger):
                ledger.hold([one])
        ledger.hold([known, strange])


def test_a_rehearsal_has_no_doubt_whatever_is_told_of_it(store: LedgerStore) -> None:
    with store.open(is_rehearsal=True) as ledger:
        lacked = witness(ledger.id, Generation(9, "x"))

        assert ledger.doubt([lacked]) == ""
        ledger.hold([lacked])


def test_a_person_is_told_once_of_where_it_is_kept(store: LedgerStore) -> None:
    with store.open() as ledger:
        assert not ledger.was_told_of_place()
        ledger.note_told_of_place()
        assert ledger.was_told_of_place()

    looked = store.read()
    assert looked is not None
    with looked:
        assert looked.was_told_of_place()


def test_what_another_does_while_somebody_looks_makes_no_older_copy(store: LedgerStore) -> None:
    store.open().close()
    looked = store.read()
    assert looked is not None
    with looked, store.open() as ledger:
        ledger.hold()
        Desk(ledger).begin(ANN).end(NOW)

        assert looked.doubt([witness(ledger.id, ledger.generation())]) == ""


def test_what_was_here_and_is_gone_is_not_made_anew(store: LedgerStore) -> None:
    assert store.read() is None
    with pytest.raises(LedgerError, match="was here, and is gone"):
        store.open(may_be_new=False)
    assert not store.is_there()

    with store.open() as made:
        name = made.id
    with store.open(may_be_new=False) as again:
        assert again.id == name
    assert store.is_there()


def test_a_new_beginning_is_no_way_over_one_that_is_there(store: LedgerStore) -> None:
    store.begin(NOW)
    with pytest.raises(LedgerError, match="nothing was changed"):
        store.begin(NOW)


def test_the_ledgers_files_are_known_by_their_names_and_no_others(
    store: LedgerStore, tmp_path: Path
) -> None:
    """Of a sender that is at work, all that may ever be there."""
    with store.open() as ledger:
        ledger.hold()
        claims = Desk(ledger).begin(ANN)
        files = [file for file in tmp_path.rglob("*") if file.is_file()]
        assert [file for file in files if not store.has(file)] == []
        claims.end(NOW)

    assert not store.has(tmp_path / "report.html")
    for file in files:
        assert not store.has(file.with_name("report.html"))
