"""The lines of the project's files, to be shown beside what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from newsletter_mailer.audience.list_sources import is_in_list_folder
from newsletter_mailer.files.text_file import LARGEST_TEXT, leads_out


class SourceLines:
    """Called with a file, relative to the project's folder: its lines, without their ends.

    None for what is no text, for what is not there, and for what a log should not repeat: lists
    of readers, the secrets in .env, and whatever a link leads to elsewhere.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._read: dict[str, Sequence[str] | None] = {}

    def __call__(self, file: str) -> Sequence[str] | None:
        if file not in self._read:
            self._read[file] = None if _is_private(PurePosixPath(file)) else self._lines(file)
        return self._read[file]

    def _lines(self, file: str) -> Sequence[str] | None:
        path = self._root / file
        try:
            if not path.is_file() or path.stat().st_size > LARGEST_TEXT:
                return None
            if leads_out(path, path.parent):
                return None
            text = path.read_bytes().decode("utf-8-sig")
        except (OSError, ValueError):
            return None  # what is wrong with the file is a finding already
        if "\0" in text:
            return None
        return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _is_private(file: PurePosixPath) -> bool:
    return (
        file.is_absolute()
        or ".." in file.parts
        or is_in_list_folder(file.as_posix())
        or file.name.startswith(".env")
    )


def path_from_git_root(root: Path) -> str:
    """From the repository that holds the project to its folder: "", "news/", "a/b/".

    The root is the nearest parent with `.git`, a folder or (in a worktree) a file. Without one,
    it is the project's folder.
    """
    for folder in (root, *root.parents):
        if (folder / ".git").exists():
            below = root.relative_to(folder).as_posix()
            return "" if below == "." else f"{below}/"
    return ""
