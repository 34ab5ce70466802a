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
from typing import NamedTuple

from newsletter_mailer.address import canonical, domain
from newsletter_mailer.audience.census import EXAMPLES, Census, Doubles, Segment
from newsletter_mailer.audience.csv_lists import ListFile
from newsletter_mailer.audience.known import Known
from newsletter_mailer.audience.rows import SEPARATOR, Subscriber
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.findings import Finding, Source
from newsletter_mailer.private_files import make_private_file

_BATCH = 150  #: fewer objects than make Python look for garbage
_DOUBLE = 0  #: the group of a record whose person has another, earlier one


class _Group(NamedTuple):
    """What is said of a person besides the merge fields."""

    file: str  #: of the first list that has the person
    regions: frozenset[str]
    roles: frozenset[str]
    lists: frozenset[str]

    def united(self, other: _Group) -> _Group:
        return _Group(
            self.file,
            self.regions | other.regions,
            self.roles | other.roles,
            self.lists | other.lists,
        )


class _Pairs:
    """Records, each with the one that it doubles; eight octets per pair."""

    def __init__(self) -> None:
        self._later, self._earlier = array("I"), array("I")

    def add(self, later: int, earlier: int) -> None:
        self._later.append(later)
        self._earlier.append(earlier)

    def __len__(self) -> int:
        return len(self._later)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self._later, self._earlier, strict=True)


class Roster:
    """The merged lists. Use it as a context manager: the scratch file goes when it ends."""

    def __init__(self, fields: Sequence[str]) -> None:
        self.fields = tuple(fields)
        self.findings: list[Finding] = []
        self.columns: set[str] = set()
        self._known = Known()
        self._is_united = True
        self._group_of = array("I")  #: by record
        self._groups = [_Group("", frozenset(), frozenset(), frozenset())]  #: first, _DOUBLE
        self._numbers: dict[_Group, int] = {}
        self._unusable: Counter[int] = Counter()  #: rows without a usable address, by group
        self._lists: list[ListFile] = []
        self._starts: list[int] = []  #: the number of each list's first row
        self._repeated: dict[
            str, _Pairs
        ] = {}  #: rows about a person whom the same list has, by list
        self._shared = _Pairs()  #: rows about a person whom an earlier list has

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

    def add(self, listed: ListFile) -> None:
        """Reads one list into the roster. Its findings join the roster's."""
        with _explained():
            self._add(listed)
            self._records.flush()
        self._is_united = False
        self.columns.update(listed.columns)
        self.findings.extend(listed.findings)

    def _add(self, listed: ListFile) -> None:
        know, write = self._known.add, self._records.write
        group_of, separator = self._group_of, SEPARATOR
        groups: dict[tuple[str, str], int] = {}
        self._lists.append(listed)
        self._starts.append(len(group_of))
        for address, mailed, values, regions, roles, line in listed.rows():
            group = groups.get((regions, roles))
            if group is None:
                group = groups[regions, roles] = self._number(
                    _Group(
                        listed.file,
                        frozenset(filter(None, regions.split(";"))),
                        frozenset(filter(None, roles.split(";"))),
                        frozenset({listed.name}),
                    )
                )
            know(address)
            group_of.append(group)
            if not mailed:
                self._unusable[group] += 1
            write(f"{mailed}{separator}{line}{separator}{values}\n")

    def _unite(self) -> None:
        """Gives each person's first record what the others say."""
        if self._is_united:
            return
        group_of, groups = self._group_of, self._groups
        self._repeated = {listed.name: _Pairs() for listed in self._lists}
        self._shared = _Pairs()
        for record, first, before in self._known.again():
            listed = self._list_of(record)
            is_of_one_list = listed is self._list_of(before)
            pairs = self._repeated[listed.name] if is_of_one_list else self._shared
            pairs.add(record, before)
            if group_of[record] not in (_DOUBLE, group_of[first]):
                group_of[first] = self._number(
                    groups[group_of[first]].united(groups[group_of[record]])
                )
            group_of[record] = _DOUBLE
        self._is_united = True

    def _number(self, group: _Group) -> int:
        number = self._numbers.setdefault(group, len(self._groups))
        if number == len(self._groups):
            self._groups.append(group)
        return number

    def __len__(self) -> int:
        """How many people there are."""
        self._unite()
        return len(self._group_of) - self._group_of.count(_DOUBLE)

    @property
    def is_whole(self) -> bool:
        """Whether every row of every list could be read."""
        return all(one.is_whole for one in self._lists)

    def census(self) -> Census:
        """The people of all lists in numbers."""
        self._unite()
        people = Counter(self._group_of)
        del people[_DOUBLE]
        people -= self._unusable
        segments: Counter[Segment] = Counter()
        sizes: Counter[str] = Counter()
        for number, count in people.items():
            group = self._groups[number]
            segments[group.regions, group.roles] += count
            for name in group.lists:
                sizes[name] += count
        return Census(
            segments=segments,
            sizes={one.name: sizes[one.name] for one in self._lists if one.is_whole},
            repeated={
                name: self._doubles(pairs) for name, pairs in self._repeated.items() if pairs
            },
            shared=self._doubles(self._shared),
        )

    def _list_of(self, record: int) -> ListFile:
        return self._lists[bisect_right(self._starts, record) - 1]

    def _doubles(self, pairs: _Pairs) -> Doubles:
        first = heapq.nsmallest(EXAMPLES, pairs)
        places = self._places({record for pair in first for record in pair})
        return Doubles(
            count=len(pairs), first=[(places[later], places[earlier]) for later, earlier in first]
        )

    def _places(self, records: Collection[int]) -> dict[int, Source]:
        """Where these rows stand."""
        if not records:
            return {}
        with _explained(), self._path.open(encoding="utf-8", newline="\n") as lines:
            return {
                number: Source(self._list_of(number).file, int(line.split(SEPARATOR, 2)[1]))
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
                if mailed and domain(mailed) in domains and self._group_of[number] != _DOUBLE:
                    yield mailed, Source(self._list_of(number).file, int(at))

    def batches(self) -> Iterator[list[Subscriber]]:
        """Everyone, in the order of the lists, some at a time.

        A row whose address is unusable has an empty `mailbox`.
        """
        self._unite()
        fields, groups = self.fields, self._groups
        with _explained(), self._path.open(encoding="utf-8", newline="\n") as records:
            people = zip(records, self._group_of, strict=True)
            while some := [*itertools.islice(people, _BATCH)]:
                batch = []
                for record, number in some:
                    if number == _DOUBLE:
                        continue
                    mailed, line, *cells = record[:-1].split(SEPARATOR)
                    file, regions, roles, lists = groups[number]
                    batch.append(
                        Subscriber(
                            canonical(mailed) if mailed else f"{file}:{line}",
                            mailed,
                            fields,
                            cells,
                            regions,
                            roles,
                            lists,
                            file,
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


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise ProjectError(
            f"The scratch file for the lists cannot be kept in {tempfile.gettempdir()}: "
            f"{fault.strerror}. Nothing was sent."
        ) from None
