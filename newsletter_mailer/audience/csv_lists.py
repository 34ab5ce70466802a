"""Lists that are CSV files in recipients/: separated by comma, semicolon or tab."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from newsletter_mailer.audience.list_files import ListFiles
from newsletter_mailer.audience.source import Row, RowSchema
from newsletter_mailer.audience.tabular import TabularList
from newsletter_mailer.audience.text_encoding import NotText, encoding_of

_LONGEST_CELL = csv.field_size_limit()
_QUOTES = 'A value in quotes must be closed: "...", and a quote inside is doubled: "".'


class CsvLists(ListFiles):
    """A list is recipients/NAME.csv."""

    suffix = ".csv"

    def list_named(self, name: str, schema: RowSchema) -> CsvList:
        return CsvList(self.path(name), name, self.place(name), schema)


class CsvList(TabularList):
    """One file."""

    def __init__(self, path: Path, name: str, place: str, schema: RowSchema) -> None:
        super().__init__(name, place, schema)
        self._path = path

    def rows(self) -> Iterator[Row]:
        try:
            if not self._path.is_file():
                self.unreadable("This is not a file.", "A list is a CSV file.")
                return
            with self._path.open(encoding=encoding_of(self._path), newline="") as lines:
                yield from self._rows(lines)
        except NotText as fault:
            self.unreadable(str(fault), "Save it as CSV UTF-8 in your spreadsheet.", fault.line)
        except UnicodeError:
            self.unreadable("The list is not readable text.", "Save it as CSV UTF-8.")
        except OSError as fault:
            self.unreadable(f"The list cannot be read: {fault.strerror}.")

    def _rows(self, lines: Iterator[str]) -> Iterator[Row]:
        before, header, delimiter = _header(lines)
        if header is None:
            self.unreadable(
                "The list is empty.", "Its first line names the columns, email among them."
            )
            return
        try:
            names = next(csv.reader([header], delimiter=delimiter, strict=True))
        except csv.Error as fault:
            self.unreadable(f"The line that names the columns {_broken(fault)}.", _QUOTES, before)
            return
        reader = self.begin(names, before)
        if reader is None:
            return
        table = csv.reader(lines, delimiter=delimiter, strict=True)
        is_through = False
        while not is_through:
            line = before + 1 + table.line_num
            try:
                for cells in table:
                    if cells:
                        row = reader.read(cells, line)
                        if row is not None:
                            yield row
                    line = before + 1 + table.line_num
                is_through = True
            except csv.Error as fault:  # csv goes on with the next line
                self.unreadable(f"The row that begins here {_broken(fault)}.", _QUOTES, line)


def _header(lines: Iterator[str]) -> tuple[int, str | None, str]:
    """Number and text of the first line that is not empty, and the separator it uses."""
    delimiter = ""
    number = 0
    for number, line in enumerate(lines, start=1):
        # Excel writes and obeys such a line.
        told = re.fullmatch(r'"?sep=([,;\t])"?[,;\t\s]*', line, re.IGNORECASE)
        if told and not delimiter:
            delimiter = told[1]
        elif line.strip(" \t\r\n,;"):
            unquoted = re.sub(r'"[^"]*"', "", line)
            return number, line, delimiter or max(",;\t", key=unquoted.count)
    return number, None, ","


def _broken(fault: csv.Error) -> str:
    """The csv module's complaint, as the end of a sentence."""
    if "field larger" in str(fault):
        longest = f"{_LONGEST_CELL:,}"
        return f"holds a value of more than {longest} characters; perhaps a quote is not closed"
    if "unexpected end" in str(fault):
        return "holds a quote that is never closed"
    if "expected after" in str(fault):
        return "goes on after a closing quote"
    return f"cannot be read: {fault}"
