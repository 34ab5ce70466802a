"""Writes several files, all of them or none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from newsletter_mailer.errors import ProjectError


def write_all(files: Mapping[Path, bytes]) -> None:
    """New files and the folders above them. Where one cannot be made, all are taken away again.

    Raises ProjectError.
    """
    made: list[Path] = []
    try:
        for path, content in files.items():
            _make_folder(path.parent, made)
            with path.open("xb") as new:
                made.append(path)
                new.write(content)
    except BaseException as stopped:
        _take_away(made)
        if isinstance(stopped, OSError):
            raise ProjectError(
                f"{path} cannot be written: {stopped.strerror}. Nothing was changed."
            ) from None
        raise


def _make_folder(folder: Path, made: list[Path]) -> None:
    for one in (*reversed(folder.parents), folder):
        if not one.is_dir():
            one.mkdir()
            made.append(one)


def _take_away(made: list[Path]) -> None:
    for path in reversed(made):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
