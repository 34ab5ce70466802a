"""What a dead sender left: told apart by its journal, once the ledger's lock shows that it is dead.

No mark: its message was never whole at the server, so the row is owed again. An answer: that is its
fate. A mark without an answer: unknown. A journal that is gone, or from before the machine started
anew: everything that the sender had claimed is unknown. If the write-ahead log is gone as well, its
claims are not known either: everybody whom it was to mail and who has no fate is unknown.

Before that, what was put back is told: a ledger of which a journal, or an issue's sent.toml, knows
more than itself.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from newsletter_mailer.errors import OutdatedLedger
from newsletter_mailer.store.claims import LeftRow
from newsletter_mailer.store.generation import Progress, Witness, what_to_do
from newsletter_mailer.store.journal.reading import commits_told, marks_told, was_used
from newsletter_mailer.store.sqlite.abandoned_rows import left_rows
from newsletter_mailer.store.sqlite.journals import journal_path, journals_of
from newsletter_mailer.store.sqlite.transactions import transaction
from newsletter_mailer.store.states import State

_NO_LOG = (
    "the sender died, and whom it mailed is not known: its journal is gone, and the ledger's "
    "write-ahead log too"
)


def recover(database: sqlite3.Connection, ledger: Path, *, had_log: bool) -> None:
    """Leaves no row "sending" and no journal. Only for who holds the lock.

    `had_log`: whether the ledger had its write-ahead log before it was opened. Raises LedgerError.
    """
    journals_there = journals_of(ledger)
    with transaction(database):
        for row in [*left_rows(database, ledger)]:
            _settle(database, row)
        if not had_log:
            _doubt_all_owed(database, ledger)
        for run, token in database.execute(
            "SELECT id, sender FROM run WHERE is_settled = 0"
        ).fetchall():
            database.execute(
                "UPDATE run SET is_settled = 1, marks = ? WHERE id = ?",
                (marks_told(journal_path(ledger, token), token), run),
            )
    for path in journals_there:
        with suppress(OSError):  # Windows, while a virus scanner reads it: the next sender does it
            path.unlink()


def refuse_unknown_journals(database: sqlite3.Connection, ledger: Path) -> None:
    """A copy from before a run, or from its middle, would have its readers mailed again.

    The sender's journal tells, unless that run ended well. One that was never used is of a sender
    that died before its run was in the ledger. Raises OutdatedLedger.
    """
    used = {path: was_used(path) for path in journals_of(ledger)}  # and then the ledger
    behind = {journal for _, journal in _behind(database, ledger)}
    known = _journals_of_runs(database, ledger)
    for path in used:
        if path not in known and used[path]:
            what = "is of a run that it does not know"
        elif path in behind:
            what = (
                "knows more of its run than the ledger does, whose write-ahead log (-wal) is not "
                "the one that was used"
            )
        else:
            continue
        raise OutdatedLedger(
            f"The ledger {ledger} is not as it was last used here: {path.name} beside it {what}, "
            f"so those readers would get a second copy. {what_to_do(ledger)}"
        )


def gone_further(
    database: sqlite3.Connection, ledger: Path, witnesses: Iterable[Witness]
) -> list[Witness]:
    """Those who tell of more of a run that was cut off than the ledger and its journal know.

    Both are older then, and were put back together; since then another may have read the journal.
    """
    return [
        one
        for one in witnesses
        if one.progress is not None and _knows_less(database, ledger, one.progress)
    ]


def _knows_less(database: sqlite3.Connection, ledger: Path, told: Progress) -> bool:
    """Whether it does of this run. One that it does not know at all is told elsewhere."""
    run = database.execute(
        "SELECT commits, marks, is_settled FROM run WHERE sender = ?", (told.journal,)
    ).fetchone()
    if run is None:
        return False
    commits, marks, is_settled = run
    if not is_settled:
        marks = marks_told(journal_path(ledger, told.journal), told.journal)
    return bool(told.commits > commits or (marks is not None and told.marks > marks))


def run_was_cut_off_later(ledger: Path, witness: Witness) -> str:
    """What is told then."""
    return (
        f"The ledger {ledger} is older than {witness.file}, which knows more messages of the run "
        f"that was cut off: those readers would get a second copy. {what_to_do(ledger)}"
    )


def unsettled_runs(database: sqlite3.Connection, ledger: Path) -> list[tuple[str, Path]]:
    """Issue and journal of the runs that did not end, and of which nobody has read the journal."""
    runs = database.execute("SELECT issue, sender FROM run WHERE is_settled = 0").fetchall()
    return [(issue, journal_path(ledger, token)) for issue, token in runs]


def journals_of_claimed(database: sqlite3.Connection, ledger: Path) -> set[Path]:
    """Of runs that hold rows whose fate only the journal knows, whether they ended or not."""
    return {
        journal_path(ledger, token)
        for (token,) in database.execute(
            "SELECT DISTINCT sender FROM run JOIN delivery ON claimed = run.id "
            "WHERE state = 'sending'"
        )
    }


def commits_missing(database: sqlite3.Connection, ledger: Path) -> set[str]:
    """The issues of runs whose journal knows of commits that the ledger does not have."""
    return {issue for issue, _ in _behind(database, ledger)}


def _behind(database: sqlite3.Connection, ledger: Path) -> list[tuple[str, Path]]:
    told = {path: commits_told(path) for path in journals_of(ledger)}  # and then the ledger
    known = _journals_of_runs(database, ledger)
    return [
        (issue, path)
        for path in told
        for issue, commits in [known.get(path, ("", math.inf))]
        if told[path] > commits
    ]


def _journals_of_runs(database: sqlite3.Connection, ledger: Path) -> dict[Path, tuple[str, float]]:
    """Issue and commits of each run, by its journal."""
    return {
        journal_path(ledger, token): (issue, commits)
        for token, issue, commits in database.execute("SELECT sender, issue, commits FROM run")
    }


def _doubt_all_owed(database: sqlite3.Connection, ledger: Path) -> None:
    for issue, journal in unsettled_runs(database, ledger):
        if not journal.exists():
            database.execute(
                "UPDATE delivery SET state = 'unknown', reply = ?, at = ? "
                "WHERE issue = ? AND state IN ('queued', 'deferred')",
                (_NO_LOG, int(time.time() * 1000), issue),
            )


def _settle(database: sqlite3.Connection, row: LeftRow) -> None:
    if row.state is State.QUEUED:
        database.execute(
            "UPDATE delivery SET state = 'queued', attempts = attempts - 1 WHERE id = ?", (row.id,)
        )
        return
    told = (row.state.value, row.code, row.enhanced, row.reply)
    database.execute(
        "UPDATE delivery SET state = ?, code = ?, enhanced = ?, reply = ?, at = ? WHERE id = ?",
        (*told, int(time.time() * 1000), row.id),
    )
