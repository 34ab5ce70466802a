"""Copies of a ledger: consistent ones, and one that a person puts in place all the same.

A copy of the file alone may lack what stands in its write-ahead log; SQLite's backup has all of it
(https://www.sqlite.org/backup.html), also while a sender is at work.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from newsletter_mailer.errors import DamagedLedger, LedgerError
from newsletter_mailer.private_files import make_private_folder
from newsletter_mailer.store.aside import set_aside
from newsletter_mailer.store.base_file import lies_under_another_log, refuse_another_log
from newsletter_mailer.store.database import (
    copy_to,
    explained,
    has_write_ahead_log,
    open_to_read,
    open_to_write,
    open_without_log,
    refuse_damaged,
    stamp,
    transaction,
)
from newsletter_mailer.store.generation import Witness
from newsletter_mailer.store.generation_file import read_generation
from newsletter_mailer.store.home import NOWHERE, home_of, is_one_file
from newsletter_mailer.store.journal import MORE_THAN_ANY
from newsletter_mailer.store.left import journals_of
from newsletter_mailer.store.lock import RENAMES_OPEN_FILES, held_alone
from newsletter_mailer.store.planned import MAYBE_MAILED
from newsletter_mailer.store.recovery import (
    commits_missing,
    gone_further,
    journals_of_claimed,
    unsettled_runs,
)
from newsletter_mailer.store.uses import Uses


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What a ledger that is to count does not know."""

    missed: Sequence[Witness]  #: uses that something else tells of, the latest first
    issues: Collection[str]  #: of which it is not known who has them
    readers: int  #: who are owed those, as far as this ledger knows
    is_without_log: bool = False  #: the log beside it is another one's, and does not count

    def __bool__(self) -> bool:
        return bool(self.missed or self.issues)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """The ledger that was there before."""

    kept: Path  #: where it is now
    suppressed: int | None  #: addresses that were taken over; None: it could not be read


def backup(ledger: Path, file: Path) -> None:
    """A consistent copy, whole or not at all; a sender may be at work. Raises LedgerError."""
    with _written(ledger) as database:
        copy_to(database, file)


def move(ledger: Path, file: Path, now: datetime) -> None:
    """The ledger goes on in `file`, and here it is marked as left. Only for who holds it.

    Raises LedgerError; then it goes on here.
    """
    backup(ledger, file)
    with _written(file) as copy, transaction(copy):
        Uses(copy, file).record("move", now, home=NOWHERE)
    with _written(ledger) as database, transaction(database):
        Uses(database, ledger).leave(str(file))


def gap(file: Path, ledger: Path, witnesses: Sequence[Witness], doubtful: Collection[str]) -> Gap:
    """What the ledger in `file` does not know, were it to count at `ledger`.

    `doubtful`: issues of which nothing outside can be read. Raises LedgerError.
    """
    alone = _counts_alone(file)
    told = [*witnesses, *_history(ledger, file, alone=alone)]
    has_journals = is_one_file(file, ledger) and not alone
    with closing(_existing(file, alone=alone)) as database, explained(f"The ledger {file}"):
        refuse_damaged(database, file)
        found = _gap(database, file, told, doubtful, has_journals=has_journals)
        return replace(found, is_without_log=alone)


def restore(
    file: Path,
    ledger: Path,
    witnesses: Sequence[Witness],
    doubtful: Collection[str],
    now: datetime,
) -> Replaced | None:
    """The ledger in `file`, or a copy of it, is the one that counts at `ledger` from now on.

    Nobody is mailed of whom it is not known whether they have an issue: they are unknown. Who was
    suppressed in a ledger that was there before stays so, and that one is kept; None if there was
    none. Raises LedgerBusy, LedgerError; then everything is as it was.
    """
    try:
        with explained(f"The ledger {file}"):
            alone = _counts_alone(file)
            if is_one_file(file, ledger) and not alone:
                _restore_in_place(ledger, witnesses, doubtful, now)
                return None
            return _restore_copy(file, ledger, witnesses, doubtful, now, alone=alone)
    except OSError as fault:
        raise LedgerError(f"{ledger} cannot be replaced: {fault.strerror}.") from None


def begin(ledger: Path, now: datetime) -> None:
    """A new ledger; what an old one left beside it is set aside. Raises LedgerError."""
    try:
        make_private_folder(ledger.parent)
        set_aside(ledger, now, with_generation=True)
    except OSError as fault:
        raise LedgerError(f"{ledger} cannot be made: {fault.strerror}.") from None
    database = open_to_write(ledger)
    try:
        uses = Uses(database, ledger)
        with transaction(database):
            uses.record("begin", now)
        uses.publish()
    finally:
        database.close()


def _restore_in_place(
    ledger: Path, witnesses: Sequence[Witness], doubtful: Collection[str], now: datetime
) -> None:
    """Raises LedgerBusy, LedgerError, OSError."""
    with held_alone(ledger), _written(ledger) as database:
        refuse_damaged(database, ledger)
        told = [*witnesses, *_history(ledger, ledger, alone=False)]
        found = _gap(database, ledger, told, doubtful, has_journals=True)
        _accept(database, ledger, found, now)
        Uses(database, ledger).publish()
        _set_journals_aside(database, ledger, now)


def _restore_copy(
    file: Path,
    ledger: Path,
    witnesses: Sequence[Witness],
    doubtful: Collection[str],
    now: datetime,
    *,
    alone: bool,
) -> Replaced | None:
    """Raises LedgerBusy, LedgerError, OSError."""
    told = [*witnesses, *_history(ledger, file, alone=alone)]
    new = ledger.with_name(f"{ledger.name}.new")
    make_private_folder(ledger.parent)
    new.unlink(missing_ok=True)
    try:
        with closing(_existing(file, alone=alone)) as whole:
            copy_to(whole, new)
        with _written(new) as database:
            refuse_damaged(database, file)
            found = _gap(database, new, told, doubtful, has_journals=False)
            suppressed = _take_over_suppressions(ledger, database)
            _accept(database, ledger, found, now, file=new)
        with ExitStack() as stack:
            was_there = ledger.exists()
            if was_there:
                stack.enter_context(held_alone(ledger))
            if not RENAMES_OPEN_FILES:  # whoever begins now finds it gone before the first message
                stack.close()
            kept = set_aside(ledger, now)
            new.replace(ledger)
    finally:
        new.unlink(missing_ok=True)
    with _written(ledger) as database:
        Uses(database, ledger).publish()
    return Replaced(kept=kept, suppressed=suppressed) if was_there else None


def _gap(
    database: sqlite3.Connection,
    file: Path,
    witnesses: Sequence[Witness],
    doubtful: Collection[str],
    *,
    has_journals: bool,
) -> Gap:
    """`has_journals`: those beside it are its own, and tell how far its last run came."""
    missed = Uses(database, file).missed(witnesses)
    issues = {one.issue for one in missed if one.issue} | {*doubtful}
    for issue, journal in unsettled_runs(database, file):
        if not has_journals or not journal.exists():
            issues.add(issue)
    issues |= {one.issue for one in gone_further(database, file, witnesses)}
    if has_journals:
        issues |= commits_missing(database, file)
    (readers,) = database.execute(
        "SELECT count(*) FROM delivery WHERE state IN ('queued', 'deferred', 'sending') "
        "AND issue IN (SELECT value FROM json_each(?))",
        (json.dumps([*issues]),),
    ).fetchone()
    return Gap(missed=missed, issues=sorted(issues), readers=readers)


def _accept(
    database: sqlite3.Connection, ledger: Path, found: Gap, now: datetime, file: Path | None = None
) -> None:
    """It counts from now on, and says of whom it does not know. `file`: where it is until then."""
    uses = Uses(database, ledger)
    with transaction(database):
        uses.leave("")
        uses.learn(found.missed, now)
        for issue in found.issues:
            uses.record("lost", now, issue=issue)  # also a later copy lacks it
            database.execute("INSERT OR IGNORE INTO loss VALUES (?, ?)", (issue, stamp(now)))
            database.execute(
                "UPDATE delivery SET state = 'unknown', code = NULL, enhanced = NULL, reply = ?, "
                "at = ? WHERE issue = ? AND state IN ('queued', 'deferred', 'sending')",
                (MAYBE_MAILED, int(now.timestamp() * 1000), issue),
            )
            database.execute(  # of what they know no more, a person was told
                "UPDATE run SET is_settled = 1, commits = ?, marks = NULL WHERE issue = ?",
                (MORE_THAN_ANY, issue),
            )
        uses.record("restore", now, home=home_of(ledger, file))


def _history(ledger: Path, file: Path, *, alone: bool) -> list[Witness]:
    """The ledger that is there now, the one that was copied, and the file beside tell, too.

    `alone`: see `_counts_alone`; what the log knows is heard all the same. What cannot be read says
    nothing: the person decides that this ledger counts.
    """
    told = [*_beside(ledger)]
    for other in {ledger, _last_home(file)}:
        is_itself = is_one_file(file, other) and not alone
        database = None if is_itself else _readable(other)
        if database is not None:
            with closing(database), suppress(LedgerError):
                told += Uses(database, other).as_witnesses()
    return told


def _last_home(file: Path) -> Path:
    """Where the ledger in `file` was used last, if that is on this machine; else the file."""
    database = _readable(file)
    if database is None:
        return file
    with closing(database):
        home = Uses(database, file).home()
    return Path(home.path) if home.path and home.is_on(home_of(file)) else file


def _beside(ledger: Path) -> Sequence[Witness]:
    try:
        beside = read_generation(ledger)
    except LedgerError:
        return []
    return beside.witnesses if beside else []


def _readable(ledger: Path) -> sqlite3.Connection | None:
    """None if it is damaged, or not there."""
    try:
        return open_to_read(ledger)
    except LedgerError:
        return None


def _take_over_suppressions(ledger: Path, database: sqlite3.Connection) -> int | None:
    """Who objected is never mailed again, whatever is put back. None: the old one is unreadable."""
    old = _readable(ledger)
    if old is None:
        return None
    with closing(old):
        try:
            with explained():
                rows = old.execute("SELECT address, reason, since FROM suppression").fetchall()
        except LedgerError:
            return None
    with transaction(database):
        taken = database.executemany("INSERT OR IGNORE INTO suppression VALUES (?, ?, ?)", rows)
    return max(taken.rowcount, 0)


def _set_journals_aside(database: sqlite3.Connection, ledger: Path, now: datetime) -> None:
    """Those that contradict the ledger were heard. Those of its own runs are still needed."""
    needed = {journal for _, journal in unsettled_runs(database, ledger)}
    needed |= journals_of_claimed(database, ledger)
    for journal in journals_of(ledger):
        if journal not in needed:
            with suppress(OSError):  # Windows, while somebody reads it: it contradicts once more
                journal.rename(journal.with_name(f"{journal.name}.{now:%Y%m%d-%H%M%S}"))


def _counts_alone(file: Path) -> bool:
    """Without the log beside it, which is another one's: together they make no sense."""
    if not has_write_ahead_log(file):
        return False
    return lies_under_another_log(file) or (
        not _is_whole(file, open_to_read) and _is_whole(file, open_without_log)
    )


def _is_whole(file: Path, opened: Callable[[Path], sqlite3.Connection | None]) -> bool:
    try:
        with explained():
            database = opened(file)
            if database is None:
                return False
            with closing(database):
                refuse_damaged(database, file)
    except DamagedLedger:
        return False
    return True


def _existing(file: Path, *, alone: bool) -> sqlite3.Connection:
    """To look at, with its log or `alone`. Raises LedgerError."""
    if alone:
        with explained(f"The ledger {file}"):
            return open_without_log(file)
    database = open_to_read(file)
    if database is None:
        raise LedgerError(f"There is no ledger in {file}.")
    return database


@contextmanager
def _written(path: Path) -> Iterator[sqlite3.Connection]:
    """An existing ledger's database. Raises LedgerError, OutdatedLedger."""
    refuse_another_log(path)
    database = open_to_write(path, may_be_new=False)
    try:
        yield database
    finally:
        database.close()
