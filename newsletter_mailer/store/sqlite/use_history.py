"""When and where a ledger was used, and whether it is still the one that counts."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from newsletter_mailer.store.generation import (
    NEVER_USED,
    Generation,
    Use,
    Witness,
    in_words,
    restore_command,
    unknown,
    what_to_do,
)
from newsletter_mailer.store.sqlite.database import open_to_read
from newsletter_mailer.store.sqlite.generation_file import (
    generation_file,
    read_generation,
    write_generation,
)
from newsletter_mailer.store.sqlite.machine_and_path import NOWHERE, Home, elsewhere, home_of
from newsletter_mailer.store.sqlite.sqlite_errors import explained
from newsletter_mailer.store.sqlite.timestamps import stamp
from newsletter_mailer.store.sqlite.transactions import transaction


class Uses:
    """Of one ledger: its generations, and what stands outside it.

    Of a rehearsal's nothing is recorded: copies of it do no harm.
    """

    def __init__(
        self, database: sqlite3.Connection, path: Path, *, is_rehearsal: bool = False
    ) -> None:
        self._database, self._path, self._is_rehearsal = database, path, is_rehearsal

    @property
    def ledger_id(self) -> str:
        with explained():
            return str(self._database.execute("SELECT id FROM ledger").fetchone()[0])

    def last(self) -> Use | None:
        """None: it was never used."""
        with explained():
            row = self._database.execute(
                "SELECT number, token, at, what, issue FROM generation "
                "ORDER BY number DESC, at DESC LIMIT 1"
            ).fetchone()
            if row is None:
                return None
            number, token, at, what, issue = row
            return Use(
                generation=Generation(number, token),
                at=datetime.fromisoformat(at),
                what=what,
                issue=issue,
            )

    def generation(self) -> Generation:
        last = self.last()
        return last.generation if last else NEVER_USED

    def home(self) -> Home:
        """Where it was used last; NOWHERE if nowhere, or if it was moved and not used since."""
        with explained():
            row = self._database.execute(
                "SELECT host, machine, path, file FROM generation "
                "ORDER BY number DESC, at DESC LIMIT 1"
            ).fetchone()
        return NOWHERE if row is None else Home(*row)

    def record(
        self, what: str, now: datetime, *, issue: str = "", home: Home | None = None
    ) -> None:
        """The next generation, in the caller's transaction. `home` None: here."""
        if not self._is_rehearsal:
            generation = Generation(self.generation().number + 1, secrets.token_hex(8))
            self._insert(generation, what, now, issue, home or home_of(self._path))

    def publish(self, *, in_file: Generation | None = None) -> None:
        """What `record` did, outside the ledger, on the disk for good. Raises LedgerError.

        `in_file`: a use that the ledger's own file has by now, also without its log.
        """
        if self._is_rehearsal:
            return
        with explained():
            rows = self._database.execute(
                "SELECT issue, max(number), token FROM generation "
                "WHERE issue <> '' AND what IN ('send', 'lost') GROUP BY issue"
            ).fetchall()
        write_generation(
            self._path,
            self.ledger_id,
            self.generation(),
            {issue: Generation(number, token) for issue, number, token in rows},
            in_file=in_file,
        )

    def learn(self, witnesses: Iterable[Witness], now: datetime) -> list[Witness]:
        """Takes in uses that this copy missed, in the caller's transaction; gives those."""
        missed = self.missed(witnesses)
        for one in missed:
            self._insert(one.generation, "lost", now, one.issue, NOWHERE)
        return missed

    def missed(self, witnesses: Iterable[Witness]) -> list[Witness]:
        """Those who tell of uses of this ledger that it does not know, the latest first."""
        with explained():
            rows = self._database.execute("SELECT number, token FROM generation").fetchall()
        return unknown(witnesses, self.ledger_id, (Generation(*row) for row in rows))

    def as_witnesses(self) -> list[Witness]:
        """Each use of this ledger, to be compared with what another copy of it knows."""
        with explained():
            rows = self._database.execute("SELECT number, token, issue FROM generation").fetchall()
        return [
            Witness(
                ledger=self.ledger_id,
                generation=Generation(number, token),
                file=str(self._path),
                issue=issue,
            )
            for number, token, issue in rows
        ]

    def left_for(self) -> str:
        """Where the ledger goes on instead of here; empty if it goes on here."""
        with explained():
            return str(self._database.execute("SELECT left_for FROM ledger").fetchone()[0])

    def leave(self, where: str) -> None:
        """In the caller's transaction. Empty: it goes on here."""
        self._database.execute("UPDATE ledger SET left_for = ?", (where,))

    def told_of(self) -> str:
        """The path of which a person was told that it is no good place for a ledger."""
        with explained():
            return str(self._database.execute("SELECT told FROM ledger").fetchone()[0])

    def note_told(self) -> None:
        """That a person was told so of where it is now. Raises LedgerError."""
        with transaction(self._database) as database:
            database.execute(
                "UPDATE ledger SET told = :path WHERE told <> :path", {"path": str(self._path)}
            )

    def doubt(self, witnesses: Sequence[Witness]) -> str:
        """Why this is not the ledger that counts, and what to do; empty if it is.

        `witnesses`: beside the file next to it. Nobody guesses: a person decides. Raises
        LedgerError.
        """
        if where := self.left_for():
            return (
                f"The ledger {self._path} was moved to {where}, and goes on there: run the command "
                f"there. If it never arrived, take it back: {restore_command(self._path)}."
            )
        beside = read_generation(self._path)
        if beside is not None and beside.ledger != self.ledger_id:
            return (
                f"The ledger {self._path} is not the one that was last used here: "
                f"{generation_file(self._path)} is of another one ({beside.ledger}). "
                f"Put that one back, or have this one count: "
                f"{restore_command(self._path)}."
            )
        strange = self.missed([*witnesses, *(beside.witnesses if beside else [])])
        if strange:
            return (
                f"{in_words(strange, self.last(), str(self._path))} Whoever got an issue since, or "
                f"wants no more mail, would be mailed. {what_to_do(self._path)}"
            )
        if where := elsewhere(self._path, self.home(), self._is_same_ledger):
            return (
                f"The ledger {self._path} is a copy of the one in use at {where}: if both go on, "
                "readers get an issue twice. Send there; or have it go on here: there "
                "newsletter-mailer ledger move FILE, and here newsletter-mailer ledger restore "
                "FILE. If the other one is gone for good, or was carried here whole: "
                f"{restore_command(self._path)}."
            )
        return ""

    def _insert(
        self, generation: Generation, what: str, now: datetime, issue: str, home: Home
    ) -> None:
        self._database.execute(
            "INSERT OR IGNORE INTO generation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*generation, stamp(now), what, issue, *home),
        )

    def _is_same_ledger(self, path: Path) -> bool:
        other = open_to_read(path)
        if other is None:
            return False
        try:
            return Uses(other, path).ledger_id == self.ledger_id
        finally:
            other.close()
