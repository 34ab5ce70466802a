"""The lists in numbers: how many people, of which regions and roles, and who stands there twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from newsletter_mailer.findings import Source

EXAMPLES = 10  #: places that are named of each thing

#: Regions and roles: what decides which sections a person gets.
Segment = tuple[frozenset[str], frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """Rows about a person whom an earlier row is about."""

    count: int = 0
    first: Sequence[tuple[Source, Source]] = ()  #: the row, and the earlier one; the first ten


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """All lists that were read. A row whose address is unusable is not counted."""

    segments: Mapping[Segment, int] = field(default_factory=dict)  #: people
    sizes: Mapping[str, int] = field(default_factory=dict)  #: people by list that was read whole
    places: Mapping[str, str] = field(default_factory=dict)  #: where each of these lists is
    repeated: Mapping[str, Duplicates] = field(default_factory=dict)  #: within one list, by list
    shared: Duplicates = Duplicates()  #: people of several lists, each once for each further list

    @property
    def people(self) -> int:
        return sum(self.segments.values())
