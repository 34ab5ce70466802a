"""Reads a text file that a person wrote, within bounds."""

from __future__ import annotations

import stat
from pathlib import Path

from newsletter_mailer.characters.invisible import unmailable
from newsletter_mailer.findings import Finding, Source, error

LARGEST_TEXT = 1_000_000  #: octets of one text file


def leads_out(file: Path, folder: Path) -> bool:
    """Whether a file that is there is a link, or lies behind one, to elsewhere than the folder."""
    return not file.resolve().is_relative_to(folder.resolve())


def text_file(
    path: Path, file: str, findings: list[Finding], within: Path | None = None
) -> str | None:
    """The text with \\n line ends, or None and a finding.

    `within`: a link out of this folder is refused. Whoever brings files must not have others of
    the machine mailed.
    """

    def wrong(message: str, hint: str = "", line: int = 1) -> None:
        findings.append(error("unreadable-file", Source(file, line), message, hint))

    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            wrong("This is not a file.")
            return None
        if about.st_size > LARGEST_TEXT:
            wrong("The file is larger than 1 MB.", "Shorten it; pictures belong in images/.")
            return None
        if within is not None and leads_out(path, within):
            wrong("This is a link that leads out of its folder.", "Put a copy of the file here.")
            return None
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        wrong("This file is missing.")
        return None
    except OSError as fault:
        wrong(f"The file cannot be read: {fault.strerror}.")
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        wrong(
            "The file is not UTF-8 text.",
            'Save it again as UTF-8 ("Encoding" in the Save as dialog).',
            content.count(b"\n", 0, fault.start) + 1,
        )
        return None
    if "\0" in text:
        wrong("The file is not a text file.", "", text.count("\n", 0, text.index("\0")) + 1)
        return None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if found := unmailable(text):
        character, at = found
        line = text.count("\n", 0, at) + 1
        words = text[:at].rpartition("\n")[2][-30:]
        findings.append(
            error(
                "control-character",
                Source(file, line),
                f"This line holds an invisible control character ({character}).",
                f'It stands after "{words}": delete it there.' if words else "Delete it.",
            )
        )
        return None
    return text
