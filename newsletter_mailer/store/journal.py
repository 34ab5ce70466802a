"""What one sender did with the rows that it claimed, in a file that outlives `kill -9`.

The ledger says, durably, which rows a sender claimed. Here stands how far it came with each: a mark
before the final dot is written, and the answer when it was read. A mark is a store into memory that
the kernel shares with the file: it costs no call, and the kernel keeps it whatever becomes of the
process. The file is allocated beforehand, so that a full disk cannot refuse it. Only a machine that
starts anew may lose marks: then nothing here counts (`boot`).
"""

from __future__ import annotations

import json
import mmap
import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from newsletter_mailer.errors import LedgerError
from newsletter_mailer.private_files import make_private_file
from newsletter_mailer.store.boot import boot_id
from newsletter_mailer.store.progress import ProgressFile
from newsletter_mailer.store.states import State

SLOTS = 4_096  #: rows between their dot and the commit of their outcome
_MAGIC = b"newsletter-mailer journal 1\n"
_HEAD, _SLOT = 4_096, 256  #: octets
_FIELDS = struct.Struct("<BBHIqBB")  #: mark, state, code, attempt, row, lengths of two texts
_TEXT = _SLOT - _FIELDS.size
_ROW = struct.Struct("<Iq")  #: attempt and row, behind the first four octets
_COUNT = struct.Struct("@Q")
MORE_THAN_ANY = 1 << 62  #: commits: no ledger has so many
_COMMITS_AT = _HEAD - _COUNT.size  #: at the end of the head
_BENEATH_AT = _COMMITS_AT - _COUNT.size  #: one more than the file has without its log
_MARKS_AT = _BENEATH_AT - _COUNT.size
_FREE, _DOTTED, _ANSWERED = 0, 1, 2
_STATES = (State.SENT, State.DEFERRED, State.REFUSED, State.UNKNOWN)
#: By state: first digits of the codes that mean it; 0: the server said nothing.
_KINDS = {
    State.SENT: {2},
    State.DEFERRED: {0, 4, 5},  # 5: the fault may not be the reader's
    State.REFUSED: {5},
    State.UNKNOWN: range(10),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How far a sender came with a row. `state` None: its dot was about to be written, no more."""

    state: State | None
    code: int | None = None
    enhanced: str | None = None
    reply: str = ""


#: By row and attempt.
Entries = dict[tuple[int, int], Entry]


class Journal:
    """A sender's own. Made new, never opened again by another."""

    def __init__(self, path: Path, token: str) -> None:
        """Raises OSError: no place on the disk, say."""
        self._path, self.token = path, token
        size = _HEAD + SLOTS * _SLOT
        head = _MAGIC + json.dumps({"token": token, "boot": boot_id()}).encode()
        make_private_file(path)
        with path.open("r+b", buffering=0) as file:
            file.write(head.ljust(_HEAD, b"\0"))
            for _ in range(SLOTS * _SLOT // _HEAD):
                file.write(bytes(_HEAD))  # allocated for good, on every system
            os.fsync(file.fileno())
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), size)
        self._free = list(range(_HEAD, size, _SLOT))
        self.marks = 0  #: made so far
        self._outside: ProgressFile | None = None

    def tell(self, outside: ProgressFile) -> None:
        """From now on, how far the run has come; closed with the journal."""
        self._outside = outside

    def dot(self, row: int, attempt: int) -> int | None:
        """Says that the row's final dot is about to be written; gives the slot that says so.

        None while too many outcomes wait for their commit. Raises LedgerError: no dot may leave.
        """
        if not self._free:
            return None
        at = self._free.pop()
        _ROW.pack_into(self._memory, at + 4, attempt, row)
        self._memory[at] = _DOTTED
        self.marks += 1
        self._count(_MARKS_AT, self.marks)
        if self._outside is not None:
            try:
                self._outside.marked(self.marks)
            except LedgerError:
                self.release([at])
                raise
        return at

    def answer(
        self, slot: int, state: State, code: int | None, enhanced: str | None, reply: str
    ) -> None:
        """The fate of the row of that slot is known."""
        memory = self._memory
        class_, text = (enhanced or "").encode(), reply.encode()
        text = text[: _TEXT - len(class_)]
        end = slot + _FIELDS.size
        memory[end : end + len(class_) + len(text)] = class_ + text
        memory[slot + 16 : slot + 18] = bytes((len(class_), len(text)))
        memory[slot + 1 : slot + 4] = struct.pack("<BH", _STATES.index(state), code or 0)
        memory[slot] = _ANSWERED

    def committed(self, commits: int) -> None:
        """The ledger has so many commits of this run for good: one that has fewer lost some."""
        self._count(_COMMITS_AT, commits)
        if self._outside is not None:
            self._outside.committed(commits)

    def contradict(self) -> None:
        """Whatever ledger stands there from now on, this run knew more."""
        self._count(_COMMITS_AT, MORE_THAN_ANY)

    def brought_in(self, commits: int) -> None:
        """The ledger's own file has so many of them by now, also without its log."""
        self._count(_BENEATH_AT, commits + 1)

    def release(self, slots: Iterable[int]) -> None:
        """The ledger has the outcomes of these for good."""
        for slot in slots:
            self._memory[slot] = _FREE
            self._free.append(slot)

    def remove(self) -> None:
        """The sender ends well: every outcome is in the ledger."""
        self._close()
        self._path.unlink(missing_ok=True)

    def abandon(self) -> None:
        """The sender could not record everything: the next one reads this."""
        self._close()

    def _count(self, at: int, number: int) -> None:
        """Eight octets that are copied at once, not one by one: nobody sees half of them."""
        self._memory[at : at + _COUNT.size] = _COUNT.pack(number)

    def _close(self) -> None:
        self._memory.close()
        if self._outside is not None:
            self._outside.close()


def was_used(path: Path) -> bool:
    """Whether its sender wrote a final dot, ever: also when the ledger had the outcome since."""
    try:
        octets = path.read_bytes()
    except OSError:
        return True
    rows = range(_HEAD, len(octets) - _SLOT + 1, _SLOT)
    return any(_ROW.unpack_from(octets, at + 4) != (0, 0) for at in rows)


def commits_told(path: Path) -> int:
    """How many commits of its run a journal knows of. 0 for what is no journal."""
    return _told(path, _COMMITS_AT)


def brought_in_told(path: Path) -> int | None:
    """How many of them the ledger's own file has without its log; None if it has none for sure."""
    told = _told(path, _BENEATH_AT)
    return told - 1 if told else None


def marks_told(path: Path, token: str) -> int | None:
    """How many its sender made. None for a journal that cannot be trusted, or is gone."""
    marks = _told(path, _MARKS_AT)
    return None if read_journal(path, token) is None else marks


def _told(path: Path, at: int) -> int:
    """0 for what is no journal."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return 0
    if len(head) < _HEAD or not head.startswith(_MAGIC):
        return 0
    (told,) = _COUNT.unpack_from(head, at)
    return int(told)


def read_journal(path: Path, token: str) -> Entries | None:
    """What a dead sender left. None if nothing there can be trusted: then all is unknown."""
    try:
        octets = path.read_bytes()
    except OSError:
        return None
    if len(octets) != _HEAD + SLOTS * _SLOT or not octets.startswith(_MAGIC):
        return None
    try:
        head = json.loads(octets[len(_MAGIC) : _MARKS_AT].rstrip(b"\0"))
    except ValueError:
        return None
    if head != {"token": token, "boot": boot_id()}:
        return None
    try:
        return dict(_entries(octets))
    except ValueError:
        return None


def _entries(octets: bytes) -> Iterator[tuple[tuple[int, int], Entry]]:
    """Raises ValueError for what no sender writes."""
    for at in range(_HEAD, len(octets), _SLOT):
        mark, state, code, attempt, row, class_length, text_length = _FIELDS.unpack_from(octets, at)
        if mark == _DOTTED:
            yield (row, attempt), Entry(state=None)
        elif mark == _ANSWERED:
            if state >= len(_STATES) or class_length + text_length > _TEXT:
                raise ValueError("no such answer")
            if code // 100 not in _KINDS[_STATES[state]]:
                raise ValueError("not what this code means")
            text = octets[at + _FIELDS.size : at + _SLOT]
            yield (
                (row, attempt),
                Entry(
                    state=_STATES[state],
                    code=code or None,
                    enhanced=text[:class_length].decode() or None,
                    reply=text[class_length : class_length + text_length].decode(errors="replace"),
                ),
            )
        elif mark != _FREE:
            raise ValueError("no such mark")
