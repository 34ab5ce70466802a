"""All lists of an issue merged: one row per person, on disk, so that memory does not grow.

A Python set of a million addresses takes 134 MB; the same in a scratch SQLite file takes 14 MB.
"""

from __future__ import annotations

import itertools
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

from newsletter_mailer.audience.csv_lists import ListFile
from newsletter_mailer.audience.rows import SEPARATOR, Row, Subscriber
from newsletter_mailer.findings import Finding, Severity, Source

SHOWN_PER_LIST = 1_000  #: findings of one list that are named; the rest is counted, by rule
_BATCH = 5_000

_SCHEMA = """
CREATE TABLE person (
    address TEXT NOT NULL UNIQUE,
    mailbox TEXT NOT NULL,
    field_values TEXT NOT NULL,
    regions TEXT NOT NULL,
    roles TEXT NOT NULL,
    lists TEXT NOT NULL,
    line INTEGER NOT NULL,
    bad INTEGER NOT NULL
)
"""
#: Mailed as written in the first list; regions, roles and lists of all rows are united.
_ADD = """
INSERT INTO person VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (address) DO UPDATE SET
    regions = regions || ';' || excluded.regions,
    roles = roles || ';' || excluded.roles,
    lists = lists || ';' || excluded.lists
"""


class Roster:
    """The merged lists. Use it as a context manager: the scratch file goes when it ends."""

    def __init__(self, fields: Sequence[str]) -> None:
        self.fields = tuple(fields)
        self.findings: list[Finding] = []
        self.columns: set[str] = set()
        self._files: dict[str, str] = {}

    def __enter__(self) -> Roster:
        self._folder = tempfile.TemporaryDirectory(prefix="newsletter-mailer-")
        path = Path(self._folder.name) / "roster.db"
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16000;"
        )
        self._database.execute(_SCHEMA)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()
        self._folder.cleanup()

    def add(self, listed: ListFile) -> None:
        """Reads one list into the roster. Its findings join the roster's."""
        self._files[listed.name] = listed.file
        self._database.execute("BEGIN")
        self._database.executemany(_ADD, self._records(listed))
        self._database.execute("COMMIT")
        self.columns.update(listed.columns)
        self.findings.extend(_named(listed.findings))

    def _records(self, listed: ListFile) -> Iterator[tuple[object, ...]]:
        name = listed.name
        row: Row
        for row in listed.rows():
            yield (
                row.address,
                row.mailbox,
                row.values,
                row.regions,
                row.roles,
                name,
                row.line,
                row.bad,
            )

    def __len__(self) -> int:
        count: int = self._database.execute("SELECT count(*) FROM person").fetchone()[0]
        return count

    def batches(self) -> Iterator[list[Subscriber]]:
        """Everyone, in the order of the lists, a few thousand at a time.

        A row whose address is unusable has an empty `mailbox`.
        """
        cursor = self._database.execute(
            "SELECT address, mailbox, field_values, regions, roles, lists, line "
            "FROM person ORDER BY rowid"
        )
        sets = _Sets()
        fields, files = self.fields, self._files
        while rows := cursor.fetchmany(_BATCH):
            yield [
                Subscriber(
                    address,
                    mailbox,
                    dict(zip(fields, values.split(SEPARATOR), strict=False)) if fields else {},
                    sets[regions],
                    sets[roles],
                    sets[lists],
                    Source(files[lists.partition(";")[0]], line),
                )
                for address, mailbox, values, regions, roles, lists, line in rows
            ]

    def find(self, address: str) -> Subscriber | None:
        """The person with this canonical address."""
        for batch in self.batches():
            for subscriber in batch:
                if subscriber.address == address:
                    return subscriber
        return None


class _Sets(dict[str, frozenset[str]]):
    """Remembers the set that a joined text stands for."""

    def __missing__(self, joined: str) -> frozenset[str]:
        found = frozenset(filter(None, joined.split(";")))
        if len(self) < 100_000:
            self[joined] = found
        return found


def _named(findings: Sequence[Finding]) -> Iterable[Finding]:
    """The first thousand as they are; of the rest, how many by rule and severity."""
    if len(findings) <= SHOWN_PER_LIST:
        return findings
    rest = Counter((f.rule, f.severity, f.source.file) for f in findings[SHOWN_PER_LIST:])
    summary = (
        Finding(
            rule=rule,
            severity=Severity(severity),
            source=Source(file, findings[-1].source.line),
            message=f"{count:,} more findings of this kind in this list.",
            hint="Mend those above first.",
        )
        for (rule, severity, file), count in rest.items()
    )
    return itertools.chain(findings[:SHOWN_PER_LIST], summary)
