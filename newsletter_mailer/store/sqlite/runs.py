"""Runs of `send`, in the ledger's file: how each began, whom it was to mail, how it ended."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any  # columns of a row

from newsletter_mailer.store.runs import By, IssueRecord, LeftOut, NewRun, PlannedRow, RunRecord
from newsletter_mailer.store.sqlite.audience import composed_by, keep_variants, plan, plan_as_before
from newsletter_mailer.store.sqlite.figures import SqliteFigures
from newsletter_mailer.store.sqlite.resolutions import hand_over_again
from newsletter_mailer.store.sqlite.sqlite_errors import explained
from newsletter_mailer.store.sqlite.timestamps import stamp
from newsletter_mailer.store.states import State


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunRun:
    """A run, as its claims need it."""

    issue: str
    id: int
    skipped: Mapping[str, int]  #: of its audience: how many, by reason


class SqliteRuns:
    """store.runs.Runs; what is written is written in a caller's transaction."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def begin(
        self,
        new: NewRun,
        token: str,
        rows: Iterable[PlannedRow | LeftOut] | None,
    ) -> BegunRun:
        """Its audience is planned. `token`: names its journal.

        `rows` None: everyone whom the ledger knows.
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
        skipped: Mapping[str, int] = {}
        if new.again:
            hand_over_again(database, new.issue, run, new.again, new.by, new.now)
        elif rows is None:
            skipped = plan_as_before(database, new.issue, run)
        if rows is not None:
            skipped = plan(database, new.issue, run, rows, new.host, is_roll_call=new.is_roll_call)
        digests = new.composed.digests
        keep_variants(
            database,
            new.issue,
            {one: (slugs, digests.get(one, "")) for one, slugs in new.variants.items()},
        )
        database.execute(
            "UPDATE run SET skipped = ?, planned = "
            "(SELECT count(*) FROM delivery WHERE issue = ? AND run = ?) WHERE id = ?",
            (json.dumps(skipped), new.issue, run, run),
        )
        return BegunRun(issue=new.issue, id=run, skipped=skipped)

    def _keep_issue(self, new: NewRun) -> None:
        database = self._database
        database.execute(
            "UPDATE variant SET composed = '' WHERE issue = :issue AND NOT EXISTS "
            "(SELECT 1 FROM issue WHERE id = :issue AND content_hash = :now)",
            {"issue": new.issue, "now": new.content_hash},
        )
        kept = "date" if SqliteFigures(database).was_handed_over(new.issue) else "excluded.date"
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

    def end(self, run: int, now: datetime, counts: Mapping[State, int], marks: int) -> None:
        """`counts`: of its audience, as it stands now."""
        self._database.execute(
            "UPDATE run SET ended = ?, counts = ?, marks = ?, is_settled = 1 WHERE id = ?",
            (stamp(now), json.dumps(counts), marks, run),
        )

    def last(self, issue: str) -> int:
        with explained():
            (run,) = self._database.execute(
                "SELECT coalesce(max(id), 0) FROM run WHERE issue = ?", (issue,)
            ).fetchone()
        return int(run)

    def all(self, issue: str) -> list[RunRecord]:
        with explained():
            rows = self._database.execute(
                "SELECT id, began, ended, who, host, filters, content_hash, planned, skipped,"
                " counts, version, template, past_dates FROM run WHERE issue = ? ORDER BY id",
                (issue,),
            )
            names = [name for name, *_ in rows.description]
            return [_record(dict(zip(names, row, strict=True))) for row in rows]


def issue_record(database: sqlite3.Connection, issue: str) -> IssueRecord | None:
    """Ledger.issue"""
    with explained():
        row = database.execute(
            "SELECT date, content_hash, files, newsletter FROM issue WHERE id = ?", (issue,)
        ).fetchone()
        if row is None:
            return None
        date, content_hash, files, newsletter = row
        return IssueRecord(
            datetime.fromisoformat(date),
            content_hash,
            json.loads(files),
            json.loads(newsletter or "{}"),
            composed_by(database, issue),
        )


def _record(row: Mapping[str, Any]) -> RunRecord:
    """Raises ValueError, TypeError."""
    counts, ended = json.loads(row["counts"] or "null"), row["ended"]
    return RunRecord(
        number=row["id"],
        began=datetime.fromisoformat(row["began"]),
        ended=None if ended is None else datetime.fromisoformat(ended),
        by=By(row["who"], row["host"]),
        filters=json.loads(row["filters"]),
        content_hash=row["content_hash"],
        planned=row["planned"],
        skipped=json.loads(row["skipped"]),
        counts=None if counts is None else {State(one): count for one, count in counts.items()},
        version=row["version"],
        template=row["template"],
        past_dates=row["past_dates"],
    )
