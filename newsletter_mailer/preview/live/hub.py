"""News of live issues for the pages that are open, as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping

_MOST_WAITING = 200  #: pieces of news that a page may be behind; then the oldest are dropped
_BREATH = 15.0  #: seconds after which a silent line is used, so that a dead one is noticed


class Hub:
    """Lives in the event loop's thread, but for `tell_news`."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lines: dict[asyncio.Queue[str | None], str] = {}  #: of each page, and its issue
        self._is_closed = False

    def begin(self) -> None:
        """Called in the loop, before any news from elsewhere."""
        self._loop = asyncio.get_running_loop()

    def close(self) -> None:
        """Ends all lines, so that the server can stop."""
        self._is_closed = True
        for line in self._lines:
            line.put_nowait(None)

    def issues(self) -> set[str]:
        """Those that some page shows; "" is the list of issues."""
        return {*self._lines.values()}

    def tell(self, issue: str, news: Mapping[str, object]) -> None:
        """Every page that shows this issue, and every list of issues."""
        for line, shown in self._lines.items():
            if shown in (issue, ""):
                _put(line, news)

    def tell_news(self, issue: str, kind: str) -> None:
        """The same, from another thread: "shown", "readers", "checked" or, of no issue, "files"."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.tell, issue, {"kind": kind, "issue": issue})

    async def listen(self, issue: str, greeting: Mapping[str, object]) -> AsyncIterator[str]:
        """The news of one page, as server-sent events. The greeting comes first."""
        line: asyncio.Queue[str | None] = asyncio.Queue()
        self._lines[line] = issue
        try:
            yield f"retry: 500\ndata: {json.dumps(greeting)}\n\n"
            while not self._is_closed:
                try:
                    async with asyncio.timeout(_BREATH):
                        news = await line.get()
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if news is None:
                    return
                yield f"data: {news}\n\n"
        finally:
            del self._lines[line]


def _put(line: asyncio.Queue[str | None], news: Mapping[str, object]) -> None:
    while line.qsize() >= _MOST_WAITING:
        line.get_nowait()
    line.put_nowait(json.dumps(news))
