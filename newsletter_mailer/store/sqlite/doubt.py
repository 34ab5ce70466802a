"""Whether a ledger is the one that counts, while another process may be sending with it.

Whatever a send tells outside the ledger, the ledger has by then: so that is read first, and then
the ledger. A connection sees what others commit. But a file that is read alone, since it had no log
when it was opened, is as it was then, or half of it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from newsletter_mailer.errors import LedgerBusy, LedgerError, OutdatedLedger
from newsletter_mailer.store.generation import Witness
from newsletter_mailer.store.sqlite.base_file import another_log, lies_under_another_log
from newsletter_mailer.store.sqlite.database import open_to_read
from newsletter_mailer.store.sqlite.file_state import file_state
from newsletter_mailer.store.sqlite.recovery import (
    gone_further,
    refuse_unknown_journals,
    run_was_cut_off_later,
)
from newsletter_mailer.store.sqlite.sqlite_errors import explained
from newsletter_mailer.store.sqlite.use_history import Uses
from newsletter_mailer.store.sqlite.write_ahead_log import has_write_ahead_log

_LOOKS = 10  #: at a ledger that is written into at that moment


def doubt_of(
    database: sqlite3.Connection,
    path: Path,
    witnesses: Sequence[Witness],
    *,
    is_under_another_log: bool = False,
) -> str:
    """Ledger.doubt, of one that this connection sees as it is now. Raises LedgerError.

    `is_under_another_log`: `base_file.lies_under_another_log`; what is open to be written is not.
    """
    if doubt := Uses(database, path).doubt(witnesses):
        return doubt
    if is_under_another_log:
        return another_log(path)
    with explained():
        try:
            refuse_unknown_journals(database, path)
        except OutdatedLedger as fault:
            return str(fault)
        further = gone_further(database, path, witnesses)
    return run_was_cut_off_later(path, further[0]) if further else ""


def doubt_at(path: Path, witnesses: Sequence[Witness]) -> str:
    """Ledger.doubt, of the one that is there now, opened anew to be looked at.

    A doubt counts if nobody wrote into the file meanwhile. Raises LedgerError; LedgerBusy if
    somebody did whenever it was looked at.
    """
    for _ in range(_LOOKS):
        before = _state(path)
        try:
            doubt = _look(path, witnesses)
        except LedgerError:
            if _state(path) == before:
                raise
        else:
            if not doubt or _state(path) == before:
                return doubt
    raise LedgerBusy(
        f"Another command writes into the ledger {path} all the time, so that nobody can tell "
        "whether it is the one that counts. Run this again once the other has ended."
    )


def _state(path: Path) -> object:
    return file_state(path), has_write_ahead_log(path)


def _look(path: Path, witnesses: Sequence[Witness]) -> str:
    is_under_another = lies_under_another_log(path)
    database = open_to_read(path)
    if database is None:
        raise LedgerError(f"The ledger {path} was deleted or replaced.")
    with closing(database):
        return doubt_of(database, path, witnesses, is_under_another_log=is_under_another)
