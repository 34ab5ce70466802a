"""A ledger that a person puts in place all the same, whatever it does not know."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from contextlib import ExitStack, closing, suppress
from datetime import datetime
from pathlib import Path

from newsletter_mailer.errors import LedgerError
from newsletter_mailer.files.private import make_private_folder
from newsletter_mailer.store.copies import Gap, Replaced
from newsletter_mailer.store.generation import Witness
from newsletter_mailer.store.journal.layout import MORE_THAN_ANY
from newsletter_mailer.store.sqlite.audience import MAYBE_MAILED
from newsletter_mailer.store.sqlite.copies import copy_to, written
from newsletter_mailer.store.sqlite.integrity import refuse_damaged
from newsletter_mailer.store.sqlite.journals import journals_of
from newsletter_mailer.store.sqlite.lock import RENAMES_OPEN_FILES, held_alone
from newsletter_mailer.store.sqlite.machine_and_path import home_of, is_one_file
from newsletter_mailer.store.sqlite.recovery import journals_of_claimed, unsettled_runs
from newsletter_mailer.store.sqlite.restore_gap import (
    counts_alone,
    existing,
    gap_in,
    history,
    readable,
)
from newsletter_mailer.store.sqlite.set_aside import set_aside
from newsletter_mailer.store.sqlite.sqlite_errors import explained
from newsletter_mailer.store.sqlite.timestamps import stamp
from newsletter_mailer.store.sqlite.transactions import transaction
from newsletter_mailer.store.sqlite.use_history import Uses


def restore(
    file: Path,
    ledger: Path,
    witnesses: Sequence[Witness],
    doubtful: Collection[str],
    now: datetime,
) -> Replaced | None:
    """Copies.restore, of the ledger at `ledger`."""
    try:
        with explained(f"The ledger {file}"):
            alone = counts_alone(file)
            if is_one_file(file, ledger) and not alone:
                _restore_in_place(ledger, witnesses, doubtful, now)
                return None
            return _restore_copy(file, ledger, witnesses, doubtful, now, alone=alone)
    except OSError as fault:
        raise LedgerError(f"{ledger} cannot be replaced: {fault.strerror}.") from None


def _restore_in_place(
    ledger: Path, witnesses: Sequence[Witness], doubtful: Collection[str], now: datetime
) -> None:
    """Raises LedgerBusy, LedgerError, OSError."""
    with held_alone(ledger), written(ledger) as database:
        refuse_damaged(database, ledger)
        told = [*witnesses, *history(ledger, ledger, alone=False)]
        found = gap_in(database, ledger, told, doubtful, has_journals=True)
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
    told = [*witnesses, *history(ledger, file, alone=alone)]
    new = ledger.with_name(f"{ledger.name}.new")
    make_private_folder(ledger.parent)
    new.unlink(missing_ok=True)
    try:
        with closing(existing(file, alone=alone)) as whole:
            copy_to(whole, new)
        with written(new) as database:
            refuse_damaged(database, file)
            found = gap_in(database, new, told, doubtful, has_journals=False)
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
    with written(ledger) as database:
        Uses(database, ledger).publish()
    return Replaced(kept=str(kept), suppressed=suppressed) if was_there else None


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


def _take_over_suppressions(ledger: Path, database: sqlite3.Connection) -> int | None:
    """Who objected is never mailed again, whatever is put back. None: the old one is unreadable."""
    old = readable(ledger)
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
