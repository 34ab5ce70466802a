"""Reads list files: UTF-8, UTF-16 or Windows-1252; comma, semicolon or tab."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from newsletter_mailer.audience.rows import (
    Columns,
    Row,
    RowReader,
    column_name,
    header_findings,
)
from newsletter_mailer.findings import Finding, Source, did_you_mean, error
from newsletter_mailer.settings import Settings

_CHUNK = 1 << 20


class ListFile:
    """One list. `rows` streams it; `findings` grows as it does, and `columns` are known before."""

    def __init__(
        self,
        root: Path,
        name: str,
        settings: Settings,
        *,
        fields: Sequence[str],
        header_fields: frozenset[str] = frozenset(),
    ) -> None:
        """`fields`: merge fields that are wanted; `header_fields`: those that go into headers."""
        self.name = name
        self.path = root / "recipients" / f"{name}.csv"
        self.file = f"recipients/{name}.csv"
        self.settings = settings
        self.fields = tuple(fields)
        self.header_fields = header_fields
        self.findings: list[Finding] = []
        self.columns: tuple[str, ...] = ()

    @property
    def is_absent(self) -> bool:
        return not self.path.exists()

    def rows(self) -> Iterator[Row]:
        """Every usable row. What is wrong stands in `findings` when the rows are through."""
        if not self.path.is_file():
            self.wrong("This is not a file.")
            return
        try:
            encoding = _encoding(self.path)
            with self.path.open(encoding=encoding, newline="") as lines:
                yield from self._rows(lines)
        except NotText as fault:
            self.wrong(str(fault), "Save it as CSV UTF-8 in your spreadsheet.", fault.line)
        except UnicodeError:
            self.wrong("The list is not readable text.", "Save it as CSV UTF-8.")
        except OSError as fault:
            self.wrong(f"The list cannot be read: {fault.strerror}.")

    def _rows(self, lines: Iterator[str]) -> Iterator[Row]:
        before, header, delimiter = _header(lines)
        if header is None:
            self.wrong("The list is empty.", "Its first line names the columns, email among them.")
            return
        place = Source(self.file, before)
        try:
            names = next(csv.reader([header], delimiter=delimiter, strict=True))
        except csv.Error as fault:
            self.wrong(f"The first line cannot be read: {fault}.", "", before)
            return
        faults = list(header_findings(names, place))
        self.findings.extend(faults)
        if faults:
            return
        self.columns = tuple(column_name(name) for name in names)
        reader = RowReader(
            Columns(self.columns, self.fields),
            self.file,
            regions=self.settings.regions,
            roles=self.settings.roles,
            header_fields=self.header_fields,
        )
        table = csv.reader(lines, delimiter=delimiter, strict=True)
        line = before + 1
        try:
            for cells in table:
                if cells:
                    row, findings = reader.read(cells, line)
                    if findings:
                        self.findings.extend(findings)
                    if row is not None:
                        yield row
                line = before + 1 + table.line_num
        except csv.Error as fault:
            self.wrong(
                f"The list cannot be read on from here: {fault}.",
                'A value in quotes must be closed: "...", and a quote inside is doubled: "".',
                line,
            )

    def wrong(self, message: str, hint: str = "", line: int = 1) -> None:
        self.findings.append(error("unreadable-list", Source(self.file, line), message, hint))


class NotText(Exception):
    """The list is not a text file. `line` is where that shows."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


def absent_hint(root: Path, name: str) -> str:
    """Which lists there are, for a list that is not."""
    folder = root / "recipients"
    known = sorted(path.stem for path in folder.glob("*.csv")) if folder.is_dir() else []
    return did_you_mean(name, known)


def _encoding(path: Path) -> str:
    """Told by the byte order mark, else UTF-8 if it is valid, else Windows-1252 as Excel writes.

    Raises NotText.
    """
    with path.open("rb") as content:
        start = content.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    has_mark = start.startswith(codecs.BOM_UTF8)
    for encoding in ("utf-8-sig",) if has_mark else ("utf-8", "cp1252"):
        if _is_valid(path, encoding):
            return encoding
    raise NotText("The list is neither UTF-8 nor Windows-1252 text.")


def _is_valid(path: Path, encoding: str) -> bool:
    """Whether all of the file can be read so, a chunk at a time. Raises NotText for zero bytes."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as content:
        while chunk := content.read(_CHUNK):
            if b"\0" in chunk:
                line += chunk.count(b"\n", 0, chunk.index(b"\0"))
                raise NotText("The list is not a text file: it holds zero bytes.", line)
            line += chunk.count(b"\n")
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return False
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _header(lines: Iterator[str]) -> tuple[int, str | None, str]:
    """Number and text of the first line that is not empty, and the separator it uses."""
    number = 0
    for number, line in enumerate(lines, start=1):
        told = re.fullmatch(r"sep=([,;\t])\s*", line)  # Excel writes and obeys such a line
        if told:
            following = next(lines, None)
            return number + 1, following, told[1]
        if line.strip(" \t\r\n,;"):
            unquoted = re.sub(r'"[^"]*"', "", line)
            counts = {mark: unquoted.count(mark) for mark in (",", ";", "\t")}
            return number, line, max(counts, key=lambda mark: counts[mark])
    return number, None, ","
