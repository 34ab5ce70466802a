"""Markdown (CommonMark, raw HTML off) as markdown-it tokens, and what cannot be mailed in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from newsletter_mailer.findings import Finding, Source, error, warning

DEEPEST = (
    15  #: levels of quotes and lists, and of emphasis; deeper text is lost silently by parsers
)
_MAX_NESTING = 100  #: markdown-it drops what is deeper, so it must lie far above DEEPEST

_PARSER = MarkdownIt("commonmark", {"html": False, "maxNesting": _MAX_NESTING})
_CODE_SPAN = re.compile(r"(?<![`\\])(`+)(?!`)(.*?)(?<!`)\1(?!`)", re.DOTALL)
_HTML_TAG = re.compile(r"</?(?:[a-z][a-z0-9]*)(?:\s[^<>]*)?/?>|<!--", re.IGNORECASE)
_CONTAINERS = frozenset({"blockquote_open", "bullet_list_open", "ordered_list_open"})


def parse_markdown(text: str) -> list[Token]:
    return _PARSER.parse(text)


def code_ranges(text: str) -> list[tuple[int, int]]:
    """Where code stands in the text, as (start, end): merge fields there are left alone."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)

    def offset(line: int) -> int:
        return min(starts[line], len(text))

    ranges: list[tuple[int, int]] = []
    for token in parse_markdown(text):
        if token.map is None:
            continue
        start, end = offset(token.map[0]), offset(token.map[1])
        if token.type in ("fence", "code_block"):
            ranges.append((start, end))
        elif token.type == "inline":
            ranges.extend(
                (start + span.start(), start + span.end())
                for span in _CODE_SPAN.finditer(text[start:end])
            )
    return ranges


def structure_findings(tokens: Sequence[Token], source: Source) -> Iterator[Finding]:
    """What cannot be mailed: nesting that parsers lose, raw HTML, pictures without words.

    `source` is where the Markdown begins.
    """
    containers = 0
    for token in tokens:
        place = source.at(source.line + (token.map[0] if token.map else 0))
        if token.type in _CONTAINERS:
            containers += 1
            if containers == DEEPEST + 1:
                yield error(
                    "nesting",
                    place,
                    f"Quotes and lists are nested more than {DEEPEST} levels deep here.",
                    "Mail programs lose text this deep. Flatten it.",
                )
        elif token.type.removesuffix("_close") + "_open" in _CONTAINERS:
            containers -= 1
        for child, line in inline_tokens(token):
            yield from _inline_findings(child, source.at(source.line + line))


def inline_tokens(token: Token) -> Iterator[tuple[Token, int]]:
    """The inline tokens of a block with their lines, counted from 0 at the text's first."""
    line = token.map[0] if token.map else 0
    for child in token.children or []:
        yield child, line
        if child.type in ("softbreak", "hardbreak"):
            line += 1


def _inline_findings(token: Token, place: Source) -> Iterator[Finding]:
    if token.level == DEEPEST + 1 and token.nesting == 1:
        yield error(
            "nesting", place, f"Emphasis is nested more than {DEEPEST} levels deep here.", ""
        )
    if token.type == "image" and not token.content.strip():
        yield error(
            "missing-alt",
            place,
            f"The picture {token.attrs.get('src', '')} has no alternative text.",
            "Say between the square brackets what it shows: ![Two pupils reading](images/x.png).",
        )
    if token.type == "text" and (tag := _HTML_TAG.search(token.content)):
        yield warning(
            "raw-html",
            place,
            f"{tag[0][:40]} is shown to readers as it stands: HTML does not work in a section.",
            "Use Markdown, or put it in `code` if readers should see it.",
        )
