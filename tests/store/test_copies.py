"""A ledger that is copied, moved or put back mails nobody twice, and forgets nobody who objected.

Asked of the stores whose ledger is a file.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter_mailer.errors import LedgerBusy, LedgerError, OutdatedLedger
from newsletter_mailer.store.copies import Copies
from newsletter_mailer.store.generation import Generation, Witness
from newsletter_mailer.store.ledger_store import LedgerStore
from newsletter_mailer.store.states import State
from tests.store.scene import ALL, ANN, BEN, ISSUE, LATER, NOW, Desk
from tests.store.stores import COPIED, KEPT


@pytest.fixture(params=COPIED)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerStore:
    return KEPT[request.param](tmp_path)


@pytest.fixture
def copies(store: LedgerStore) -> Copies:
    assert store.copies is not None
    return store.copies


@pytest.fixture
def copy(store: LedgerStore, copies: Copies, tmp_path: Path) -> Path:
    """All are owed the issue; then ann gets it, and ben objects."""
    file = tmp_path / "kept" / "copy.db"
    file.parent.mkdir()
    with store.open() as ledger:
        ledger.hold()
        Desk(ledger).begin(*ALL).end(NOW)
    copies.backup(file)
    with store.open() as ledger:
        ledger.hold()
        desk = Desk(ledger)
        claims = desk.begin(*ALL)
        desk.claim(claims, 1)
        desk.settle(claims, {ANN: (State.SENT, 250, "")})
        ledger.suppressions.add(BEN, "unsubscribed", NOW)
        claims.end(NOW)
    return file


def test_what_an_older_copy_does_not_know_is_told(copies: Copies, copy: Path) -> None:
    gap = copies.gap(copy, [], [])

    assert gap
    assert ([*gap.issues], gap.readers) == ([ISSUE], len(ALL))


def test_nobody_is_mailed_of_whom_a_copy_that_is_put_back_does_not_know(
    store: LedgerStore, copies: Copies, copy: Path
) -> None:
    replaced = copies.restore(copy, [], [], LATER)

    assert replaced is not None
    with store.open() as ledger:
        ledger.hold()
        desk = Desk(ledger)
        assert desk.states == dict.fromkeys(ALL, State.UNKNOWN)
        assert desk.claim(desk.begin(*ALL, now=LATER)) == []


def test_whoever_objected_since_stays_suppressed(
    store: LedgerStore, copies: Copies, copy: Path
) -> None:
    replaced = copies.restore(copy, [], [], LATER)

    assert replaced is not None
    assert replaced.suppressed == 1
    with store.open() as ledger:
        assert ledger.suppressions.among(ALL) == {BEN: "unsubscribed"}


def test_what_knows_all_is_put_back_without_a_doubt(
    store: LedgerStore, copies: Copies, copy: Path
) -> None:
    whole = copy.with_name("whole.db")
    copies.backup(whole)

    assert not copies.gap(whole, [], [])
    copies.restore(whole, [], [], LATER)

    with store.open() as ledger:
        ledger.hold()
        assert Desk(ledger).states[ANN] is State.SENT
        assert Desk(ledger).claim(Desk(ledger).begin(*ALL)) == ALL[2:]


def test_a_ledger_that_was_moved_goes_on_there_and_here_no_more(
    store: LedgerStore, copies: Copies, tmp_path: Path
) -> None:
    stick = tmp_path / "stick.db"
    with store.open() as ledger:
        ledger.hold()
        copies.move(stick, NOW)

    with store.open() as left:
        assert left.left_for() == str(stick)
        with pytest.raises(OutdatedLedger, match="was moved"):
            left.hold()

    copies.restore(stick, [], [], LATER)
    with store.open() as back:
        assert back.left_for() == ""
        back.hold()


def test_no_copy_is_written_over(copies: Copies, copy: Path) -> None:
    before = copy.read_bytes()

    with pytest.raises(LedgerError, match="is there already"):
        copies.backup(copy)

    assert copy.read_bytes() == before


def test_a_copy_is_whole_while_a_sender_is_at_work(
    store: LedgerStore, copies: Copies, tmp_path: Path
) -> None:
    file = tmp_path / "copy.db"
    with store.open() as ledger:
        ledger.hold()
        desk = Desk(ledger)
        claims = desk.begin(*ALL)
        desk.claim(claims, 1)
        desk.settle(claims, {ANN: (State.SENT, 250, "")})
        copies.backup(file)
        claims.end(NOW)

    copies.restore(file, [], [], LATER)

    with store.open() as ledger:
        ledger.hold()
        assert Desk(ledger).states == {ANN: State.SENT, **dict.fromkeys(ALL[1:], State.UNKNOWN)}


def test_nothing_is_put_back_over_a_ledger_that_is_sent_with(
    store: LedgerStore, copies: Copies, copy: Path
) -> None:
    with store.open() as ledger:
        ledger.hold()
        before = Desk(ledger).states
        with pytest.raises(LedgerBusy):
            copies.restore(copy, [], [], LATER)

        assert Desk(ledger).states == before
        assert ledger.doubt() == ""
        assert Desk(ledger).claim(Desk(ledger).begin(*ALL)) == ALL[2:]


def test_what_something_outside_tells_is_told_of_a_copy_as_missing(
    store: LedgerStore, copies: Copies, copy: Path
) -> None:
    whole = copy.with_name("whole.db")
    copies.backup(whole)
    with store.open() as ledger:
        name, last = ledger.id, ledger.generation()
    later = Witness(
        ledger=name, generation=Generation(last.number + 1, "x"), file="sent.toml", issue="2030-02"
    )

    assert [*copies.gap(whole, [later], []).missed] == [later]
    assert [*copies.gap(whole, [later], []).issues] == ["2030-02"]
    assert [*copies.gap(whole, [], [ISSUE]).issues] == [ISSUE], "a person doubts it"
