"""How well the chosen mail clients support a feature."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from newsletter_mailer.check.clients.classification import (
    MJML_EMITS,
    ONLY_ASKS,
    Matter,
    matters,
)
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


class Weakness(NamedTuple):
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
    for slug, matter in matters().items():
        feature = client_table().features[slug]
        missing = tuple(client for client in clients if feature.support[client] == "n")
        partly = tuple(client for client in clients if feature.support[client] == "a")
        is_weak = missing or (partly and matter is not Matter.PLAINER)
        if is_weak and slug not in MJML_EMITS | ONLY_ASKS:
            found[slug] = Weakness(slug, matter, missing, partly)
    return found


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
