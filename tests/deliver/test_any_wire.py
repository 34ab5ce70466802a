"""However a connection takes and gives octets: what is told of a message is what the server has.

A connection at one end of a socket whose buffers are small, a server at the other that reads and
speaks in pieces of any size, now and then out of turn, and hangs up when it likes.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter_mailer.deliver.answers.answer import Answer
from newsletter_mailer.deliver.event_loop import runner
from newsletter_mailer.deliver.smtp import connection as connection_module
from newsletter_mailer.deliver.smtp.connection import SmtpConnection
from newsletter_mailer.deliver.smtp.extensions import Extensions
from newsletter_mailer.deliver.smtp.replies import ReplyReader
from newsletter_mailer.deliver.smtp.session import PATIENT, Session
from newsletter_mailer.deliver.smtp.tls import Tls
from newsletter_mailer.deliver.transport import Content, MailObject, Unsettled
from newsletter_mailer.store.states import State

SMALL = 4_096  #: octets that the kernel is asked to keep at most
BODY = b"".join(b"line %05d of a message\r\n" % number for number in range(1_000))
HOST = "mail.example.org"


def message(number: int, body: bytes = BODY) -> bytes:
    return b"Message-ID: <%d@example.org>\r\n\r\n" % number + body


@functools.cache
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's and the client's."""
    authority = trustme.CA()
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return server, client


class Encrypted:
    """The server's end of a TLS session."""

    def __init__(self) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = contexts()[0].wrap_bio(self._incoming, self._outgoing, server_side=True)

    def shake_hands(self) -> Tls:
        """With a client, in memory."""
        tls = Tls(contexts()[1], HOST)
        octets, is_done = tls.shake_hands(b"")
        while True:
            self._incoming.write(octets)
            with contextlib.suppress(ssl.SSLWantReadError):
                self._session.do_handshake()
            answer = self._outgoing.read()
            if is_done:
                tls.decrypt(answer)  # tickets for later sessions
                return tls
            octets, is_done = tls.shake_hands(answer)

    def encrypt(self, octets: bytes) -> bytes:
        self._session.write(octets)
        return self._outgoing.read()

    def decrypt(self, octets: bytes) -> bytes:
        self._incoming.write(octets)
        parts = []
        with contextlib.suppress(ssl.SSLWantReadError):
            while part := self._session.read(1 << 16):
                parts.append(part)
        return b"".join(parts)


@dataclass
class Server:
    """Hears octets and knows which messages it has whole. Its answers wait to be spoken."""

    wire: socket.socket
    tls: Encrypted | None
    body: bytes
    heard: bytes = b""
    answers: bytes = b""
    taken: list[int] = field(default_factory=list)  #: messages that it said yes to
    whole: list[int] = field(default_factory=list)  #: messages that it has, with their dot
    is_in_data: bool = False
    refusals: Iterator[bytes | None] = field(default_factory=lambda: iter(()))

    def read(self, count: int) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            octets = self.wire.recv(count)
            self.heard += self.tls.decrypt(octets) if self.tls else octets
        while self.understood():
            pass

    def understood(self) -> bool:
        """Whether there was a line or a message."""
        end = b"\r\n.\r\n" if self.is_in_data else b"\r\n"
        if self.is_in_data and self.heard.startswith(b".\r\n"):
            self.heard = self.heard[3:]
            self.is_in_data = False
            self.answers += b"554 no recipient\r\n"
            return True
        if end not in self.heard:
            return False
        octets, _, self.heard = self.heard.partition(end)
        if self.is_in_data:
            self.is_in_data = False
            self.end_of(octets + b"\r\n")
        else:
            self.obey(octets)
        return True

    def obey(self, line: bytes) -> None:
        verb = line.split(b":")[0].split()[0]
        refusal = next(self.refusals, None) if verb in (b"RCPT", b"MAIL") else None
        if verb == b"DATA":
            self.is_in_data = True
            self.answers += b"354 go on\r\n"
        else:
            assert verb in (b"MAIL", b"RCPT", b"RSET"), line[:60]
            self.answers += refusal or b"250 OK\r\n"

    def end_of(self, content: bytes) -> None:
        number = int(content.partition(b"<")[2].partition(b"@")[0])
        assert content == message(number, self.body), "it arrives as it was"
        self.whole.append(number)
        refusal = next(self.refusals, None)
        self.answers += refusal or b"250 queued\r\n"
        if refusal is None:
            self.taken.append(number)

    def say(self, count: int) -> None:
        octets, self.answers = self.answers[:count], self.answers[count:]
        self.speak(octets)

    def speak(self, octets: bytes) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            self.wire.send(self.tls.encrypt(octets) if self.tls and octets else octets)


@dataclass
class Reader:
    """Has mail to be sent without end (transport.Owner)."""

    body: bytes = BODY
    begun: int = 0
    most: int = 6
    may_mark: bool = True
    marked: list[int] = field(default_factory=list)
    fates: dict[int, State] = field(default_factory=dict)
    unsettled: Unsettled[int] = field(default_factory=lambda: Unsettled[int]([], [], []))

    def next_mail(self) -> MailObject[int] | None:
        if self.begun == self.most:
            return None
        self.begun += 1
        octets = message(self.begun, self.body)
        half = len(octets) // 2
        content = Content([octets[:half], octets[half:]], len(octets))
        return MailObject(self.begun, "ann@example.org", f"{self.begun}@example.org", content)

    def mark(self, mail: MailObject[int]) -> bool:
        if self.may_mark:
            self.marked.append(mail.key)
        return self.may_mark

    def ended(self, mail: MailObject[int], answer: Answer) -> None:
        assert mail.key not in self.fates, "two fates"
        self.fates[mail.key] = answer.outcome.state

    def lost(self, unsettled: Unsettled[int], why: str) -> None:
        self.unsettled = unsettled


@contextmanager
def a_kernel_that_takes(most: int | None) -> Iterator[None]:
    """So many octets at once. None: as many as it likes."""

    def write_parts(
        connection: socket.socket,
        parts: Sequence[bytes | memoryview],
        *,
        more_follows: bool = False,
    ) -> int:
        return connection.send(b"".join(parts)[:most])

    with pytest.MonkeyPatch.context() as patch:
        if most is not None:
            patch.setattr(connection_module, "write_parts", write_parts)
        yield


async def turn() -> None:
    """The loop sees what there is to see."""
    for _ in range(4):
        await asyncio.sleep(0)


@contextmanager
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for end in (ours, theirs):
            end.setblocking(False)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
        yield ours, theirs


REFUSALS = st.sampled_from(
    [None, None, None, None, b"450 later\r\n", b"550 no\r\n", b"421 closing\r\n"]
)
OUT_OF_TURN = st.sampled_from(
    [b"250 OK\r\n", b"354 go on\r\n", b"552 too long\r\n", b"421 bye\r\n", b"nonsense\r\n"]
)
_PIECES = st.one_of(
    st.tuples(st.just("read"), st.sampled_from([1, 100, 3_000, 100_000])),
    st.tuples(st.just("say"), st.sampled_from([1, 3, 8, 20, 1_000])),
    st.tuples(st.just("full"), st.booleans()),
    st.tuples(st.just("behave"), st.integers(1, 30)),
)
#: In pieces, and perhaps something out of turn.
STEPS = st.builds(
    lambda *parts: [step for part in parts for step in part],
    st.lists(_PIECES, min_size=5, max_size=40),
    st.lists(st.tuples(st.just("blurt"), OUT_OF_TURN), max_size=1),
    st.lists(_PIECES, max_size=5),
)


@pytest.mark.parametrize("is_encrypted", [False, True], ids=["in the clear", "encrypted"])
@given(
    pipelining=st.booleans(),
    steps=STEPS,
    refusals=st.lists(REFUSALS, max_size=30),
    is_server_first=st.booleans(),
    bite=st.sampled_from([None, 1, 2, 3, 20, 100]),
)
def test_what_is_told_of_a_message_is_what_the_server_has(
    is_encrypted: bool,
    pipelining: bool,
    steps: list[tuple[str, int | bool | bytes]],
    refusals: list[bytes | None],
    is_server_first: bool,
    bite: int | None,
) -> None:
    tls = Encrypted() if is_encrypted else None
    offered = Extensions(pipelining=pipelining)
    body = BODY if bite is None else BODY[:25]
    with runner() as loop, pair() as (ours, theirs), a_kernel_that_takes(bite):
        session = opened(ours, tls, offered)
        reader = Reader(body)
        server = Server(theirs, tls, body, refusals=iter(refusals))
        loop.run(play(session, server, reader, steps, is_server_first))

        while _has_more(theirs):
            server.read(10_000_000)

    unsettled = reader.unsettled
    places = {name: [mail.key for mail in getattr(unsettled, name)] for name in unsettled._fields}
    everywhere = [*reader.fates, *(key for keys in places.values() for key in keys)]
    assert sorted(everywhere) == [*range(1, reader.begun + 1)], "one fate or one place for each"
    assert {*server.whole} <= {*reader.marked}, "a mark before every dot"
    assert not {*server.whole} & {*places["begun"], *places["unheard"]}, "would be sent twice"
    sent = {number for number, state in reader.fates.items() if state is State.SENT}
    assert sent <= {*server.taken}
    assert {*places["past_brink"]} <= {*server.whole}, "nothing is in doubt that need not be"


def _has_more(wire: socket.socket) -> bool:
    try:
        return bool(wire.recv(1, socket.MSG_PEEK))
    except (BlockingIOError, ConnectionError):
        return False


def opened(ours: socket.socket, tls: Encrypted | None, offered: Extensions) -> Session:
    return Session(
        wire=ours,
        tls=tls.shake_hands() if tls else None,
        offered=offered,
        reverse_path="news@example.org",
        reader=ReplyReader(),
        timeouts=PATIENT,
    )


async def play(
    session: Session,
    server: Server,
    reader: Reader,
    steps: list[tuple[str, int | bool | bytes]],
    is_server_first: bool,
) -> SmtpConnection[int]:
    connection = SmtpConnection(session, reader)
    connection.begin()
    for what, value in steps:
        match what, value:
            case "read", int(count):
                server.read(count)
            case "say", int(count):
                server.say(count)
            case "full", bool(is_full):
                reader.may_mark = not is_full
                connection.resume()
            case "behave", int(count):
                for _ in range(count):
                    server.read(100_000)
                    server.say(1_000)
                    await turn()
            case "blurt", bytes(octets):
                if octets.startswith(b"250"):  # to a dot on its way: that is a yes
                    server.taken += reader.marked
                server.speak(octets)
        await turn()
        if connection.is_closed:
            break
    if is_server_first:
        server.wire.shutdown(socket.SHUT_WR)
        await turn()
    connection.lose("it is over")
    return connection


@pytest.mark.parametrize("is_encrypted", [False, True], ids=["in the clear", "encrypted"])
@given(
    pipelining=st.booleans(),
    most_read=st.integers(1_000, 50_000),
    most_said=st.integers(1, 50),
    bite=st.sampled_from([None, 7, 100]),
)
@settings(max_examples=20)
def test_a_server_that_behaves_gets_every_message_whole(
    is_encrypted: bool,
    pipelining: bool,
    most_read: int,
    most_said: int,
    bite: int | None,
) -> None:
    tls = Encrypted() if is_encrypted else None
    offered = Extensions(pipelining=pipelining)
    reader = Reader(BODY if bite is None else BODY[:500])
    with runner() as loop, pair() as (ours, theirs), a_kernel_that_takes(bite):
        server = Server(theirs, tls, reader.body)
        connection = loop.run(
            all_sent(opened(ours, tls, offered), server, reader, most_read, most_said)
        )

    assert server.taken == [*range(1, reader.most + 1)]
    assert {*reader.fates.values()} == {State.SENT}
    assert [*reader.fates] == reader.marked == server.taken
    assert connection.is_closed


async def all_sent(
    session: Session, server: Server, reader: Reader, most_read: int, most_said: int
) -> SmtpConnection[int]:
    connection = SmtpConnection(session, reader)
    connection.begin()
    while len(reader.fates) < reader.most:
        server.read(most_read)
        server.say(most_said)
        await turn()
        assert not connection.is_closed
    connection.lose("it is over")
    return connection


@pytest.mark.parametrize("is_encrypted", [False, True], ids=["in the clear", "encrypted"])
@pytest.mark.parametrize("early", [b"", b"250 queued\r\n", b"354 go on\r\n"])
def test_a_message_whose_dot_the_kernel_did_not_take_is_safe_to_send_again(
    is_encrypted: bool, early: bytes
) -> None:
    """Of a message just so long that the kernel takes all of it, and then no octet more."""
    with runner() as loop:
        for lines in range(100, 5_000, 20):
            tls = Encrypted() if is_encrypted else None
            with pair() as (ours, theirs):
                reader = Reader(BODY[: 25 * lines] * (1 + lines // 1_000))
                server = Server(theirs, tls, reader.body)
                connection = loop.run(
                    up_to_its_dot(opened(ours, tls, Extensions()), server, reader)
                )
                was_kept = connection._dot_due > 0
                server.speak(early)
                loop.run(lost(connection))
                server.is_in_data = False  # so that it does not look for the end
                while _has_more(theirs):
                    server.heard += theirs.recv(100_000)
            if was_kept:
                break

    assert was_kept, "no length is just so"
    assert reader.marked == [1]
    assert reader.fates == {}
    assert [mail.key for mail in reader.unsettled.begun] == [1]
    assert reader.unsettled.past_brink == []
    assert b"\r\n.\r\n" not in (tls.decrypt(server.heard) if tls else server.heard)


async def up_to_its_dot(session: Session, server: Server, reader: Reader) -> SmtpConnection[int]:
    """The server asks for the content, and does not read it."""
    connection = SmtpConnection(session, reader)
    connection.begin()
    for _ in range(3):
        server.read(1_000)
        server.say(1_000)
        await turn()
    return connection


async def lost(connection: SmtpConnection[int]) -> None:
    await turn()
    connection.lose("it is over")
