"""A ledger in a SQLite file: `sqlite:///relative/or/absolute`.

Where it is costs nothing to know: what opens, copies and restores it is loaded when it is to.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletter_mailer.store.copies import Gap, Replaced
    from newsletter_mailer.store.generation import Witness
    from newsletter_mailer.store.sqlite.ledger import SqliteLedger


def sqlite_store(rest: str, project: Path) -> SqliteStore:
    """`rest`: of the URL, behind `sqlite://`. Raises ValueError if it names no file.

    One ledger has one path, whatever links lead to it.
    """
    path = rest.removeprefix("/")
    if not path or path == rest:
        raise ValueError(rest)
    return SqliteStore((project / path).resolve())


@dataclass(frozen=True, slots=True)
class SqliteStore:
    """store.ledger_store.LedgerStore, and store.copies.Copies"""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def copies(self) -> SqliteStore:
        return self

    @property
    def carried_with(self) -> str:
        return ", its -wal and -shm with it"

    def why_not_here(self) -> str:
        from newsletter_mailer.store.sqlite.unsafe_folders import why_not_there

        return why_not_there(self.path)

    def is_there(self) -> bool:
        return self.path.is_file()

    def has(self, file: Path) -> bool:
        """Its journals and SQLite's own files stand beside it, and begin with its name."""
        return file.parent == self.path.parent and file.name.startswith(self.path.name)

    def open(self, *, may_be_new: bool = True, is_rehearsal: bool = False) -> SqliteLedger:
        from newsletter_mailer.store.sqlite.base_file import refuse_another_log
        from newsletter_mailer.store.sqlite.database import open_to_write
        from newsletter_mailer.store.sqlite.ledger import SqliteLedger
        from newsletter_mailer.store.sqlite.write_ahead_log import has_write_ahead_log

        had_log = has_write_ahead_log(self.path)
        if not is_rehearsal:
            refuse_another_log(self.path)
        database = open_to_write(self.path, may_be_new=may_be_new)
        return SqliteLedger(database, self.path, had_log=had_log, is_rehearsal=is_rehearsal)

    def read(self) -> SqliteLedger | None:
        from newsletter_mailer.store.sqlite.database import open_to_read
        from newsletter_mailer.store.sqlite.ledger import SqliteLedger

        database = open_to_read(self.path)
        if database is None:
            return None
        return SqliteLedger(database, self.path, is_only_looked_at=True)

    def backup(self, file: Path) -> None:
        from newsletter_mailer.store.sqlite.copies import backup

        backup(self.path, file)

    def move(self, file: Path, now: datetime) -> None:
        from newsletter_mailer.store.sqlite.copies import move

        move(self.path, file, now)

    def gap(self, file: Path, witnesses: Sequence[Witness], doubtful: Collection[str]) -> Gap:
        from newsletter_mailer.store.sqlite.restore_gap import gap

        return gap(file, self.path, witnesses, doubtful)

    def restore(
        self,
        file: Path,
        witnesses: Sequence[Witness],
        doubtful: Collection[str],
        now: datetime,
    ) -> Replaced | None:
        from newsletter_mailer.store.sqlite.restore import restore

        return restore(file, self.path, witnesses, doubtful, now)

    def begin(self, now: datetime) -> None:
        from newsletter_mailer.store.sqlite.copies import begin

        begin(self.path, now)
