"""Lists that are files of one folder, named as the files are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from newsletter_mailer.audience.source import Fingerprint, ListProject
from newsletter_mailer.files.fingerprint import file_fingerprint

_FOLDER = "recipients"


class ListFiles:
    """What every kind of file has in common. A kind adds `suffix` and `list_named`."""

    folders: ClassVar[tuple[str, ...]] = (_FOLDER,)
    suffix: ClassVar[str]  #: `.csv`

    def __init__(self, project: ListProject) -> None:
        self._folder = project.root / _FOLDER

    def names(self) -> Sequence[str]:
        found = self._folder.glob(f"*{self.suffix}") if self._folder.is_dir() else ()
        return sorted(path.stem for path in found)

    def has(self, name: str) -> bool:
        try:
            return self.path(name).exists()
        except OSError:  # there, but not for us: reading it says so
            return True

    def place(self, name: str) -> str:
        return f"{_FOLDER}/{name}{self.suffix}"

    def fingerprint(self, name: str) -> Fingerprint:
        return file_fingerprint(self.path(name))

    def path(self, name: str) -> Path:
        return self._folder / f"{name}{self.suffix}"
