"""`docs`: the documentation of this version, in a browser or in the terminal."""

from __future__ import annotations

import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.scene import Newsletter
from tests.conftest import REPOSITORY
from tests.noting_browser import browser_that_notes
from tests.terminal import Terminal


@pytest.fixture
def nowhere(tmp_path: Path) -> Newsletter:
    """A folder that is no newsletter: whoever begins has none."""
    return Newsletter(tmp_path)


def test_a_page_is_printed_as_it_came_with_this_version(nowhere: Newsletter) -> None:
    done = nowhere.run("docs", "sending")

    assert (done.code, done.err) == (0, "")
    assert done.out == (REPOSITORY / "docs/sending.md").read_text("utf-8")


def test_without_a_topic_all_pages_and_their_folder_are_told(nowhere: Newsletter) -> None:
    done = nowhere.run("docs")

    assert done.code == 0
    for page in (REPOSITORY / "docs").glob("*.md"):
        assert f"\n{page.stem} " in done.out
    assert str(REPOSITORY / "docs") in done.out.splitlines()[0]


def test_a_page_that_is_none_is_told_with_what_was_meant(nowhere: Newsletter) -> None:
    done = nowhere.run("docs", "sendng")

    assert (done.code, done.out) == (2, "")
    assert 'Did you mean "sending"?' in done.err


@dataclass
class Desk:
    """A screen, and a browser that notes what it is asked to open."""

    folder: Path
    settings: dict[str, str]

    def __post_init__(self) -> None:
        self.browser, self.opened = browser_that_notes(self.folder)

    def environment(self) -> dict[str, str]:
        return {"BROWSER": self.browser, "TMPDIR": str(self.folder), "CI": "", **self.settings}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system says which browser")
def test_at_a_terminal_the_page_opens_in_the_browser(nowhere: Newsletter, tmp_path: Path) -> None:
    desk = Desk(tmp_path, {})
    terminal = Terminal(nowhere, desk, "docs", "lists")

    assert terminal.end() == 0, terminal.screen
    address = desk.opened.read_text("utf-8")
    assert address in terminal.screen
    with urllib.request.urlopen(address) as page:  # noqa: S310  # a file of this machine
        assert b"<h1" in page.read()


NO_SCREEN = {"BROWSER": "", "DISPLAY": "", "WAYLAND_DISPLAY": ""}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is a screen")
@pytest.mark.parametrize(
    ("settings", "words"),
    [({"CI": "true"}, ()), ({}, ("--no-open",)), (NO_SCREEN, ())],
    ids=["in CI", "on request", "without a screen"],
)
def test_no_browser_is_opened(
    nowhere: Newsletter, tmp_path: Path, settings: dict[str, str], words: tuple[str, ...]
) -> None:
    desk = Desk(tmp_path, settings)
    terminal = Terminal(nowhere, desk, "docs", "lists", *words)

    assert terminal.end() == 0, terminal.screen
    assert terminal.screen == (REPOSITORY / "docs/lists.md").read_text("utf-8")
    assert not desk.opened.exists()
