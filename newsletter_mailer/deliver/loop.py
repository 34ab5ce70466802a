"""The event loop that lines run in: uvloop where it is installed, at half the processor time."""

from __future__ import annotations

import asyncio
import sys


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
