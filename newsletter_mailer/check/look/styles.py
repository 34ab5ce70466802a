"""What a mail client computes for an element: its colours, its sizes, whether it is seen.

The cascade of CSS 2.2 (chapter 6.4) over what browsers give each tag, old attributes such as
`bgcolor`, the head's style sheets and the `style` attribute. Elements of the same kind in the same
place are computed once, also over variants: they share a `Node`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from lxml import etree

from newsletter_mailer.check.look.colours import parse_colour
from newsletter_mailer.check.look.looks import Look, first_look, look_of
from newsletter_mailer.check.look.style_sheets import (
    MEDIA,
    Declarations,
    StyleRule,
    parse_sheets,
    parse_style,
)

_WORD = re.compile(r"\w")
#: The one XPath that libxml2 answers faster than a loop: who holds text of their own.
_HOLDS_TEXT = etree.XPath("descendant-or-self::*[text()[normalize-space()]]")
_MANY = 20_000  #: nodes kept over pages and issues, some 1 KB each


class Node:
    """An element as far as its look depends on it, and that look in each medium."""

    __slots__ = ("attributes", "classes", "dark", "id", "light", "parent", "phone", "tag")

    def __init__(
        self, parent: Node | None, tag: str, name: str, classes: str, attributes: dict[str, str]
    ) -> None:
        self.parent = parent
        self.tag, self.id = tag, name
        self.classes = frozenset(classes.split())
        self.attributes: Mapping[str, str] = attributes
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
        self._nodes: dict[etree._Element, Node] = {}
        self._singled_out: dict[etree._Element, tuple[int, ...]] = {}
        for number, xpath in self._cascade.by_xpath:
            for element in xpath(tree):
                kept = self._singled_out.get(element, ())
                self._singled_out[element] = (*kept, number)

    def of(self, element: etree._Element) -> Node:
        chain = []
        one: etree._Element | None = element
        while one is not None and one not in self._nodes:
            chain.append(one)
            one = one.getparent()
        node = self._nodes[one] if one is not None else None
        for each in reversed(chain):
            node = self._cascade.node(each, node, self._singled_out.get(each, ()))
            self._nodes[each] = node
        return self._nodes[element]

    def worded(
        self, body: etree._Element, among: Sequence[etree._Element]
    ) -> Mapping[Node, Sequence[etree._Element]]:
        """Those with words of their own that a reader sees, by their look, in order."""
        meant = {*among}
        found: dict[Node, list[etree._Element]] = {}
        for element in _HOLDS_TEXT(body):
            if element in meant and _WORD.search(own_words(element)):
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
    """The rules of a page, filed by what their last part asks for; and the nodes made so far."""

    def __init__(self, rules: Sequence[StyleRule]) -> None:
        self._rules = rules
        self._by_id: dict[str, list[StyleRule]] = {}
        self._by_class: dict[str, list[StyleRule]] = {}
        self._by_tag: dict[str, list[StyleRule]] = {}
        self.by_xpath: list[tuple[int, etree.XPath]] = []
        asked: set[str] = set()
        for number, rule in enumerate(rules):
            if rule.selector.xpath:
                self.by_xpath.append((number, etree.XPath(rule.selector.xpath)))
                continue
            asked.update(rule.selector.attributes())
            subject = rule.selector.subject
            if subject.id:
                self._by_id.setdefault(subject.id, []).append(rule)
            elif subject.classes:
                self._by_class.setdefault(min(subject.classes), []).append(rule)
            else:
                self._by_tag.setdefault(subject.tag, []).append(rule)
        self._asked = tuple(sorted(asked))
        self._ids = {
            compound.id for rule in rules for compound, _ in rule.selector.compounds if compound.id
        }
        self._nodes: dict[object, Node] = {}

    def node(self, element: etree._Element, parent: Node | None, singled: tuple[int, ...]) -> Node:
        tag = element.tag if isinstance(element.tag, str) else ""
        get = dict(element.items()).get
        name = get("id", "")
        if name not in self._ids:
            name = ""
        classes, style = get("class", ""), get("style", "")
        hints = tuple([get(one) for one in _HINTING])
        is_link = tag == "a" and get("href") is not None
        asked = tuple([get(one) for one in self._asked])
        key = (parent, tag, name, classes, style, hints, is_link, asked, singled)
        node = self._nodes.get(key)
        if node is None:
            if len(self._nodes) >= _MANY:
                self._nodes.clear()
            attributes = {
                one: value
                for one, value in zip(self._asked, asked, strict=True)
                if value is not None
            }
            node = Node(parent, tag, name, classes, attributes)
            given = {**_BROWSERS.get(tag, _NOTHING), **_hinted(tag, hints)}
            if is_link:
                given["text-decoration"] = "underline"
            self._compute(node, given, parse_style(style), singled, is_link=is_link)
            self._nodes[key] = node
        return node

    def _compute(
        self,
        node: Node,
        given: Mapping[str, str],
        style: Declarations,
        singled: Sequence[int],
        *,
        is_link: bool,
    ) -> None:
        rules = self._rules_for(node, singled)
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

    def _rules_for(self, node: Node, singled: Sequence[int]) -> Sequence[StyleRule]:
        """Those that hold for it, the weakest first."""
        candidates = [
            *self._by_tag.get("", ()),
            *self._by_tag.get(node.tag, ()),
            *self._by_id.get(node.id, ()),
        ]
        for name in node.classes:
            candidates.extend(self._by_class.get(name, ()))
        rules = [rule for rule in candidates if rule.selector.matches(node)]
        rules.extend(self._rules[number] for number in singled)
        rules.sort(key=lambda rule: (rule.selector.specificity, rule.order))
        return rules


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
