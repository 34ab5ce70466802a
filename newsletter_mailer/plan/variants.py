"""Variants: the distinct sets of sections that groups of subscribers see."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from newsletter_mailer.issue.model import Issue, Section

_LONGEST_ID = 60


@dataclass(frozen=True, slots=True)
class Variant:
    """The sections that its readers see, in order. Its id is a file name."""

    id: str
    sections: tuple[Section, ...]

    @property
    def slugs(self) -> tuple[str, ...]:
        return tuple(section.slug for section in self.sections)


class Variants:
    """Finds the variant of a reader; remembers it by regions and roles."""

    def __init__(self, issue: Issue) -> None:
        self._issue = issue
        self._by_reader: dict[tuple[frozenset[str], frozenset[str]], Variant] = {}
        self._by_sections: dict[tuple[str, ...], Variant] = {}

    def of(self, regions: frozenset[str], roles: frozenset[str]) -> Variant:
        """What a reader of these regions and roles sees. It may have no sections."""
        found = self._by_reader.get((regions, roles))
        if found is None:
            sections = (s for s in self._issue.sections if s.sees(regions, roles))
            found = self._by_reader[regions, roles] = self._variant(sections)
        return found

    def full(self) -> Variant:
        """The whole issue, whether or not somebody sees all of it."""
        return self._variant(self._issue.sections)

    def _variant(self, sections: Iterable[Section]) -> Variant:
        chosen = tuple(sections)
        slugs = tuple(section.slug for section in chosen)
        if slugs not in self._by_sections:
            self._by_sections[slugs] = Variant(_id(self._issue, chosen), chosen)
        return self._by_sections[slugs]


def every_combination(
    regions: Iterable[str], roles: Iterable[str]
) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    """A reader of each region and role, and of none: who there could be, without a list."""
    some_regions = [frozenset[str](), *(frozenset({slug}) for slug in regions)]
    some_roles = [frozenset[str](), *(frozenset({slug}) for slug in roles)]
    for region in some_regions:
        for role in some_roles:
            yield region, role


def _id(issue: Issue, sections: tuple[Section, ...]) -> str:
    """`full`, `everyone` (nothing targeted), or the targeted sections that it has."""
    if len(sections) == len(issue.sections):
        return "full"
    targeted = "+".join(section.slug for section in sections if section.is_targeted)
    if not targeted:
        return "everyone"
    if len(targeted) <= _LONGEST_ID and targeted not in ("full", "everyone"):
        return targeted
    digest = hashlib.sha256(targeted.encode()).hexdigest()[:8]
    return f"{targeted[: _LONGEST_ID - 9]}-{digest}"
