"""Every feature of caniemail.com: what becomes of it where a client does not know it.

A new table (`tools/caniemail_table.py`) brings new features; a test fails until each has its place
here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cache

#: What MJML's own output uses, whatever the template says: its authors test it in these clients,
#: and nobody can leave it out. Measured by compiling one of each component
#: (tests/check/test_client_support.py does it again).
MJML_EMITS = frozenset(
    {
        "css-at-import", "css-at-media", "css-background", "css-background-color",
        "css-background-position", "css-background-repeat", "css-border-radius",
        "css-direction", "css-font-size", "css-height", "css-line-height", "css-margin",
        "css-max-width", "css-overflow", "css-padding", "css-text-align",
        "css-width", "css-word-break", "html-align", "html-aria-label", "html-background",
        "html-body", "html-dir", "html-height", "html-lang", "html-link", "html-lists",
        "html-role", "html-style", "html-target", "html-width",
    }
)  # fmt: skip

#: Asks a client whether it can, and is meant to be passed over where it cannot. Without these
#: there is no dark mode at all.
ONLY_ASKS = frozenset(
    {
        "css-at-media-hover", "css-at-media-prefers-color-scheme",
        "css-at-media-prefers-reduced-motion", "css-at-supports", "css-color-scheme",
        "html-meta-color-scheme",
    }
)  # fmt: skip


class Matter(Enum):
    """What becomes of a feature where it is not supported."""

    LOST = "content is not shown, or what should be hidden is"
    LAYOUT = "things stand elsewhere, or a whole declaration is dropped"
    PLAINER = "it looks plainer, and nothing is lost"


LOST = frozenset(
    {
        "css-pseudo-element-after", "css-pseudo-element-before", "css-visibility", "html-dialog",
        "html-hidden", "html-image-maps", "html-meter", "html-popover", "html-progress",
        "html-svg", "image-avif", "image-bmp", "image-heif", "image-ico", "image-mp4",
        "image-svg", "image-tiff", "image-webp",
    }
)  # fmt: skip
LAYOUT = frozenset(
    {
        "css-aspect-ratio", "css-background-image", "css-block-inline-size",
        "css-border-inline-block", "css-border-inline-block-individual",
        "css-border-inline-block-longhand", "css-column-count", "css-column-layout-properties",
        "css-conic-gradient", "css-display-flex", "css-display-grid", "css-flex-direction",
        "css-flex-wrap", "css-float", "css-function-clamp", "css-function-light-dark",
        "css-function-max", "css-function-min", "css-grid-template", "css-inline-size", "css-inset",
        "css-intrinsic-size", "css-left-right-top-bottom", "css-linear-gradient",
        "css-margin-block-start-end", "css-margin-inline-block", "css-margin-inline-start-end",
        "css-max-block-size", "css-max-inline-size", "css-min-block-size", "css-min-inline-size",
        "css-modern-color", "css-nesting", "css-object-fit", "css-padding-block-start-end",
        "css-padding-inline-block", "css-padding-inline-start-end", "css-position",
        "css-radial-gradient", "css-transform", "css-unit-calc", "css-unit-ch", "css-unit-rem",
        "css-unit-vh", "css-unit-vmax", "css-unit-vmin", "css-unit-vw", "css-variables",
        "css-writing-mode",
    }
)  # fmt: skip
PLAINER = frozenset(
    {
        "css-accent-color", "css-align-items", "css-animation", "css-at-font-face",
        "css-at-import", "css-at-keyframes", "css-at-media", "css-at-media-device-pixel-ratio",
        "css-at-media-hover", "css-at-media-orientation", "css-at-media-prefers-color-scheme",
        "css-at-media-prefers-reduced-motion", "css-at-supports", "css-backdrop-filter",
        "css-background", "css-background-blend-mode", "css-background-clip",
        "css-background-color", "css-background-origin", "css-background-position",
        "css-background-repeat", "css-background-size", "css-border", "css-border-collapse",
        "css-border-image", "css-border-radius", "css-border-radius-logical", "css-border-spacing",
        "css-box-shadow", "css-box-sizing", "css-caption-side", "css-clear", "css-clip-path",
        "css-color-scheme", "css-cursor", "css-direction", "css-display", "css-empty-cells",
        "css-filter", "css-font-kerning", "css-font-size", "css-font-size-adjust",
        "css-font-stretch", "css-font-weight", "css-gap", "css-height", "css-hyphenate-character",
        "css-hyphenate-limit-chars", "css-hyphens", "css-inert-attribute", "css-justify-content",
        "css-letter-spacing", "css-line-height", "css-list-style", "css-list-style-image",
        "css-list-style-position", "css-list-style-type", "css-margin", "css-mask-image",
        "css-max-height", "css-max-width", "css-min-height", "css-min-width", "css-mix-blend-mode",
        "css-object-position", "css-opacity", "css-orphans", "css-outline", "css-outline-offset",
        "css-overflow", "css-overflow-wrap", "css-padding", "css-pseudo-class-active",
        "css-pseudo-class-checked", "css-pseudo-class-default", "css-pseudo-class-first-child",
        "css-pseudo-class-first-of-type", "css-pseudo-class-focus",
        "css-pseudo-class-focus-visible", "css-pseudo-class-focus-within", "css-pseudo-class-has",
        "css-pseudo-class-hover", "css-pseudo-class-lang", "css-pseudo-class-last-child",
        "css-pseudo-class-last-of-type", "css-pseudo-class-link", "css-pseudo-class-not",
        "css-pseudo-class-nth-child", "css-pseudo-class-nth-last-child",
        "css-pseudo-class-nth-last-of-type", "css-pseudo-class-nth-of-type",
        "css-pseudo-class-only-child", "css-pseudo-class-only-of-type", "css-pseudo-class-target",
        "css-pseudo-class-visited", "css-pseudo-element-first-letter",
        "css-pseudo-element-first-line", "css-pseudo-element-marker",
        "css-pseudo-element-placeholder", "css-resize", "css-rgba", "css-scroll-snap",
        "css-selector-adjacent-sibling", "css-selector-attribute", "css-selector-chaining",
        "css-selector-child", "css-selector-general-sibling", "css-selector-universal",
        "css-shape-margin", "css-shape-outside", "css-tab-size", "css-table-layout",
        "css-text-align", "css-text-align-last", "css-text-decoration",
        "css-text-decoration-color", "css-text-decoration-line", "css-text-decoration-skip-ink",
        "css-text-decoration-style", "css-text-decoration-thickness", "css-text-emphasis",
        "css-text-emphasis-position", "css-text-indent", "css-text-justify",
        "css-text-orientation", "css-text-overflow", "css-text-shadow", "css-text-transform",
        "css-text-underline-offset", "css-text-underline-position", "css-text-wrap",
        "css-transition", "css-unit-initial", "css-user-select", "css-vertical-align",
        "css-white-space", "css-white-space-collapse", "css-widows", "css-width", "css-word-break",
        "css-word-spacing", "css-word-wrap", "css-z-index", "html-abbr", "html-acronym",
        "html-align", "html-aria-describedby", "html-aria-hidden", "html-aria-label",
        "html-aria-labelledby", "html-aria-live", "html-audio", "html-background", "html-base",
        "html-bdi", "html-blockquote", "html-body", "html-cellpadding", "html-cellspacing",
        "html-code", "html-del", "html-dfn", "html-dir", "html-div", "html-form", "html-h1-h6",
        "html-height", "html-hr", "html-img", "html-lang", "html-link", "html-lists",
        "html-loading-attribute", "html-marquee", "html-object", "html-p", "html-picture",
        "html-pre", "html-required", "html-role", "html-rp", "html-rt", "html-ruby", "html-select",
        "html-semantics", "html-small", "html-span", "html-srcset", "html-strike", "html-strong",
        "html-style", "html-table", "html-target", "html-textarea", "html-valign", "html-video",
        "html-wbr", "html-width", "image-apng",
    }
)  # fmt: skip
#: What no question here looks for, and why.
NOT_LOOKED_FOR: Mapping[str, frozenset[str]] = {
    "no part of an HTML mail": frozenset({"amp", "bimi"}),
    "every mail stands on it, and MJML's authors and ours have seen to it": frozenset(
        {
            "css-display-none", "css-font", "css-important", "css-rgb", "css-selector-class",
            "css-selector-descendant", "css-selector-grouping", "css-selector-id",
            "css-selector-type", "css-unit-cm", "css-unit-em", "css-unit-ex", "css-unit-in",
            "css-unit-mm", "css-unit-pc", "css-unit-percent", "css-unit-pt", "css-unit-px",
            "html-anchor-links", "html-doctype", "html-mailto-links", "image-gif", "image-jpg",
            "image-png",
        }
    ),
    "the compiler and the inliner take comments away": frozenset({"css-comments", "html-comments"}),
    "the next font of the list stands for it": frozenset({"css-sytem-ui"}),
    "only slanted letters are lost": frozenset({"html-address"}),
    "the form around it is looked for": frozenset(
        {
            "html-button-reset", "html-button-submit", "html-input-checkbox", "html-input-hidden",
            "html-input-radio", "html-input-reset", "html-input-submit", "html-input-text",
        }
    ),
    "another question asks it": frozenset({"html-meta-color-scheme", "image-base64"}),
    "nothing but its points tells it from another picture": frozenset({"image-hdr"}),
}  # fmt: skip


@cache
def matters() -> Mapping[str, Matter]:
    """By feature, those that are looked for."""
    return {
        **dict.fromkeys(LOST, Matter.LOST),
        **dict.fromkeys(LAYOUT, Matter.LAYOUT),
        **dict.fromkeys(PLAINER, Matter.PLAINER),
    }
