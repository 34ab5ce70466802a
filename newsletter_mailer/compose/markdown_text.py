"""Markdown tokens -> plain text that is pleasant to read: 78 columns, URLs whole."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

from markdown_it.token import Token

from newsletter_mailer.compose.line_wrapping import COLUMNS, wrapped


def markdown_text(tokens: Sequence[Token], *, address: Callable[[str], str] = str) -> str:
    """The text, laid out; paragraphs are separated by an empty line.

    `address`: given a link's target, how it is shown.
    """
    for token in tokens:
        for child in token.children or []:
            if child.type == "link_open":
                child.meta["shown"] = address(_target(child))
    blocks, _ = _blocks(tokens, 0, COLUMNS)
    return "\n\n".join(blocks)


def _blocks(tokens: Sequence[Token], start: int, width: int) -> tuple[list[str], int]:
    """The blocks up to the end of the container, and the index of its closing token."""
    blocks: list[str] = []
    index = start
    while index < len(tokens):
        token = tokens[index]
        if token.nesting == -1:
            break
        match token.type:
            case "paragraph_open" | "heading_open":
                blocks.append(wrapped(_inline(tokens[index + 1].children or []), width=width))
                index += 2
            case "bullet_list_open" | "ordered_list_open":
                block, index = _list(tokens, index, width)
                blocks.append(block)
            case "blockquote_open":
                quoted, index = _blocks(tokens, index + 1, width - 2)
                lines = "\n\n".join(quoted).split("\n")
                blocks.append("\n".join(f"> {line}".rstrip() for line in lines))
            case "fence" | "code_block":
                blocks.append(textwrap.indent(token.content.rstrip("\n"), "    "))
            case "hr":
                blocks.append("* * *")
        index += 1
    return blocks, index


def _list(tokens: Sequence[Token], start: int, width: int) -> tuple[str, int]:
    opening = tokens[start]
    number = int(opening.attrs.get("start", 1))
    ordered = opening.type == "ordered_list_open"
    items: list[str] = []
    index = start + 1
    is_loose = False
    while tokens[index].type == "list_item_open":
        mark = f"{number + len(items)}. " if ordered else "- "
        indent = " " * len(mark)
        is_loose = is_loose or not tokens[index + 1].hidden
        blocks, index = _blocks(tokens, index + 1, width - len(mark))
        joined = ("\n\n" if is_loose else "\n").join(blocks)
        items.append(mark + textwrap.indent(joined, indent).removeprefix(indent))
        index += 1
    return ("\n\n" if is_loose else "\n").join(items), index


_MARKS = {"em_open": "_", "em_close": "_", "strong_open": "*", "strong_close": "*"}


def _inline(tokens: Sequence[Token]) -> str:
    parts: list[str] = []
    links: list[tuple[Token, int]] = []  #: and where its text begins
    for token in tokens:
        match token.type:
            case "text":
                parts.append(token.content)
            case "code_inline":
                parts.append(token.content)
            case "softbreak":
                parts.append(" ")
            case "hardbreak":
                parts.append("\n")
            case "image":
                parts.append(f"[Picture: {token.content}]" if token.content else "")
            case "link_open":
                links.append((token, len(parts)))
            case "link_close":
                link, at = links.pop()
                parts[at:] = [_link_text("".join(parts[at:]), _target(link), link.meta["shown"])]
            case mark if mark in _MARKS:
                parts.append(_MARKS[mark])
    return "".join(parts)


def _link_text(words: str, target: str, shown: str) -> str:
    """`the words (https://example.org)`, or only the target where both say the same."""
    if target.startswith("#") and words:
        return words
    shown = shown.removeprefix("mailto:")
    if words in ("", target, target.removeprefix("mailto:"), target.removeprefix("https://")):
        return shown
    return f"{words} ({shown})"


def _target(link: Token) -> str:
    return str(link.attrs.get("href", ""))
