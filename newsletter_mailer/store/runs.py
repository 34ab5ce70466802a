"""Runs of `send`: how each began, whom it was to mail, how it ended. In a caller's transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime

from newsletter_mailer.store.database import explained, stamp
from newsletter_mailer.store.figures import Figures
from newsletter_mailer.store.planned import keep_variants, plan, plan_as_before
from newsletter_mailer.store.resolutions import hand_over_again
from newsletter_mailer.store.rows import LeftOut, NewRun, PlannedRow
from newsletter_mailer.store.states import State


class Runs:
    """Of one ledger."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def begin(
        self,
        new: NewRun,
        token: str,
        rows: Iterable[PlannedRow | LeftOut] | None,
        skipped: Mapping[str, int],
    ) -> int:
        """The run's number; its audience is planned. `token`: names its journal.

        `rows` None: everyone whom the ledger knows. `skipped` is read when `rows` are through.
        """
        database = self._database
        self._keep_issue(new)
        cursor = database.execute(
            "INSERT INTO run (issue, began, filters, content_hash, who, host, sender, version,"
            " template, past_dates, planned, skipped, is_settled) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '{}', 0)",
            (
                new.issue,
                stamp(new.now),
                json.dumps(new.filters, default=sorted),
                new.content_hash,
                *new.by,
                token,
                new.composed.version,
                new.composed.template,
                new.past_dates,
            ),
        )
        run = cursor.lastrowid or 0
        if new.again:
            hand_over_again(database, new.issue, run, new.again, new.by, new.now)
        elif rows is None:
            plan_as_before(database, new.issue, run)
        if rows is not None:
            plan(database, new.issue, run, rows, new.host, is_roll_call=new.is_roll_call)
        digests = new.composed.digests
        keep_variants(
            database,
            new.issue,
            {one: (slugs, digests.get(one, "")) for one, slugs in new.variants.items()},
        )
        # Who is skipped is known only now: the rows are counted while they are read.
        database.execute(
            "UPDATE run SET skipped = ?, planned = "
            "(SELECT count(*) FROM delivery WHERE issue = ? AND run = ?) WHERE id = ?",
            (json.dumps(skipped), new.issue, run, run),
        )
        return run

    def _keep_issue(self, new: NewRun) -> None:
        database = self._database
        database.execute(
            "UPDATE variant SET composed = '' WHERE issue = :issue AND NOT EXISTS "
            "(SELECT 1 FROM issue WHERE id = :issue AND content_hash = :now)",
            {"issue": new.issue, "now": new.content_hash},
        )
        kept = "date" if Figures(database).was_handed_over(new.issue) else "excluded.date"
        database.execute(
            "INSERT INTO issue (id, date, content_hash, files, newsletter) "  # noqa: S608  # a column
            f"VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET date = {kept}, "
            "content_hash = excluded.content_hash, files = excluded.files, "
            "newsletter = excluded.newsletter",
            (
                new.issue,
                stamp(new.now),
                new.content_hash,
                json.dumps(new.files),
                json.dumps(new.newsletter),
            ),
        )

    def end(self, run: int, now: datetime, counts: Mapping[State, int], marks: int) -> str:
        """The issue that the run was of. `counts`: of its audience, as it stands now."""
        row = self._database.execute(
            "UPDATE run SET ended = ?, counts = ?, marks = ?, is_settled = 1 WHERE id = ? "
            "RETURNING issue",
            (stamp(now), json.dumps(counts), marks, run),
        ).fetchone()
        return str(row[0])

    def last(self, issue: str) -> int:
        """The number of the last one; 0 if there was none."""
        with explained():
            (run,) = self._database.execute(
                "SELECT coalesce(max(id), 0) FROM run WHERE issue = ?", (issue,)
            ).fetchone()
        return int(run)

    def all(self, issue: str) -> list[dict[str, object]]:
        """Every run, oldest first."""
        with explained():
            rows = self._database.execute(
                "SELECT id, began, ended, who, host, filters, content_hash, planned, skipped,"
                " counts, version, template, past_dates FROM run WHERE issue = ? ORDER BY id",
                (issue,),
            ).fetchall()
            return [
                {
                    "run": run,
                    "began": began,
                    "ended": ended,
                    "who": who,
                    "host": host,
                    "filters": json.loads(filters),
                    "content_hash": content,
                    "planned": planned,
                    "skipped": json.loads(skipped),
                    "counts": json.loads(counts) if counts else None,
                    "version": version,
                    "template": template,
                    "past_dates": past_dates,
                }
                for (
                    run,
                    began,
                    ended,
                    who,
                    host,
                    filters,
                    content,
                    planned,
                    skipped,
                    counts,
                    version,
                    template,
                    past_dates,
                ) in rows
            ]
