"""What a Postfix log says of messages that it shows. It proves presence; absence proves nothing.

`cleanup` logs a Message-ID with the queue id when it reads the header, so before the message is
whole. That the server took it shows when the queue manager or a delivery agent goes on with that
queue id. https://www.postfix.org/postconf.5.html#enable_long_queue_ids
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass

from newsletter_mailer.deliver.answers.outcome import printable

LONGEST_LINE = 16_384  #: octets; Postfix cuts its own at 2,000
_LONGEST_REPLY = 300  #: characters that are kept

#: As syslog writes it (RFC 3164 section 4.1.2, RFC 5424 section 6.2.3), and nothing else.
_MOMENT = (
    rb"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|"
    rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)"
)
#: Who says what of which message. A client's words never stand before the queue id.
_LINE = re.compile(
    rb"(?P<moment>" + _MOMENT + rb") [^ ]+ [\w./-]+/(?P<daemon>[\w-]+)\[\d+\]: "
    rb"(?P<queue>[0-9A-Za-z]{5,24}): (?P<rest>.*)",
    re.DOTALL,
)
_MESSAGE_ID = re.compile(rb"message-id=<([^<>\s]+)>")
_ACTIVE = re.compile(rb'from=<(?:[^<>"]|"(?:[^"\\]|\\.)*")*>, .*\(queue active\)')
_TO = rb'to=<(?:[^<>"]|"(?:[^"\\]|\\.)*")*>, '  # a quoted local part may hold anything
_DELIVERY = re.compile(
    _TO + rb"(?:orig_" + _TO + rb")?(?:[a-z_]+=[^,()]*, )*"
    rb"status=(?P<status>sent|deferred|bounced|expired)\b[^(]*\((?P<reply>.*)\)",
    re.DOTALL,
)
_AGENTS = frozenset({b"smtp", b"lmtp", b"local", b"virtual", b"pipe", b"error", b"discard"})


@dataclass(frozen=True, slots=True)
class Sighting:
    """How far the server came with a message that it took."""

    moment: str  #: as the log writes it
    status: str  #: queued, sent, deferred, bounced or expired
    reply: str = ""

    def __str__(self) -> str:
        """For the ledger's reply: `mail log, Aug 29 09:00:01: sent (250 2.0.0 Ok)`."""
        said = f" ({self.reply})" if self.reply else ""
        return f"mail log, {self.moment}: {self.status}{said}"


class PostfixLog:
    """Takes a log line by line and remembers what it says of the `wanted` Message-IDs."""

    def __init__(self, wanted: Container[str]) -> None:
        self._wanted = wanted
        self._queue: dict[bytes, str] = {}  #: Message-ID of what is wanted, by queue id
        self.taken: dict[str, Sighting] = {}  #: the last word, by Message-ID
        self.began = self.ended = ""  #: moments of the first and last line of Postfix

    def read(self, line: bytes) -> None:
        """One whole line. Whatever is not Postfix's, or cut off, says nothing."""
        found = _LINE.fullmatch(line.rstrip(b"\r\n"))
        if found is None:
            return
        self.ended = found["moment"].decode("ascii", "replace")
        self.began = self.began or self.ended
        daemon, queue, rest = found["daemon"], found["queue"], found["rest"]
        if daemon == b"cleanup":
            self._read_message_id(queue, rest)
        elif (message_id := self._queue.get(queue)) is None:
            return
        elif daemon in (b"qmgr", b"nqmgr"):
            if rest == b"removed":
                del self._queue[queue]  # the queue id is free for another message
            elif _ACTIVE.fullmatch(rest):
                self.taken.setdefault(message_id, Sighting(self.ended, "queued"))
        elif daemon in _AGENTS and (delivery := _DELIVERY.fullmatch(rest)):
            reply = printable(delivery["reply"])[:_LONGEST_REPLY]
            status = delivery["status"].decode("ascii")
            self.taken[message_id] = Sighting(self.ended, status, reply)

    def _read_message_id(self, queue: bytes, rest: bytes) -> None:
        found = _MESSAGE_ID.fullmatch(rest)
        if found is None:
            return
        message_id = found[1].decode("utf-8", "replace")
        if message_id in self._wanted:
            self._queue[queue] = message_id
        else:
            self._queue.pop(queue, None)  # a queue id that is used again
