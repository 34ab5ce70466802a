"""CSS selectors: which elements a rule is for.

Most are matched on an element's own tag, id, classes and attributes and on its ancestors'. Those
that ask for more, such as :first-child or a sibling, are turned into XPath and looked up per page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import cssselect
from cssselect import parser as ast
from cssselect.xpath import ExpressionError, HTMLTranslator

#: What a reader does, and what a mail cannot know: these never hold while one just reads.
_NEVER = frozenset(
    {"hover", "active", "focus", "focus-visible", "focus-within", "visited", "target"}
)
#: Outlook's apps put these on a message that they have recoloured; no page has them by itself.
_OUTLOOKS = frozenset({"data-ogsc", "data-ogsb", "data-ogac", "data-ogab"})


class Matched(Protocol):
    """An element as selectors see it."""

    @property
    def parent(self) -> Matched | None: ...
    @property
    def tag(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def classes(self) -> frozenset[str]: ...
    @property
    def attributes(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Compound:
    """`td.btn#x[width]`: what one element must be. Empty means anything."""

    tag: str = ""
    id: str = ""
    classes: frozenset[str] = frozenset()
    attributes: tuple[tuple[str, str, str], ...] = ()  #: name, operator, value
    is_root: bool = False

    def holds(self, element: Matched) -> bool:
        return (
            (not self.tag or self.tag == element.tag)
            and self.classes <= element.classes
            and (not self.id or self.id == element.id)
            and (not self.is_root or element.parent is None)
            and all(_has(element.attributes, *wanted) for wanted in self.attributes)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """From right to left: each compound with the combinator that ties it to the one before."""

    compounds: tuple[tuple[Compound, str], ...]  #: combinators: " ", ">", and "" for the last
    specificity: tuple[int, int, int]
    xpath: str = ""  #: instead of compounds, where those do not suffice

    @property
    def subject(self) -> Compound:
        return self.compounds[0][0]

    def matches(self, element: Matched) -> bool:
        return _matches(self.compounds, 0, element)

    def attributes(self) -> Iterator[str]:
        """The names that it asks for."""
        for compound, _ in self.compounds:
            yield from (name for name, _, _ in compound.attributes)


@lru_cache(maxsize=2048)
def parse_selectors(text: str) -> tuple[Selector, ...]:
    """Those of a list that can hold on a page; none if one is not valid, as browsers do it."""
    try:
        parsed = cssselect.parse(text)
        return tuple(one for one in map(_compiled, parsed) if one is not None)
    except (cssselect.SelectorError, RecursionError):  # the latter: hundreds of nested brackets
        return ()


def _compiled(parsed: cssselect.Selector) -> Selector | None:
    if parsed.pseudo_element is not None:
        return None
    compounds: list[tuple[Compound, str]] = []
    tree = parsed.parsed_tree
    try:
        while isinstance(tree, ast.CombinedSelector) and tree.combinator in (" ", ">"):
            compounds.append((_compound(tree.subselector), str(tree.combinator)))
            tree = tree.selector
        compounds.append((_compound(tree), ""))
    except _NeverError:
        return None
    except _PositionError:
        try:
            xpath = HTMLTranslator().selector_to_xpath(parsed)
        except ExpressionError:
            return None
        return Selector(compounds=(), specificity=parsed.specificity(), xpath=xpath)
    return Selector(compounds=tuple(compounds), specificity=parsed.specificity())


class _NeverError(Exception):
    """The selector holds on no page."""


class _PositionError(Exception):
    """The selector asks for more than an element and its ancestors."""


def _compound(tree: object) -> Compound:
    """Raises _NeverError, _PositionError."""
    tag = name = ""
    classes: set[str] = set()
    attributes: list[tuple[str, str, str]] = []
    is_root = False
    while not isinstance(tree, ast.Element):
        match tree:
            case ast.Class():
                classes.add(tree.class_name)
            case ast.Hash():
                name = tree.id
            case ast.Attrib() if tree.attrib.lower() in _OUTLOOKS:
                raise _NeverError
            case ast.Attrib():
                value = tree.value.value if tree.value is not None else None
                attributes.append((tree.attrib.lower(), tree.operator, value or ""))
            case ast.Pseudo() if tree.ident in _NEVER:
                raise _NeverError
            case ast.Pseudo() if tree.ident == "root":
                is_root = True
            case ast.Pseudo() if tree.ident in ("link", "any-link"):
                attributes.append(("href", "exists", ""))
            case _:
                raise _PositionError
        tree = tree.selector
    tag = (tree.element or "").lower()
    return Compound(
        tag=tag,
        id=name,
        classes=frozenset(classes),
        attributes=tuple(attributes),
        is_root=is_root,
    )


def _has(attributes: Mapping[str, str], name: str, operator: str, wanted: str) -> bool:
    value = attributes.get(name)
    if value is None:
        return False
    match operator:
        case "exists":
            return True
        case "=":
            return value == wanted
        case "~=":
            return wanted in value.split()
        case "|=":
            return value == wanted or value.startswith(wanted + "-")
        case "^=":
            return bool(wanted) and value.startswith(wanted)
        case "$=":
            return bool(wanted) and value.endswith(wanted)
        case "*=":
            return bool(wanted) and wanted in value
    return False


def _matches(compounds: tuple[tuple[Compound, str], ...], at: int, element: Matched) -> bool:
    compound, combinator = compounds[at]
    if not compound.holds(element):
        return False
    if not combinator:
        return True
    above = element.parent
    if combinator == ">":
        return above is not None and _matches(compounds, at + 1, above)
    wanted, next_combinator = compounds[at + 1]
    while above is not None:
        if wanted.holds(above):
            if _matches(compounds, at + 1, above):
                return True
            # The nearest has all ancestors that one further up has; only its own parent may differ.
            if next_combinator != ">":
                return False
        above = above.parent
    return False
