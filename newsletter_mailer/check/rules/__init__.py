"""The questions, by what they ask about. Importing this package registers them."""

from __future__ import annotations

from collections.abc import Mapping

from newsletter_mailer.check.registry import RULES, Rule
from newsletter_mailer.check.rules import (
    accessibility,
    browser,
    clarity,
    clients,
    contrast,
    dark_mode,
    dates,
    diary,
    events,
    inbox,
    legibility,
    link_targets,
    links,
    listening,
    lists,
    manner,
    merge,
    mjml,
    part_links,
    parts,
    pictures,
    pictures_alt,
    plain_text,
    privacy,
    reading,
    repetition,
    sender,
    spam,
    spelling,
    support,
    targeting,
    template_html,
    unseen,
    values,
    words,
)

__all__ = [
    "accessibility",
    "all_rules",
    "browser",
    "clarity",
    "clients",
    "contrast",
    "dark_mode",
    "dates",
    "diary",
    "events",
    "inbox",
    "legibility",
    "link_targets",
    "links",
    "listening",
    "lists",
    "manner",
    "merge",
    "mjml",
    "part_links",
    "parts",
    "pictures",
    "pictures_alt",
    "plain_text",
    "privacy",
    "reading",
    "repetition",
    "sender",
    "spam",
    "spelling",
    "support",
    "targeting",
    "template_html",
    "unseen",
    "values",
    "words",
]


def all_rules() -> Mapping[str, Rule]:
    """Every rule by its id, chapter by chapter."""
    return RULES
