"""What cannot be mailed in a section's Markdown: it would be lost, or take minutes to read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from newsletter_mailer.findings import Finding, Source, error, warning
from newsletter_mailer.issue.body_tokens import FIELD, BodyToken

_DEEPEST = 15  #: levels of quotes and lists, and of emphasis; parsers lose deeper text silently
_MOST_BRACKETS = 50  #: open at once; markdown-it needs minutes for a megabyte of them
_BRACKET = re.compile(r"\\.|\[|\]|\n[ \t]*(?=\n)", re.DOTALL)
#: But not <<Name>>, a merge code of Word's.
_HTML_TAG = re.compile(r"(?<!<)</?(?:[a-z][a-z0-9]*)(?:\s[^<>]*)?/?>(?!>)|<!--", re.IGNORECASE)
_CONTAINERS = frozenset({"blockquote_open", "bullet_list_open", "ordered_list_open"})
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_WHOLE_LINK = re.compile(r"https?://[^/?#\\]+.*|mailto:.+|tel:.+|#.+", re.DOTALL | re.IGNORECASE)
_MAIL_ADDRESS = re.compile(r"[^/@\s]+@[^/@\s]+\.[a-z]+")
_HOST_FIRST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/|$)")
#: What must stand before a merge field that is a part of a link.
_BEFORE_A_FIELD = re.compile(r"https?://[^/?#\\]+[/?#]|mailto:|tel:|#", re.IGNORECASE)


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


def structure_findings(tokens: Sequence[BodyToken], source: Source) -> Iterator[Finding]:
    """What cannot be mailed: nesting that parsers lose, raw HTML, pictures without words.

    `source` is where the Markdown begins.
    """
    containers = 0
    for token in tokens:
        place = source.at(source.line + token.line)
        if token.type in _CONTAINERS:
            containers += 1
            if containers == _DEEPEST + 1:
                yield error(
                    "nesting",
                    place,
                    f"Quotes and lists are nested more than {_DEEPEST} levels deep here.",
                    "Mail programs lose text this deep. Flatten it.",
                )
        elif token.type.removesuffix("_close") + "_open" in _CONTAINERS:
            containers -= 1
        for child in token.children:
            yield from _inline_findings(child, source.at(source.line + child.line))


def _inline_findings(token: BodyToken, place: Source) -> Iterator[Finding]:
    if token.level == _DEEPEST + 1 and token.nesting == 1:
        yield error(
            "nesting", place, f"Emphasis is nested more than {_DEEPEST} levels deep here.", ""
        )
    if token.type == "link_open":
        yield from _link_findings(token.target, place)
    if token.type == "image" and not token.content.strip():
        yield error(
            "missing-alt",
            place,
            f"The picture {token.target} has no alternative text.",
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
    if _MAIL_ADDRESS.fullmatch(target):
        return f"Write mailto:{target}."
    if _HOST_FIRST.match(target) and not target.endswith((".html", ".pdf")):
        return f"Write https://{target}."
    return "Write the whole address, beginning with https://."
