"""Markdown (CommonMark, raw HTML off) as markdown-it tokens, and what cannot be mailed in it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.common import normalize_url
from markdown_it.token import Token

from newsletter_mailer.findings import Finding, Source, error, warning
from newsletter_mailer.host_names import BadHost, ascii_host

DEEPEST = (
    15  #: levels of quotes and lists, and of emphasis; deeper text is lost silently by parsers
)
_MAX_NESTING = 100  #: markdown-it drops what is deeper, so it must lie far above DEEPEST

_MOST_BRACKETS = 50  #: open at once; markdown-it needs minutes for a megabyte of them
#: Stands for a merge field in Markdown that is only looked at.
FIELD = "nlq00000000x0z"

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
_BRACKET = re.compile(r"\\.|\[|\]|\n[ \t]*(?=\n)", re.DOTALL)
#: But not <<Name>>, a merge code of Word's.
_HTML_TAG = re.compile(r"(?<!<)</?(?:[a-z][a-z0-9]*)(?:\s[^<>]*)?/?>(?!>)|<!--", re.IGNORECASE)
_CONTAINERS = frozenset({"blockquote_open", "bullet_list_open", "ordered_list_open"})
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_WHOLE_LINK = re.compile(r"https?://[^/?#\\]+.*|mailto:.+|tel:.+|#.+", re.DOTALL | re.IGNORECASE)
#: What must stand before a merge field that is a part of a link.
_BEFORE_A_FIELD = re.compile(r"https?://[^/?#\\]+[/?#]|mailto:|tel:|#", re.IGNORECASE)


def parse_markdown(text: str) -> list[Token]:
    """The tokens. Call it only with a text that `bracket_findings` finds nothing in."""
    return _PARSER.parse(text)


def bracket_findings(text: str, source: Source) -> Iterator[Finding]:
    """Square brackets nested so deeply that parsing takes minutes. `source`: the first line."""
    opened = 0
    for found in _BRACKET.finditer(text):
        match found[0]:
            case "[":
                opened += 1
            case "]":
                opened = max(0, opened - 1)
            case between if between.startswith("\n"):
                opened = 0
        if opened > _MOST_BRACKETS:
            yield error(
                "nesting",
                source.at(source.line + text.count("\n", 0, found.start())),
                f"More than {_MOST_BRACKETS} square brackets are open at once here.",
                "Close them, or write \\[ for a bracket as text.",
            )
            return


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
    """The inline tokens of a block of `body_tokens`, with their lines, counted from 0."""
    for child in token.children or []:
        yield child, child.map[0] if child.map else 0


def _inline_findings(token: Token, place: Source) -> Iterator[Finding]:
    if token.level == DEEPEST + 1 and token.nesting == 1:
        yield error(
            "nesting", place, f"Emphasis is nested more than {DEEPEST} levels deep here.", ""
        )
    if token.type == "link_open":
        yield from _link_findings(str(token.attrs.get("href", "")), place)
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


def _link_findings(target: str, place: Source) -> Iterator[Finding]:
    shown = target.replace(FIELD, "{{ ... }}")[:80]
    scheme = _SCHEME.match(target)
    before = _BEFORE_A_FIELD.match(target)
    if target == FIELD:
        return
    if FIELD in target and (before is None or FIELD in before[0]):
        yield error(
            "merge-place",
            place,
            f"A merge field stands in the scheme or host of the link {shown}, where no reader's "
            "value may stand.",
            "Use it in text, after the host of a link, or as a whole link.",
        )
    elif scheme and scheme[1].lower() not in ("http", "https", "mailto", "tel"):
        yield error(
            "unsafe-link",
            place,
            f"Mail programs do not open the link {shown}.",
            "Links begin with https://, http://, mailto: or tel:.",
        )
    elif not _WHOLE_LINK.fullmatch(target):
        yield error(
            "relative-link",
            place,
            f"The link {shown} leads nowhere from a mail." if target else "The link is empty.",
            _instead_of(target),
        )


def _instead_of(target: str) -> str:
    if re.fullmatch(r"[^/@\s]+@[^/@\s]+\.[a-z]+", target):
        return f"Write mailto:{target}."
    if re.match(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/|$)", target) and not target.endswith(
        (".html", ".pdf")
    ):
        return f"Write https://{target}."
    return "Write the whole address, beginning with https://."
