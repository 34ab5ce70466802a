"""What a sender that is gone left in its journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from newsletter_mailer.store.journal import boot, layout
from newsletter_mailer.store.states import State

#: By state: first digits of the codes that may mean it, in SMTP and HTTP (RFC 5321 section 4.2.1,
#: RFC 9110 section 15); 0: the server said nothing.
_KINDS = {
    State.SENT: {2},
    State.DEFERRED: {0, 4, 5},  # 5: the fault may not be the reader's
    State.REFUSED: {4, 5},
    State.UNKNOWN: range(10),
}
_CONTRADICTORY = "what the sender's journal says of it contradicts itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How far a sender came with a row. `state` None: the brink was next, no more."""

    state: State | None
    code: int | None = None
    enhanced: str | None = None
    reply: str = ""


#: By row and attempt.
Entries = dict[tuple[int, int], Entry]


def was_used(path: Path) -> bool:
    """Whether its sender marked a message, ever: also when the ledger had the outcome since.

    One that is gone by now is of a run that ended well, or never began.
    """
    try:
        octets = path.read_bytes()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    rows = range(layout.HEAD, len(octets) - layout.SLOT + 1, layout.SLOT)
    return any(layout.ROW.unpack_from(octets, at + 4) != (0, 0) for at in rows)


def commits_told(path: Path) -> int:
    """How many commits of its run a journal knows of. 0 for what is no journal."""
    return _told(path, layout.COMMITS_AT)


def brought_in_told(path: Path) -> int | None:
    """How many of them the ledger's own file has without its log; None if it has none for sure."""
    told = _told(path, layout.BENEATH_AT)
    return told - 1 if told else None


def marks_told(path: Path, token: str) -> int | None:
    """How many its sender made. None for a journal that cannot be trusted, or is gone."""
    marks = _told(path, layout.MARKS_AT)
    return None if read_journal(path, token) is None else marks


def _told(path: Path, at: int) -> int:
    """0 for what is no journal."""
    try:
        with path.open("rb") as file:
            head = file.read(layout.HEAD)
    except OSError:
        return 0
    if len(head) < layout.HEAD or not head.startswith(layout.MAGIC):
        return 0
    (told,) = layout.COUNT.unpack_from(head, at)
    return int(told)


def read_journal(path: Path, token: str) -> Entries | None:
    """What a dead sender left. None if nothing there can be trusted: then all is unknown."""
    try:
        octets = path.read_bytes()
    except OSError:
        return None
    if len(octets) != layout.HEAD + layout.SLOTS * layout.SLOT or not octets.startswith(
        layout.MAGIC
    ):
        return None
    try:
        head = json.loads(octets[len(layout.MAGIC) : layout.MARKS_AT].rstrip(b"\0"))
    except ValueError:
        return None
    if head != {"token": token, "boot": boot.boot_id()}:
        return None
    try:
        return dict(_entries(octets))
    except ValueError:
        return None


def _entries(octets: bytes) -> Iterator[tuple[tuple[int, int], Entry]]:
    """Raises ValueError for what no sender writes."""
    for at in range(layout.HEAD, len(octets), layout.SLOT):
        mark, state, code, attempt, row, class_length, text_length = layout.FIELDS.unpack_from(
            octets, at
        )
        if mark == layout.MARKED:
            yield (row, attempt), Entry(state=None)
        elif mark == layout.ANSWERED:
            if state >= len(layout.STATES) or class_length + text_length > layout.TEXT:
                raise ValueError("no such answer")
            text = octets[at + layout.FIELDS.size : at + layout.SLOT]
            entry = Entry(
                state=layout.STATES[state],
                code=code or None,
                enhanced=text[:class_length].decode() or None,
                reply=text[class_length : class_length + text_length].decode(errors="replace"),
            )
            if code // 100 not in _KINDS[layout.STATES[state]]:  # nothing follows for the others
                entry = Entry(state=State.UNKNOWN, reply=_CONTRADICTORY)
            yield (row, attempt), entry
        elif mark != layout.FREE:
            raise ValueError("no such mark")
