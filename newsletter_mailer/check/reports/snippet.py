"""A line of a file with a caret under what is meant, as wide as the terminal at most."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from rich.cells import cell_len

from newsletter_mailer.characters.terminal import HOSTILE, named
from newsletter_mailer.lazy_patterns import lazy_pattern

_TAB = 4  #: cells between the stops of tabs
_CUT = "…"
_PIECE = lazy_pattern(f"{HOSTILE.pattern}|[^{HOSTILE.pattern[1:]}+")
_JOINER = "\u200d"


class Snippet(NamedTuple):
    line: str
    carets: str  #: empty where the column is not known


class _Cell(NamedTuple):
    """What a reader sees as one character."""

    shown: str
    width: int  #: columns of the terminal
    start: int  #: the first of its characters in the line
    at: int  #: columns of the terminal before it

    @property
    def end(self) -> int:
        return self.at + self.width


def snippet(line: str, column: int, width: int, room: int) -> Snippet:
    """`column` counts characters from 1, `width` characters too; 0: not known.

    At most `room` columns of a terminal wide, cut around what is meant.
    """
    column, width = min(column, len(line) + 1), min(width, 2 * room)
    line, column = _near(line.rstrip().ljust(column), column, width, room)
    cells = _cells(line)
    if not cells:
        return Snippet("", "")
    total = cells[-1].end
    first, last = _marked(cells, column, width) if column else (0, 0)
    begins, ends = cells[first].at, cells[last].end
    left, right = _window(begins, ends, total, room)
    begin = bisect_left(cells, left, key=attrgetter("at"))
    stop = bisect_right(cells, right, key=attrgetter("end"))
    shown = cells[begin:stop]
    cut_left = _CUT if left else ""
    words = "".join(cell.shown for cell in shown)
    text = f"{cut_left}{words}{_CUT if right < total else ''}"
    if not column:
        return Snippet(text, "")
    # A wide character may stand astride the window's edge: what is shown begins after it.
    before = begins - shown[0].at + len(cut_left) if shown else 0
    carets = max(1, min(ends, right) - begins)
    return Snippet(text, f"{' ' * before}{'^' * carets}")


def _near(line: str, column: int, width: int, room: int) -> tuple[str, int]:
    """A line of a million characters, without most of what is not shown.

    Cut between blocks: whatever is meant in one block is shown of the same piece of the line.
    """
    block = 4 * room
    start = max(0, column - block) // block * block
    end = ((column + width + block) // block + 1) * block
    if end < len(line):
        line = line[:end] + _CUT
    return (_CUT + line[start:], column - start + 1) if start else (line, column)


def _marked(cells: Sequence[_Cell], column: int, width: int) -> tuple[int, int]:
    """The first and the last cell of what is meant."""
    start, end = column - 1, column - 1 + max(1, width)
    first = bisect_right(cells, start, key=attrgetter("start")) - 1
    last = bisect_left(cells, end, key=attrgetter("start")) - 1
    return first, last


def _window(begins: int, ends: int, total: int, room: int) -> tuple[int, int]:
    """Which columns of the line are shown; both ends leave room for the sign of a cut."""
    if total <= room:
        return 0, total
    inside = max(1, room - 2 * len(_CUT))
    context = max(0, inside - (ends - begins)) // 2
    left = max(0, min(begins - context, total - inside - len(_CUT)))
    if left <= len(_CUT):
        return 0, room - len(_CUT)
    return left, total if total - left <= room - len(_CUT) else left + inside


@lru_cache(maxsize=8)
def _cells(line: str) -> Sequence[_Cell]:
    """Kept: a line may have a hundred thousand faults, and measuring it is slow."""
    cells = []
    at = 0
    for piece in _PIECE.finditer(line):
        for offset, text in _clusters(piece[0]):
            if text == "\t":
                shown = " " * (_TAB - at % _TAB)
            elif HOSTILE.match(text):
                shown = named(text)
            else:
                shown = text
            width = cell_len(shown)
            cells.append(_Cell(shown, width, piece.start() + offset, at))
            at += width
    return cells


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Characters with what is drawn onto them: accents, joined emoji."""
    begun = 0
    for position in range(1, len(text)):
        if cell_len(text[position]) and text[position - 1] != _JOINER:
            yield begun, text[begun:position]
            begun = position
    yield begun, text[begun:]
