"""Readers who are alike: how many have the same regions and roles."""

from __future__ import annotations

from collections.abc import Mapping

from newsletter_mailer.plan.plan import Plan
from newsletter_mailer.settings.newsletter import Settings

#: Regions and roles of readers who are alike.
Segment = tuple[frozenset[str], frozenset[str]]


def segments_of(plan: Plan, settings: Settings) -> Mapping[Segment, int]:
    """How many readers are alike; without the lists, one of each declared region and role."""
    if plan.has_lists:
        return plan.census.segments
    regions = [frozenset({slug}) for slug in settings.regions] or [frozenset[str]()]
    roles = [frozenset({slug}) for slug in settings.roles] or [frozenset[str]()]
    return {(region, role): 1 for region in regions for role in roles}
