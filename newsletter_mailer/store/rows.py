"""What goes into the ledger and comes out of it, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from newsletter_mailer.store.states import State


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """What a reader gets, before the row is in the ledger."""

    address: str
    mailbox: str
    variant: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedRow:
    """A row that this run may send, once. `message_id` without angle brackets."""

    id: int
    address: str
    mailbox: str
    domain: str
    variant: str
    values: Mapping[str, str]
    message_id: str
    attempt: int  #: 1 for the first


@dataclass(slots=True, kw_only=True)
class Settled:
    """How the attempt for one row ended."""

    id: int
    state: State
    code: int | None = None
    enhanced: str | None = None
    reply: str = ""
    at: float  #: seconds since 1970
    due: float = 0.0  #: if deferred: not to be tried before


@dataclass(frozen=True, slots=True)
class IssueRecord:
    """What the ledger knows of an issue since its first real run."""

    date: datetime
    content_hash: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A reader's row, as `status` shows it."""

    address: str
    state: State
    reply: str
    variant: str
    attempts: int
    at: datetime | None  #: of the last outcome


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows have all of this in common."""

    state: State
    run: int
    domain: str
    variant: str
    code: int | None
    enhanced: str | None
    count: int


def moment_of(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
