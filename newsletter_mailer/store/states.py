"""The states of a row of the ledger, and the only ways from one to another.

queued ──> sending ──> sent        send --again: once more ──> queued
  ^           │ ├────> refused     the reader's fault: not tried again by itself
  │           │ │                    └ resolve: retry ──> queued
  │           │ └────> unknown     the line was lost past the brink, before the answer
  │           v                      │ resolve: resend ──> queued
  └────── deferred ──> refused       └ resolve: assume-sent ──> sent
                   it turned out to be the reader's fault
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"


#: Still to be mailed: never tried, or told to come back later.
OWED = (State.QUEUED, State.DEFERRED)
#: Tried, and not sent.
TROUBLE = (State.DEFERRED, State.REFUSED, State.UNKNOWN)
#: The order in which people are told.
AS_TOLD = (State.SENT, *TROUBLE, State.SENDING, State.QUEUED)

TRANSITIONS: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.SENDING}),
    State.SENDING: frozenset(
        {State.SENT, State.DEFERRED, State.REFUSED, State.UNKNOWN, State.QUEUED}
    ),
    State.DEFERRED: frozenset({State.SENDING, State.REFUSED}),
    State.UNKNOWN: frozenset({State.QUEUED, State.SENT}),
    State.SENT: frozenset({State.QUEUED}),
    State.REFUSED: frozenset({State.QUEUED}),
}
