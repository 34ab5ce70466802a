"""The blocks of a section's Markdown and what stands in them, each with the line it was written on.

They are what `body_parser.py` makes; whoever only looks at them loads no parser of Markdown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from newsletter_mailer.text_cache import a_text, whole_number

#: Stands for a merge field in Markdown that is only looked at.
FIELD = "nlq00000000x0z"


class BodyToken(NamedTuple):
    """A token of CommonMark, by the names that markdown-it gives them, FIELD for a merge field."""

    type: str  #: paragraph_open, inline, text, link_open, image, ...
    nesting: int  #: 1 opens, -1 closes, 0 is whole
    level: int  #: how many are open around it
    line: int  #: of the body, from 0; of one that closes, where what it closes may have ended
    content: str  #: the words; of type inline: the paragraph's Markdown
    target: str  #: where a link leads, or the path of a picture
    children: Sequence[BodyToken]  #: of type inline: what stands in it


def token_from_json(written: object) -> BodyToken:
    """JSON writes a token as a list of its members. Raises ValueError."""
    match written:
        case [type_, nesting, level, line, content, target, [*children]]:
            return BodyToken(
                a_text(type_),
                whole_number(nesting),
                whole_number(level),
                whole_number(line),
                a_text(content),
                a_text(target),
                [*map(token_from_json, children)],
            )
    raise ValueError("not a token of a body")
