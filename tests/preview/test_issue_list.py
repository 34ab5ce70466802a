"""The list of all issues: date, subject, and how far each has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.acceptance.scene import EVERYONE, ISSUE, Newsletter, newsletter
from tests.preview.conftest import (
    Look,
    Onlooker,
    Preview,
    Start,
    begin_preview,
    left_as_it_was,
)
from tests.smtp_server import Behaviour, Inbox

SECTION = "issues/2030-01/10-hello.md"


@pytest.fixture
def press(tmp_path: Path) -> Newsletter:
    return two_issues(tmp_path / "press")


def two_issues(root: Path) -> Newsletter:
    """Issue 2030-01, without a fault, and 2030-02, which is older by its date."""
    made = newsletter(root)
    made.write(
        "issues/2030-02/issue.toml",
        ISSUE.replace("2030-01-15", "2030-01-02").replace("News", "Old"),
    )
    made.write("issues/2030-02/10-text.md", "---\nkind: text\ntitle: Old\n---\nWords.\n")
    return made


@pytest.fixture(scope="module")
def shared_list(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    with ExitStack() as stack:
        yield begin_preview(stack, two_issues(tmp_path_factory.mktemp("list") / "press"))


@pytest.fixture
def listed(shared_list: Preview) -> Iterator[Preview]:
    """A preview of both issues, as they are."""
    with left_as_it_was(shared_list):
        yield shared_list


def issue(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def begin(start: Start, press: Newsletter, onlooker: Onlooker) -> Page:
    running = start(project=press)
    assert f"at {running.home}\n" in running.said
    onlooker.page.goto(running.home)
    return onlooker.page


def test_the_latest_first_with_date_and_subject(listed: Preview, onlooker: Onlooker) -> None:
    page = onlooker.page
    page.goto(listed.home)

    expect(page.get_by_role("heading", level=1)).to_have_text("Test News")
    expect(page.get_by_role("rowheader")).to_have_text(["2030-01", "2030-02"])
    first = issue(page, "2030-01")
    expect(first).to_contain_text("15 January 2030")
    expect(first).to_contain_text("News for Sam")
    expect(issue(page, "2030-02")).to_contain_text("2 January 2030")


def test_a_draft_is_checked(press: Newsletter, start: Start, onlooker: Onlooker) -> None:
    press.write(SECTION, press.read(SECTION) + "\nOn Monday 4 June 2030 and Monday 5 June 2030.\n")

    page = begin(start, press, onlooker)

    expect(issue(page, "2030-01")).to_contain_text("Draft: 2 errors")
    expect(issue(page, "2030-02")).to_contain_text("Checked")


def test_to_how_many_it_was_sent(
    press: Newsletter, start: Start, onlooker: Onlooker, inbox: Inbox
) -> None:
    sent = press.run("send", "--issue", "2030-01", "--yes", env=inbox.environment())
    assert sent.code == 0, sent.err

    page = begin(start, press, onlooker)

    expect(issue(page, "2030-01")).to_contain_text(f"Sent to {len(EVERYONE)} readers")
    expect(issue(page, "2030-02")).not_to_contain_text("Sent")


def test_to_how_many_of_all_it_was_sent(
    press: Newsletter, start: Start, onlooker: Onlooker, serve: Callable[..., Inbox]
) -> None:
    inbox = serve(
        Behaviour(at_rcpt=lambda to: "550 5.1.1 No such user" if to == EVERYONE[0] else None)
    )
    press.run("send", "--issue", "2030-01", "--yes", env=inbox.environment())

    page = begin(start, press, onlooker)

    expect(issue(page, "2030-01")).to_contain_text("Sent to 3 of 4 readers")


def test_what_was_sent_from_another_machine(
    press: Newsletter, start: Start, onlooker: Onlooker, inbox: Inbox
) -> None:
    press.run("send", "--issue", "2030-01", "--yes", env=inbox.environment())
    for file in (press.root / ".newsletter").iterdir():
        file.unlink()

    page = begin(start, press, onlooker)

    expect(issue(page, "2030-01")).to_contain_text("Sent from another machine")


def test_an_issue_is_opened_and_left_again(listed: Preview, onlooker: Onlooker) -> None:
    page = onlooker.page
    page.goto(listed.home)

    page.get_by_role("link", name="2030-01").click()
    expect(onlooker.mail.get_by_text("Dear Sam")).to_be_visible()
    page.get_by_role("link", name="All issues").click()

    expect(page.get_by_role("rowheader")).to_have_count(2)


def test_the_list_follows_the_files(press: Newsletter, start: Start, onlooker: Onlooker) -> None:
    page = begin(start, press, onlooker)
    all_are_checked(page, 2)

    press.write(SECTION, press.read(SECTION) + "\nOn Monday 4 June 2030.\n")
    expect(issue(page, "2030-01")).to_contain_text("Draft: 1 error")
    all_are_checked(page, 2)
    press.write("issues/2030-03/issue.toml", ISSUE.replace("2030-01-15", "2030-03-15"))
    expect(issue(page, "2030-03")).to_contain_text("15 March 2030")
    all_are_checked(page, 3)
    press.write("newsletter.toml", press.read("newsletter.toml").replace("Test News", "Our News"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Our News")


def all_are_checked(page: Page, count: int) -> None:
    expect(page.get_by_role("rowheader")).to_have_count(count)
    expect(page.get_by_text("being checked")).to_have_count(0)


def test_an_issue_that_cannot_be_read_is_in_it(
    press: Newsletter, start: Start, onlooker: Onlooker
) -> None:
    press.write("issues/2030-02/issue.toml", "subject = \n")

    page = begin(start, press, onlooker)

    expect(issue(page, "2030-02")).to_contain_text("no date")
    expect(issue(page, "2030-02")).to_contain_text("Draft: ")
    expect(issue(page, "2030-01")).to_contain_text("Checked")


def test_settings_that_cannot_be_read_are_named(
    press: Newsletter, start: Start, onlooker: Onlooker
) -> None:
    good = press.read("newsletter.toml")
    press.write("newsletter.toml", f"{good}\n[regions\n")
    page = begin(start, press, onlooker)
    expect(page.get_by_role("alert")).to_contain_text("newsletter.toml")

    press.write("newsletter.toml", good)

    expect(page.get_by_role("rowheader")).to_have_count(2)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_without_an_issue_it_says_how_to_make_one(
    press: Newsletter, start: Start, onlooker: Onlooker
) -> None:
    (press.root / "issues").rename(press.root / "put-aside")

    page = begin(start, press, onlooker)

    expect(page.get_by_text("newsletter-mailer new --issue")).to_be_visible()


def test_an_issue_that_is_not_there(unchanged: Preview, look: Look) -> None:
    page = look().page

    answer = page.goto(unchanged.issue("1999-01"))

    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("status").first).to_contain_text("There is no such issue.")
    expect(page.get_by_role("button")).to_have_count(0)
    page.get_by_role("link", name="All issues").click()
    expect(page.get_by_role("table", name="All issues")).to_be_visible()
