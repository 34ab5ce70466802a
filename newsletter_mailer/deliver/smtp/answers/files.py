"""The files beside this one, which ship with the program like its code."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from newsletter_mailer.deliver.smtp.answers.known_answer import KnownAnswer, answers_of


@cache
def known_answers() -> Sequence[KnownAnswer]:
    """All of them: read once, when the first answer comes that is no yes."""
    tables = (one for one in files(__package__).iterdir() if one.name.endswith(".toml"))
    return [
        answer
        for table in sorted(tables, key=lambda one: one.name)
        for answer in answers_of(table.read_text("utf-8"))
    ]
