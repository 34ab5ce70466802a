"""A real SMTP server on a free port that keeps what it accepts and misbehaves on cue."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import itertools
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from newsletter_mailer.deliver.sandbox.server import serving

_PATIENCE = 90.0  #: seconds that a test waits for a message


@dataclass(frozen=True)
class Received:
    """One accepted message."""

    reverse_path: str
    recipients: tuple[str, ...]
    content: bytes
    was_encrypted: bool

    @property
    def recipient(self) -> str:
        (only,) = self.recipients
        return only

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.content, policy=email.policy.default)


@dataclass(kw_only=True)
class Behaviour:
    """What the server says instead of yes. Each answer is a reply line, or None for the usual one.

    `at_mail` is given the reverse-path, `at_rcpt` the recipient, `at_dot` the recipient.
    An answer "drop" closes the connection without a word; "accept and drop" takes the message
    first.
    """

    at_mail: Callable[[str], str | None] = lambda address: None
    at_rcpt: Callable[[str], str | None] = lambda address: None
    at_dot: Callable[[str], str | None] = lambda address: None
    users: dict[str, str] = field(default_factory=dict)  #: login required if not empty
    smtputf8: bool = True


class HeldAtTheDot:
    """A server's `at_dot`: the message after so many others waits for its answer."""

    def __init__(self, taken: int, answer: str | None = None) -> None:
        self._taken, self._answer = taken, answer
        self._dots = itertools.count()
        self._is_there, self._is_over = threading.Event(), threading.Event()

    def __call__(self, address: str) -> str | None:
        if next(self._dots) != self._taken:
            return None
        self._is_there.set()
        self._is_over.wait(_PATIENCE)
        return self._answer

    def wait(self) -> None:
        """Until the message is there."""
        assert self._is_there.wait(_PATIENCE), "it never came"

    def let_go(self) -> None:
        self._is_over.set()


@dataclass
class Inbox:
    """What arrived, and where the server is."""

    host: str = "127.0.0.1"
    port: int = 0
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    behaviour: Behaviour = field(default_factory=Behaviour)

    def recipients(self) -> list[str]:
        return [one.recipient for one in self.received]

    def environment(self, **more: str) -> dict[str, str]:
        """Settings that lead here, over an unencrypted connection unless told otherwise."""
        return {
            "SMTP_HOST": self.host,
            "SMTP_PORT": str(self.port),
            "SMTP_SECURITY": "none",
            **more,
        }


def _hang_up(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()


class _Handler:
    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.inbox.behaviour.at_mail(address)
        if self.inbox.behaviour.users and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if answer is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer or "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.inbox.behaviour.at_rcpt(address)
        if answer == "drop":
            _hang_up(server)
            return "421 gone"
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.inbox.behaviour.at_dot(envelope.rcpt_tos[0])
        if answer in (None, "accept and drop"):
            self.inbox.received.append(
                Received(
                    reverse_path=envelope.mail_from or "",
                    recipients=tuple(envelope.rcpt_tos),
                    content=envelope.original_content or b"",
                    was_encrypted=session.ssl is not None,
                )
            )
        if answer in ("drop", "accept and drop"):
            _hang_up(server)
            return "421 gone"
        return answer or "250 2.0.0 OK"


@contextmanager
def smtp_server(
    behaviour: Behaviour | None = None,
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Inbox]:
    """Runs while the context does. `starttls`: offered; `tls`: spoken from the first octet."""
    inbox = Inbox(behaviour=behaviour or Behaviour())
    users = inbox.behaviour.users

    def authenticate(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        is_right = (
            isinstance(data, LoginPassword)
            and users.get(data.login.decode()) == data.password.decode()
        )
        return AuthResult(success=is_right, handled=False)

    def protocol(loop: asyncio.AbstractEventLoop) -> SMTP:
        inbox.connections += 1
        return SMTP(
            _Handler(inbox),
            hostname="mail.example.org",
            enable_SMTPUTF8=inbox.behaviour.smtputf8,
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=authenticate if users else None,
            auth_require_tls=False,
            loop=loop,
        )

    with serving(protocol, tls) as inbox.port:
        yield inbox


#: Instead of an answer.
DROP, SILENCE = "drop", "silence"
_USUAL: Mapping[str, bytes] = {
    "banner": b"220 mail.example.org ESMTP",
    "EHLO": b"250-mail.example.org\r\n250 ENHANCEDSTATUSCODES",
    "HELO": b"250 mail.example.org",
    "MAIL": b"250 2.1.0 OK",
    "RCPT": b"250 2.1.5 OK",
    "DATA": b"354 go on",
    "body": b"",
    ".": b"250 2.0.0 OK",
    "RSET": b"250 2.0.0 OK",
    "NOOP": b"250 2.0.0 OK",
    "QUIT": b"221 2.0.0 bye",
}


@dataclass
class Script:
    """A server that says what it is told to, on a plain socket: for what aiosmtpd cannot do.

    An answer is what goes on the wire (a line end is added), DROP or SILENCE, by verb; "banner" is
    said first, "body" when the first octets of a message are there, "." after the final dot. One
    table of answers per connection; the last one serves for all that follow.
    """

    tables: Sequence[Mapping[str, bytes | str]]
    port: int = 0
    lines: list[bytes] = field(default_factory=list)  #: what clients said, without line ends
    messages: list[bytes] = field(default_factory=list)  #: all that had their dot
    connections: int = 0

    sockets: list[socket.socket] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def close(self) -> None:
        """Every connection ends at once, and no new one is taken."""
        self.over.set()
        for line in self.sockets:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def converse(self, line: socket.socket) -> None:
        answers = {**_USUAL, **self.tables[min(self.connections, len(self.tables)) - 1]}
        heard = line.makefile("rb")
        if not self.said(line, answers["banner"]):
            return
        while command := heard.readline():
            self.lines.append(command.rstrip(b"\r\n"))
            verb = command.decode("ascii", "replace").upper().partition(" ")[0].strip()
            answer = answers.get(verb, b"502 5.5.1 no such command")
            if not self.said(line, answer) or verb == "QUIT":
                return
            if verb == "DATA" and answer == _USUAL["DATA"]:
                if heard.peek(1) and not self.said(line, answers["body"]):
                    return
                content = []
                while (octets := heard.readline()) != b".\r\n":
                    if not octets:  # the client hung up
                        return
                    content.append(octets)
                self.messages.append(b"".join(content))
                if not self.said(line, answers["."]):
                    return

    def said(self, line: socket.socket, answer: bytes | str) -> bool:
        """Whether the conversation goes on."""
        if isinstance(answer, bytes):
            line.sendall(answer and answer + b"\r\n")
            return True
        if answer == SILENCE:
            self.over.wait()
        return False


@contextmanager
def scripted_server(*tables: Mapping[str, bytes | str]) -> Iterator[Script]:
    """Runs while the context does."""
    script = Script(tables or ({},))

    def hold(line: socket.socket) -> None:
        with contextlib.suppress(OSError), line:
            script.converse(line)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = server.accept()
                script.sockets.append(line)
                script.connections += 1
                threading.Thread(target=hold, args=(line,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        script.port = server.getsockname()[1]
        script.sockets.append(server)
        listener = threading.Thread(target=accept, daemon=True)
        listener.start()
        try:
            yield script
        finally:
            script.close()
            listener.join()
