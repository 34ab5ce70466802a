"""Markdown tokens -> an HTML fragment that is also well-formed XML."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict, PresetType

_DEEPEST_HEADING = 6
_OPTIONS: PresetType = {
    "options": {
        "maxNesting": 100,
        "html": False,
        "linkify": False,
        "typographer": False,
        "quotes": "",
        "xhtmlOut": True,
        "breaks": False,
        "langPrefix": "",
        "highlight": None,
    },
    "components": {},
}

_RENDERER = RendererHTML()

#: Given the path of a picture in the text: its attributes (src, width, height).
PictureAttributes = Callable[[str], dict[str, str | int | float]]


def markdown_html(tokens: Sequence[Token], *, below: int, picture: PictureAttributes) -> str:
    """The fragment. Its headings begin one level under `below` and skip none (WCAG 1.3.1)."""
    levelled = list(_levelled(tokens, below))
    for token in levelled:
        for child in token.children or []:
            if child.type == "image":
                child.attrs.update(picture(str(child.attrs["src"])))
    return _RENDERER.render(levelled, OptionsDict(_OPTIONS["options"]), {}).strip()


def levelled_headings(tokens: Sequence[Token], below: int) -> list[int]:
    """For each heading in order: the level it gets. Steps down are one level at a time."""
    written: list[int] = []
    levels: list[int] = []
    for token in tokens:
        if token.type == "heading_open":
            rank = int(token.tag[1:])
            while written and written[-1] >= rank:
                written.pop()
            written.append(rank)
            levels.append(min(below + len(written), _DEEPEST_HEADING))
    return levels


def _levelled(tokens: Sequence[Token], below: int) -> Iterator[Token]:
    levels = iter(levelled_headings(tokens, below))
    level = below + 1
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            if token.nesting == 1:
                level = next(levels)
            token = copy(token)
            token.tag = f"h{level}"
        yield token
