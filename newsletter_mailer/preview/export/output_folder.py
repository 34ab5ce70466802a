"""A folder that the program fills again and again, and that holds nothing of anybody else's."""

from __future__ import annotations

from pathlib import Path

from newsletter_mailer.errors import ProjectError
from newsletter_mailer.preview.export.path_traversal import is_inside

CONTENTS = "contents.txt"

_HEADING = (
    "Made by newsletter-mailer preview {option}. These files are replaced when it runs again:"
)


class OutputFolder:
    """Files are written as they are made; what an earlier run left goes at the end.

    Its contents.txt says what was made. Raises ProjectError for a folder that has files and no such
    list, and when something cannot be written.
    """

    def __init__(self, folder: Path, option: str) -> None:
        """`option`: who fills it, such as --export."""
        self.folder, self._option = folder, option
        self._heading = _HEADING.format(option=option)
        self._made: list[str] = []
        self._before = self._listed()
        self._write(CONTENTS, self._contents(self._before))

    def add(self, name: str, content: bytes) -> Path:
        """`name` is a path in the folder, with forward slashes."""
        self._made.append(name)
        return self._write(name, content)

    def finish(self) -> None:
        for name in set(self._before) - {*self._made}:
            file = self.folder / name
            try:
                if self._holds(file):
                    file.unlink(missing_ok=True)
            except OSError as fault:
                raise self._refusal(fault) from None
        self._write(CONTENTS, self._contents(self._made))

    def _listed(self) -> list[str]:
        """What an earlier run made, by its own list."""
        try:
            if not self.folder.exists() or not any(self.folder.iterdir()):
                return []
            lines = (self.folder / CONTENTS).read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            lines = []
        if lines[:1] != [self._heading]:
            raise ProjectError(
                f"{self._option}: {self.folder} holds files that were not made by it. Name a new "
                "folder, or an empty one; nothing was changed."
            )
        return [name for name in lines[1:] if is_inside(name)]

    def _contents(self, names: list[str]) -> bytes:
        return "\n".join([self._heading, *sorted(names), ""]).encode()

    def _write(self, name: str, content: bytes) -> Path:
        file = self.folder / name
        try:
            if not self._holds(file) or file.is_symlink():
                raise ProjectError(
                    f"{self._option}: {file} is a link out of the folder. Name a new folder; "
                    "nothing was written through it."
                )
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        except OSError as fault:
            raise self._refusal(fault) from None
        return file

    def _holds(self, file: Path) -> bool:
        """Not where a folder on the way is a link that leads elsewhere. Raises OSError."""
        return file.parent.resolve().is_relative_to(self.folder.resolve())

    def _refusal(self, fault: OSError) -> ProjectError:
        return ProjectError(
            f"{self._option}: {fault.filename} cannot be written: {fault.strerror}."
        )
