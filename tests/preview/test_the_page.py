"""The page itself: how it begins, what it needs, and that everyone can use it."""

from __future__ import annotations

import re
import stat
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import ProjectFolder
from tests.noting_browser import browser_that_notes
from tests.preview.axe import faults
from tests.preview.conftest import (
    Look,
    Onlooker,
    Preview,
    Start,
    begin_preview,
    sample_project,
    wait_until_checked,
)
from tests.waiting import wait_until

SECTION = "issues/2025-08/30-inspiring-future-leaders.md"
CO_DESIGN = "For directors: choose your co-design conversation"
_MOST_TABS = 200


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system says which browser")
def test_the_browser_is_opened_at_the_issue(
    news: ProjectFolder, start: Start, tmp_path: Path, onlooker: Onlooker
) -> None:
    """By a file that is its owner's alone: a program's arguments are everybody's to read."""
    browser, note = browser_that_notes(tmp_path)

    running = start("--issue", "2025-08", opens=True, BROWSER=browser)

    wait_until(lambda: note.exists() and note.read_text())
    file = Path(urllib.request.url2pathname(note.read_text().removeprefix("file://")))
    assert running.key not in note.read_text()
    assert running.issue() in running.said
    assert running.issue() in file.read_text("utf-8")
    assert [stat.S_IMODE(one.stat().st_mode) for one in (file, file.parent)] == [0o600, 0o700]
    onlooker.look(file.as_uri())
    assert onlooker.page.url == f"{running.origin}/issues/2025-08"

    assert running.stop() == 0
    assert not file.parent.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system says which browser")
def test_no_browser_is_opened_where_none_is_wanted(
    news: ProjectFolder, start: Start, tmp_path: Path
) -> None:
    browser, note = browser_that_notes(tmp_path)

    running = start("--issue", "2025-08", BROWSER=browser)

    assert running.stop() == 0
    assert not note.exists()


def test_an_issue_that_is_not_there_is_said_at_once(news: ProjectFolder, start: Start) -> None:
    with pytest.raises(AssertionError, match="1999-01"):
        start("--issue", "1999-01")


def test_a_phone_sees_the_mail_as_wide_as_the_phone(unchanged: Preview, look: Look) -> None:
    onlooker = look(375, 667)
    page = onlooker.look(unchanged.issue())

    assert onlooker.in_mail("html", "() => window.innerWidth") == 375
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    expect(page.get_by_role("region", name="Findings")).to_be_hidden()
    page.get_by_role("button", name="Findings (").click()
    page.get_by_role("button", name='Note: "Next month"').click()
    expect(onlooker.mail.get_by_text("Next month", exact=False)).to_be_in_viewport()


def test_a_place_that_is_outlined_while_the_mail_is_hidden_costs_it_no_height(
    unchanged: Preview, look: Look
) -> None:
    """What a phone does: the mail is shown again only after its address has changed."""
    onlooker = look(375, 667)
    page = onlooker.look(unchanged.issue())
    page.get_by_role("button", name="Findings (").click()
    expect(page.locator(".paper").first).to_be_hidden()

    onlooker.in_mail("html", _OUTLINE)
    page.get_by_role("button", name="Mail", exact=True).click()

    expect(page.locator(".paper").first).to_be_visible()
    expect(page.locator(".paper").first).not_to_have_class(re.compile("scrolls"))


#: Ends after all that listens was told of it.
_OUTLINE = """() => new Promise((done) => {
  addEventListener("hashchange", () => setTimeout(done));
  location.hash = document.querySelector("[data-nl]").id;
})"""


def tab_to(page: Page, wanted: Locator) -> None:
    """Presses Tab until it has the focus."""
    wanted.wait_for(state="attached")
    for _ in range(_MOST_TABS):
        if wanted.evaluate("(one) => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {wanted}")


def test_the_keyboard_is_enough(unchanged: Preview, onlooker: Onlooker) -> None:
    """From the list of issues to a test mail, without a hand on the mouse."""
    page, mail = onlooker.page, onlooker.mail
    page.goto(unchanged.home)
    tab_to(page, page.get_by_role("link", name="2025-08"))
    page.keyboard.press("Enter")
    mail.locator("h1").wait_for()
    expect(page.get_by_text("Checking…")).to_have_count(0)

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the mail")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the mail")).to_be_in_viewport()
    tab_to(page, page.get_by_role("button", name="Next version"))
    page.keyboard.press("Enter")
    expect(page.locator(".steps")).to_contain_text("Version 2 of 4")
    expect(page.get_by_role("button", name="Next version")).to_be_focused()

    tab_to(page, page.get_by_role("radio", name="Mail", exact=True))
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("region", name="What the mail is made of")).to_contain_text("Dear Sam")
    page.keyboard.press("ArrowLeft")
    tab_to(page, page.get_by_role("radio", name="Light", exact=True))
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Dark", exact=True)).to_be_checked()
    tab_to(page, page.get_by_role("checkbox", name="Pictures"))
    page.keyboard.press("Space")
    expect(mail.locator("img").first).to_have_js_property("naturalWidth", 0)

    tab_to(page, page.get_by_role("button", name='Note: "Next month"'))
    page.keyboard.press("Enter")
    expect(mail.get_by_text("Next month", exact=False)).to_be_in_viewport()
    expect(page.get_by_role("region", name="What was clicked")).to_be_visible()

    tab_to(page, page.get_by_role("button", name="Send me a test"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Send me a test")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Send me a test")).to_be_focused()


def test_a_cell_of_the_matrix_is_reached_with_the_keyboard(
    unchanged: Preview, onlooker: Onlooker
) -> None:
    page = onlooker.page
    page.goto(unchanged.issue(query="part=matrix"))

    tab_to(page, page.get_by_role("button", name=f"{CO_DESIGN}: in version").first)
    page.keyboard.press("Enter")

    expect(onlooker.mail.get_by_role("heading", name=CO_DESIGN)).to_be_in_viewport()


def states(onlooker: Onlooker, preview: Preview) -> Iterator[str]:
    """Everything that the page can show of a sound issue, one after the other."""
    page = onlooker.page
    page.goto(preview.home)
    page.get_by_role("rowheader").first.wait_for()
    yield "the list of issues"
    onlooker.look(preview.issue(query="variant=full"))
    expect(page.get_by_text("Checking…")).to_have_count(0)
    yield "the mail"
    page.locator(".inbox summary").click()
    yield "the inbox"
    page.locator(".inbox summary").click()
    panes = page.get_by_role("navigation", name="Parts of this page").get_by_role("button")
    if panes.first.is_visible():
        panes.filter(has_text="Reader").click()
        page.get_by_role("combobox", name="One reader").fill("a")
        expect(page.get_by_role("listbox", name="Readers")).to_be_visible()
        yield "readers that are offered"
        panes.filter(has_text="Findings").click()
        yield "the findings"
        panes.filter(has_text="Mail").click()
    onlooker.mail.get_by_text("Dear Sam").click()
    expect(page.get_by_role("region", name="What was clicked")).to_be_visible()
    yield "what was clicked"
    page.get_by_role("radio", name="Forced dark").check()
    expect(page.get_by_text("Simulation: some")).to_be_visible()
    yield "forced dark"
    for part in ("Text", "HTML", "Message", "Who gets what"):
        page.get_by_role("radio", name=part, exact=True).check()
        shown = page.locator(".part:not([hidden])")
        expect(shown.locator("pre, table").first).to_be_visible()
        yield part
    onlooker.look(preview.issue(query="variant=full&beside=everyone"))
    onlooker.beside.locator("h1").wait_for()
    yield "two versions"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375])
def test_the_page_is_accessible_and_fits(
    width: int, scheme: str, unchanged: Preview, look: Look
) -> None:
    onlooker = look(width, color_scheme=scheme, reduced_motion="reduce")

    for state in states(onlooker, unchanged):
        assert (state, faults(onlooker.page)) == (state, [])
        wide = onlooker.page.evaluate("document.documentElement.scrollWidth")
        assert (state, wide) == (state, width)


@pytest.fixture(scope="module")
def mistaken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    """A preview whose files were sound, and have a mistake since. Tests only look."""
    with ExitStack() as stack:
        news = sample_project(tmp_path_factory.mktemp("mistaken") / "news")
        running = begin_preview(stack, news, "--issue", "2025-08")
        wait_until_checked(running)
        news.write(SECTION, news.read(SECTION).replace("kind: notice", "kind: notcie"))
        yield running


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375])
def test_a_mistake_is_accessible_and_fits(
    width: int, scheme: str, mistaken: Preview, look: Look
) -> None:
    onlooker = look(width, color_scheme=scheme, reduced_motion="reduce")
    page = onlooker.look(mistaken.issue())
    expect(page.get_by_role("alert")).to_be_visible()

    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    box = page.get_by_role("alert").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
