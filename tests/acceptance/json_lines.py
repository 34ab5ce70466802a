"""A kind of list that does not come with the program: JSON Lines, one object a row.

Run as a program, this is the command with that kind beside its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from newsletter_mailer.audience import list_sources
from newsletter_mailer.audience.list_files import ListFiles
from newsletter_mailer.audience.source import Row, RowSchema
from newsletter_mailer.audience.tabular import TabularList
from newsletter_mailer.cli import main


class JsonLinesLists(ListFiles):
    suffix = ".jsonl"

    def list_named(self, name: str, schema: RowSchema) -> JsonLinesList:
        return JsonLinesList(self.path(name), name, self.place(name), schema)


class JsonLinesList(TabularList):
    """The first row's keys name the columns."""

    def __init__(self, path: Path, name: str, place: str, schema: RowSchema) -> None:
        super().__init__(name, place, schema)
        self._path = path

    def rows(self) -> Iterator[Row]:
        reader = None
        with self._path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    values: dict[str, str] = json.loads(line)
                except ValueError:
                    self.unreadable("This row is no JSON.", "Write one object.", number)
                    continue
                reader = reader or self.begin([*values], number)
                if reader is None:
                    return
                row = reader.read([values.get(key, "") for key in reader.columns.names], number)
                if row is not None:
                    yield row


if __name__ == "__main__":
    list_sources.SOURCES = (*list_sources.SOURCES, JsonLinesLists)
    main()
