"""What in a style sheet uses a feature of caniemail.com, where the feature's title does not say."""

from __future__ import annotations

import re

from newsletter_mailer.lazy_patterns import lazy_pattern

#: Further properties of a feature.
FAMILIES: dict[str, tuple[str, ...]] = {
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
VALUES: dict[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    "background": ((lazy_pattern(r"url\("), "css-background-image"),),
    "background-image": ((lazy_pattern(r"url\("), "css-background-image"),),
    "display": (
        (lazy_pattern(r"\bflex\b|inline-flex"), "css-display-flex"),
        (lazy_pattern(r"\bgrid\b|inline-grid"), "css-display-grid"),
    ),
    "flex-direction": ((lazy_pattern("column"), "css-flex-direction"),),
    "flex-flow": (
        (lazy_pattern("column"), "css-flex-direction"),
        (lazy_pattern(r"(?<!no)wrap"), "css-flex-wrap"),
    ),
    "flex-wrap": ((lazy_pattern(r"^wrap"), "css-flex-wrap"),),
    "float": ((lazy_pattern("left|right"), "css-float"),),
    "position": ((lazy_pattern("absolute|fixed|sticky"), "css-position"),),
    "visibility": ((lazy_pattern("hidden|collapse"), "css-visibility"),),
}
#: In any property: what a client that does not know it drops, with the whole declaration.
ANYWHERE = tuple(
    (lazy_pattern(pattern), slug)
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
MEDIA = (
    (lazy_pattern("prefers-color-scheme"), "css-at-media-prefers-color-scheme"),
    (lazy_pattern("prefers-reduced-motion"), "css-at-media-prefers-reduced-motion"),
    (lazy_pattern(r"\b(?:any-)?hover\b"), "css-at-media-hover"),
    (lazy_pattern("orientation"), "css-at-media-orientation"),
    (lazy_pattern("device-pixel-ratio"), "css-at-media-device-pixel-ratio"),
    (lazy_pattern(""), "css-at-media"),
)
SELECTORS = (
    (lazy_pattern(r"\+"), "css-selector-adjacent-sibling"),
    (lazy_pattern("~(?!=)"), "css-selector-general-sibling"),
    (lazy_pattern(r"\["), "css-selector-attribute"),
    (lazy_pattern(">"), "css-selector-child"),
    (lazy_pattern(r"\*(?!=)"), "css-selector-universal"),
    (lazy_pattern(r"\.[\w-]+\.[\w-]+"), "css-selector-chaining"),
)
