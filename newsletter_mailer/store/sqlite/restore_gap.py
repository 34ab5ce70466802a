"""What a ledger that is to count does not know: told by all that stands outside it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from newsletter_mailer.errors import DamagedLedger, LedgerError
from newsletter_mailer.store.copies import Gap
from newsletter_mailer.store.generation import Witness
from newsletter_mailer.store.sqlite.base_file import lies_under_another_log
from newsletter_mailer.store.sqlite.database import open_to_read, open_without_log
from newsletter_mailer.store.sqlite.generation_file import read_generation
from newsletter_mailer.store.sqlite.integrity import refuse_damaged
from newsletter_mailer.store.sqlite.machine_and_path import home_of, is_one_file
from newsletter_mailer.store.sqlite.recovery import (
    commits_missing,
    gone_further,
    unsettled_runs,
)
from newsletter_mailer.store.sqlite.sqlite_errors import explained
from newsletter_mailer.store.sqlite.use_history import Uses
from newsletter_mailer.store.sqlite.write_ahead_log import has_write_ahead_log

_WITHOUT_LOG = "The write-ahead log (-wal) beside it is not its own: it counts without."


def gap(file: Path, ledger: Path, witnesses: Sequence[Witness], doubtful: Collection[str]) -> Gap:
    """Copies.gap, of the ledger at `ledger`."""
    alone = counts_alone(file)
    told = [*witnesses, *history(ledger, file, alone=alone)]
    has_journals = is_one_file(file, ledger) and not alone
    with closing(existing(file, alone=alone)) as database, explained(f"The ledger {file}"):
        refuse_damaged(database, file)
        found = gap_in(database, file, told, doubtful, has_journals=has_journals)
        return replace(found, note=_WITHOUT_LOG if alone else "")


def gap_in(
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


def history(ledger: Path, file: Path, *, alone: bool) -> list[Witness]:
    """The ledger that is there now, the one that was copied, and the file beside tell, too.

    `alone`: see `counts_alone`; what the log knows is heard all the same. What cannot be read says
    nothing: the person decides that this ledger counts.
    """
    told = [*_beside(ledger)]
    for other in {ledger, _last_home(file)}:
        is_itself = is_one_file(file, other) and not alone
        database = None if is_itself else readable(other)
        if database is not None:
            with closing(database), suppress(LedgerError):
                told += Uses(database, other).as_witnesses()
    return told


def _last_home(file: Path) -> Path:
    """Where the ledger in `file` was used last, if that is on this machine; else the file."""
    database = readable(file)
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


def readable(ledger: Path) -> sqlite3.Connection | None:
    """None if it is damaged, or not there."""
    try:
        return open_to_read(ledger)
    except LedgerError:
        return None


def counts_alone(file: Path) -> bool:
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


def existing(file: Path, *, alone: bool) -> sqlite3.Connection:
    """To look at, with its log or `alone`. Raises LedgerError."""
    if alone:
        with explained(f"The ledger {file}"):
            return open_without_log(file)
    database = open_to_read(file)
    if database is None:
        raise LedgerError(f"There is no ledger in {file}.")
    return database
