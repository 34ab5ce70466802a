"""A run's audience, put into the ledger inside the transaction that begins the run."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from newsletter_mailer.address import domain
from newsletter_mailer.store.round_robin import RoundRobin
from newsletter_mailer.store.runs import Composed, LeftOut, PlannedRow
from newsletter_mailer.store.states import State

MAYBE_MAILED = "a run that this ledger does not know of may have mailed it"
_AT_ONCE = 5_000  #: rows

#: Whoever is not owed it any more keeps what was planned: it is what they got, or may have got.
_IF_OWED = ", ".join(
    f"{column} = iif(state IN ('queued', 'deferred'), excluded.{column}, {column})"
    for column in ("mailbox", "variant", "field_values", "planned_by")
)


def plan(
    database: sqlite3.Connection,
    issue: str,
    run: int,
    rows: Iterable[PlannedRow | LeftOut],
    host: str,
    *,
    is_roll_call: bool,
) -> Mapping[str, int]:
    """Rows of earlier runs keep their state; what is owed is planned anew, and due at once.

    If a run is lost (`loss`), nobody knows whether somebody new in the ledger has the issue. Gives
    who is skipped: how many, by reason.
    """
    planner = _Planner(database, issue, run, host)
    rest = iter(rows)
    database.execute("CREATE TEMP TABLE listed (address TEXT PRIMARY KEY) WITHOUT ROWID")
    while some := [*itertools.islice(rest, _AT_ONCE)]:
        planner.keep([row for row in some if isinstance(row, PlannedRow)])
        planner.leave_out([row for row in some if isinstance(row, LeftOut)])
    planner.forget_skips()
    if is_roll_call:
        planner.note_who_left()
    database.execute("DROP TABLE listed")
    return planner.skipped


class _Planner:
    """`listed` holds the readers who are not of the run, as far as the ledger has them."""

    def __init__(self, database: sqlite3.Connection, issue: str, run: int, host: str) -> None:
        self._database, self._issue, self._run, self._host = database, issue, run, host
        (key,) = database.execute("SELECT key FROM ledger").fetchone()
        self._hmac = hmac.new(key, f"{issue}\0".encode(), hashlib.sha256)
        (is_lost,) = database.execute(
            "SELECT EXISTS (SELECT 1 FROM loss WHERE issue = ?)", (issue,)
        ).fetchone()
        self._new = (State.UNKNOWN, MAYBE_MAILED) if is_lost else (State.QUEUED, None)
        self._turns = RoundRobin()
        self.skipped: Counter[str] = Counter()  #: by reason
        self._is_narrow = False  #: some of the lists are not of this run's audience

    def keep(self, rows: Sequence[PlannedRow]) -> None:
        self._database.executemany(
            "INSERT INTO delivery (issue, address, mailbox, domain, variant, field_values,"  # noqa: S608  # constants
            " message_id, state, reply, run, planned_by, turn)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (issue, address) DO UPDATE SET run = excluded.run, left_by = NULL, "
            f"turn = excluded.turn, due = 0, {_IF_OWED}",
            (
                (
                    self._issue,
                    row.address,
                    row.mailbox,
                    name := domain(row.mailbox),
                    row.variant,
                    json.dumps(row.values),
                    f"{self._digest(row.address)}@{self._host}",
                    *self._new,
                    self._run,
                    self._run,
                    self._turns.next(name),
                )
                for row in rows
            ),
        )

    def _digest(self, address: str) -> str:
        """The HMAC of issue and address, begun once: that takes twice as long as the rest of it."""
        digest = self._hmac.copy()
        digest.update(address.encode())
        return digest.hexdigest()[:32]

    def leave_out(self, rows: Sequence[LeftOut]) -> None:
        self._database.executemany(
            "INSERT INTO skip VALUES (?, ?, ?, ?) ON CONFLICT (issue, address) "
            "DO UPDATE SET reason = excluded.reason, run = excluded.run",
            [(self._issue, row.address, row.reason, self._run) for row in rows if row.reason],
        )
        self.skipped.update(row.reason for row in rows if row.reason)
        self._is_narrow = self._is_narrow or not all(row.reason for row in rows)
        readers = [row.address for row in rows if row.is_reader]
        self._database.execute(
            "INSERT INTO listed SELECT address FROM delivery WHERE issue = ? "
            "AND address IN (SELECT value FROM json_each(?))",
            (self._issue, json.dumps(readers)),
        )

    def note_who_left(self) -> None:
        """Also a run for few has read all lists: whoever stands in none of them is no reader."""
        about = {"issue": self._issue, "run": self._run}
        self._database.execute(
            "UPDATE delivery SET left_by = :run WHERE issue = :issue AND run < :run "
            "AND left_by IS NULL AND address NOT IN (SELECT address FROM listed)",
            about,
        )
        self._database.execute(
            "UPDATE delivery SET left_by = NULL WHERE issue = :issue AND left_by IS NOT NULL "
            "AND address IN (SELECT address FROM listed)",
            about,
        )

    def forget_skips(self) -> None:
        """Of those who are mailed now; a run for everyone has found all that are true."""
        self._database.execute(
            "DELETE FROM skip WHERE issue = :issue AND run < :run AND (:is_whole OR EXISTS ("
            "SELECT 1 FROM delivery WHERE delivery.issue = :issue "
            "AND delivery.address = skip.address AND delivery.run = :run))",
            {"issue": self._issue, "run": self._run, "is_whole": not self._is_narrow},
        )


def plan_as_before(database: sqlite3.Connection, issue: str, run: int) -> Mapping[str, int]:
    """Everyone whom the ledger knows and who may be mailed, with what earlier runs planned.

    Not those who had left the lists when these were last here. Gives who is skipped: how many, by
    reason.
    """
    readers = {"issue": issue, "run": run}
    database.execute(
        "UPDATE delivery SET run = :run, due = 0 WHERE issue = :issue AND left_by IS NULL "
        "AND address NOT IN (SELECT address FROM suppression)",
        readers,
    )
    database.execute(
        "INSERT INTO skip SELECT issue, address, reason, :run FROM suppression "
        "JOIN delivery USING (address) WHERE issue = :issue AND left_by IS NULL "
        "ON CONFLICT (issue, address) DO UPDATE SET reason = excluded.reason, run = excluded.run",
        readers,
    )
    return dict(
        database.execute(
            "SELECT reason, count(*) FROM skip WHERE issue = :issue AND run = :run GROUP BY reason",
            readers,
        )
    )


def withdraw(
    database: sqlite3.Connection, issue: str, run: int, skipped: Mapping[str, int]
) -> Mapping[str, int]:
    """Whoever is owed it and must not be mailed by now is of this run's audience no more.

    `skipped`: who was when it began. All who are by now: how many, by reason.
    """
    rows = database.execute(
        "SELECT reason, id, address FROM suppression CROSS JOIN delivery USING (address) "
        "WHERE issue = ? AND run = ? AND state IN ('queued', 'deferred')",
        (issue, run),
    ).fetchall()
    all_skipped = Counter(skipped) + Counter(reason for reason, _, _ in rows)
    database.executemany(
        "INSERT INTO skip VALUES (?, ?, ?, ?) ON CONFLICT (issue, address) "
        "DO UPDATE SET reason = excluded.reason, run = excluded.run",
        [(issue, address, reason, run) for reason, _, address in rows],
    )
    database.executemany("UPDATE delivery SET run = 0 WHERE id = ?", [(row,) for _, row, _ in rows])
    database.execute(
        "UPDATE run SET planned = planned - ?, skipped = ? WHERE id = ?",
        (len(rows), json.dumps(all_skipped), run),
    )
    return all_skipped


def keep_variants(
    database: sqlite3.Connection, issue: str, variants: Mapping[str, tuple[Sequence[str], str]]
) -> None:
    """`variants`: by id, the slugs of their sections and the digest of what is made of them."""
    database.executemany(
        "INSERT INTO variant (issue, id, sections, composed) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (issue, id) DO UPDATE SET sections = excluded.sections, "
        "composed = excluded.composed",
        [
            (issue, variant, json.dumps(slugs), digest)
            for variant, (slugs, digest) in variants.items()
        ],
    )


def composed_by(database: sqlite3.Connection, issue: str) -> Composed:
    """What the last run sent, or was to send; of variants that only earlier ones had, theirs."""
    last = database.execute(
        "SELECT version, template FROM run WHERE issue = ? ORDER BY id DESC LIMIT 1", (issue,)
    ).fetchone()
    version, template = last or ("", "")
    digests = database.execute(
        "SELECT id, composed FROM variant WHERE issue = ? AND composed <> ''", (issue,)
    )
    return Composed(version=version, template=template, digests=dict(digests))
