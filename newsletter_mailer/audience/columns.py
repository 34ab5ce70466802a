"""What the first row of a list says: the names of its columns, and how a row is read by them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter

from newsletter_mailer.audience.list_findings import short
from newsletter_mailer.audience.subscriber import SEPARATOR, STANDARD
from newsletter_mailer.findings import Finding, Source, error

MOST_COLUMNS = 500  #: with a name; an export has some dozens
WIDEST = 16_384  #: cells of the first line: as many as Excel has columns
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class Columns:
    """The columns by name, and how a row is read by them."""

    def __init__(self, names: Sequence[str], fields: Sequence[str]) -> None:
        """`fields`: the merge fields that are wanted, in order."""
        self.names = tuple(names)
        self.width = len(self.names)
        self.positions = {name: index for index, name in enumerate(self.names) if name}
        self.values = _picker([self.positions.get(name, -1) for name in fields])


def _picker(positions: Sequence[int]) -> Callable[[Sequence[str]], str]:
    """Takes the cells at these positions (-1: there is none) out of a row, joined."""
    if len(positions) > 1 and min(positions) >= 0:
        pick = itemgetter(*positions)
        return lambda cells: SEPARATOR.join(map(str.strip, pick(cells)))
    return lambda cells: SEPARATOR.join([cells[at].strip() if at >= 0 else "" for at in positions])


def column_name(cell: str) -> str:
    """`First Name` -> `first_name`."""
    return re.sub(r"[\s_-]+", "_", cell.strip(" \t\r\n\xa0\ufeff\u200b").casefold())


def header_findings(cells: Sequence[str], source: Source) -> Iterator[Finding]:
    named = sum(bool(cell.strip()) for cell in cells)
    if named > MOST_COLUMNS or len(cells) > WIDEST:
        yield error(
            "unreadable-list",
            source,
            f"The first line names {named:,} columns in {len(cells):,} cells; a list has at most "
            f"{MOST_COLUMNS} columns, and its lines {WIDEST:,} cells.",
            "Keep the columns that the newsletter uses, and save it again.",
        )
        return
    if any(CONTROL.search(cell) for cell in cells):
        yield error(
            "control-character",
            source,
            "The line that names the columns holds a control character.",
            "Type the names again.",
        )
        return
    names = [column_name(cell) for cell in cells]
    if "email" not in names:
        shown = ", ".join(cell.strip() for cell in cells if cell.strip())
        like = next((cell.strip() for cell in cells if "mail" in cell.casefold()), "")
        yield error(
            "missing-column",
            source,
            f'The list has no column "email"; its first line reads: {short(shown)}.',
            f'Did you mean "{short(like)}"? Name that column "email".'
            if like and "@" not in like
            else f"The first line names the columns: {', '.join(STANDARD)}.",
        )
    for name in sorted(name for name, count in Counter(names).items() if name and count > 1):
        yield error(
            "doubled-column",
            source,
            f'The column "{short(name)}" stands twice in the first line.',
            "Rename one of the two, or remove it.",
        )
