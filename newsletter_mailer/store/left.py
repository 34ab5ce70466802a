"""What a sender that is gone left in the middle: told by its journal, with nothing changed."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from newsletter_mailer.store.database import explained
from newsletter_mailer.store.journal import Entries, Entry, commits_told, read_journal
from newsletter_mailer.store.states import State

_DIED = "the sender died before it read the answer"
_NO_JOURNAL = (
    "the sender died, and how far it came is not known: its journal is gone, or the machine "
    "started anew"
)


class LeftRow(NamedTuple):
    """A row "sending", and its fate. `entry` None: its message was never whole at the server."""

    id: int
    address: str
    variant: str
    entry: Entry | None

    @property
    def state(self) -> State:
        """What the next sender makes of it."""
        if self.entry is None:
            return State.QUEUED
        return self.entry.state or State.UNKNOWN

    @property
    def reply(self) -> str:
        if self.entry is None:
            return ""
        return self.entry.reply if self.entry.state else _DIED


def journal_path(ledger: Path, token: str) -> Path:
    return ledger.with_name(f"{ledger.name}.{token}.journal")


def journals_of(ledger: Path) -> list[Path]:
    """Not those of a ledger that was set aside, whose name begins alike."""
    name = re.compile(rf"{re.escape(ledger.name)}\.[0-9a-f]+\.journal")
    try:
        return sorted(one for one in ledger.parent.iterdir() if name.fullmatch(one.name))
    except FileNotFoundError:
        return []


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
        entries = journals[token]
        if entries is None:
            entry: Entry | None = Entry(state=State.UNKNOWN, reply=_NO_JOURNAL)
        else:
            entry = entries.get((row, attempt))
        yield LeftRow(row, address, variant, entry)


def _entries_of(path: Path, token: str | None, commits: int) -> Entries | None:
    """None if the journal is gone or cannot be trusted: one that lags is an older copy of it.

    A sender that dies just after a commit has not told the journal of it.
    """
    if token is None or commits_told(path) < commits - 1:
        return None
    return read_journal(path, token)
