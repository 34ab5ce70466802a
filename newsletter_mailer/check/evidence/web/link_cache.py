"""What the web said lately, kept in a file: nobody is asked again for a day."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urldefrag

from newsletter_mailer.check.evidence.web.answer import Answer
from newsletter_mailer.files.durable import replace_file
from newsletter_mailer.files.private import make_private_folder

FILE = "links.json"
_GOOD_FOR = 24 * 3600.0  #: seconds for which a good answer is kept
_BAD_FOR = 10 * 60.0  #: any other: what is down may soon be up


class LinkCache:
    """Answers of the last day, in a file that may be thrown away at any time."""

    def __init__(self, folder: Path, note: Callable[[str], None]) -> None:
        self._path, self._note = folder / FILE, note
        self._entries: dict[str, tuple[float, Answer]] = {}

    def known(self, now: float) -> Mapping[str, Answer]:
        """The answers that still count, by page."""
        self._entries = {
            page: (asked, answer)
            for page, (asked, answer) in _entries(self._path).items()
            if 0 <= now - asked < (_GOOD_FOR if answer.is_good else _BAD_FOR)
        }
        return {page: answer for page, (_, answer) in self._entries.items()}

    def keep(self, answers: Mapping[str, Answer], now: float) -> None:
        """Adds what is new. Where the folder cannot be written, `note` says so."""
        for target, answer in answers.items():
            self._entries.setdefault(urldefrag(target).url, (now, answer))
        kept = {page: {"asked": at, **asdict(one)} for page, (at, one) in self._entries.items()}
        text = json.dumps(kept, indent=1, ensure_ascii=False) + "\n"
        try:
            make_private_folder(self._path.parent)
            replace_file(self._path, text, mode=0o600)
        except OSError as fault:
            self._note(f"The answers cannot be kept in {self._path}: {fault.strerror}.")


def _entries(path: Path) -> dict[str, tuple[float, Answer]]:
    """What the file holds; nothing if it is missing, damaged or of another version."""
    try:
        table = json.loads(path.read_text("utf-8"))
        return {
            page: (float(entry.pop("asked")), _answer(**entry)) for page, entry in table.items()
        }
    except (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return {}


def _answer(status: int, why: str, moved_to: str, is_undecided: bool) -> Answer:
    """Raises ValueError: anybody may have written into the file."""
    values = (status, why, moved_to, is_undecided)
    if [*map(type, values)] != [int, str, str, bool]:
        raise ValueError
    return Answer(status=status, why=why, moved_to=moved_to, is_undecided=is_undecided)
