"""What a sender that is gone left in the middle: told by its journal, with nothing changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from newsletter_mailer.store.claims import LeftRow
from newsletter_mailer.store.journal.reading import Entries, commits_told, read_journal
from newsletter_mailer.store.sqlite.journals import journal_path
from newsletter_mailer.store.sqlite.sqlite_errors import explained
from newsletter_mailer.store.states import State

_DIED = "the sender died before it read the answer"
_NO_JOURNAL = (
    "the sender died, and how far it came is not known: its journal is gone, or the machine "
    "started anew"
)


def left_rows(
    database: sqlite3.Connection, ledger: Path, issue: str | None = None
) -> Iterator[LeftRow]:
    """Of one issue, or of all. A living sender's are among them: only its lock shows that it lives.

    Raises LedgerError.
    """
    with explained():
        left = database.execute(
            "SELECT delivery.id, address, variant, attempts, run.sender, run.commits "
            "FROM delivery INDEXED BY delivery_sending "
            "LEFT JOIN run ON run.id = delivery.claimed WHERE state = 'sending' "
            "AND (:issue IS NULL OR delivery.issue = :issue)",
            {"issue": issue},
        ).fetchall()
    journals: dict[str, Entries | None] = {}
    for row, address, variant, attempt, token, commits in left:
        if token not in journals:
            journals[token] = _entries_of(journal_path(ledger, token), token, commits)
        yield LeftRow(row, address, variant, *_fate(journals[token], row, attempt))


def _fate(
    entries: Entries | None, row: int, attempt: int
) -> tuple[State, int | None, str | None, str]:
    """What the next sender makes of it: state, code, enhanced code and reply."""
    if entries is None:
        return State.UNKNOWN, None, None, _NO_JOURNAL
    entry = entries.get((row, attempt))
    if entry is None:
        return State.QUEUED, None, None, ""
    if entry.state is None:
        return State.UNKNOWN, None, None, _DIED
    return entry.state, entry.code, entry.enhanced, entry.reply


def _entries_of(path: Path, token: str | None, commits: int) -> Entries | None:
    """None if the journal is gone or cannot be trusted: one that lags is an older copy of it.

    A sender that dies just after a commit has not told the journal of it.
    """
    if token is None or commits_told(path) < commits - 1:
        return None
    return read_journal(path, token)
