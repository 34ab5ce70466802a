"""Which features of caniemail.com a declaration, a rule or an element uses.

Most features are named after their property or element, so that their titles lead to them; the
others have a line here. A value that is there for clients without the feature takes it off again:
in `width: 90%; width: calc(100% - 20px)` the first is the fallback.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import tinycss2
from tinycss2 import ast
from tinycss2.color4 import parse_color

from newsletter_mailer.check.clients.tables import client_table


@dataclass(frozen=True, slots=True)
class Use:
    """A feature, used. `name` and `value` are what stands in the style sheet or the tag."""

    slug: str
    name: str
    value: str = ""
    within: str = ""  #: the feature of the at-rule around it

    @property
    def words(self) -> str:
        return f"{self.name}: {self.value}" if self.value else self.name


_FAMILIES: dict[str, tuple[str, ...]] = {
    "css-animation": ("animation-name", "animation-duration", "animation-delay"),
    "css-block-inline-size": ("block-size",),
    "css-border-inline-block": ("border-inline", "border-block"),
    "css-border-inline-block-individual": (
        "border-inline-start", "border-inline-end", "border-block-start", "border-block-end",
    ),
    "css-border-inline-block-longhand": (
        "border-inline-color", "border-inline-style", "border-inline-width",
        "border-block-color", "border-block-style", "border-block-width",
    ),
    "css-border-radius-logical": (
        "border-start-start-radius", "border-start-end-radius",
        "border-end-start-radius", "border-end-end-radius",
    ),
    "css-color-scheme": ("color-scheme",),
    "css-column-layout-properties": (
        "columns", "column-fill", "column-rule", "column-span", "column-width",
    ),
    "css-gap": ("gap", "column-gap", "row-gap"),
    "css-grid-template": (
        "grid-template", "grid-template-areas", "grid-template-columns", "grid-template-rows",
    ),
    "css-inline-size": ("inline-size",),
    "css-left-right-top-bottom": ("left", "right", "top", "bottom"),
    "css-margin-block-start-end": ("margin-block-start", "margin-block-end"),
    "css-margin-inline-block": ("margin-inline", "margin-block"),
    "css-margin-inline-start-end": ("margin-inline-start", "margin-inline-end"),
    "css-max-height": ("max-height",),
    "css-min-height": ("min-height",),
    "css-min-width": ("min-width",),
    "css-padding-block-start-end": ("padding-block-start", "padding-block-end"),
    "css-padding-inline-block": ("padding-inline", "padding-block"),
    "css-padding-inline-start-end": ("padding-inline-start", "padding-inline-end"),
    "css-scroll-snap": ("scroll-snap-type", "scroll-snap-align"),
    "css-text-emphasis": ("text-emphasis-color", "text-emphasis-style"),
    "css-transition": ("transition-property", "transition-duration"),
}  # fmt: skip
#: By property: values that use a feature, and the feature.
_VALUES: dict[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    "background": ((re.compile(r"url\("), "css-background-image"),),
    "background-image": ((re.compile(r"url\("), "css-background-image"),),
    "display": (
        (re.compile(r"\bflex\b|inline-flex"), "css-display-flex"),
        (re.compile(r"\bgrid\b|inline-grid"), "css-display-grid"),
    ),
    "flex-direction": ((re.compile("column"), "css-flex-direction"),),
    "flex-flow": (
        (re.compile("column"), "css-flex-direction"),
        (re.compile(r"(?<!no)wrap"), "css-flex-wrap"),
    ),
    "flex-wrap": ((re.compile(r"^wrap"), "css-flex-wrap"),),
    "float": ((re.compile("left|right"), "css-float"),),
    "position": ((re.compile("absolute|fixed|sticky"), "css-position"),),
    "visibility": ((re.compile("hidden|collapse"), "css-visibility"),),
}
#: In any property: what a client that does not know it drops, with the whole declaration.
_ANYWHERE = tuple(
    (re.compile(pattern), slug)
    for pattern, slug in (
        (r"\bcalc\(", "css-unit-calc"),
        (r"(?<![\w-])min\(", "css-function-min"),
        (r"(?<![\w-])max\(", "css-function-max"),
        (r"\bclamp\(", "css-function-clamp"),
        (r"\blight-dark\(", "css-function-light-dark"),
        (r"\bvar\(", "css-variables"),
        (r"\blinear-gradient\(", "css-linear-gradient"),
        (r"\bradial-gradient\(", "css-radial-gradient"),
        (r"\bconic-gradient\(", "css-conic-gradient"),
        (r"\b(?:ok)?l(?:ab|ch)\(", "css-modern-color"),
        (r"\brgba?\((?:[^)]*,){3}|\brgba\(", "css-rgba"),
        (r"\b(?:fit|min|max)-content\b", "css-intrinsic-size"),
        (r"\binitial\b", "css-unit-initial"),
        (r"\dch\b", "css-unit-ch"),
        (r"\drem\b", "css-unit-rem"),
        (r"\dvh\b", "css-unit-vh"),
        (r"\dvw\b", "css-unit-vw"),
        (r"\dvmin\b", "css-unit-vmin"),
        (r"\dvmax\b", "css-unit-vmax"),
    )
)
_HAS_VALUE = re.compile(r"[(]|content|initial|\d(?:ch|rem|v[hwm])")
#: Properties of which only some values matter, or none alone.
_BY_VALUE = frozenset({"background-image", "display", "float", "position", "visibility"})
_BACKGROUNDS = frozenset({"background", "background-color"})
_NO_EFFECT = frozenset({"none", "auto", "normal", "static", "inherit", "unset", "0", "0px"})
_MEDIA = (
    (re.compile("prefers-color-scheme"), "css-at-media-prefers-color-scheme"),
    (re.compile("prefers-reduced-motion"), "css-at-media-prefers-reduced-motion"),
    (re.compile(r"\b(?:any-)?hover\b"), "css-at-media-hover"),
    (re.compile("orientation"), "css-at-media-orientation"),
    (re.compile("device-pixel-ratio"), "css-at-media-device-pixel-ratio"),
    (re.compile(""), "css-at-media"),
)
_SELECTORS = (
    (re.compile(r"\+"), "css-selector-adjacent-sibling"),
    (re.compile("~(?!=)"), "css-selector-general-sibling"),
    (re.compile(r"\["), "css-selector-attribute"),
    (re.compile(">"), "css-selector-child"),
    (re.compile(r"\*(?!=)"), "css-selector-universal"),
    (re.compile(r"\.[\w-]+\.[\w-]+"), "css-selector-chaining"),
)
_PSEUDO = re.compile(r"::?([a-z-]+)")
_QUOTED = re.compile(r"""("[^"]*"|'[^']*')""")
_STRINGS = re.compile(r"""("[^"]*"|'[^']*'|\[[^\]]*\])""")
#: Selectors that reach one client on purpose (howtotarget.email), and MJML's own classes.
_AIMED = re.compile(
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
    more = {name: slug for slug, names in _FAMILIES.items() for name in names}
    return {**properties, **more}


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
        nodes = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
        return tuple(dict.fromkeys(_of_rules(nodes, "")))
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
        slug = next(slug for found, slug in _MEDIA if found.search(prelude))
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
    for pattern, slug in _SELECTORS:
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
    for pattern, feature in _VALUES.get(name, ()):
        if pattern.search(small):
            yield Use(feature, name, value, within)
    if _HAS_VALUE.search(small):
        for pattern, feature in _ANYWHERE:
            if pattern.search(small):
                yield Use(feature, name, value, within)
