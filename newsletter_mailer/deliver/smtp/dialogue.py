"""Lines and replies, one after the other: how a session begins, over a non-blocking socket."""

from __future__ import annotations

import asyncio
import socket
import ssl

from newsletter_mailer.deliver.smtp.replies import Garbage, Reply, ReplyReader
from newsletter_mailer.deliver.smtp.tcp import PIECE
from newsletter_mailer.deliver.smtp.tls import Tls


class Dialogue:
    """Until the session is open."""

    def __init__(self, connection: socket.socket, patience: float) -> None:
        """`patience`: seconds for a handshake, and for a reply."""
        self._connection, self._patience = connection, patience
        self._loop = asyncio.get_running_loop()
        self._replies: list[Reply] = []
        self.reader = ReplyReader()
        self.tls: Tls | None = None
        self.is_logging_in = False

    @property
    def is_quiet(self) -> bool:
        """Nothing came that was not read as a reply."""
        return not self._replies and self.reader.is_between_replies

    async def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        tls = Tls(context, host)
        octets, is_done = tls.shake_hands(b"")
        async with asyncio.timeout(self._patience):
            while True:
                await self._loop.sock_sendall(self._connection, octets)
                if is_done:
                    break
                octets, is_done = tls.shake_hands(await self._received())
        self.tls = tls
        # With TLS 1.2 a greeting may have come with the end of the handshake.
        self._replies = [*self.reader.feed(tls.decrypt(b""))]

    async def reply_to(self, line: str | None) -> Reply:
        """Raises Garbage, also if the answer was there before the question."""
        if line is not None:
            if not self.is_quiet:
                raise Garbage("it answered before it was asked")
            self.is_logging_in = self.is_logging_in or line.startswith("AUTH")
        async with asyncio.timeout(self._patience):
            if line is not None:
                octets = f"{line}\r\n".encode()
                if self.tls is not None:
                    octets = self.tls.encrypt(octets)
                await self._loop.sock_sendall(self._connection, octets)
            while not self._replies:
                octets = await self._received()
                if self.tls is not None:
                    octets = self.tls.decrypt(octets)
                self._replies = [*self.reader.feed(octets)]
        return self._replies.pop(0)

    async def _received(self) -> bytes:
        octets = await self._loop.sock_recv(self._connection, PIECE)
        if not octets:
            raise ConnectionError("it hung up")
        return octets
