"""A person whom the lists name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from newsletter_mailer.findings import Source

#: Values are kept joined by this character, which no value may hold (it is a control character).
SEPARATOR = "\x1f"
#: The columns of a list that mean something to us. Every other one is a merge field, as these are.
STANDARD = ("email", "first_name", "last_name", "organisation", "region", "role")


class Membership(NamedTuple):
    """What many people share: the first list that has them, and what decides what they get."""

    place: str  #: of that list
    regions: frozenset[str]
    roles: frozenset[str]
    lists: frozenset[str]

    def united(self, other: Membership) -> Membership:
        """What two rows say of one person, this one first."""
        return Membership(
            self.place,
            self.regions | other.regions,
            self.roles | other.roles,
            self.lists | other.lists,
        )


class Subscriber(NamedTuple):
    """One person. `cells` are the merge fields that the issue uses, in the order of `fields`."""

    address: str  #: canonical: what makes a person the same
    mailbox: str  #: as mailed
    fields: tuple[str, ...]
    cells: Sequence[str]  #: none for a row whose address is unusable
    regions: frozenset[str]
    roles: frozenset[str]
    lists: frozenset[str]
    place: str  #: of the first list that has the person
    line: int  #: of its row there

    @property
    def values(self) -> dict[str, str]:
        """The merge fields by name."""
        return dict(zip(self.fields, self.cells, strict=False))

    @property
    def source(self) -> Source:
        """Where the first row about this person stands."""
        return Source(self.place, self.line)
