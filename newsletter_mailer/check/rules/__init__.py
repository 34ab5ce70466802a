"""The questions, by what they ask about. Importing this package registers them."""

from __future__ import annotations

from collections.abc import Mapping

from newsletter_mailer.check.registry import RULES, Rule
from newsletter_mailer.check.rules import (
    clients,
    envelope,
    lists,
    merge,
    mjml,
    reading,
    targeting,
    words,
)

__all__ = [
    "all_rules",
    "clients",
    "envelope",
    "lists",
    "merge",
    "mjml",
    "reading",
    "targeting",
    "words",
]


def all_rules() -> Mapping[str, Rule]:
    """Every rule by its id, chapter by chapter."""
    return RULES
