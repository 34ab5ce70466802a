"""What goes into the ledger and comes out of it, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

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

    address: str
    mailbox: str
    variant: str
    values: Mapping[str, str]
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How the attempt for one row ended."""

    address: str
    state: State
    code: int | None = None
    enhanced: str | None = None
    reply: str = ""
    server: str = ""
    at: datetime


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
