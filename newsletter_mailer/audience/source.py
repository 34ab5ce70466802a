"""Where lists of readers come from: what a kind of source promises, and what the roster needs.

A kind is one module beside this one, and one line in `list_sources.py`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

from newsletter_mailer.findings import Finding
from newsletter_mailer.settings.newsletter import Settings

if TYPE_CHECKING:
    from pathlib import Path

#: Another value whenever the list is another; None: it is not there, or cannot be looked at.
Fingerprint = Hashable


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSchema:
    """What rows are read by. Equal schemas make the same rows of the same list."""

    fields: tuple[str, ...]  #: merge fields that are wanted, in the order of `Row.values`
    header_fields: frozenset[str] = frozenset()  #: those that become part of a header
    regions: Mapping[str, str]  #: declared ones: their names by slug
    roles: Mapping[str, str]


class Row(NamedTuple):
    """A row, its sets still joined by ";". An unusable address leaves `mailbox` empty."""

    address: str  #: canonical
    mailbox: str  #: as mailed
    values: str  #: joined by SEPARATOR, in the order of the schema's fields
    regions: str  #: slugs
    roles: str
    line: int  #: the row's number, counted as the program counts in which a person opens the list


class SubscriberList(Protocol):
    """One list, read once. `findings` and `is_whole` say all there is when `rows` are through."""

    @property
    def name(self) -> str:
        """As issue.toml names it."""

    @property
    def place(self) -> str:
        """Where it is, for a person. With a row's number behind a colon, where the row is.

        `recipients/directors.csv`; of another kind perhaps `recipients/people.xlsx, sheet North`
        or `https://crm.example.org/lists/7`. What lies in the project's folder begins with its
        path there, so that a finding leads to it.
        """

    @property
    def columns(self) -> Sequence[str]:
        """The names of its columns, as merge fields are named; known once the rows begin.

        Empty: it could not be read at all.
        """

    def rows(self) -> Iterator[Row]:
        """Every row in its order, one at a time: a list may have a million.

        What is wrong is a finding. Raises nothing for what a person may have done to the list;
        OSError if it is out of reach meanwhile.
        """

    @property
    def is_whole(self) -> bool:
        """Whether every row could be read. If not, its size says nothing."""

    @property
    def findings(self) -> Sequence[Finding]:
        """What is wrong in it, each with `place` for a file and the row's number for a line."""


class ListProject(Protocol):
    """What a source may know of the project that it is asked for."""

    @property
    def root(self) -> Path:
        """Its folder."""

    @property
    def settings(self) -> Settings:
        """newsletter.toml: what names a source that lies elsewhere."""

    @property
    def environment(self) -> Mapping[str, str]:
        """With .env: what a source needs to be let in."""


class ListSource(Protocol):
    """Lists of one kind: the files of a folder, the sheets of a workbook, a database, an API."""

    #: Folders of the project in which its lists lie. They are watched while a preview runs, no
    #: option's FILE is written there, and no log shows what stands there: those are people.
    folders: ClassVar[tuple[str, ...]]

    def __init__(self, project: ListProject) -> None: ...

    def names(self) -> Sequence[str]:
        """The lists that it has, sorted; empty where it cannot say."""

    def has(self, name: str) -> bool:
        """Whether there is such a list, readable or not."""

    def place(self, name: str) -> str:
        """Where such a list is, or would be: `SubscriberList.place`."""

    def fingerprint(self, name: str) -> Fingerprint:
        """Asked before a list is read, before it is mailed, and at each change of a preview.

        So it costs little: the list itself is not read for it.
        """

    def list_named(self, name: str, schema: RowSchema) -> SubscriberList:
        """A list that there is. Raises nothing: what keeps it from being read is a finding."""
