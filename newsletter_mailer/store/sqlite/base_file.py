"""The ledger's own file, beneath its write-ahead log.

Only checkpoints write into it: a run's while it lasts, and otherwise that of whoever closes the
ledger last. So a file that changed otherwise was put there by somebody: a backup, or a program that
syncs the folder. With the log of another file over it, it would be a mixture of both.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from newsletter_mailer.errors import LedgerBusy, LedgerError, OutdatedLedger
from newsletter_mailer.store.generation import what_to_do
from newsletter_mailer.store.journal.reading import brought_in_told
from newsletter_mailer.store.sqlite.database import open_without_log
from newsletter_mailer.store.sqlite.file_state import file_state
from newsletter_mailer.store.sqlite.generation_file import Beside, read_generation
from newsletter_mailer.store.sqlite.journals import journal_path, journals_of
from newsletter_mailer.store.sqlite.lock import Identity, held_alone
from newsletter_mailer.store.sqlite.write_ahead_log import checkpoint, has_write_ahead_log

_LOOKS, _BETWEEN_LOOKS = 5, 0.05  #: seconds
_COMMITS = 8  #: of 200 rows each; then the log is brought into the file


class BaseFile:
    """Of an open ledger, as it is when the run begins."""

    def __init__(
        self, database: sqlite3.Connection, path: Path, file: Identity, journal: Path
    ) -> None:
        """`file`: the one that is open and locked. `journal`: the run's."""
        self._database, self.path, self._file = database, path, file
        self._journal = journal
        self._commits = 0
        self._first = _content_of(path)
        self._seen = file_state(self.path)

    @property
    def is_gone(self) -> bool:
        return file_state(self.path) is None

    @property
    def is_as_it_was(self) -> bool:
        """Neither deleted nor replaced, nor overwritten with another."""
        seen = file_state(self.path)
        if seen is None or seen.identity != self._file:
            return False
        if seen != self._seen and self._has_the_run():
            self._seen = seen  # touched, or somebody else brought the log in
        return seen == self._seen

    def committed(self) -> bool:
        """Brings the log into the file from time to time: whether all of it is there now.

        Raises LedgerError.
        """
        self._commits += 1
        if self._commits < _COMMITS or not self.is_as_it_was:
            return False
        self._commits = 0
        is_whole = checkpoint(self._database)
        self._seen = file_state(self.path)
        return is_whole

    def _has_the_run(self) -> bool:
        """As far as its journal says that it was brought into the file; and what was there first.

        Somebody may be writing it at the moment: it is looked at again.
        """
        told, first = brought_in_told(self._journal), self._first
        for _ in range(_LOOKS):
            if (found := _content_of(self.path)) is not None:
                return (
                    first is not None
                    and found.ledger == first.ledger
                    and found.generation >= first.generation
                    and (told is None or found.commits.get(self._journal, -1) >= told)
                )
            time.sleep(_BETWEEN_LOOKS)
        return False


def lies_under_another_log(ledger: Path) -> bool:
    """Whether less is in the ledger's file, without its log, than had been brought into it.

    The file beside it and the journals tell: then another file was put there, an older one. Who
    looks while the ledger is written reads what they tell first, and then the file.
    """
    if not has_write_ahead_log(ledger):
        return False
    beside = _beside(ledger)
    told = {path: brought_in_told(path) for path in journals_of(ledger)}
    found = _content_of(ledger)
    if found is None:
        return False
    return (
        beside is not None and (beside.ledger != found.ledger or beside.in_file > found.generation)
    ) or any(
        commits is not None and found.commits.get(path, -1) < commits
        for path, commits in told.items()
    )


def refuse_another_log(ledger: Path) -> None:
    """Before it is opened to be written, while it can be seen.

    SQLite brings the log into the file when the last connection is closed: from then on they are
    one ledger, which is nobody's. Call it before this process opens the ledger (see `lock`).
    Raises OutdatedLedger, LedgerError.
    """
    if not lies_under_another_log(ledger):
        return
    try:
        with held_alone(ledger):
            is_so = lies_under_another_log(ledger)
    except LedgerBusy:
        return  # its sender lives, writes into both, and looks itself
    if is_so:
        raise OutdatedLedger(another_log(ledger))


def another_log(ledger: Path) -> str:
    """What is told then."""
    return (
        f"The ledger {ledger} is not the file that its write-ahead log (-wal) was written for: an "
        "older one was put in its place, and who got what since is not known to it. "
        f"{what_to_do(ledger, ', without the log')}"
    )


class _Content(NamedTuple):
    """Of the file alone."""

    ledger: str
    generation: int
    commits: Mapping[Path, int]  #: of each run, by its journal


def _content_of(ledger: Path) -> _Content | None:
    """None: the file is only half written, or damaged.

    A sender may have died while it wrote the log into the file; the log mends that.
    """
    try:
        with closing(open_without_log(ledger)) as database:
            ((name, number),) = database.execute(
                "SELECT id, (SELECT coalesce(max(number), 0) FROM generation) FROM ledger"
            ).fetchall()
            runs = database.execute("SELECT sender, commits FROM run").fetchall()
        return _Content(
            name, int(number), {journal_path(ledger, token): int(count) for token, count in runs}
        )
    except (sqlite3.Error, ValueError, TypeError):  # no text, no number
        return None


def _beside(ledger: Path) -> Beside | None:
    """What cannot be read says nothing here; it is told where the ledger is used."""
    try:
        return read_generation(ledger)
    except LedgerError:
        return None
