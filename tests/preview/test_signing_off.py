"""The page says how the approval stands, and whoever looks can give it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.acceptance.scene import SETTINGS, Newsletter, newsletter
from tests.preview.axe import faults
from tests.preview.conftest import (
    Look,
    Onlooker,
    Preview,
    Start,
    begin_preview,
    left_as_it_was,
)
from tests.smtp_server import Inbox

BY = "Maria Example"
FOLDER = "issues/2030-01"
DUDLEY = f"{FOLDER}/20-dudley.md"
APPROVE = ("approve", "--issue", "2030-01", "--by", BY)


@pytest.fixture
def press(tmp_path: Path) -> Newsletter:
    return strict_newsletter(tmp_path / "press")


def strict_newsletter(root: Path) -> Newsletter:
    """Issue 2030-01, without a fault; nothing of it is sent without an approval."""
    made = newsletter(root)
    made.write("newsletter.toml", f"require_approval = true\n{SETTINGS}")
    return made


@pytest.fixture(scope="module")
def shared_undecided(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    with ExitStack() as stack:
        press = strict_newsletter(tmp_path_factory.mktemp("undecided") / "press")
        yield begin_preview(stack, press, "--sandbox")


@pytest.fixture
def undecided(shared_undecided: Preview) -> Iterator[Preview]:
    """A preview of an issue that nobody has approved when the test is over, either."""
    with left_as_it_was(shared_undecided):
        yield shared_undecided


def edit(press: Newsletter, old: str, new: str) -> None:
    text = press.read(DUDLEY)
    assert old in text
    press.write(DUDLEY, text.replace(old, new))


def test_nobody_has_approved_and_the_page_says_so(undecided: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(undecided.issue("2030-01"))
    page.get_by_role("button", name="Not approved").click()

    dialog = page.get_by_role("dialog", name="Approval")
    expect(dialog).to_contain_text("Nobody has approved this issue yet.")
    expect(dialog).to_contain_text("It cannot be sent to its readers before that.")


def test_what_is_approved_on_the_page_can_be_sent(
    press: Newsletter, start: Start, onlooker: Onlooker, inbox: Inbox
) -> None:
    page = onlooker.look(start(project=press).issue("2030-01"))
    page.get_by_role("button", name="Not approved").click()
    dialog = page.get_by_role("dialog", name="Approval")
    dialog.get_by_label("Your name").fill(BY)
    dialog.get_by_role("button", name="Approve", exact=True).click()

    expect(dialog.get_by_role("status")).to_contain_text(f"Approved by {BY} on ")
    dialog.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="Approved", exact=True)).to_be_visible()
    assert tomllib.loads(press.read(f"{FOLDER}/approval.toml"))["by"] == BY
    sent = press.run("send", "--issue", "2030-01", "--yes", env=inbox.environment())
    assert sent.code == 0, sent.err


def test_the_keyboard_is_enough(press: Newsletter, start: Start, onlooker: Onlooker) -> None:
    page = onlooker.look(start(project=press).issue("2030-01"))
    page.get_by_role("button", name="Not approved").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Your name").focus()
    page.keyboard.type(BY)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Approval")
    expect(dialog.get_by_role("status")).to_contain_text(f"Approved by {BY} on ")

    page.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Approved", exact=True)).to_be_focused()


def test_a_change_after_the_approval_shows_at_once_and_is_named(
    press: Newsletter, start: Start, onlooker: Onlooker
) -> None:
    press.run(*APPROVE)
    page = onlooker.look(start(project=press).issue("2030-01"))
    expect(page.get_by_role("button", name="Approved", exact=True)).to_be_visible()

    edit(press, "Dudley.", "you alone.")

    page.get_by_role("button", name="Changed since approval").click()
    dialog = page.get_by_role("dialog", name="Approval")
    expect(dialog).to_contain_text(f"Approved by {BY} on ")
    expect(dialog.get_by_role("listitem")).to_have_text([f"{DUDLEY} was changed"])


def test_an_approval_given_elsewhere_shows_at_once(
    press: Newsletter, start: Start, onlooker: Onlooker
) -> None:
    page = onlooker.look(start(project=press).issue("2030-01"))
    expect(page.get_by_role("button", name="Not approved")).to_be_visible()

    assert press.run(*APPROVE).code == 0

    expect(page.get_by_role("button", name="Approved", exact=True)).to_be_visible()


def test_what_was_not_seen_is_not_approved(
    press: Newsletter, start: Start, onlooker: Onlooker
) -> None:
    """The page is behind: somebody saves while the name is being typed."""
    page = onlooker.look(start(project=press).issue("2030-01"))
    page.get_by_role("button", name="Not approved").click()
    page.route("**/standing", lambda route: route.abort())
    edit(press, "Dudley.", "you alone.")
    dialog = page.get_by_role("dialog", name="Approval")
    dialog.get_by_label("Your name").fill(BY)

    dialog.get_by_role("button", name="Approve", exact=True).click()

    expect(dialog.get_by_role("status")).to_contain_text("not as it was looked at")
    assert not (press.root / FOLDER / "approval.toml").exists()


def test_what_cannot_go_out_cannot_be_approved(
    press: Newsletter, start: Start, onlooker: Onlooker
) -> None:
    edit(press, "This is", "On Monday 4 June 2030 this is")
    page = onlooker.look(start(project=press).issue("2030-01"))
    page.get_by_role("button", name="Not approved").click()

    dialog = page.get_by_role("dialog", name="Approval")
    expect(dialog).to_contain_text("An error has to be mended first")
    expect(dialog.get_by_role("button", name="Approve", exact=True)).to_be_disabled()

    edit(press, "Monday 4 June", "Tuesday 4 June")
    expect(dialog.get_by_role("button", name="Approve", exact=True)).to_be_enabled()


def test_a_broken_record_is_told(press: Newsletter, start: Start, onlooker: Onlooker) -> None:
    press.write(f"{FOLDER}/approval.toml", "<<<<<<< HEAD\n")
    page = onlooker.look(start(project=press).issue("2030-01"))
    page.get_by_role("button", name="Approval unreadable").click()

    expect(page.get_by_role("dialog", name="Approval")).to_contain_text("approval.toml, line 1")


def test_a_name_is_never_markup(press: Newsletter, start: Start, onlooker: Onlooker) -> None:
    name = "<img src=x onerror=alert(1)>"
    press.run("approve", "--issue", "2030-01", "--by", name)
    page = onlooker.look(start(project=press).issue("2030-01"))
    page.get_by_role("button", name="Approved", exact=True).click()

    expect(page.get_by_role("dialog", name="Approval")).to_contain_text(f"Approved by {name} on ")
    assert page.locator("dialog img").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("name", ["Not approved", "Send me a test"])
def test_the_dialogs_are_accessible_and_fit(
    name: str, width: int, scheme: str, undecided: Preview, look: Look
) -> None:
    onlooker = look(width, 667, color_scheme=scheme)
    page = onlooker.look(undecided.issue("2030-01"))
    page.get_by_role("button", name=name).click()

    assert faults(page) == []
    box = page.get_by_role("dialog").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["y"] + box["height"] <= 667


@pytest.mark.parametrize("act", ["approve", "test"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Newsletter-Token": "guessed"},
        {"Origin": "https://example.org"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_nobody_but_the_page_can_act(act: str, headers: dict[str, str], undecided: Preview) -> None:
    asked = json.dumps({"by": BY, "address": "me@example.org", "variant": "full"}).encode()

    answer = undecided.ask(f"/api/issues/2030-01/{act}", headers, asked)

    assert answer.status == 403
    assert not (undecided.project.root / FOLDER / "approval.toml").exists()
    assert undecided.project.outbox() == []
