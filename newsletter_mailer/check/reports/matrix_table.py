"""The matrix of who gets what, as a table as wide as the terminal at most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from newsletter_mailer.check.matrix import Group, Matrix, Row
from newsletter_mailer.check.reports.visible import visible
from newsletter_mailer.check.reports.wrapping import wrapped

_NOBODY = "-"
_LEAST_ROOM = 20  #: columns for titles, however narrow the terminal


def matrix_table(issue: str, matrix: Matrix, width: int) -> str:
    """Regions and roles downwards, sections across; below one another where they are too many.

    Readers are counted. Without the lists the table says only whether all of a group get a
    section, or some of them.
    """
    names = _names(matrix.rows)
    of_all = f" ({matrix.readers:,} readers)" if matrix.is_counted else " (without the lists)"
    return "\n".join(
        [
            f"{issue}: who gets which section{of_all}",
            "",
            *_legend(matrix.rows, names, width),
            "",
            *_blocks(matrix, names, width),
        ]
    )


def _legend(rows: Sequence[Row], names: Sequence[str], width: int) -> Iterator[str]:
    """What the columns stand for: the files and their titles."""
    files = [
        f"{name}  {visible(row.file.rpartition('/')[2])}"
        for name, row in zip(names, rows, strict=True)
    ]
    indent = max(map(cell_len, files), default=0) + 2
    for file, row in zip(files, rows, strict=True):
        first, *rest = wrapped(visible(row.title), max(_LEAST_ROOM, width - indent))
        yield f"{file}{' ' * (indent - cell_len(file))}{first}".rstrip()
        yield from (" " * indent + line for line in rest)


def _names(rows: Sequence[Row]) -> list[str]:
    """The number that a section's file begins with; counted, where those are not unique."""
    names = [row.file.rpartition("/")[2].partition("-")[0] for row in rows]
    if len({*names}) == len(names) and all(name.isdigit() for name in names):
        return names
    return [str(number) for number in range(1, len(names) + 1)]


def _blocks(matrix: Matrix, names: Sequence[str], width: int) -> Iterator[str]:
    first: list[list[str]] = [["", "everyone", *(visible(group.name) for group in matrix.groups)]]
    if matrix.is_counted:
        readers = [matrix.readers, *(group.readers for group in matrix.groups)]
        first.append(["readers", *(f"{count:,}" for count in readers)])
    columns = [
        [name, _cell(row, None, matrix), *(_cell(row, group, matrix) for group in matrix.groups)]
        for name, row in zip(names, matrix.rows, strict=True)
    ]
    while columns:
        taken = _fitting(columns, width - sum(_width(column) + 2 for column in first))
        lines = zip(*first, *columns[:taken], strict=True)
        yield from _aligned([*lines])
        columns = columns[taken:]
        if columns:
            yield ""


def _fitting(columns: Sequence[Sequence[str]], room: int) -> int:
    """How many columns there is room for; one at least."""
    taken = 0
    for column in columns:
        room -= _width(column) + 2
        if room < -2:
            break
        taken += 1
    return max(1, taken)


def _width(column: Sequence[str]) -> int:
    return max(map(cell_len, column))


def _cell(row: Row, group: Group | None, matrix: Matrix) -> str:
    """Of a group, or of everyone."""
    getting = row.readers if group is None else row.of(group)
    if not getting:
        return _NOBODY
    if matrix.is_counted:
        return f"{getting:,}"
    return "all" if getting == (matrix.readers if group is None else group.readers) else "some"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The first column to the left, numbers to the right."""
    widths = [_width(column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = []
        for place, (cell, width) in enumerate(zip(row, widths, strict=True)):
            space = " " * (width - cell_len(cell))
            cells.append(space + cell if place else cell + space)
        yield "  ".join(cells).rstrip()
