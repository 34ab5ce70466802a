"""All lists of an issue merged: one record per person, in a scratch file, so that memory stays low.

What many people share (their regions, roles and lists) is kept once and numbered; a record's number
leads to it, and uniting two rows of a person changes that number only.
"""

from __future__ import annotations

import itertools
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from newsletter_mailer.address import canonical
from newsletter_mailer.audience.csv_lists import ListFile
from newsletter_mailer.audience.known import Known
from newsletter_mailer.audience.rows import SEPARATOR, Subscriber
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.findings import Finding

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

    def __enter__(self) -> Roster:
        with _explained():
            self._folder = tempfile.TemporaryDirectory(prefix="newsletter-mailer-")
            self._path = Path(self._folder.name) / "roster"
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
            write(f"{mailed}{separator}{line}{separator}{values}\n")

    def _unite(self) -> None:
        """Gives each person's first record what the others say."""
        if self._is_united:
            return
        group_of, groups = self._group_of, self._groups
        for record, first in self._known.again():
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
