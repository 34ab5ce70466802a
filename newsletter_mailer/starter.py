"""The files that come with the program: the templates, and the project that `new` begins with."""

from __future__ import annotations

from pathlib import Path

#: In an installed wheel the files lie in the package; in a checkout, at its top.
_INSTALLED = Path(__file__).parent / "starter"
_FOLDER = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).parent.parent


def folder() -> Path:
    """Holds newsletter.toml, words.txt, .env.example, templates/ and recipients/."""
    return _FOLDER


def issue() -> Path:
    """The first issue of a new newsletter."""
    return Path(__file__).parent / "starter_issue"


def templates() -> Path:
    return _FOLDER / "templates"
