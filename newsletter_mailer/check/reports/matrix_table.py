"""The matrix of who gets what, as a table as wide as the terminal at most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size

from newsletter_mailer.characters.terminal import visible
from newsletter_mailer.check.context.matrix import Group, Matrix, Row
from newsletter_mailer.check.reports.wrapping import wrapped

_NOBODY = "-"
_LEAST_ROOM = 20  #: columns for titles, however narrow the terminal
_WIDEST_LIST = 100  #: columns; in a wider one, the eye loses the line
_GAP = "  "


def matrix_table(issue: str, matrix: Matrix, width: int) -> str:
    """First all sections; then those with a target, by region and role.

    Regions and roles stand downwards and sections across, in tables below one another where they
    are too many. Readers are counted. Without the lists the table says only whether all of a group
    get a section, or some of them.
    """
    names = _names(matrix.rows)
    of_all = f" ({matrix.readers:,} readers)" if matrix.is_counted else " (without the lists)"
    lines = wrapped(f"{issue}: who gets which section{of_all}", width)
    lines += ["", *_sections(matrix, names, width), ""]
    targeted = [pair for pair in zip(names, matrix.rows, strict=True) if pair[1].is_targeted]
    if targeted:
        lines += _tables(matrix, targeted, width)
    else:
        lines += wrapped("No section has a target: everyone gets them all.", width)
    return "\n".join(lines)


def _names(rows: Sequence[Row]) -> list[str]:
    """The number that a section's file begins with; counted, where those are not unique."""
    numbers = [_file(row).partition("-")[0] for row in rows]
    if len({*numbers}) == len(numbers) and all(number.isdigit() for number in numbers):
        return numbers
    return [str(number) for number in range(1, len(rows) + 1)]


def _file(row: Row) -> str:
    return row.file.rpartition("/")[2]


def _sections(matrix: Matrix, names: Sequence[str], width: int) -> Iterator[str]:
    """Number, title, and who gets it."""
    who = [_who(row, matrix) for row in matrix.rows]
    numbers, counts = _width(names), _width(who)
    room = max(_LEAST_ROOM, min(width, _WIDEST_LIST) - numbers - counts - 2 * len(_GAP))
    titles = [
        wrapped(_title(row, name), room) for name, row in zip(names, matrix.rows, strict=True)
    ]
    room = _width([line for lines in titles for line in lines])
    for name, (first, *rest), getting in zip(names, titles, who, strict=True):
        yield _GAP.join([_left(name, numbers), _left(first, room), getting]).rstrip()
        yield from (f"{' ' * numbers}{_GAP}{line}" for line in rest)


def _title(row: Row, name: str) -> str:
    """With its file, if that is not called by the name."""
    named = _file(row).startswith(f"{name}-")
    return visible(row.title if named else f"{row.title} ({_file(row)})")


def _who(row: Row, matrix: Matrix) -> str:
    if not row.is_targeted:
        return "everyone"
    if not matrix.is_counted:
        return "some"
    return f"{row.readers:,} readers" if row.readers != 1 else "1 reader"


def _tables(matrix: Matrix, targeted: Sequence[tuple[str, Row]], width: int) -> Iterator[str]:
    columns = [
        [name, _cell(row, None, matrix), *(_cell(row, group, matrix) for group in matrix.groups)]
        for name, row in targeted
    ]
    first = _first_columns(matrix, width - sum(_width(column) + len(_GAP) for column in columns))
    regions = sum(group.kind == "region" for group in matrix.groups)
    begins = {2, 2 + regions}  #: lines before which a blank one stands: regions, roles
    while columns:
        taken = _fitting(columns, width - sum(_width(column) + len(_GAP) for column in first))
        for number, line in enumerate(_aligned([*first, *columns[:taken]])):
            if number in begins:
                yield ""
            yield line
        columns = columns[taken:]
        if columns:
            yield ""


def _first_columns(matrix: Matrix, room: int) -> list[list[str]]:
    """Groups, and how many are in each. `room`: what everything else leaves of the line."""
    columns = [[""]]
    if matrix.is_counted:
        readers = [matrix.readers, *(group.readers for group in matrix.groups)]
        columns.append(["readers", *(f"{count:,}" for count in readers)])
        room -= _width(columns[-1]) + len(_GAP)
    names = (_cut(visible(group.name), max(_LEAST_ROOM, room)) for group in matrix.groups)
    columns[0] += ["everyone", *names]
    return columns


def _cell(row: Row, group: Group | None, matrix: Matrix) -> str:
    """Of a group, or of everyone."""
    getting = row.readers if group is None else row.of(group)
    if not getting:
        return _NOBODY
    if matrix.is_counted:
        return f"{getting:,}"
    return "all" if getting == (matrix.readers if group is None else group.readers) else "some"


def _fitting(columns: Sequence[Sequence[str]], room: int) -> int:
    """How many columns there is room for; one at least."""
    taken = 0
    for column in columns:
        room -= _width(column) + len(_GAP)
        if room < -len(_GAP):
            break
        taken += 1
    return max(1, taken)


def _aligned(columns: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a table: its first column to the left, numbers to the right."""
    widths = [_width(column) for column in columns]
    for name, *cells in zip(*columns, strict=True):
        numbers = [
            " " * (width - cell_len(cell)) + cell
            for cell, width in zip(cells, widths[1:], strict=True)
        ]
        yield _GAP.join([_left(name, widths[0]), *numbers]).rstrip()


def _width(texts: Sequence[str]) -> int:
    return max(map(cell_len, texts), default=0)


def _left(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def _cut(text: str, room: int) -> str:
    return text if cell_len(text) <= room else f"{set_cell_size(text, room - 1).rstrip()}…"
