"""A project's lists are found wherever they are, also where that is no folder of the project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from newsletter_mailer.audience import list_sources
from newsletter_mailer.audience.csv_lists import CsvLists
from newsletter_mailer.audience.list_sources import ListSources, list_folders
from newsletter_mailer.audience.roster import Roster
from newsletter_mailer.audience.source import (
    Fingerprint,
    ListProject,
    Row,
    RowSchema,
    SubscriberList,
)
from newsletter_mailer.audience.tabular import TabularList
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.settings.newsletter import read_settings

BOOK: Mapping[str, Sequence[str]] = {"north": ["ann@example.org", "ben"], "south": []}
SCHEMA = RowSchema(fields=(), regions={}, roles={})


class AddressBook:
    """A service that is asked over the network."""

    folders: ClassVar[tuple[str, ...]] = ()

    def __init__(self, project: ListProject) -> None:
        self._address = project.environment["ADDRESS_BOOK"]

    def names(self) -> Sequence[str]:
        return [*BOOK]

    def has(self, name: str) -> bool:
        return name in BOOK

    def place(self, name: str) -> str:
        return f"{self._address}/lists/{name}"

    def fingerprint(self, name: str) -> Fingerprint:
        return "version 7"

    def list_named(self, name: str, schema: RowSchema) -> SubscriberList:
        return Page(name, self.place(name), schema)


class Page(TabularList):
    def rows(self) -> Iterator[Row]:
        reader = self.begin(["email"], 0)
        assert reader is not None
        for number, address in enumerate(BOOK[self.name], start=1):
            row = reader.read([address], number)
            assert row is not None
            yield row


@pytest.fixture
def lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ListSources:
    """`directors` is a CSV file; `north` and `south` are in the address book."""
    monkeypatch.setattr(list_sources, "SOURCES", (CsvLists, AddressBook))
    (tmp_path / "recipients").mkdir()
    (tmp_path / "recipients/directors.csv").write_text("email\ncy@example.org\n")
    settings, _ = read_settings('name = "Test"\nfrom = "news@example.org"\n', {})
    assert settings is not None
    environment = {"ADDRESS_BOOK": "https://book.example.org"}
    return ListSources(Project(root=tmp_path, settings=settings, environment=environment))


def test_all_lists_are_known_by_name(lists: ListSources) -> None:
    assert lists.names() == ["directors", "north", "south"]
    assert lists.find("west", SCHEMA) is None


def test_each_list_has_a_place_and_one_that_is_nowhere_would_be_a_file(lists: ListSources) -> None:
    assert lists.place("directors") == "recipients/directors.csv"
    assert lists.place("north") == "https://book.example.org/lists/north"
    assert lists.place("west") == "recipients/west.csv"


def test_a_list_s_fingerprint_is_its_own_source_s(lists: ListSources) -> None:
    found = lists.fingerprints(["directors", "north", "west"])

    assert found["north"] == "version 7"
    assert found["directors"] is not None
    assert found["west"] is None


def test_only_folders_are_watched_and_guarded_but_all_lists_are_private(lists: ListSources) -> None:
    assert list_folders() == ("recipients",)
    assert lists.is_about_a_list("recipients/directors.csv")
    assert lists.is_about_a_list("https://book.example.org/lists/south")
    assert not lists.is_about_a_list("issues/2030-01/issue.toml")


def test_people_of_all_kinds_of_lists_are_one_roster(lists: ListSources) -> None:
    with Roster(()) as roster:
        for name in ("north", "directors"):
            found = lists.find(name, SCHEMA)
            assert found is not None
            roster.add(found)
        people = [one for batch in roster.batches() for one in batch]

    assert [one.mailbox for one in people] == ["ann@example.org", "", "cy@example.org"]
    assert people[0].source.file == "https://book.example.org/lists/north"
    assert [(one.source.file, one.source.line) for one in roster.findings] == [
        ("https://book.example.org/lists/north", 2)
    ]
    assert roster.census().places == {
        "north": "https://book.example.org/lists/north",
        "directors": "recipients/directors.csv",
    }


def test_a_list_that_is_out_of_reach_is_named(
    lists: ListSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows(page: Page) -> Iterator[Row]:
        yield from ()
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(Page, "rows", rows)
    found = lists.find("north", SCHEMA)
    assert found is not None

    with (
        Roster(()) as roster,
        pytest.raises(ProjectError, match=r"lists/north cannot be read: Connection refused\."),
    ):
        roster.add(found)
