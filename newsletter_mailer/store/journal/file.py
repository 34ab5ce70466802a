"""What one sender did with the rows that it claimed, in a file that outlives `kill -9`.

The ledger says, durably, which rows a sender claimed. Here stands how far it came with each: a mark
before the brink, and the answer when it was read. A mark is a store into memory that the kernel
shares with the file: it costs no call, and the kernel keeps it whatever becomes of the process. The
file is allocated beforehand, so that a full disk cannot refuse it. Only a machine that
starts anew may lose marks: then nothing here counts (`boot`).
"""

from __future__ import annotations

import json
import mmap
import os
import struct
from collections.abc import Iterable
from pathlib import Path

from newsletter_mailer.errors import LedgerError
from newsletter_mailer.files.private import make_private_file
from newsletter_mailer.store.claims import Onlooker
from newsletter_mailer.store.journal import boot, layout
from newsletter_mailer.store.states import State


class JournalFile:
    """store.claims.Journal. Made new, never opened again by another."""

    def __init__(self, path: Path, token: str) -> None:
        """Raises OSError: no place on the disk, say."""
        self._path, self.token = path, token
        size = layout.HEAD + layout.SLOTS * layout.SLOT
        head = layout.MAGIC + json.dumps({"token": token, "boot": boot.boot_id()}).encode()
        make_private_file(path)
        with path.open("r+b", buffering=0) as file:
            file.write(head.ljust(layout.HEAD, b"\0"))
            for _ in range(layout.SLOTS * layout.SLOT // layout.HEAD):
                file.write(bytes(layout.HEAD))  # allocated for good, on every system
            os.fsync(file.fileno())
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), size)
        self._free = list(range(layout.HEAD, size, layout.SLOT))
        self.marks = 0  #: made so far
        self._onlooker: Onlooker | None = None

    def tell(self, onlooker: Onlooker) -> None:
        self._onlooker = onlooker

    def mark(self, row: int, attempt: int) -> int | None:
        if not self._free:
            return None
        at = self._free.pop()
        layout.ROW.pack_into(self._memory, at + 4, attempt, row)
        self._memory[at] = layout.MARKED
        self.marks += 1
        self._count(layout.MARKS_AT, self.marks)
        if self._onlooker is not None:
            try:
                self._onlooker.marked(self.marks)
            except LedgerError:
                self.release([at])
                raise
        return at

    def answer(
        self, slot: int, state: State, code: int | None, enhanced: str | None, reply: str
    ) -> None:
        memory = self._memory
        class_, text = (enhanced or "").encode(), reply.encode()
        text = text[: layout.TEXT - len(class_)]
        end = slot + layout.FIELDS.size
        memory[end : end + len(class_) + len(text)] = class_ + text
        memory[slot + 16 : slot + 18] = bytes((len(class_), len(text)))
        memory[slot + 1 : slot + 4] = struct.pack("<BH", layout.STATES.index(state), code or 0)
        memory[slot] = layout.ANSWERED

    def committed(self, commits: int) -> None:
        """The ledger has so many commits of this run for good: one that has fewer lost some."""
        self._count(layout.COMMITS_AT, commits)
        if self._onlooker is not None:
            self._onlooker.committed(commits)

    def contradict(self) -> None:
        """Whatever ledger stands there from now on, this run knew more."""
        self._count(layout.COMMITS_AT, layout.MORE_THAN_ANY)

    def brought_in(self, commits: int) -> None:
        """The ledger's own file has so many of them by now, also without its log."""
        self._count(layout.BENEATH_AT, commits + 1)

    def release(self, slots: Iterable[int]) -> None:
        for slot in slots:
            self._memory[slot] = layout.FREE
            self._free.append(slot)

    def remove(self) -> None:
        """The sender ends well: every outcome is in the ledger."""
        self._close()
        self._path.unlink(missing_ok=True)

    def abandon(self) -> None:
        self._close()

    def _count(self, at: int, number: int) -> None:
        """Eight octets that are copied at once, not one by one: nobody sees half of them."""
        self._memory[at : at + layout.COUNT.size] = layout.COUNT.pack(number)

    def _close(self) -> None:
        self._memory.close()
        if self._onlooker is not None:
            self._onlooker.close()
