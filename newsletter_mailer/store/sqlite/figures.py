"""An issue's deliveries in numbers, from the ledger's file."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence

from newsletter_mailer.store.figures import LEFT, Moment, NoLonger, Remembered, Skip, Tally, Trouble
from newsletter_mailer.store.sqlite.sqlite_errors import explained
from newsletter_mailer.store.states import State


class SqliteFigures:
    """store.figures.Figures. Each question is one index's, and a million rows are quick."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def tallies(self, issue: str) -> Iterator[Tally]:
        with explained():
            rows = self._database.execute(
                "SELECT state, run, domain, variant, code, enhanced, count(*) "
                "FROM delivery INDEXED BY delivery_outcome WHERE issue = ? "
                "AND state NOT IN ('queued', 'sending') "
                "GROUP BY state, run, domain, variant, code, enhanced",
                (issue,),
            )
            for state, *rest in rows:
                yield Tally(State(state), *rest)

    def was_handed_over(self, issue: str) -> bool:
        with explained():
            (was,) = self._database.execute(
                "SELECT EXISTS (SELECT 1 FROM delivery INDEXED BY delivery_outcome "
                "WHERE issue = :issue AND state = 'sent' AND state NOT IN ('queued', 'sending')) "
                "OR EXISTS (SELECT 1 FROM delivery INDEXED BY delivery_outcome "
                "WHERE issue = :issue AND state = 'unknown' "
                "AND state NOT IN ('queued', 'sending')) "
                "OR EXISTS (SELECT 1 FROM resolution WHERE issue = :issue AND how <> 'retry') "
                "OR EXISTS (SELECT 1 FROM loss WHERE issue = :issue)",
                {"issue": issue},
            ).fetchone()
            return bool(was)

    def untried(self, issue: str) -> dict[State, int]:
        with explained():
            rows = self._database.execute(
                "SELECT 'queued', count(*) FROM delivery INDEXED BY delivery_owed "
                "WHERE issue = :issue AND state = 'queued' AND state IN ('queued', 'deferred') "
                "UNION ALL SELECT 'sending', count(*) FROM delivery INDEXED BY delivery_sending "
                "WHERE issue = :issue AND state = 'sending'",
                {"issue": issue},
            )
            return {State(state): count for state, count in rows if count}

    def troubles(self, issue: str) -> Iterator[Trouble]:
        with explained():
            rows = self._database.execute(
                "SELECT state, code, enhanced, reply, min(address), count(*) "
                "FROM delivery INDEXED BY delivery_trouble WHERE issue = ? "
                "AND state NOT IN ('queued', 'sending') AND state <> 'sent' "
                "GROUP BY state, code, enhanced, reply",
                (issue,),
            )
            for state, code, enhanced, reply, address, count in rows:
                yield Trouble(State(state), code, enhanced, reply or "", address, count)

    def no_longer_mailed(self, issue: str) -> Iterator[NoLonger]:
        owed = "state IN ('queued', 'deferred')"
        columns = "state, domain, variant, code, enhanced, coalesce(reply, ''), min(address)"
        together = "GROUP BY why, state, domain, variant, code, enhanced, reply"
        with explained():
            suppressed = self._database.execute(
                f"SELECT reason AS why, {columns}, count(*) "  # noqa: S608  # constants
                "FROM suppression CROSS JOIN delivery USING (address) "
                f"WHERE issue = ? AND {owed} {together}",
                (issue,),
            )
            yield from (NoLonger(why, State(state), *rest) for why, state, *rest in suppressed)
            left = self._database.execute(
                f"SELECT ? AS why, {columns}, count(*) FROM delivery "  # noqa: S608  # constants
                f"INDEXED BY delivery_owed WHERE issue = ? AND left_by IS NOT NULL AND {owed} "
                f"AND address NOT IN (SELECT address FROM suppression) {together}",
                (LEFT, issue),
            )
            yield from (NoLonger(why, State(state), *rest) for why, state, *rest in left)

    def suppressed_in(self, issue: str, run: int) -> dict[str, Counter[State]]:
        found: dict[str, Counter[State]] = {}
        with explained():
            rows = self._database.execute(
                "SELECT reason, state, count(*) FROM suppression CROSS JOIN delivery "
                "USING (address) WHERE issue = ? AND run = ? AND state IN ('queued', 'deferred') "
                "GROUP BY reason, state",
                (issue, run),
            )
            for reason, state, count in rows:
                found.setdefault(reason, Counter())[State(state)] = count
        return found

    def remembered(self, issue: str) -> Remembered | None:
        with explained():
            planned = self._database.execute(
                "SELECT variant, content_hash, count(*) FROM delivery "
                "JOIN run ON run.id = planned_by WHERE delivery.issue = ? AND left_by IS NULL "
                "AND state IN ('queued', 'deferred', 'sending') "
                "AND address NOT IN (SELECT address FROM suppression) "
                "GROUP BY variant, content_hash",
                (issue,),
            ).fetchall()
            if not planned:
                return None
            owed: Counter[str] = Counter()
            for variant, _, count in planned:
                owed[variant] += count
            counts = self._database.execute(
                "SELECT state, count(*) FROM delivery WHERE issue = ? AND left_by IS NULL "
                "AND address NOT IN (SELECT address FROM suppression) GROUP BY state",
                (issue,),
            )
            skipped = self._database.execute(
                "SELECT reason, count(*) FROM suppression "
                "JOIN delivery USING (address) WHERE issue = ? AND left_by IS NULL GROUP BY reason",
                (issue,),
            )
            return Remembered(
                owed=owed,
                sections=self._sections(issue),
                content_hashes=frozenset(content_hash for _, content_hash, _ in planned),
                counts={State(state): count for state, count in counts},
                skipped=dict(skipped),
            )

    def skips(self, issue: str) -> Iterator[Skip]:
        with explained():
            rows = self._database.execute(
                "SELECT address, reason, run FROM skip WHERE issue = ? ORDER BY reason, address",
                (issue,),
            )
            yield from map(Skip._make, rows)

    def suppressed_readers(self, issue: str) -> Iterator[tuple[str, str]]:
        with explained():
            yield from self._database.execute(
                "SELECT address, reason FROM suppression JOIN delivery USING (address) "
                "WHERE issue = ? AND left_by IS NULL ORDER BY reason, address",
                (issue,),
            )

    def planned_for(self, issue: str, addresses: Sequence[str]) -> Remembered:
        with explained():
            rows = self._database.execute(
                "SELECT variant, content_hash, count(*) FROM delivery "
                "JOIN run ON run.id = planned_by WHERE delivery.issue = ? "
                "AND address IN (SELECT value FROM json_each(?)) GROUP BY variant, content_hash",
                (issue, json.dumps(addresses)),
            ).fetchall()
            owed: Counter[str] = Counter()
            for variant, _, count in rows:
                owed[variant] += count
            return Remembered(
                owed=owed,
                sections=self._sections(issue),
                content_hashes=frozenset(content_hash for _, content_hash, _ in rows),
                counts={State.QUEUED: owed.total()},
                skipped={},
            )

    def _sections(self, issue: str) -> dict[str, list[str]]:
        """The slugs of every variant that was planned."""
        rows = self._database.execute("SELECT id, sections FROM variant WHERE issue = ?", (issue,))
        return {variant: json.loads(slugs) for variant, slugs in rows}

    def moments(self, issue: str) -> Iterator[Moment]:
        with explained():
            rows = self._database.execute(
                "SELECT claimed, at / 1000, state, count(*) FROM delivery "
                "WHERE issue = ? AND claimed IS NOT NULL AND at IS NOT NULL "
                "AND state IN ('sent', 'deferred', 'refused', 'unknown') "
                "GROUP BY claimed, at / 1000, state ORDER BY 2",
                (issue,),
            )
            for run, second, state, count in rows:
                yield Moment(run, second, State(state), count)


def counts_in(database: sqlite3.Connection, issue: str, run: int | None) -> dict[State, int]:
    """How many rows are in each state; of one run's audience, or of the whole issue."""
    with explained():
        rows = database.execute(
            "SELECT state, sum(n) FROM ("
            " SELECT state, count(*) AS n FROM delivery INDEXED BY delivery_outcome"
            " WHERE issue = :issue AND state NOT IN ('queued', 'sending')"
            " AND (:run IS NULL OR run = :run) GROUP BY state"
            " UNION ALL SELECT 'queued', count(*) FROM delivery INDEXED BY delivery_owed"
            " WHERE issue = :issue AND state = 'queued' AND state IN ('queued', 'deferred')"
            " AND (:run IS NULL OR run = :run)"
            " UNION ALL SELECT 'sending', count(*) FROM delivery INDEXED BY delivery_sending"
            " WHERE issue = :issue AND state = 'sending' AND (:run IS NULL OR run = :run)"
            ") GROUP BY state",
            {"issue": issue, "run": run},
        ).fetchall()
    return {State(state): count for state, count in rows if count}
