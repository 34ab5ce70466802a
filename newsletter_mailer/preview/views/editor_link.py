"""EDITOR_URL: how a file is opened in a person's own editor."""

from __future__ import annotations

import re

from newsletter_mailer.errors import ProjectError

_SCHEME = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*):", re.IGNORECASE)
#: What a browser would run, or open in place of the page.
_NO_EDITOR = frozenset({"javascript", "data", "vbscript", "blob", "about", "filesystem", "file"})


def editor_pattern(text: str) -> str:
    """The pattern itself; empty if there is none. Raises ProjectError."""
    pattern = text.strip()
    scheme = _SCHEME.match(pattern)
    if pattern and (
        scheme is None or scheme["scheme"].lower() in _NO_EDITOR or "{file}" not in pattern
    ):
        raise ProjectError(
            f'EDITOR_URL is not understood: "{pattern[:80]}". Write what opens your editor, with '
            "{file} and {line}, such as vscode://file/{file}:{line}, or leave it out."
        )
    return pattern
