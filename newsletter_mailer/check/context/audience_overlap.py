"""Which sections meet in somebody's mail: what no reader gets twice is not doubled."""

from __future__ import annotations

from newsletter_mailer.issue.model import Section


def share_readers(one: Section, other: Section) -> bool:
    """Whether a reader with a single region and a single role can get both."""
    return _overlap(one.regions, other.regions) and _overlap(one.roles, other.roles)


def comes_with(one: Section, other: Section) -> bool:
    """Whether everyone who gets `other` gets `one` too."""
    return _covers(one.regions, other.regions) and _covers(one.roles, other.roles)


def _overlap(one: frozenset[str], other: frozenset[str]) -> bool:
    return not one or not other or not one.isdisjoint(other)


def _covers(one: frozenset[str], other: frozenset[str]) -> bool:
    return not one or (bool(other) and other <= one)
