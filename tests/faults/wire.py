"""One connection of the faulty server, octet by octet, in the clear or encrypted."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct

_PIECE = 1 << 14


class Gone(Exception):
    """The client closed, or the server hung up on it."""


class Wire:
    """Nothing is read ahead of what is asked for but one piece; nothing is hidden."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._heard = b""
        self._tls: ssl.SSLObject | None = None
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()

    @property
    def has_heard_more(self) -> bool:
        """Whether octets are there that nobody has asked for yet."""
        return bool(self._heard)

    async def line(self) -> bytes:
        """The next one, with its CRLF. Raises Gone."""
        while b"\n" not in self._heard:
            self._heard += await self._received()
        line, _, self._heard = self._heard.partition(b"\n")
        return line + b"\n"

    async def say(self, octets: bytes) -> None:
        """Raises Gone."""
        if self._tls is not None and octets:
            self._tls.write(octets)
            octets = self._outgoing.read()
        try:
            await self._loop.sock_sendall(self._connection, octets)
        except OSError:
            raise Gone from None

    async def encrypt(self, context: ssl.SSLContext) -> None:
        """The server's side of the handshake. Raises Gone."""
        incoming, self._heard = self._heard, b""
        self._incoming.write(incoming)
        tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        is_done = False
        while not is_done:
            try:
                tls.do_handshake()
                is_done = True
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                with contextlib.suppress(OSError):  # tell the client which
                    await self._loop.sock_sendall(self._connection, self._outgoing.read())
                raise Gone from None
            await self.say(self._outgoing.read())
            if not is_done:
                self._incoming.write(await self._raw())
        self._tls = tls

    async def until_gone(self, *, reading: bool) -> None:
        """Waits for the client to hang up (not reading: for the server's own end). Raises Gone."""
        while reading:
            await self._raw()
        await asyncio.Event().wait()

    def refuse_gone(self) -> None:
        """Raises Gone if the client hung up, and had nothing more to say."""
        try:
            if not self._connection.recv(1, socket.MSG_PEEK):
                raise Gone
        except BlockingIOError:
            pass
        except OSError:
            raise Gone from None

    def hang_up(self, *, reset: bool = False) -> None:
        """`reset`: as a crashed machine does, and what is under way is lost."""
        if reset:
            linger = struct.pack("ii", 1, 0)
            with contextlib.suppress(OSError):
                self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._connection.close()

    async def _received(self) -> bytes:
        if self._tls is None:
            return await self._raw()
        while not (octets := self._decrypted()):
            self._incoming.write(await self._raw())
        return octets

    def _decrypted(self) -> bytes:
        """What came complete; some of it may have come with the handshake."""
        assert self._tls is not None
        try:
            return self._tls.read(_PIECE)
        except ssl.SSLWantReadError:
            return b""
        except ssl.SSLError:
            raise Gone from None

    async def _raw(self) -> bytes:
        try:
            octets = await self._loop.sock_recv(self._connection, _PIECE)
        except OSError:
            raise Gone from None
        if not octets:
            raise Gone
        return octets
