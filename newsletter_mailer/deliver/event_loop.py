"""The event loop that mail is sent in: uvloop where it is installed, at half the processor time."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from newsletter_mailer.deliver.transport import Transport


def runner() -> asyncio.Runner:
    """A context manager; its `run` may be called several times."""
    try:
        import uvloop
    except ImportError:
        # Not Windows' usual one, which cannot watch a socket.
        return asyncio.Runner(
            loop_factory=asyncio.SelectorEventLoop if sys.platform == "win32" else None
        )
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


@contextmanager
def opened(transport: Transport, loop: asyncio.Runner) -> Iterator[None]:
    """The server was seen to be of use, and the transport is open as long as the context lasts.

    Raises what `Transport.open` raises.
    """
    try:
        loop.run(transport.open())
        yield
    finally:
        loop.run(transport.close())
