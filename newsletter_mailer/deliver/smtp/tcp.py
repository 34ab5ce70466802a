"""A connection to a server, before anything is said; and what goes wrong with it, in words."""

from __future__ import annotations

import asyncio
import os
import socket

PIECE = 1 << 16  #: octets read at once
_BUFFER = 1 << 18  #: asked of the kernel: a message fits, and is handed over in one call


async def connected(host: str, port: int, patience: float) -> socket.socket:
    """To the first of the host's addresses that answers. Raises OSError."""
    loop = asyncio.get_running_loop()
    fault: OSError = OSError(f"{host} has no address")
    async with asyncio.timeout(patience):
        addresses = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for family, kind, protocol, _, address in addresses:
        connection = socket.socket(family, kind, protocol)
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
            # The dot goes in a write of its own: without this it would wait for an ACK (40 ms).
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout(patience):
                await loop.sock_connect(connection, address)
        except OSError as refused:
            connection.close()
            fault = refused
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise fault


def in_words(fault: BaseException) -> str:
    """What went wrong with a connection, in the system's words, on one line."""
    if isinstance(fault, TimeoutError):
        return "timed out"
    if isinstance(fault, ConnectionError) and fault.errno:  # asyncio's words are for programmers
        return os.strerror(fault.errno)
    text = getattr(fault, "strerror", None) or str(fault) or type(fault).__name__
    return " ".join(str(text).split())
