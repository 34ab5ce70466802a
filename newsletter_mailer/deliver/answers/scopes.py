"""Whose fault an answer is, and what a run does about it: the words for that, of any protocol."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    READER = "reader"  #: this address
    DOMAIN = "domain"  #: all readers of one domain
    MESSAGE = "message"  #: its size or content
    SENDER = "sender"  #: our mailbox, From, permission, quota, good name
    RELAY = "relay"  #: our own mail server: its set-up, our login, its state


class Then(StrEnum):
    """What a run does. Whoever is not refused stays owed."""

    REFUSE = "refuse"  #: this reader, for good
    LATER = "later"  #: this reader
    REST = "rest"  #: nobody else of this domain is tried in this run
    SLOWER = "slower"
    STOP = "stop"
    WEIGH = "weigh"  #: one answer cannot tell; several may


class Alibi(StrEnum):
    """Which acceptance shows that the fault is the reader's."""

    RUN = "run"  #: anybody's
    DOMAIN = "domain"  #: of another reader of the domain
    NONE = "none"  #: no acceptance shows that


@dataclass(frozen=True, slots=True)
class Wait:
    """How long a server wants not to see a message again."""

    seconds: float
    is_said: bool = True  #: False: it does not say; this is usual for its kind, the first time


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one answer says. `scope` None: it cannot be told."""

    scope: Scope | None
    then: Then
    alibi: Alibi = Alibi.NONE
    has_seen_all: bool = False  #: the server had the whole message when it said so
    wait: Wait | None = None  #: with this message; None: as long as we think fit
    rest: float = 0.0  #: seconds that it wants no message at all, if it says so, with Then.SLOWER
    is_known: bool = False  #: by the server's words, not by its codes alone
    means: str = ""  #: for a person; empty if it is not known
    do: str = ""  #: the next step; empty if there is none


#: By scope: what follows if trying again is of no use, and else.
USUAL: dict[Scope, tuple[Then, Then]] = {
    Scope.READER: (Then.REFUSE, Then.LATER),
    Scope.DOMAIN: (Then.REST, Then.LATER),
    Scope.MESSAGE: (Then.STOP, Then.STOP),
    Scope.SENDER: (Then.STOP, Then.SLOWER),
    Scope.RELAY: (Then.STOP, Then.SLOWER),
}
