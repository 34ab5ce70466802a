"""How well the chosen mail clients support a feature, and how much it matters there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from newsletter_mailer.check.clients.tables import client_table

#: Where councils and schools read their mail, and the phones in their pockets.
USUAL_CLIENTS = (
    "outlook-classic",
    "outlook-new",
    "outlook-web",
    "gmail-web",
    "gmail-ios",
    "gmail-android",
    "apple-mail-macos",
    "apple-mail-ios",
)

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


@dataclass(frozen=True, slots=True)
class Weakness:
    """A feature that not all of the chosen clients support."""

    slug: str
    matter: Matter
    missing: tuple[str, ...]  #: clients without it
    partly: tuple[str, ...]  #: clients that have it in some cases

    def where_read(self, within: str) -> Weakness:
        """The same among those clients only that read the at-rule `within`."""
        if not within:
            return self
        reads = client_table().features[within].support
        return Weakness(
            self.slug,
            self.matter,
            tuple(client for client in self.missing if reads[client] != "n"),
            tuple(client for client in self.partly if reads[client] != "n"),
        )

    def without(self, client: str) -> Weakness:
        return Weakness(
            self.slug,
            self.matter,
            tuple(one for one in self.missing if one != client),
            tuple(one for one in self.partly if one != client),
        )


def known_clients(clients: Iterable[str]) -> tuple[str, ...]:
    return tuple(client for client in clients if client in client_table().clients)


def unknown_clients(clients: Iterable[str]) -> list[str]:
    return [client for client in clients if client not in client_table().clients]


@lru_cache(maxsize=32)
def weaknesses(clients: tuple[str, ...]) -> Mapping[str, Weakness]:
    """By feature; what MJML emits itself and what only asks left out."""
    found: dict[str, Weakness] = {}
    for slug, feature in client_table().features.items():
        missing = tuple(client for client in clients if feature.support[client] == "n")
        partly = tuple(client for client in clients if feature.support[client] == "a")
        matter = matter_of(slug)
        matters = missing or (partly and matter is not Matter.PLAINER)
        if matters and slug not in MJML_EMITS | ONLY_ASKS:
            found[slug] = Weakness(slug, matter, missing, partly)
    return found


def matter_of(slug: str) -> Matter:
    if slug in LOST:
        return Matter.LOST
    return Matter.LAYOUT if slug in LAYOUT else Matter.PLAINER


def named(clients: Sequence[str], chosen: Sequence[str]) -> str:
    """`Outlook (classic) and Gmail`: the family alone where all that was chosen of it is meant."""
    table = client_table().clients
    families: dict[str, list[str]] = {}
    for client in clients:
        family, _, variant = table[client].partition(" (")
        families.setdefault(family, []).append(variant.rstrip(")"))
    words = []
    for family, variants in families.items():
        whole = sum(table[client].partition(" (")[0] == family for client in chosen)
        is_whole = len(variants) == whole and whole > 1
        listed = ", ".join(variant for variant in variants if variant)
        words.append(f"{family} ({listed})" if listed and not is_whole else family)
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
