"""Reads list files: UTF-8, UTF-16 or Windows-1252; comma, semicolon or tab."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from newsletter_mailer.audience.rows import (
    Columns,
    Noted,
    Row,
    RowReader,
    column_name,
    header_findings,
)
from newsletter_mailer.findings import Finding, Source, did_you_mean, error
from newsletter_mailer.settings import Settings

_CHUNK = 1 << 20
_LONGEST_CELL = csv.field_size_limit()
#: A file's size, the time of its last change and its number; None where it is not.
Fingerprint = tuple[int, int, int] | None
_QUOTES = 'A value in quotes must be closed: "...", and a quote inside is doubled: "".'


def list_path(root: Path, name: str) -> Path:
    return root / "recipients" / f"{name}.csv"


def fingerprints(root: Path, names: Sequence[str]) -> Mapping[str, Fingerprint]:
    """By list."""
    return {name: fingerprint(list_path(root, name)) for name in names}


def fingerprint(file: Path) -> Fingerprint:
    """Changes when the file is written or replaced."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


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
        self.path = list_path(root, name)
        self.file = f"recipients/{name}.csv"
        self.settings = settings
        self.fields = tuple(fields)
        self.header_fields = header_fields
        self.columns: tuple[str, ...] = ()
        self._is_broken = False
        self._noted = Noted()

    @property
    def is_absent(self) -> bool:
        try:
            return not self.path.exists()
        except OSError:  # there, but not for us: `rows` says so
            return False

    @property
    def is_whole(self) -> bool:
        """Whether every row could be read, when the rows are through."""
        return bool(self.columns) and not self._is_broken

    @property
    def findings(self) -> list[Finding]:
        """What is wrong. Of more than a thousand the rest is counted, by rule."""
        return [*self._noted]

    def rows(self) -> Iterator[Row]:
        """Every row. What is wrong stands in `findings` when the rows are through."""
        try:
            if not self.path.is_file():
                self.wrong("This is not a file.", "A list is a CSV file.")
                return
            with self.path.open(encoding=_encoding(self.path), newline="") as lines:
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
            self.wrong(f"The line that names the columns {_broken(fault)}.", _QUOTES, before)
            return
        wrong = list(header_findings(names, place))
        for finding in wrong:
            self._noted.append(finding)
        if wrong:
            return
        self.columns = tuple(column_name(name) for name in names)
        reader = RowReader(
            Columns(self.columns, self.fields),
            self.file,
            self._noted.append,
            regions=self.settings.regions,
            roles=self.settings.roles,
            header_fields=self.header_fields,
        )
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
                self.wrong(f"The row that begins here {_broken(fault)}.", _QUOTES, line)

    def wrong(self, message: str, hint: str = "", line: int = 1) -> None:
        self._is_broken = True
        self._noted.append(error("unreadable-list", Source(self.file, line), message, hint))


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
        _read_through(path, "utf-16", "The list says that it is UTF-16 text, and here it is not.")
        return "utf-16"
    if start.startswith(codecs.BOM_UTF8):
        _read_through(path, "utf-8-sig", "The list says that it is UTF-8 text, and here it is not.")
        return "utf-8-sig"
    accented = _read_through(path, "utf-8")
    if accented is None:
        return "utf-8"
    if accented:  # taken for Windows-1252, all names would come out as gibberish
        raise NotText("The lines before this one are UTF-8 text, and this one is not.", accented)
    _read_through(path, "cp1252", "The list is neither UTF-8 nor Windows-1252 text here.")
    return "cp1252"


def _read_through(path: Path, encoding: str, otherwise: str = "") -> int | None:
    """None if all of the file is text of this encoding, looked at a chunk at a time.

    If it is not: raises NotText with the message `otherwise`. Without one, the line where that
    shows is returned if other characters before it were valid, and beyond ASCII; else 0.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    line, is_ascii, is_last = 1, True, False
    with path.open("rb") as content:
        while not is_last:
            chunk = content.read(_CHUNK)
            is_last = not chunk
            try:
                text = decoder.decode(chunk, final=is_last)
            except UnicodeDecodeError as fault:
                before = fault.object[: fault.start]
                line += before.decode(fault.encoding, "replace").count("\n")
                if otherwise:
                    raise NotText(otherwise, line) from None
                return 0 if is_ascii and before.isascii() else line
            if "\0" in text:
                line += text.count("\n", 0, text.index("\0"))
                raise NotText("The list is not a text file: it holds zero bytes.", line)
            if len(chunk) == _CHUNK and "\n" not in text and "\r" not in text:
                raise NotText("The list is not a table: this line is over a million long.", line)
            line += text.count("\n")
            is_ascii = is_ascii and text.isascii()
    return None


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
