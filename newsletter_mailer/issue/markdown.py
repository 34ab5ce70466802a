"""Markdown (CommonMark, raw HTML off) as markdown-it tokens, and where code stands in it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.common import normalize_url
from markdown_it.token import Token

from newsletter_mailer.host_names import BadHost, ascii_host

_MAX_NESTING = 100  #: markdown-it drops what is deeper; body_findings.py takes far less

#: What stands before a host in a link, and the host.
_HOST = re.compile(r"(https?://(?:[^/?#]*@)?|mailto:[^?#,]*@)([^/?#@:,]+)", re.IGNORECASE)


def _normal_link(url: str) -> str:
    """As markdown-it writes it, but the host with the letters that browsers ask for.

    markdown-it makes A-labels of capital letters as they are, which are no names of hosts.
    """
    try:
        mapped = _HOST.sub(lambda found: found[1] + ascii_host(found[2]), url, count=1)
    except BadHost:
        mapped = url
    return normalize_url.normalizeLink(mapped)


_PARSER = MarkdownIt("commonmark", {"html": False, "maxNesting": _MAX_NESTING})
_PARSER.normalizeLink = _normal_link  # type: ignore[method-assign]
# markdown-it shows a link that it finds unsafe as text. Here it is a finding instead.
_PARSER.validateLink = lambda url: True  # type: ignore[method-assign]
_BACKTICKS = re.compile(r"`+")
_ESCAPE_OR_BACKTICKS = re.compile(r"\\[!-/:-@\[-`{-~]|`+")


def parse_markdown(text: str) -> list[Token]:
    """The tokens. Call it only with a text that body_findings.py finds no fault of brackets in."""
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
            ranges.extend(_code_spans(text, start, end))
    return ranges


def _code_spans(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Code spans of a paragraph (CommonMark 0.31 section 6.1), in time linear in its length."""
    closing: dict[int, list[int]] = {}
    for run in _BACKTICKS.finditer(text, start, end):
        closing.setdefault(len(run[0]), []).append(run.start())
    position = start
    while found := _ESCAPE_OR_BACKTICKS.search(text, position, end):
        position = found.end()
        candidates = closing.get(len(found[0]), [])
        if found[0][0] == "`" and (at := bisect_left(candidates, position)) < len(candidates):
            position = candidates[at] + len(found[0])
            yield found.start(), position
