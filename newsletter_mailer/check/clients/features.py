"""Which features of caniemail.com a declaration, a rule or an element uses.

Most features are named after their property or element, so that their titles lead to them; the
others have a line here. A value that is there for clients without the feature takes it off again:
in `width: 90%; width: calc(100% - 20px)` the first is the fallback.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence, Set
from functools import cache, lru_cache
from typing import NamedTuple

import tinycss2
from tinycss2 import ast
from tinycss2.color4 import parse_color

from newsletter_mailer.check.clients.feature_patterns import (
    ANYWHERE,
    FAMILIES,
    MEDIA,
    SELECTORS,
    VALUES,
)
from newsletter_mailer.check.clients.tables import client_table
from newsletter_mailer.check.look.parsed_sheets import parsed_sheet
from newsletter_mailer.lazy_patterns import lazy_pattern


class Use(NamedTuple):
    """A feature, used. `name` and `value` are what stands in the style sheet or the tag."""

    slug: str
    name: str
    value: str = ""
    within: str = ""  #: the feature of the at-rule around it

    @property
    def words(self) -> str:
        return f"{self.name}: {self.value}" if self.value else self.name


_IN_ANY_VALUE = r"[(]|content|initial|\d(?:ch|rem|v[hwm])"
_HAS_VALUE = lazy_pattern(_IN_ANY_VALUE)
#: The same, before the value is parsed; nested rules, custom properties, comments and escapes too.
_WHATEVER_PROPERTY = lazy_pattern(rf"[{{\\/]|--|{_IN_ANY_VALUE}")
_NAME = lazy_pattern(r"[a-z-]+(?=\s*:)")
#: Properties of which only some values matter, or none alone.
_BY_VALUE = frozenset({"background-image", "display", "float", "position", "visibility"})
_BACKGROUNDS = frozenset({"background", "background-color"})
_NO_EFFECT = frozenset({"none", "auto", "normal", "static", "inherit", "unset", "0", "0px"})
_PSEUDO = lazy_pattern(r"::?([a-z-]+)")
_QUOTED = lazy_pattern(r"""("[^"]*"|'[^']*')""")
_STRINGS = lazy_pattern(r"""("[^"]*"|'[^']*'|\[[^\]]*\])""")
#: Selectors that reach one client on purpose (howtotarget.email), and MJML's own classes.
_AIMED = lazy_pattern(
    r"\[(?:data-ogs[bc]|data-outlook-cycle|x-apple-data-detectors|owa|class~?=.?x_)"
    r"|#outlook|#MessageViewBody|#MessageWebViewDiv|\.ExternalClass|\.moz-text-html|\.mj-"
    r"|\.gmail|\bu\s*\+|\.aolReplacedBody|&\s"
)


@cache
def _properties() -> Mapping[str, str]:
    """The feature of each property, by the titles that are a property's name."""
    properties = {
        feature.title.removesuffix(" property").strip(): slug
        for slug, feature in client_table().features.items()
        if slug.startswith("css-") and re.fullmatch(r"[a-z-]+(?: property)? *", feature.title)
    }
    more = {name: slug for slug, names in FAMILIES.items() for name in names}
    return {**properties, **more}


def properties_with(features: Container[str]) -> frozenset[str]:
    """The properties that use one of these features, themselves or with some value."""
    by_value = ((name, slug) for name, values in VALUES.items() for _, slug in values)
    return frozenset(name for name, slug in (*_properties().items(), *by_value) if slug in features)


def may_use(style: str, properties: Set[str]) -> bool:
    """A cheap look whether a `style` attribute can use a feature that these properties use.

    True also for what uses a feature in any property, and for what cannot be told without parsing.
    """
    small = style.lower()
    return bool(_WHATEVER_PROPERTY.search(small)) or not properties.isdisjoint(_NAME.findall(small))


@lru_cache(maxsize=4096)
def uses_of_style(style: str) -> tuple[Use, ...]:
    """What a `style` attribute uses. Empty for what no client can read either."""
    try:
        nodes = tinycss2.parse_blocks_contents(style, skip_comments=True, skip_whitespace=True)
        return tuple(dict.fromkeys(_of_declarations(nodes, "")))
    except RecursionError:  # thousands of nested brackets
        return ()


@lru_cache(maxsize=64)
def uses_of_sheet(css: str) -> tuple[Use, ...]:
    """What a style sheet uses, rules for one client alone and MJML's own left out."""
    try:
        return tuple(dict.fromkeys(_of_rules(parsed_sheet(css), "")))
    except RecursionError:  # thousands of nested brackets
        return ()


def _of_rules(nodes: Sequence[ast.Node], within: str) -> Iterator[Use]:
    for node in nodes:
        if isinstance(node, ast.AtRule):
            slug, words = _at_rule(node)
            if node.content is not None and slug.startswith(("css-at-media", "css-at-supports")):
                inner = tinycss2.parse_rule_list(node.content, True, True)
                inside = [*_of_rules(inner, slug)]
                if inside or not _is_only_aimed(inner):
                    yield Use(slug, words, "", within)
                    yield from inside
            elif slug:
                yield Use(slug, words, "", within)
        elif isinstance(node, ast.QualifiedRule):
            selector = tinycss2.serialize(node.prelude).strip()
            if not _AIMED.search(selector):
                yield from _of_selector(selector, within)
                inner = tinycss2.parse_blocks_contents(node.content, True, True)
                yield from _of_declarations(inner, within)


def _at_rule(node: ast.AtRule) -> tuple[str, str]:
    """The feature and how it is written. Empty for what the table does not have."""
    name = str(node.lower_at_keyword)
    prelude = " ".join(tinycss2.serialize(node.prelude).split())
    if name == "media":
        slug = next(slug for found, slug in MEDIA if found.search(prelude))
        return slug, f"@media {prelude}"
    slug = f"css-at-{name.removeprefix('-webkit-')}"
    return (slug, f"@{name}") if slug in client_table().features else ("", "")


def _is_only_aimed(nodes: Sequence[ast.Node]) -> bool:
    return all(
        isinstance(node, ast.QualifiedRule) and _AIMED.search(tinycss2.serialize(node.prelude))
        for node in nodes
    )


def _of_selector(selector: str, within: str) -> Iterator[Use]:
    bare = _STRINGS.sub("[]", selector)
    for found in _PSEUDO.finditer(bare):
        for kind in ("css-pseudo-class-", "css-pseudo-element-"):
            slug = f"{kind}{found[1]}"
            if slug in client_table().features:
                mark = ":" if kind == "css-pseudo-class-" else "::"
                yield Use(slug, f"{mark}{found[1]}", "", within)
    for pattern, slug in SELECTORS:
        if pattern.search(bare):
            yield Use(slug, selector, "", within)


def _of_declarations(nodes: Sequence[ast.Node], within: str) -> Iterator[Use]:
    """A second value of a property stands for the first only where a client knows it."""
    has_fallback = {*_backgrounds(nodes)}
    for node in nodes:
        if isinstance(node, ast.QualifiedRule):
            yield Use("css-nesting", tinycss2.serialize(node.prelude).strip(), "", within)
        elif isinstance(node, ast.Declaration):
            name = str(node.lower_name)
            value = " ".join(tinycss2.serialize(node.value).split())
            uses = [*_of_declaration(name, value, within)]
            own = None if name in _BY_VALUE else _properties().get(name)
            by_value = [use for use in uses if use.slug != own]
            yield from (use for use in uses if use.slug == own or name not in has_fallback)
            if not by_value:
                has_fallback.add(name)


def _backgrounds(nodes: Sequence[ast.Node]) -> Iterator[str]:
    """The properties of the background, where a colour stands for the picture."""
    for node in nodes:
        is_background = isinstance(node, ast.Declaration) and node.lower_name in _BACKGROUNDS
        if is_background and any(parse_color(token) is not None for token in node.value):
            yield from ("background", "background-image")


def _of_declaration(name: str, value: str, within: str) -> Iterator[Use]:
    small = _QUOTED.sub('""', value.lower())
    if name.startswith("--"):
        yield Use("css-variables", name, "", within)
        return
    slug = _properties().get(name)
    if slug is not None and name not in _BY_VALUE and small not in _NO_EFFECT:
        yield Use(slug, name, value, within)
    for pattern, feature in VALUES.get(name, ()):
        if pattern.search(small):
            yield Use(feature, name, value, within)
    if _HAS_VALUE.search(small):
        for pattern, feature in ANYWHERE:
            if pattern.search(small):
                yield Use(feature, name, value, within)
