"""Tables that ship with the program: what mail clients support, and MJML's attributes.

A part of the program like its code; `tools/` makes them. Each is read when a question first asks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal  # Any: JSON of a known form

Support = Literal["y", "a", "n", "u"]  #: supported, in part, not, unknown


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature of HTML or CSS as caniemail.com names it."""

    slug: str  #: https://www.caniemail.com/features/SLUG/
    title: str
    support: Mapping[str, Support]  #: by client


@dataclass(frozen=True, slots=True)
class ClientTable:
    """What each client supports. `updated`: the day of the data, as 2026-05-13."""

    updated: str
    clients: Mapping[str, str]  #: the name that people know, by our id
    features: Mapping[str, Feature]  #: by slug


@cache
def client_table() -> ClientTable:
    table = _read("caniemail.json")
    clients = table["clients"]
    return ClientTable(
        table["updated"],
        clients,
        {
            slug: Feature(slug, title, dict(zip(clients, support, strict=True)))
            for slug, (title, support) in table["features"].items()
        },
    )


@cache
def mjml_attributes() -> Mapping[str, Mapping[str, str]]:
    """By component: its attributes, and what each takes in MJML's words."""
    components: Mapping[str, Mapping[str, str]] = _read("mjml.json")["components"]
    return components


def _read(name: str) -> dict[str, Any]:
    content = files("newsletter_mailer.check").joinpath("data", name).read_bytes()
    table: dict[str, Any] = json.loads(content)
    return table
