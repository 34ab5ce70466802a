"""A list that is a table: rows of cells below the names of their columns."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter_mailer.audience.columns import Columns, column_name, header_findings
from newsletter_mailer.audience.list_findings import ListFindings
from newsletter_mailer.audience.rows import RowReader
from newsletter_mailer.audience.source import RowSchema
from newsletter_mailer.findings import Finding, Source, error


class TabularList:
    """What CSV files, sheets and queries have in common. A kind adds `rows`, and so is a list.

    `rows` first calls `begin` with the names of the columns, then has the reader that it returns
    read each row's cells.
    """

    def __init__(self, name: str, place: str, schema: RowSchema) -> None:
        self.name, self.place, self.schema = name, place, schema
        self.columns: tuple[str, ...] = ()
        self._is_broken = False
        self._noted = ListFindings()

    @property
    def is_whole(self) -> bool:
        return bool(self.columns) and not self._is_broken

    @property
    def findings(self) -> list[Finding]:
        """Of more than a thousand the rest is counted, by rule."""
        return [*self._noted]

    def begin(self, names: Sequence[str], line: int) -> RowReader | None:
        """The columns, as a person named them in row `line`. None: no row can be read by them."""
        wrong = list(header_findings(names, Source(self.place, line)))
        for finding in wrong:
            self._noted.append(finding)
        if wrong:
            return None
        self.columns = tuple(column_name(name) for name in names)
        columns = Columns(self.columns, self.schema.fields)
        return RowReader(columns, self.place, self.schema, self._noted.append)

    def unreadable(self, message: str, hint: str = "", line: int = 1) -> None:
        """A row, or all of them, cannot be read: what the list says is not all there is."""
        self._is_broken = True
        self._noted.append(error("unreadable-list", Source(self.place, line), message, hint))
