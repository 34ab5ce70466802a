"""Where in a journal's file what stands.

A head of HEAD octets, with the sender's token and the machine's start as JSON and three counters at
its end, and then SLOTS slots of SLOT octets: a mark, and an answer.
"""

from __future__ import annotations

import struct

from newsletter_mailer.store.states import State

SLOTS = 4_096  #: rows between their mark and the commit of their outcome
MAGIC = b"newsletter-mailer journal 1\n"
HEAD, SLOT = 4_096, 256  #: octets
FIELDS = struct.Struct("<BBHIqBB")  #: mark, state, code, attempt, row, lengths of two texts
TEXT = SLOT - FIELDS.size
ROW = struct.Struct("<Iq")  #: attempt and row, behind the first four octets
COUNT = struct.Struct("@Q")
MORE_THAN_ANY = 1 << 62  #: commits: no ledger has so many
COMMITS_AT = HEAD - COUNT.size  #: at the end of the head
BENEATH_AT = COMMITS_AT - COUNT.size  #: one more than the file has without its log
MARKS_AT = BENEATH_AT - COUNT.size
FREE, MARKED, ANSWERED = 0, 1, 2
STATES = (State.SENT, State.DEFERRED, State.REFUSED, State.UNKNOWN)
