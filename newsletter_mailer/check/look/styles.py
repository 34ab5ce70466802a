"""What a mail client computes for an element: its colours, its sizes, whether it is seen.

The cascade of CSS 2.2 (chapter 6.4) over what browsers give each tag, old attributes such as
`bgcolor`, the head's style sheets and the `style` attribute. Elements of the same kind in the same
place are computed once, also over variants: they share a `Node`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from lxml import etree

from newsletter_mailer.check.look.colours import parse_colour
from newsletter_mailer.check.look.looks import Look, first_look, look_of
from newsletter_mailer.check.look.selectors import RuleIndex, Selectable, SelectableTree
from newsletter_mailer.check.look.style_sheets import (
    MEDIA,
    Declarations,
    StyleRule,
    parse_sheets,
    parse_style,
)
from newsletter_mailer.lazy_patterns import lazy_pattern

_WORD = lazy_pattern(r"\w")
_MANY = 20_000  #: nodes kept over pages and issues, some 1 KB each


class Node:
    """Elements that look the same for the same reasons, and that look in each medium."""

    __slots__ = ("dark", "light", "parent", "phone", "tag")

    def __init__(self, parent: Node | None, tag: str) -> None:
        self.parent = parent
        self.tag = tag
        self.light: Look
        self.dark: Look
        self.phone: Look

    def above(self) -> Iterator[Node]:
        """Its ancestors, the nearest first."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent


class Styles:
    """The looks of one page's elements."""

    def __init__(self, tree: etree._Element) -> None:
        self._cascade = _cascade(_sheets(tree))
        self._selectable = SelectableTree(tree)
        self._nodes: dict[etree._Element, Node] = {}

    def of(self, element: etree._Element) -> Node:
        chain = []
        one: etree._Element | None = element
        while one is not None and one not in self._nodes:
            chain.append(one)
            one = one.getparent()
        node = self._nodes[one] if one is not None else None
        for each in reversed(chain):
            node = self._cascade.node(self._selectable.of(each), node)
            self._nodes[each] = node
        return self._nodes[element]

    def worded(self, among: Iterable[etree._Element]) -> Mapping[Node, Sequence[etree._Element]]:
        """Those with words of their own that a reader sees, by their look, in order."""
        found: dict[Node, list[etree._Element]] = {}
        for element in among:
            if _WORD.search(own_words(element)):
                node = self.of(element)
                if node.light.is_seen or node.dark.is_seen or node.phone.is_seen:
                    found.setdefault(node, []).append(element)
        return found


def own_words(element: etree._Element) -> str:
    """The text that stands in the element itself, not in its children."""
    if not len(element):
        return element.text or ""
    return (element.text or "") + "".join(child.tail for child in element if child.tail)


def _sheets(tree: etree._Element) -> tuple[tuple[str, str], ...]:
    sheets = [(style.get("media", ""), style.text or "") for style in tree.iter("style")]
    for meta in tree.iter("meta"):
        if meta.get("name", "").lower() == "color-scheme":
            sheets.insert(0, ("", f":root {{ color-scheme: {meta.get('content', '')} }}"))
    return tuple(sheets)


@lru_cache(maxsize=8)
def _cascade(sheets: tuple[tuple[str, str], ...]) -> _Cascade:
    return _Cascade(parse_sheets(sheets))


class _Cascade:
    """The rules of a page, and the nodes made so far."""

    def __init__(self, rules: Sequence[StyleRule]) -> None:
        self._rules = RuleIndex((rule.selector, rule) for rule in rules)
        self._nodes: dict[object, Node] = {}

    def node(self, element: Selectable, parent: Node | None) -> Node:
        tag = element.local_name
        get = element.etree_element.get
        style = get("style", "")
        hints = tuple([get(one) for one in _HINTING])
        is_link = tag == "a" and get("href") is not None
        rules = self._rules.of(element)
        key = (parent, tag, style, hints, is_link, tuple([rule.order for rule in rules]))
        node = self._nodes.get(key)
        if node is None:
            if len(self._nodes) >= _MANY:
                self._nodes.clear()
            node = Node(parent, tag)
            given = {**_BROWSERS.get(tag, _NOTHING), **_hinted(tag, hints)}
            if is_link:
                given["text-decoration"] = "underline"
            _compute(node, given, parse_style(style), rules, is_link=is_link)
            self._nodes[key] = node
        return node


def _compute(
    node: Node,
    given: Mapping[str, str],
    style: Declarations,
    rules: Sequence[StyleRule],
    *,
    is_link: bool,
) -> None:
    above = node.parent
    seen: dict[tuple[int, tuple[int, ...]], Look] = {}
    looks = []
    for nth, medium in enumerate(MEDIA):
        chosen = [rule for rule in rules if rule.media[nth]]
        parent = None if above is None else (above.light, above.dark, above.phone)[nth]
        key = (id(parent), tuple(rule.order for rule in chosen))
        if above is not None and key in seen:
            looks.append(seen[key])
            continue
        declared = dict(given)
        for rule in chosen:
            declared.update(rule.declares.usual)
        declared.update(style.usual)
        for rule in chosen:
            declared.update(rule.declares.important)
        declared.update(style.important)
        if parent is None:
            can_be_dark = "dark" in declared.get("color-scheme", "").split()
            parent = first_look(is_dark=medium.is_dark and can_be_dark)
        seen[key] = look_of(parent, declared, is_link=is_link)
        looks.append(seen[key])
    node.light, node.dark, node.phone = looks


_NOTHING: Mapping[str, str] = {}
_BLOCK = {"display": "block"}
_BOLD = {"font-weight": "bold"}
_HIDDEN = {"display": "none"}
_UNDERLINED = {"text-decoration": "underline"}


def _heading(size: str) -> Mapping[str, str]:
    return {"display": "block", "font-size": size, "font-weight": "bold"}


#: What browsers give each tag (HTML standard, chapter 15.3), as far as we read it.
_BROWSERS: Mapping[str, Mapping[str, str]] = {
    **dict.fromkeys(
        ("address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt",
         "fieldset", "figure", "footer", "form", "header", "hr", "html", "main", "nav", "ol",
         "pre", "section", "table", "tr", "ul"),
        _BLOCK,
    ),
    **dict.fromkeys(("head", "script", "style", "template", "title", "noscript"), _HIDDEN),
    **dict.fromkeys(("b", "strong"), _BOLD),
    **dict.fromkeys(("u", "ins"), _UNDERLINED),
    "td": {"display": "table-cell"},
    "th": {"display": "table-cell", "font-weight": "bold", "text-align": "center"},
    "li": {"display": "list-item"},
    "p": {"display": "block", "margin-top": "1em", "margin-bottom": "1em"},
    "h1": _heading("2em"),
    "h2": _heading("1.5em"),
    "h3": _heading("1.17em"),
    "h4": _heading("1em"),
    "h5": _heading("0.83em"),
    "h6": _heading("0.67em"),
    "small": {"font-size": "smaller"},
    "sub": {"font-size": "smaller"},
    "sup": {"font-size": "smaller"},
}  # fmt: skip
#: Attributes from before there was CSS. They count less than any rule (HTML standard, 15.2).
_HINTING = ("bgcolor", "background", "color", "text", "align", "hidden")


def _hinted(tag: str, hints: Sequence[str | None]) -> Mapping[str, str]:
    bgcolor, background, color, text, align, hidden = hints
    found: dict[str, str] = {}
    if bgcolor and parse_colour(bgcolor):
        found["background-color"] = bgcolor
    if background:
        found["background-image"] = background
    words = color if tag == "font" else text if tag == "body" else None
    if words and parse_colour(words):
        found["color"] = words
    if align:
        found["text-align"] = align.lower()
    if hidden is not None:
        found["display"] = "none"
    return found
