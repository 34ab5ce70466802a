"""The ledger's SQLite file: opened, migrated, written in transactions that reach the disk.

WAL with synchronous=NORMAL "might roll back" after a power loss; a lost intent would be a second
copy for a reader, so it is FULL.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from newsletter_mailer.errors import DamagedLedger, LedgerBusy, LedgerError
from newsletter_mailer.private_files import keep_private, make_private_folder, narrow
from newsletter_mailer.store.schema import STEPS

_OWN_FOLDER = ".newsletter"  #: of a project, for the program's own files
_WAIT = 5.0  #: seconds for another connection's commit
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


def open_to_write(path: Path, *, may_be_new: bool = True) -> sqlite3.Connection:
    """The database at this path, made if there is none, brought to today's schema.

    `may_be_new` False: it was seen here, and a new one would have forgotten everybody. Raises
    LedgerError.
    """
    if not may_be_new and not _is_there(path):
        raise LedgerError(
            f"The ledger {path} was here, and is gone: a new one would not know who got what. "
            "Nothing was sent. Put it back, then run send again."
        )
    _keep_private(path)
    with explained(f"The ledger {path}"):
        # The engine has a thread for the ledger; one at a time uses it.
        database = sqlite3.connect(
            path, isolation_level=None, timeout=_WAIT, check_same_thread=False
        )
        try:
            _steps_taken(database)  # a file that is not ours stays as it is
            _use_write_ahead_log(database)
            database.execute("PRAGMA synchronous = FULL")
            database.execute("PRAGMA wal_autocheckpoint = 0")  # see store.base_file
            _migrate(database)
        except BaseException:
            database.close()
            raise
    return database


def _keep_private(path: Path) -> None:
    """It holds addresses. SQLite gives the files beside it the permissions of the database.

    A folder that only LEDGER_URL names may be for other things too, and stays as it is.
    """
    try:
        make_private_folder(path.parent)
    except OSError as fault:
        raise LedgerError(f"The folder of the ledger cannot be made: {fault.strerror}.") from None
    try:
        keep_private(path)
        for ending in ("-wal", "-shm"):
            narrow(path.with_name(path.name + ending))
        if path.parent.name == _OWN_FOLDER:
            narrow(path.parent)
    except OSError as fault:
        raise LedgerError(
            f"The ledger {path} cannot be opened: {fault.strerror}. No message leaves without it."
        ) from None


def open_to_read(path: Path) -> sqlite3.Connection | None:
    """An existing database to look at, or None; nothing is written in it.

    One of an older schema is brought forward in memory. Without a write-ahead log beside it the
    file is complete, and opened as immutable (SQLite would make the log's files anew otherwise).
    """
    if not _is_there(path):
        return None
    with explained(f"The ledger {path}"):
        database = (
            _connect(path, "mode=ro") if has_write_ahead_log(path) else open_without_log(path)
        )
        try:
            taken = _steps_taken(database)
            if 0 < taken < len(STEPS):
                return _brought_forward(database)
        except BaseException:
            database.close()
            raise
    if taken:
        return database
    database.close()
    return None


def open_without_log(path: Path) -> sqlite3.Connection:
    """What the file alone says, to look at. Raises sqlite3.Error."""
    return _connect(path, "immutable=1")


def _connect(path: Path, how: str) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?{how}"
    return sqlite3.connect(
        address, uri=True, isolation_level=None, timeout=_WAIT, check_same_thread=False
    )


def has_write_ahead_log(path: Path) -> bool:
    """Whether there may be commits beside the file that are not in it yet."""
    try:
        return path.with_name(f"{path.name}-wal").stat().st_size > 0
    except OSError:
        return False


def checkpoint(database: sqlite3.Connection) -> bool:
    """Brings what stands in the write-ahead log into the file, as far as nobody reads there.

    Whether all of it is there. Raises LedgerError.
    """
    with explained():
        busy, in_log, brought_in = database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return not busy and in_log == brought_in


def bring_in(database: sqlite3.Connection) -> bool:
    """The whole log, so that none is left behind, unless somebody reads in it at the moment.

    Whether all of it is in the file. Raises LedgerError.
    """
    with explained():
        _, in_log, brought_in = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return bool(in_log == brought_in >= 0)  # -1: another one is at it


def refuse_damaged(database: sqlite3.Connection, path: Path) -> None:
    """A faulty disk, a broken copy, a log over a file that is not its own: parts that disagree.

    1.7 s for a million rows. Raises DamagedLedger, LedgerError.
    """
    with explained(f"The ledger {path}"):
        (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise DamagedLedger(
            f"The ledger {path} is damaged, or another file was put beneath its log: its parts "
            "disagree. No message leaves without it. Put a whole copy back: newsletter-mailer "
            "ledger restore FILE."
        )


def copy_to(database: sqlite3.Connection, file: Path) -> None:
    """A consistent copy in one file, only its owner's, whole or not at all. Raises LedgerError."""
    if file.exists():
        raise LedgerError(f"{file} is there already. Name a new file; nothing was changed.")
    new = file.with_name(f"{file.name}.part")
    try:
        new.touch(mode=0o600)
        with explained(f"The copy {file}"):
            copy = sqlite3.connect(new, isolation_level=None)
            try:
                copy.execute("PRAGMA synchronous = FULL")
                database.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
            finally:
                copy.close()
        new.replace(file)
    except OSError as fault:
        raise LedgerError(f"{file} cannot be written: {fault.strerror}.") from None
    finally:
        new.unlink(missing_ok=True)


def open_beside(path: Path) -> sqlite3.Connection:
    """A second connection to a database that this process writes with its first, to look at.

    It sees every commit, also while the first one works in another thread. Raises LedgerError.
    """
    with explained(f"The ledger {path}"):
        database = sqlite3.connect(
            path, isolation_level=None, timeout=_WAIT, check_same_thread=False
        )
        try:
            database.execute("PRAGMA query_only = ON")
        except BaseException:
            database.close()
            raise
    return database


def _is_there(path: Path) -> bool:
    """An empty file is a ledger that its first sender is about to make. Raises LedgerError."""
    try:
        return path.exists() and not (path.is_file() and path.stat().st_size == 0)
    except OSError as fault:
        raise LedgerError(f"The ledger cannot be used: {fault.strerror}.") from None


def _brought_forward(database: sqlite3.Connection) -> sqlite3.Connection:
    """A copy in memory, with the steps that are missing."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    try:
        database.backup(copy)
        _migrate(copy)
    except BaseException:
        copy.close()
        raise
    database.close()
    return copy


def _use_write_ahead_log(database: sqlite3.Connection) -> None:
    """SQLite does not wait when several processes do this to a new file at once: we do."""
    give_up = time.monotonic() + _WAIT
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as fault:
            if not _is(fault, "SQLITE_BUSY") or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        else:
            return


def _migrate(database: sqlite3.Connection) -> None:
    """Takes the steps that are missing, all or none; another process may be at it too."""
    if _steps_taken(database) == len(STEPS):
        return
    database.execute("BEGIN EXCLUSIVE")
    try:
        taken = _steps_taken(database)
        for statements in STEPS[taken:]:
            for statement in statements:
                database.execute(statement)
        if taken == 0:
            database.execute(
                "INSERT INTO ledger (id, key) VALUES (?, ?)",
                (secrets.token_hex(8), secrets.token_bytes(32)),
            )
        database.execute(f"PRAGMA user_version = {len(STEPS)}")
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _steps_taken(database: sqlite3.Connection) -> int:
    """Raises LedgerError for a schema of the future, or of another program."""
    taken: int = database.execute("PRAGMA user_version").fetchone()[0]
    names = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    if names and "ledger" not in names:
        raise LedgerError(
            "The ledger cannot be used: the file is another program's database. "
            "Look at LEDGER_URL in .env."
        )
    if taken > len(STEPS):
        raise _newer()
    return taken


def _newer() -> LedgerError:
    return LedgerError(
        "The ledger was written by a newer version of newsletter-mailer. Upgrade this one: "
        "pip install --upgrade newsletter-mailer."
    )


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All of it or nothing."""
    with _complaints_of_sqlite("The ledger"):
        database.execute("BEGIN IMMEDIATE")
        try:
            yield database
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:  # a full disk has ended it already
                database.execute("ROLLBACK")
            raise


def stamp(moment: datetime) -> str:
    """Texts that sort as the moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _is(fault: sqlite3.Error, name: str) -> bool:
    """Whether the fault is of this kind, such as SQLITE_BUSY or SQLITE_BUSY_SNAPSHOT."""
    return f"{getattr(fault, 'sqlite_errorname', '')}_".startswith(f"{name}_")


@contextmanager
def explained(what: str = "The ledger") -> Iterator[None]:
    """SQLite's complaints as a sentence, and what was read there and says nothing.

    Raises LedgerError.
    """
    with _complaints_of_sqlite(what):
        try:
            yield
        except (ValueError, TypeError) as fault:  # no JSON, no date, no state, no text
            raise _refusal(DamagedLedger, what, _COMPLAINTS["SQLITE_CORRUPT"]) from fault


@contextmanager
def _complaints_of_sqlite(what: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as fault:
        why = next((text for name, text in _COMPLAINTS.items() if _is(fault, name)), str(fault))
        kind = next((kind for name, kind in _KINDS.items() if _is(fault, name)), LedgerError)
        raise _refusal(kind, what, why) from fault


def _refusal(kind: type[LedgerError], what: str, why: str) -> LedgerError:
    return kind(f"{what} cannot be used: {why}. No message leaves without it.")
