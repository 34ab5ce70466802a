"""SQLite's complaints, as sentences for a person."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from newsletter_mailer.errors import DamagedLedger, LedgerBusy, LedgerError

_COMPLAINTS = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_IOERR": "the disk does not take it (full, or faulty)",
    "SQLITE_NOTADB": "the file is not a ledger, or it is damaged",
    "SQLITE_CORRUPT": "the file is damaged (put a whole copy back: ledger restore FILE)",
    "SQLITE_BUSY": "another program holds it",
    "SQLITE_READONLY": "it is write-protected",
    "SQLITE_CANTOPEN": "it cannot be opened",
}
_KINDS = {
    "SQLITE_BUSY": LedgerBusy,
    "SQLITE_NOTADB": DamagedLedger,
    "SQLITE_CORRUPT": DamagedLedger,
}


def is_kind(fault: sqlite3.Error, name: str) -> bool:
    """Whether the fault is of this kind, such as SQLITE_BUSY or SQLITE_BUSY_SNAPSHOT."""
    return f"{getattr(fault, 'sqlite_errorname', '')}_".startswith(f"{name}_")


class explained:  # noqa: N801  # stands in a with statement, as those of contextlib do
    """SQLite's complaints as a sentence, and what was read there and says nothing.

    No generator: one of these is entered before every message. Raises LedgerError.
    """

    __slots__ = ("_what",)

    def __init__(self, what: str = "The ledger") -> None:
        self._what = what

    def __enter__(self) -> None:
        """Nothing is to be done."""

    def __exit__(self, _kind: object, fault: BaseException | None, _traceback: object) -> None:
        if isinstance(fault, sqlite3.Error):
            raise _complaint(self._what, fault) from fault
        if isinstance(fault, (ValueError, TypeError)):  # no JSON, no date, no state, no text
            raise _refusal(DamagedLedger, self._what, _COMPLAINTS["SQLITE_CORRUPT"]) from fault


@contextmanager
def complaints_of_sqlite(what: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as fault:
        raise _complaint(what, fault) from fault


def _complaint(what: str, fault: sqlite3.Error) -> LedgerError:
    why = next((text for name, text in _COMPLAINTS.items() if is_kind(fault, name)), str(fault))
    kind = next((kind for name, kind in _KINDS.items() if is_kind(fault, name)), LedgerError)
    return _refusal(kind, what, why)


def _refusal(kind: type[LedgerError], what: str, why: str) -> LedgerError:
    return kind(f"{what} cannot be used: {why}. No message leaves without it.")
