"""What a dead sender left: told apart by its journal, once the ledger's lock shows that it is dead.

No mark: its message was never whole at the server, so the row is owed again. An answer: that is its
fate. A dot without an answer: unknown. A journal that is gone, or from before the machine started
anew: everything that the sender had claimed is unknown.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from newsletter_mailer.errors import LedgerError
from newsletter_mailer.store.database import transaction
from newsletter_mailer.store.journal import Entries, Entry, read_journal, was_used
from newsletter_mailer.store.states import State

_DIED = "the sender died before it read the answer"
_NO_JOURNAL = (
    "the sender died, and how far it came is not known: its journal is gone, or the machine "
    "started anew"
)


def journal_path(ledger: Path, token: str) -> Path:
    return ledger.with_name(f"{ledger.name}.{token}.journal")


def recover(database: sqlite3.Connection, ledger: Path) -> None:
    """Leaves no row "sending" and no journal. Only for who holds the lock. Raises LedgerError."""
    journals_there = [*ledger.parent.glob(f"{ledger.name}.*.journal")]
    with transaction(database):
        _refuse_older_ledger(database, ledger, journals_there)
        left = database.execute(
            "SELECT delivery.id, attempts, run.sender FROM delivery "
            "LEFT JOIN run ON run.id = delivery.claimed WHERE state = 'sending'"
        ).fetchall()
        journals: dict[str, Entries | None] = {}
        for row, attempt, token in left:
            if token not in journals:
                journals[token] = (
                    read_journal(journal_path(ledger, token), token) if token else None
                )
            entries = journals[token]
            if entries is None:
                entry: Entry | None = Entry(state=State.UNKNOWN, reply=_NO_JOURNAL)
            else:
                entry = entries.get((row, attempt))
            _settle(database, row, entry)
    for path in journals_there:
        path.unlink(missing_ok=True)


def _refuse_older_ledger(
    database: sqlite3.Connection, ledger: Path, journals: Sequence[Path]
) -> None:
    """A copy from before a run would have its readers mailed again.

    Its sender's journal tells, unless that run ended well. One that was never used is of a sender
    that died before its run was in the ledger.
    """
    known = {journal_path(ledger, token) for (token,) in database.execute("SELECT sender FROM run")}
    for path in journals:
        if path not in known and was_used(path):
            raise LedgerError(
                f"The ledger {ledger} is not the one that was last used here: {path.name} beside "
                "it is of a run that it does not know, so those readers would get a second copy. "
                "Put the newer ledger back. If there is none, delete that file: then this ledger "
                "counts, and whoever got the issue in that run gets it again."
            )


def _settle(database: sqlite3.Connection, row: int, entry: Entry | None) -> None:
    if entry is None:
        database.execute(
            "UPDATE delivery SET state = 'queued', attempts = attempts - 1 WHERE id = ?", (row,)
        )
        return
    state = entry.state or State.UNKNOWN
    reply = entry.reply if entry.state else _DIED
    database.execute(
        "UPDATE delivery SET state = ?, code = ?, enhanced = ?, reply = ?, at = ? WHERE id = ?",
        (state.value, entry.code, entry.enhanced, reply, int(time.time() * 1000), row),
    )
