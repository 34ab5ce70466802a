"""Several pieces of memory to a non-blocking socket in one call (writev), and its Windows twin."""

from __future__ import annotations

import socket
from collections.abc import Sequence

MOST_PARTS = 512  #: of one call; IOV_MAX is 1024 or more

if hasattr(socket.socket, "sendmsg"):
    #: Linux: what follows at once shares the last packet.
    _MORE = getattr(socket, "MSG_MORE", 0)

    def write_parts(
        connection: socket.socket,
        parts: Sequence[bytes | memoryview],
        *,
        more_follows: bool = False,
    ) -> int:
        """How many octets the kernel took. Raises BlockingIOError, OSError."""
        if len(parts) == 1:
            return connection.send(parts[0], _MORE if more_follows else 0)
        return connection.sendmsg(parts, [], _MORE if more_follows else 0)

else:  # pragma: no cover  # Windows

    def write_parts(
        connection: socket.socket,
        parts: Sequence[bytes | memoryview],
        *,
        more_follows: bool = False,  # noqa: ARG001  # Windows knows no such flag
    ) -> int:
        """How many octets the kernel took. Raises BlockingIOError, OSError."""
        return connection.send(b"".join(parts))


def rest(parts: Sequence[memoryview], taken: int) -> list[memoryview]:
    """What is left of the parts after so many octets."""
    for number, part in enumerate(parts):
        if taken < len(part):
            return [part[taken:], *parts[number + 1 :]]
        taken -= len(part)
    return []
