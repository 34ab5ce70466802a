"""Runs of `send`: what begins one, whom it is to mail, and what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from newsletter_mailer.store.states import State


class By(NamedTuple):
    """Who does something, and on which machine. Empty where the system does not say."""

    who: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """What a reader gets, before the row is in the ledger."""

    address: str
    mailbox: str
    variant: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Who stands in the lists and is not mailed in a run."""

    address: str
    reason: str = ""  #: empty: not of this run's audience
    is_reader: bool = True  #: of the issue: False if there is nothing for them, or no address


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """What was made of an issue's files, and by what: the same files may become other messages.

    Empty where it is not known: a ledger, or an approval, of an older version.
    """

    version: str = ""  #: of the program
    template: str = ""  #: name of its folder
    #: By variant: SHA-256 of what is the same for all its readers, `build`'s message.
    digests: Mapping[str, str] = field(default_factory=dict)

    def differs_from(self, earlier: Composed) -> list[str]:
        """The variants of which another message was made then, of those that both know."""
        both = self.digests.keys() & earlier.digests.keys()
        return sorted(one for one in both if self.digests[one] != earlier.digests[one])


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run of `send`, before it is in the ledger."""

    issue: str
    now: datetime
    content_hash: str
    host: str  #: of its Message-IDs
    files: Mapping[str, str] = field(default_factory=dict)  #: of the issue: path -> hash
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    variants: Mapping[str, Sequence[str]] = field(default_factory=dict)  #: slugs of their sections
    by: By = field(default_factory=By)
    composed: Composed = Composed()
    newsletter: Mapping[str, str] = field(default_factory=dict)  #: whose issue it is
    past_dates: int = 0  #: findings that were let pass
    is_roll_call: bool = False  #: its rows are everyone of the lists: who is not there has left
    #: Canonical addresses that have it and get it once more; nobody else does.
    again: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class IssueRecord:
    """What the ledger knows of an issue since its first real run."""

    date: datetime
    content_hash: str
    files: Mapping[str, str]
    newsletter: Mapping[str, str]  #: its `NewsletterIdentity`; empty in an older ledger
    #: What the last run sent; of variants that only earlier ones of the same content had, theirs.
    composed: Composed


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run, as the ledger has it."""

    number: int
    began: datetime
    ended: datetime | None = None  #: None: it was cut short, or is at work
    by: By = field(default_factory=By)
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)  #: lists, regions, roles
    content_hash: str = ""
    planned: int = 0  #: readers
    skipped: Mapping[str, int] = field(default_factory=dict)  #: by reason
    counts: Mapping[State, int] | None = None  #: of its audience, at its end
    version: str = ""  #: of the program; empty in a ledger of an older one
    template: str = ""
    past_dates: int = 0  #: findings that were let pass


class Runs(Protocol):
    """Of one ledger. Every method raises LedgerError."""

    def last(self, issue: str) -> int:
        """The number of the last one; 0 if there was none."""

    def all(self, issue: str) -> list[RunRecord]:
        """Oldest first."""
