"""How far a run has come, told outside the ledger's folder while messages leave.

Whoever puts ledger, log and journal back together, as they were in the middle of a run, takes the
marks of later messages away with them. Two numbers in the issue's sent.toml know better. They are
digits in memory that the kernel shares with the file, like the marks of `store.journal`: they cost
no call, and outlive `kill -9`.
"""

from __future__ import annotations

import mmap
import re
from pathlib import Path
from typing import NamedTuple

_NUMBER = re.compile(r"[0-9a-f]{8}")


class Progress(NamedTuple):
    """Of one run. What its ledger and its journal know is as much, or a little more."""

    journal: str  #: the token of the run's journal
    commits: int = 0  #: of claims and outcomes
    marks: int = 0  #: messages whose final dot was about to leave


def progress_of(journal: str, commits: str, marks: str) -> Progress:
    """As it is written in sent.toml. Raises ValueError."""
    if not _NUMBER.fullmatch(commits) or not _NUMBER.fullmatch(marks):
        raise ValueError("no eight hexadecimal digits")
    return Progress(journal, int(commits, 16), int(marks, 16))


def in_toml(progress: Progress) -> str:
    """Three lines of a table; `ProgressFile` finds the numbers there."""
    return (
        f'journal = "{progress.journal}"\n'
        f'commits = "{_digits(progress.commits).decode()}"\n'
        f'marks = "{_digits(progress.marks).decode()}"\n'
    )


class ProgressFile:
    """A file with `in_toml` in it, written while the run goes on. Eight octets are one store."""

    def __init__(self, file: Path) -> None:
        """Raises OSError; ValueError if the file is another by now."""
        with file.open("r+b") as opened:
            self._memory = mmap.mmap(opened.fileno(), 0)
        self._commits, self._marks = self._place(b"commits"), self._place(b"marks")

    def committed(self, commits: int) -> None:
        """Call it when the ledger has so many for good."""
        self._memory[self._commits] = _digits(commits)

    def marked(self, marks: int) -> None:
        """Call it when the journal has so many."""
        self._memory[self._marks] = _digits(marks)

    def close(self) -> None:
        self._memory.close()

    def _place(self, name: bytes) -> slice:
        found = re.search(rb'(?m)^%s = "([0-9a-f]{8})"$' % name, self._memory)
        if found is None:
            raise ValueError(f"no {name.decode()} in it")
        return slice(*found.span(1))


def _digits(number: int) -> bytes:
    return b"%08x" % number
