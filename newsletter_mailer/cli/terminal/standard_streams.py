"""The standard streams, made so that a run does not end because nobody listens any more.

A terminal window is closed, a pipe's reader goes, the disk of a log fills up: the mail goes on.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any, TextIO  # Any: whatever else the stream has

from newsletter_mailer.errors import CannotPrint


class Watched:
    """A stream that is another one, but for what becomes of a write that fails.

    After the first failure nothing more is written: half of a report is no report. What a signal's
    handler says while another word is being written follows that word: Python's streams refuse it.
    """

    def __init__(self, stream: TextIO, on_failure: Callable[[OSError], None]) -> None:
        self._stream, self._on_failure = stream, on_failure
        self._fault: OSError | None = None
        self._is_writing = False
        self._waiting: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Raises TypeError for octets, as every text stream: click asks so which sort it is."""
        if not isinstance(text, str):
            raise TypeError("a text stream takes text")
        self._waiting.append(text)
        if not self._is_writing:
            self._is_writing = True
            try:
                while self._waiting:
                    self._put(self._waiting.pop(0))
            finally:
                self._is_writing = False
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Python flushes once more at its end: by then the failure was told."""
        if self._fault is None and not self._is_writing:
            self._is_writing = True
            try:
                self._try(self._stream.flush)
            finally:
                self._is_writing = False
            if self._waiting:
                self.write("")

    def _put(self, text: str) -> None:
        if self._fault is None:
            self._try(lambda: self._stream.write(text))
        else:
            self._on_failure(self._fault)

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
        except OSError as fault:
            self._fault = fault
            self._on_failure(fault)


def last_to_the_end() -> None:
    """Standard error that fails is silent; standard output says so, for its reader waits for it."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:  # closed by whoever began us
            setattr(sys, name, open(os.devnull, "w" if number else "r", encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a Windows console may lack a letter
    sys.stdout = Watched(sys.stdout, _complain)
    sys.stderr = Watched(sys.stderr, lambda fault: None)


def _complain(fault: OSError) -> None:
    if isinstance(fault, BrokenPipeError):
        raise fault
    raise CannotPrint(f"What was asked for cannot be written: {fault.strerror}.") from fault
