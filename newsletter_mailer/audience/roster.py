"""All lists of an issue merged: one record per person, in a scratch file, so that memory stays low.

What many people share (their regions, roles and lists) is kept once and numbered; a record's number
leads to it, and uniting two rows of a person changes that number only.
"""

from __future__ import annotations

import heapq
import itertools
import tempfile
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from newsletter_mailer.address import canonical, domain
from newsletter_mailer.audience.census import EXAMPLES, Census, Duplicates, Segment
from newsletter_mailer.audience.duplicates import DuplicateFinder, Pairs
from newsletter_mailer.audience.source import Row, SubscriberList
from newsletter_mailer.audience.subscriber import SEPARATOR, Membership, Subscriber
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.files.private import make_private_file
from newsletter_mailer.findings import Finding, Source

_BATCH = 150  #: fewer objects than make Python look for garbage
_DUPLICATE = 0  #: the membership of a record whose person has another, earlier one


class Roster:
    """The merged lists. Use it as a context manager: the scratch file goes when it ends."""

    def __init__(self, fields: Sequence[str]) -> None:
        self.fields = tuple(fields)
        self.findings: list[Finding] = []
        self.columns: set[str] = set()
        self._finder = DuplicateFinder()
        self._is_united = True
        self._membership_of = array("I")  #: by record
        nobody = Membership("", frozenset(), frozenset(), frozenset())
        self._memberships = [nobody]  #: by number; _DUPLICATE is the first
        self._numbers: dict[Membership, int] = {}
        self._unusable: Counter[int] = Counter()  #: rows without a usable address, by membership
        self._lists: list[SubscriberList] = []
        self._starts: list[int] = []  #: the number of each list's first row
        #: Rows about a person whom the same list has, by list.
        self._repeated: dict[str, Pairs] = {}
        self._shared = Pairs()  #: rows about a person whom an earlier list has

    def __enter__(self) -> Roster:
        with _explained():
            self._folder = tempfile.TemporaryDirectory(prefix="newsletter-mailer-")
            self._path = Path(self._folder.name) / "roster"
            make_private_file(self._path)
            self._records = self._path.open("w", encoding="utf-8", newline="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            with _explained():
                self._records.close()
        finally:
            self._folder.cleanup()

    def add(self, listed: SubscriberList) -> None:
        """Reads one list into the roster. Its findings join the roster's."""
        with _explained():
            self._add(listed)
            self._records.flush()
        self._is_united = False
        self.columns.update(listed.columns)
        self.findings.extend(listed.findings)

    def _add(self, listed: SubscriberList) -> None:
        note, write = self._finder.add, self._records.write
        membership_of, separator = self._membership_of, SEPARATOR
        memberships: dict[tuple[str, str], int] = {}
        self._lists.append(listed)
        self._starts.append(len(membership_of))
        for address, mailed, values, regions, roles, line in _rows_of(listed):
            membership = memberships.get((regions, roles))
            if membership is None:
                membership = memberships[regions, roles] = self._number(
                    Membership(
                        listed.place,
                        frozenset(filter(None, regions.split(";"))),
                        frozenset(filter(None, roles.split(";"))),
                        frozenset({listed.name}),
                    )
                )
            note(address)
            membership_of.append(membership)
            if not mailed:
                self._unusable[membership] += 1
            write(f"{mailed}{separator}{line}{separator}{values}\n")

    def _unite(self) -> None:
        """Gives each person's first record what the others say."""
        if self._is_united:
            return
        membership_of, memberships = self._membership_of, self._memberships
        self._repeated = {listed.name: Pairs() for listed in self._lists}
        self._shared = Pairs()
        for record, first, before in self._finder.found():
            listed = self._list_of(record)
            is_of_one_list = listed is self._list_of(before)
            pairs = self._repeated[listed.name] if is_of_one_list else self._shared
            pairs.add(record, before)
            if membership_of[record] not in (_DUPLICATE, membership_of[first]):
                membership_of[first] = self._number(
                    memberships[membership_of[first]].united(memberships[membership_of[record]])
                )
            membership_of[record] = _DUPLICATE
        self._is_united = True

    def _number(self, membership: Membership) -> int:
        number = self._numbers.setdefault(membership, len(self._memberships))
        if number == len(self._memberships):
            self._memberships.append(membership)
        return number

    def __len__(self) -> int:
        """How many people there are."""
        self._unite()
        return len(self._membership_of) - self._membership_of.count(_DUPLICATE)

    @property
    def is_whole(self) -> bool:
        """Whether every row of every list could be read."""
        return all(one.is_whole for one in self._lists)

    def census(self) -> Census:
        """The people of all lists in numbers."""
        self._unite()
        people = Counter(self._membership_of)
        del people[_DUPLICATE]
        people -= self._unusable
        segments: Counter[Segment] = Counter()
        sizes: Counter[str] = Counter()
        for number, count in people.items():
            membership = self._memberships[number]
            segments[membership.regions, membership.roles] += count
            for name in membership.lists:
                sizes[name] += count
        return Census(
            segments=segments,
            sizes={one.name: sizes[one.name] for one in self._lists if one.is_whole},
            places={one.name: one.place for one in self._lists},
            repeated={
                name: self._duplicates(pairs) for name, pairs in self._repeated.items() if pairs
            },
            shared=self._duplicates(self._shared),
        )

    def _list_of(self, record: int) -> SubscriberList:
        return self._lists[bisect_right(self._starts, record) - 1]

    def _duplicates(self, pairs: Pairs) -> Duplicates:
        first = heapq.nsmallest(EXAMPLES, pairs)
        places = self._places({record for pair in first for record in pair})
        return Duplicates(
            count=len(pairs), first=[(places[later], places[earlier]) for later, earlier in first]
        )

    def _places(self, records: Collection[int]) -> dict[int, Source]:
        """Where these rows stand."""
        if not records:
            return {}
        with _explained(), self._path.open(encoding="utf-8", newline="\n") as lines:
            return {
                number: Source(self._list_of(number).place, int(line.split(SEPARATOR, 2)[1]))
                for number, line in enumerate(itertools.islice(lines, max(records) + 1))
                if number in records
            }

    def at_domains(self, domains: Collection[str]) -> Iterator[tuple[str, Source]]:
        """Everyone with an address at one of these domains, and where they stand."""
        if not domains:
            return
        with _explained(), self._path.open(encoding="utf-8", newline="\n") as lines:
            for number, line in enumerate(lines):
                mailed, at, _ = line.split(SEPARATOR, 2)
                if (
                    mailed
                    and domain(mailed) in domains
                    and self._membership_of[number] != _DUPLICATE
                ):
                    yield mailed, Source(self._list_of(number).place, int(at))

    def batches(self) -> Iterator[list[Subscriber]]:
        """Everyone, in the order of the lists, some at a time.

        A row whose address is unusable has an empty `mailbox`.
        """
        self._unite()
        fields, memberships = self.fields, self._memberships
        with _explained(), self._path.open(encoding="utf-8", newline="\n") as records:
            people = zip(records, self._membership_of, strict=True)
            while some := [*itertools.islice(people, _BATCH)]:
                batch = []
                for record, number in some:
                    if number == _DUPLICATE:
                        continue
                    mailed, line, *cells = record[:-1].split(SEPARATOR)
                    place, regions, roles, lists = memberships[number]
                    batch.append(
                        Subscriber(
                            canonical(mailed) if mailed else f"{place}:{line}",
                            mailed,
                            fields,
                            cells,
                            regions,
                            roles,
                            lists,
                            place,
                            int(line),
                        )
                    )
                yield batch

    def find(self, address: str) -> Subscriber | None:
        """The person with this canonical address."""
        for batch in self.batches():
            for subscriber in batch:
                if subscriber.address == address:
                    return subscriber
        return None


def _rows_of(listed: SubscriberList) -> Iterator[Row]:
    """Raises ProjectError if the list is out of reach: `_explained` is about our own file."""
    try:
        yield from listed.rows()
    except OSError as fault:
        raise ProjectError(
            f"{listed.place} cannot be read: {fault.strerror or fault}. Nothing was sent."
        ) from None


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise ProjectError(
            f"The scratch file for the lists cannot be kept in {tempfile.gettempdir()}: "
            f"{fault.strerror}. Nothing was sent."
        ) from None
