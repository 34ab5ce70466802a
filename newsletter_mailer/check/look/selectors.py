"""CSS selectors: which elements a rule is for. cssselect2 matches them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Generic, TypeAlias, TypeVar

import cssselect2
from cssselect2.compiler import CompiledSelector
from lxml import etree

Selector: TypeAlias = CompiledSelector
Rule = TypeVar("Rule")
#: How cssselect2 says that a selector is not valid or not known. The last two: hundreds of
#: combinators or nested brackets, more than Python compiles.
_REFUSED = (cssselect2.SelectorError, NotImplementedError, SyntaxError, RecursionError)


@lru_cache(maxsize=2048)
def parse_selectors(text: str) -> tuple[Selector, ...]:
    """Those of a list that can hold for an element; none if one is not valid, as browsers do it.

    What a reader does (:hover, :focus, :visited) never holds while one just reads.
    """
    try:
        compiled = cssselect2.compile_selector_list(text)
    except _REFUSED:
        return ()
    return tuple(one for one in compiled if one.pseudo_element is None and not one.never_matches)


class Selectable(cssselect2.ElementWrapper):  # type: ignore[misc]  # cssselect2 has no types
    """An element as selectors see it: with its place among its ancestors and siblings."""

    @property
    def previous_siblings(self) -> Iterator[Selectable]:
        """The nearest first, in no more memory and depth than there are of them.

        cssselect2's own keeps a list an element, each made from the last by recursion.
        """
        one = self.previous
        while one is not None:
            yield one
            one = one.previous


class SelectableTree:
    """The elements of a page of HTML, each made selectable when it is first asked for."""

    def __init__(self, root: etree._Element) -> None:
        self._known: dict[etree._Element, Selectable] = {root: Selectable.from_html_root(root)}

    def of(self, element: etree._Element) -> Selectable:
        """No comment. Its siblings become known with it: selectors may go by their order."""
        if element not in self._known:
            downwards = [*reversed([*element.iterancestors()]), element]
            for parent, child in pairwise(downwards):
                if child not in self._known:
                    siblings = self._known[parent].iter_children()
                    self._known.update((one.etree_element, one) for one in siblings)
        return self._known[element]


class RuleIndex(Generic[Rule]):
    """Rules, filed by what the last part of their selectors asks for."""

    def __init__(self, rules: Iterable[tuple[Selector, Rule]]) -> None:
        """In the order in which they stand in the style sheets."""
        self._matcher = cssselect2.Matcher()
        for selector, rule in rules:
            self._matcher.add_selector(selector, rule)

    def of(self, element: Selectable) -> list[Rule]:
        """Those that hold for the element, the weakest first (by specificity, then by order)."""
        return [rule for _, _, _, rule in self._matcher.match(element)]
