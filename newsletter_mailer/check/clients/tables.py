"""What mail clients support, and MJML's attributes: read when a question first asks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal, NamedTuple

from newsletter_mailer.check.data.tables import read_table

Support = Literal["y", "a", "n", "u"]  #: supported, in part, not, unknown


class Feature(NamedTuple):
    """A feature of HTML or CSS as caniemail.com names it."""

    slug: str  #: https://www.caniemail.com/features/SLUG/
    title: str
    support: Mapping[str, Support]  #: by client


class ClientTable(NamedTuple):
    """What each client supports."""

    clients: Mapping[str, str]  #: the name that people know, by our id
    features: Mapping[str, Feature]  #: by slug


@cache
def client_table() -> ClientTable:
    table = read_table("caniemail.json")
    clients = table["clients"]
    return ClientTable(
        clients,
        {
            slug: Feature(slug, title, dict(zip(clients, support, strict=True)))
            for slug, (title, support) in table["features"].items()
        },
    )


@cache
def mjml_attributes() -> Mapping[str, Mapping[str, str]]:
    """By component: its attributes, and what each takes in MJML's words."""
    components: Mapping[str, Mapping[str, str]] = read_table("mjml.json")["components"]
    return components
