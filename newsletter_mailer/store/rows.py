"""What goes into the ledger and comes out of it, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

from newsletter_mailer.store.states import OWED, State


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
    is_again: bool = False  #: this run tried it before, and was put off


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
    newsletter: Mapping[str, str]  #: `Whose.as_json`; empty in a ledger of an older version
    composed: Composed


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """An issue's readers as earlier runs planned them: without lists, they can still be mailed."""

    owed: Mapping[str, int]  #: readers by variant; those of a sender that died too
    sections: Mapping[str, Sequence[str]]  #: slugs, by variant
    content_hashes: frozenset[str]  #: of the runs that planned who is owed
    counts: Mapping[State, int]  #: of everyone who may be mailed
    skipped: Mapping[str, int]  #: who must not be mailed, by reason

    def once_known(self, fates: Iterable[tuple[str, State]]) -> Remembered:
        """With what became of rows that are "sending": the variant and the fate of each."""
        owed, counts = Counter(self.owed), Counter(self.counts)
        for variant, state in fates:
            counts[State.SENDING] -= 1
            counts[state] += 1
            owed[variant] -= state not in OWED
        return replace(self, owed=+owed, counts=+counts)


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A reader's row, as `status` shows it."""

    address: str
    state: State
    code: int | None
    enhanced: str | None
    text: str  #: of the reply, or what is known instead of one
    variant: str
    attempts: int
    at: datetime | None  #: of the last outcome

    @property
    def reply(self) -> str:
        """`550 No such user`."""
        return reply_of(self.code, self.text)


class Skip(NamedTuple):
    """Who was not to be mailed, and why; the last run that found it so."""

    address: str  #: where there is none, the row: list and line
    reason: str
    run: int


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


@dataclass(frozen=True, slots=True)
class Trouble:
    """How many rows got the same answer instead of a yes."""

    state: State
    code: int | None
    enhanced: str | None
    reply: str
    address: str  #: of one of them
    count: int


#: Why somebody is not mailed any more who is not suppressed: the last whole run had no such reader.
LEFT = "left"


@dataclass(frozen=True, slots=True)
class NoLonger:
    """How many rows are owed by their state and mailed by no send, with all of this in common."""

    why: str  #: the reason of the suppression, or LEFT
    state: State
    domain: str
    variant: str
    code: int | None
    enhanced: str | None
    reply: str
    address: str  #: of one of them
    count: int


class Moment(NamedTuple):
    """How many attempts of a run ended in a second, and how."""

    run: int  #: that tried them last
    second: int  #: since 1970
    state: State
    rows: int


@dataclass(frozen=True, slots=True)
class UnknownRow:
    """A message of which nobody knows whether it was taken."""

    address: str
    message_id: str  #: without angle brackets
    at: datetime | None  #: when its answer was lost


@dataclass(frozen=True, slots=True)
class Fate:
    """What a row is settled as."""

    state: State
    reply: str  #: why


class Before(NamedTuple):
    """What stood in a row before it was settled."""

    state: State
    reply: str  #: `550 No such user`
    at: datetime | None  #: of that outcome


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a person, or a log, settled."""

    at: datetime
    by: By
    how: str  #: resend, assume-sent, evidence, retry, again
    log: str  #: name of the mail log that is the evidence, or empty
    addresses: Sequence[str]
    before: Mapping[str, Before]  #: by address; empty if an earlier version settled it


def reply_of(code: int | None, text: str) -> str:
    return f"{code} {text}".strip() if code else text


def moment_of(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
