"""The installed command at a terminal, and somebody who types. Needs a POSIX system."""

from __future__ import annotations

import os
import select
import subprocess
from typing import Protocol

from tests.acceptance.scene import COMMAND, Newsletter, environment


class Server(Protocol):
    """Where the command's mail goes."""

    def environment(self) -> dict[str, str]: ...


class Terminal:
    """The command at a terminal of 100 columns, and somebody who types."""

    def __init__(self, news: Newsletter, server: Server, *words: str) -> None:
        import pty

        self.screen = ""
        self._main, other = pty.openpty()
        self._process = subprocess.Popen(
            [COMMAND, *words],
            cwd=news.root,
            env=environment({**server.environment(), "TERM": "xterm", "COLUMNS": "100"}),
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
            preexec_fn=lambda: _take_terminal(other),
        )
        os.close(other)

    def read_until(self, words: str) -> None:
        while words not in self.screen:
            assert self._read(), self.screen

    def type(self, text: str) -> None:
        os.write(self._main, text.encode())

    def interrupt(self) -> None:
        """Types Ctrl-C, and again where nothing happens: one that comes just before the command
        reads is seen by Python only after the read.
        """
        is_open = True
        while is_open:
            self.type("\x03")
            while is_open and select.select([self._main], [], [], 1)[0]:
                is_open = self._read()

    def end(self) -> int:
        while self._read():
            pass
        os.close(self._main)
        return self._process.wait(timeout=90)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._main], [], [], 90)
        if not ready:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"the command hangs: {self.screen}")
        try:
            octets = os.read(self._main, 4096)
        except OSError:  # Linux: the other side is closed
            return False
        self.screen += octets.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(octets)


def _take_terminal(descriptor: int) -> None:
    """So that typing Ctrl-C sends the signal."""
    import fcntl
    import termios

    fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)
