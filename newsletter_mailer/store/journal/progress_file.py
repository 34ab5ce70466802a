"""How far a run has come, told outside the ledger's folder while messages leave.

Whoever puts ledger, log and journal back together, as they were in the middle of a run, takes the
marks of later messages away with them. Two numbers in the issue's sent.toml know better. They are
digits that are written in place: like the marks of `store.journal` they outlive `kill -9`. Unlike
those they are no shared memory, since this is a file that people and their programs touch: one that
is cut short under a mapping ends the process (mmap(2), SIGBUS).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple  # Any: values of a TOML table

from newsletter_mailer.errors import LedgerError
from newsletter_mailer.store.generation import Progress

_NUMBER = re.compile(r"[0-9a-f]{8}")


def in_toml(progress: Progress) -> str:
    """Three lines of a table; `ProgressFile` finds the numbers there."""
    return (
        f'journal = "{progress.journal}"\n'
        f'commits = "{_digits(progress.commits).decode()}"\n'
        f'marks = "{_digits(progress.marks).decode()}"\n'
    )


def progress_in(table: Mapping[str, Any]) -> Progress | None:
    """What `in_toml` wrote; None of a run that ended. Raises ValueError, KeyError, TypeError."""
    if "journal" not in table:
        return None
    journal, numbers = table["journal"], [table["commits"], table["marks"]]
    if not isinstance(journal, str) or not all(_NUMBER.fullmatch(one) for one in numbers):
        raise ValueError("no eight hexadecimal digits")
    commits, marks = (int(one, 16) for one in numbers)
    return Progress(journal, commits, marks)


class ProgressFile:
    """A file with `in_toml` in it, written while the run goes on."""

    def __init__(self, file: Path) -> None:
        """Raises OSError; ValueError if the file is another by now."""
        self._file, self._alone = file, Lock()
        self._descriptor = os.open(file, os.O_RDWR | getattr(os, "O_BINARY", 0))
        try:
            content = os.read(self._descriptor, 1 << 20)
            self._commits, self._marks = _place(content, b"commits"), _place(content, b"marks")
        except BaseException:
            os.close(self._descriptor)
            raise

    def committed(self, commits: int) -> None:
        """Call it when the ledger has so many for good. Raises LedgerError."""
        self._write(self._commits, commits)

    def marked(self, marks: int) -> None:
        """Call it when the journal has so many. Raises LedgerError."""
        self._write(self._marks, marks)

    def close(self) -> None:
        os.close(self._descriptor)

    def _write(self, place: _Place, number: int) -> None:
        """Into a text that somebody else has changed meanwhile, nothing: it says no more then.

        Claims are told in another thread than messages.
        """
        head, at = place
        try:
            with self._alone:
                if _read_at(self._descriptor, len(head), at - len(head)) == head:
                    _write_at(self._descriptor, _digits(number), at)
        except OSError as fault:
            raise LedgerError(
                f"{self._file} cannot be written: {fault.strerror}. No further message leaves."
            ) from fault


if os.name == "nt":  # pragma: no cover  # has no pwrite

    def _read_at(descriptor: int, size: int, at: int) -> bytes:
        os.lseek(descriptor, at, os.SEEK_SET)
        return os.read(descriptor, size)

    def _write_at(descriptor: int, octets: bytes, at: int) -> None:
        os.lseek(descriptor, at, os.SEEK_SET)
        os.write(descriptor, octets)

else:

    def _read_at(descriptor: int, size: int, at: int) -> bytes:
        return os.pread(descriptor, size, at)

    def _write_at(descriptor: int, octets: bytes, at: int) -> None:
        os.pwrite(descriptor, octets, at)


class _Place(NamedTuple):
    """Of a number."""

    head: bytes  #: what stands before it in its line
    at: int  #: octets


def _place(content: bytes, name: bytes) -> _Place:
    found = re.search(rb'(?m)^(%s = ")[0-9a-f]{8}"$' % name, content)
    if found is None:
        raise ValueError(f"no {name.decode()} in it")
    return _Place(found[1], found.end(1))


def _digits(number: int) -> bytes:
    return b"%08x" % number
