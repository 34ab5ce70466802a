"""Which encoding a list's text is in: UTF-8, UTF-16 or Windows-1252."""

from __future__ import annotations

import codecs
from pathlib import Path

_CHUNK = 1 << 20


class NotText(Exception):
    """The list is not a text file. `line` is where that shows."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


def encoding_of(path: Path) -> str:
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
