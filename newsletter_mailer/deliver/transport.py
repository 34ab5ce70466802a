"""The seam between a run and what carries its mail: SMTP, a sandbox, a test's memory.

A run has mail, limits, a ledger and a journal; a transport has a protocol. A transport is a room
`deliver/<kind>/` with a module `transport`; nothing else knows it.

    a run                            a transport
    Transport.open              ->   can the server be used at all? DeliveryError if not
    Transport.connect(owner)    ->   a Connection, at rest
    Connection.begin            ->   asks for mail, if it is at rest
    Owner.next_mail             <-   the next one, if there is one; asked again after each
    Owner.mark                  <-   the brink is next; if it may not be, `resume` asks again
    Owner.ended                 <-   the server answered
    Owner.lost                  <-   no answer comes any more: these mails have none

The brink is the moment after which the server may have a message: before SMTP's final dot, before
the last octet of an HTTP request's body, it cannot.

All of it is called in the event loop's thread; what is not `async` never waits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Generic, NamedTuple, Protocol, TypeVar

from newsletter_mailer.deliver.answers.answer import Answer
from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.settings.transport import TransportSettings
from newsletter_mailer.store.states import State

Key = TypeVar("Key")


class Content(NamedTuple):
    """A message (RFC 5322) in pieces, which are not joined: that would copy all of it.

    CRLF line ends, and one at its end; no line begins with a dot, so that SMTP has none to double
    (RFC 5321 section 4.5.2).
    """

    pieces: Sequence[bytes]
    size: int  #: octets


class MailObject(NamedTuple, Generic[Key]):
    """An envelope and its content (RFC 5321 section 2.3.1), to one recipient."""

    key: Key  #: whatever the owner knows it by
    mailbox: str
    message_id: str  #: without brackets; also the envelope's id of RFC 3461
    content: Content


class Unsettled(NamedTuple, Generic[Key]):
    """Mails without a fate when a connection ends."""

    past_brink: list[MailObject[Key]]  #: the server may have them
    begun: list[MailObject[Key]]  #: it cannot have them
    unheard: list[MailObject[Key]]  #: nor these: it had not come to them, and says nothing of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a server takes, by its own words. None, empty, and 0 octets: it names no limit."""

    largest: int = 0  #: octets of a message (SIZE, RFC 1870)
    ascii_only: str = ""  #: why it takes no address beyond ASCII, for the ledger and a person
    connections: int | None = None  #: at once
    per_connection: int | None = None  #: messages


class Owner(Protocol[Key]):
    """Whoever has mail for one connection, and is told what becomes of it."""

    def next_mail(self) -> MailObject[Key] | None:
        """The next to be sent over it, now. None: nothing now; `Connection.begin` asks again."""

    def mark(self, mail: MailObject[Key]) -> bool:
        """The brink is next: says so in the journal. False: not yet, the mail has to wait there."""

    def ended(self, mail: MailObject[Key], answer: Answer) -> None:
        """A mail's fate, once for each: what the server answered."""

    def lost(self, unsettled: Unsettled[Key], why: str) -> None:
        """The connection is of no use any more. `why`: the end of a sentence."""


class Connection(Protocol):
    """Carries mail after mail of one owner: a session, or a place for one request at a time.

    A pool relies on this: `begin`, `resume` and `check` cost nothing where there is nothing to do,
    for they are called several times a second. After an answer it asks for the next mail by itself;
    behind one that is closing it is lost. Each mail that it took has one end: `Owner.ended`, or a
    place in what is unsettled. Its own end is one of two, and only once: `Owner.lost`, which
    `lose` has called when it returns, or `close`, for which the owner sees to it that it is at
    rest.
    """

    @property
    def limits(self) -> Limits: ...

    @property
    def brink(self) -> str:
        """Its name, for a person: `the final dot`."""

    @property
    def is_idle(self) -> bool:
        """At rest: nothing is under way, and it may be closed politely."""

    def begin(self) -> None:
        """Asks its owner for mail, if it is at rest."""

    def resume(self) -> None:
        """A mail that waits at its brink is marked now, if that is allowed by now."""

    def check(self, now: float) -> None:
        """Loses itself if the server was silent for too long. `now`: of the event loop's clock."""

    def lose(self, why: str) -> None:
        """Ends at once, and tells its owner. Again, or once closed: nothing."""

    async def close(self) -> None:
        """Ends politely. Only at rest; its owner is told nothing."""


class Transport(Protocol):
    """A way out for messages."""

    @property
    def name(self) -> str:
        """Of the server, as the ledger has it beside each outcome: `mail.example.org`."""

    @property
    def limits(self) -> Limits:
        """As they were found by `open`; those of a connection may differ."""

    @property
    def when_silent(self) -> str:
        """What to do if answers are missing again and again, for a person: the end of a sentence.

        Empty: nothing.
        """

    async def open(self) -> None:
        """Sees that the server can be used at all. Raises CannotConnect, CertificateRefused,
        LoginRefused, or another DeliveryError.
        """

    async def connect(self, owner: Owner[Key]) -> Connection:
        """A connection at rest, which is silent until it is begun. Raises what `open` raises."""

    async def close(self) -> None:
        """Ends what `open` began. Connections are their owners' to end."""


def lost_past(brink: str, why: str) -> Outcome:
    """Of a message that the server may have: nobody knows."""
    return Outcome(State.UNKNOWN, reply=f"line lost after {brink}: {why}")


def lost_before(brink: str, why: str) -> Outcome:
    """Of a message that the server cannot have."""
    return Outcome(State.DEFERRED, reply=f"line lost before {brink}: {why}")


def transport_of(settings: TransportSettings, sender: str) -> Transport:
    """The transport for settings of this kind: no other is loaded.

    `sender`: the address that messages are from, which bounces go to unless the settings name
    another.
    """
    room = import_module(f"{__package__}.{settings.kind}.transport")
    transport: Callable[[TransportSettings, str], Transport] = room.transport
    return transport(settings, sender)
