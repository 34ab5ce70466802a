"""The files in answers/, which ship with the program like its code."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from newsletter_mailer.deliver.known import KnownAnswer, answers_of


@cache
def known_answers() -> Sequence[KnownAnswer]:
    """All of them: read once, when the first answer comes that is no yes."""
    folder = files(__package__) / "answers"
    texts = {one.name: one.read_text("utf-8") for one in folder.iterdir()}
    return [
        answer
        for name, text in sorted(texts.items())
        if name.endswith(".toml")
        for answer in answers_of(text)
    ]
