"""The files that come with the program: the templates, and the project that `new` begins with."""

from __future__ import annotations

from pathlib import Path

#: Of the project that `new` begins with, besides its templates and its issue.
PROJECT_FILES = ("newsletter.toml", "words.txt", ".env.example", "recipients/example.csv")
GIT_IGNORE = """\
.env
.env.*
!.env.example
/.newsletter/
/build/
/outbox/
# Lists, what is made of a ledger, and logs hold personal data and stay out of the repository.
*.csv
*.db
*.db-*
*.log
*.log.*
*.jsonl
/*.html
recipients/*
!recipients/example.csv
"""

_HERE = Path(__file__).parent
#: In an installed wheel the project lies beside this file; in a checkout, at its top.
_INSTALLED = _HERE / "project"
_PROJECT = _INSTALLED if _INSTALLED.is_dir() else _HERE.parent.parent


def project() -> Path:
    """Holds newsletter.toml, words.txt, .env.example, templates/ and recipients/."""
    return _PROJECT


def issue() -> Path:
    """The first issue of a new newsletter."""
    return _HERE / "issue"


def templates() -> Path:
    return _PROJECT / "templates"
