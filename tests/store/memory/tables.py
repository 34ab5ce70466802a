"""What a ledger in memory keeps."""

from __future__ import annotations

import copy
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from newsletter_mailer.address import domain
from newsletter_mailer.store.figures import (
    Skip,
)
from newsletter_mailer.store.generation import Generation
from newsletter_mailer.store.resolutions import Resolution
from newsletter_mailer.store.runs import IssueRecord, NewRun, PlannedRow
from newsletter_mailer.store.states import State
from newsletter_mailer.store.suppressions import Suppression
from tests.store.memory.journal import MemoryJournal


@dataclass(kw_only=True)
class Row:
    """A reader of an issue."""

    id: int
    issue: str
    planned: PlannedRow
    message_id: str
    run: int
    planned_by: int
    turn: int
    state: State = State.QUEUED
    due: float = 0.0
    attempts: int = 0
    claimed: int = 0
    code: int | None = None
    enhanced: str | None = None
    reply: str = ""
    at: float | None = None
    has_left: bool = False

    @property
    def domain(self) -> str:
        return domain(self.planned.mailbox)

    @property
    def when(self) -> datetime | None:
        return None if self.at is None else datetime.fromtimestamp(self.at, UTC)


@dataclass(kw_only=True)
class Run:
    new: NewRun
    token: str
    planned: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    ended: datetime | None = None
    counts: Mapping[State, int] | None = None


@dataclass
class Tables:
    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)  #: the number is the place, from 1
    issues: dict[str, IssueRecord] = field(default_factory=dict)
    variants: dict[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    suppressions: dict[str, Suppression] = field(default_factory=dict)
    skips: dict[tuple[str, str], Skip] = field(default_factory=dict)
    resolutions: list[tuple[str, Resolution]] = field(default_factory=list)
    pace: dict[str, float] = field(default_factory=dict)
    uses: list[Generation] = field(default_factory=list)

    def of(self, issue: str) -> list[Row]:
        """By address."""
        return [row for (of, _), row in sorted(self.rows.items()) if of == issue]

    def use(self) -> None:
        self.uses.append(Generation(len(self.uses) + 1, secrets.token_hex(8)))

    def skip(self, issue: str, address: str, reason: str, run: int) -> None:
        self.skips[issue, address] = Skip(address, reason, run)


class Memory:
    """All that is kept, while the process lives."""

    def __init__(self) -> None:
        self.id = ""  #: of the ledger; empty: there is none yet
        self.tables = Tables()
        self.journals: dict[str, MemoryJournal] = {}  #: by token
        self.was_told_of_place = False
        self.holder: object = None  #: the open ledger whose process may send

    @contextmanager
    def transaction(self) -> Iterator[Tables]:
        before = copy.deepcopy(self.tables)
        try:
            yield self.tables
        except BaseException:
            self.tables = before
            raise


def counts_of(rows: Iterable[Row]) -> dict[State, int]:
    return dict(Counter(row.state for row in rows))
