"""The tags of a template's MJML file as they are written, branches and all, each with its place.

A template is not MJML before Jinja2 has run: branches open what others close. So this reads tags,
not a tree; it keeps account of MJML's own components only, and begins anew at every branch.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from newsletter_mailer.compose.template_text import BLANK, without_jinja
from newsletter_mailer.lazy_patterns import lazy_pattern

_BRANCH = lazy_pattern(
    r"\{%[-+]?\s*(if|elif|else|endif|for|endfor|macro|endmacro)\b.*?%\}", re.DOTALL
)
_TAG = lazy_pattern(
    r"<!--(?P<comment>.*?)(?:-->|\Z)"
    r"|<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)"
    r"|<(?P<instruction>[?!])[^>]*>"
    rf"|<(?P<end>/?)(?P<name>[A-Za-z][\w:{BLANK}-]*)"
    r"""(?P<attributes>(?:[^<>"']|"[^"]*"|'[^']*')*?)(?P<empty>/?)>""",
    re.DOTALL,
)
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
#: Before these HTML closes a paragraph that is still open (HTML Living Standard, 4.4.1).
BLOCKS = HEADINGS | {
    "address", "article", "aside", "blockquote", "center", "details", "div", "dl", "fieldset",
    "figure", "footer", "form", "header", "hr", "main", "nav", "ol", "p", "pre", "section", "table",
    "ul",
}  # fmt: skip
#: Before these libxml2 closes a heading (measured), or browsers do.
_NOT_IN_HEADINGS = HEADINGS | {"fieldset", "form", "p", "table"}
_ATTRIBUTE = lazy_pattern(r"""([A-Za-z_:][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


class Attribute(NamedTuple):
    value: str  #: BLANK where Jinja2 writes something
    start: int  #: of its name in the file

    @property
    def is_known(self) -> bool:
        """Whether the value stands in the file as readers get it."""
        return BLANK not in self.value


class Tag(NamedTuple):
    """A start tag, or something else between < and >."""

    name: str  #: small letters; or "comment", "cdata", "<?", "<!"
    start: int  #: of the < in the file
    end: int
    inside: str | None  #: the component that it stands in; None where that cannot be known
    attributes: Mapping[str, Attribute]
    link: int | None = None  #: where the <a> around it begins, if there is one
    #: The paragraph or heading (p, h1, ...) that cannot hold it and ends before it.
    closes: str = ""
    text: str = ""  #: what a comment says

    @property
    def is_component(self) -> bool:
        return self.name.startswith("mj")


@lru_cache(maxsize=128)
def tags(source: str) -> tuple[Tag, ...]:
    """Every start tag of a template's file, in order, and comments and the like."""
    return tuple(_Reader(source).tags())


class _Reader:
    def __init__(self, source: str) -> None:
        self._blanked = without_jinja(source)
        self._branches = deque(_BRANCH.finditer(source))
        self._open: list[str] = []  # components, the innermost last
        self._link: int | None = None
        self._words = ""
        #: What was open where each branching began.
        self._before: list[tuple[list[str], int | None, str]] = []

    def tags(self) -> Iterator[Tag]:
        for found in _TAG.finditer(self._blanked):
            while self._branches and self._branches[0].start() < found.start():
                self._branch(self._branches.popleft()[1])
            if found["name"] is None:
                yield _other(found, self._inside, self._link)
            elif found["end"]:
                self._close(found["name"].lower())
            else:
                name = found["name"].lower()
                attributes, closes = _attributes(found), self._closed_before(name)
                yield Tag(name, *found.span(), self._inside, attributes, self._link, closes)
                if not found["empty"]:
                    self._enter(name, found.start())

    @property
    def _inside(self) -> str | None:
        return self._open[-1] if self._open else None

    def _closed_before(self, name: str) -> str:
        """The paragraph or heading that this element ends, if one is open."""
        closing = BLOCKS if self._words == "p" else _NOT_IN_HEADINGS
        closed = self._words if name in closing else ""
        if closed:
            self._words = ""
        return closed

    def _enter(self, name: str, start: int) -> None:
        if name == "a":
            self._link = start
        elif name == "p" or name in HEADINGS:
            self._words = name
        elif name.startswith("mj"):
            self._open.append(name)

    def _close(self, name: str) -> None:
        if name == "a":
            self._link = None
        elif name == self._words:
            self._words = ""
        elif name in self._open:
            del self._open[len(self._open) - 1 - self._open[::-1].index(name) :]

    def _branch(self, word: str) -> None:
        match word:
            case "if" | "for":
                self._before.append(([*self._open], self._link, self._words))
            case "elif" | "else" if self._before:
                before, self._link, self._words = self._before[-1]
                self._open = [*before]
            case "endif" | "endfor" if self._before:
                self._before.pop()
            case "macro" | "endmacro":
                self._open, self._link, self._words = [], None, ""


def _other(found: re.Match[str], inside: str | None, link: int | None) -> Tag:
    if found["comment"] is not None:
        return Tag("comment", *found.span(), inside, {}, link, text=found["comment"])
    if found["cdata"] is not None:
        return Tag("cdata", *found.span(), inside, {})
    return Tag(f"<{found['instruction']}", *found.span(), inside, {}, link, text=found[0])


def _attributes(tag: re.Match[str]) -> dict[str, Attribute]:
    first = tag.start("attributes")
    return {
        found[1].lower(): Attribute(
            found[2] if found[2] is not None else found[3], first + found.start()
        )
        for found in _ATTRIBUTE.finditer(tag["attributes"])
    }
