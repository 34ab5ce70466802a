"""A section's Markdown -> its tokens, with the lines on which their author wrote them.

A merge field may be written over several lines; the parser of Markdown gets one word for it, and
counts one line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from newsletter_mailer.issue.body_tokens import FIELD, BodyToken
from newsletter_mailer.issue.markdown import parse_markdown
from newsletter_mailer.issue.merge_text import MergeField, MergeText


def body_tokens(text: MergeText, first: int) -> Iterator[BodyToken]:
    """The tokens of a text that begins on line `first`.

    A line break within a merge field stands behind its FIELD in a token of type text.
    """
    lines = [*_parsed_lines(text, first)]
    line = 0
    for token in parse_markdown(text.with_fields_as(FIELD)):
        children: list[BodyToken] = []
        if token.map is not None:
            line = lines[token.map[0]].written
            children = [*_placed(token.children or [], lines[token.map[0] :])]
        yield _token(token, line, children)
        line = children[-1].line if children else line


def _token(token: Token, line: int, children: Sequence[BodyToken] = ()) -> BodyToken:
    target = str(token.attrs.get("href") or token.attrs.get("src") or "")
    return BodyToken(
        token.type, token.nesting, token.level, line, token.content, target, [*children]
    )


@dataclass(slots=True)
class _ParsedLine:
    """A line as the parser of Markdown sees it."""

    written: int  #: line of the text on which it begins
    breaks: list[int] = field(default_factory=list)  #: line breaks within each of its fields


def _parsed_lines(text: MergeText, first: int) -> Iterator[_ParsedLine]:
    line = _ParsedLine(0)
    for piece, at, behind in zip(
        text.pieces, text.lines, [*text.lines[1:], *text.lines[-1:]], strict=True
    ):
        if isinstance(piece, MergeField):
            line.breaks.append(behind - at)
            continue
        for number in range(at - first + 1, at - first + 1 + piece.count("\n")):
            yield line
            line = _ParsedLine(number)
    yield line


def _placed(children: Sequence[Token], lines: Sequence[_ParsedLine]) -> Iterator[BodyToken]:
    """The tokens of a paragraph whose first line is the first of these."""
    parsed = iter(lines)
    here = next(parsed)
    at, breaks = here.written, iter(here.breaks)
    opened: list[Token] = []
    for child in children:
        begin = at
        match child.type:
            case "softbreak" | "hardbreak":
                here = next(parsed)
                at, breaks = here.written, iter(here.breaks)
            case "text":
                child.content, at = _with_breaks(child.content, at, breaks)
            case "link_open":
                opened.append(child)
            case "link_close":
                link = opened.pop()
                if link.info != "auto":  # of <https://...> the field was met in the words
                    at += _broken(str(link.attrs.get("href", "")), breaks)
            case "image":
                at += _broken(f"{child.content}{child.attrs.get('src', '')}", breaks)
        yield _token(child, begin)


def _with_breaks(words: str, line: int, breaks: Iterator[int]) -> tuple[str, int]:
    """The words with the line breaks of their fields, and the line on which they end."""
    before, *behind = words.split(FIELD)
    broken = [next(breaks, 0) for _ in behind]
    parts = [f"{FIELD}{chr(10) * count}{part}" for count, part in zip(broken, behind, strict=True)]
    return "".join([before, *parts]), line + sum(broken)


def _broken(words: str, breaks: Iterator[int]) -> int:
    return sum(next(breaks, 0) for _ in range(words.count(FIELD)))
