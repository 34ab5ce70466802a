"""Send me a test: one mail, to one address that somebody typed, and to nobody else."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any  # JSON

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.acceptance.scene import Newsletter, newsletter
from tests.preview.conftest import (
    Onlooker,
    Preview,
    Start,
    begin_preview,
    left_as_it_was,
    serving,
)
from tests.preview.test_security import told
from tests.smtp_server import Behaviour, Inbox

ME = "me@example.org"


@pytest.fixture
def press(tmp_path: Path) -> Newsletter:
    return newsletter(tmp_path / "press")


def dialog_of(page: Page) -> Locator:
    page.get_by_role("button", name="Send me a test").click()
    return page.get_by_role("dialog", name="Send me a test")


def send(page: Page, address: str = ME) -> Locator:
    """Types the address and clicks. The line that says what became of it."""
    dialog = dialog_of(page)
    dialog.get_by_label("To this address").fill(address)
    dialog.get_by_role("button", name="Send it").click()
    return dialog.get_by_role("status")


def ask(preview: Preview, **body: object) -> dict[str, Any]:
    """Asks as the page does, past what the browser's own form would refuse."""
    token = {"X-Newsletter-Token": told(preview, "token", "2030-01")}
    answer = preview.ask("/api/issues/2030-01/test", token, json.dumps(body).encode())
    refused = {"done": False, "words": answer.text}
    found: dict[str, Any] = json.loads(answer.text) if answer.status == 200 else refused
    return found


@dataclass(frozen=True)
class Idle:
    """A preview that could send, and the server that would get it."""

    preview: Preview
    inbox: Inbox


@pytest.fixture(scope="module")
def shared_idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idle]:
    with serving() as serve, ExitStack() as stack:
        inbox = serve()
        press = newsletter(tmp_path_factory.mktemp("idle") / "press")
        yield Idle(begin_preview(stack, press, settings=inbox.environment()), inbox)


@pytest.fixture
def idle(shared_idle: Idle) -> Iterator[Idle]:
    """For tests after which nothing was sent, either."""
    with left_as_it_was(shared_idle.preview):
        yield shared_idle
    assert shared_idle.inbox.received == []


def test_without_a_mail_server_it_is_off_and_says_what_to_do(
    press: Newsletter, start: Start, onlooker: Onlooker
) -> None:
    running = start(project=press)
    dialog = dialog_of(onlooker.look(running.issue("2030-01")))

    expect(dialog.get_by_role("button", name="Send it")).to_be_disabled()
    expect(dialog).to_contain_text("SMTP_HOST is not set")
    expect(dialog).to_contain_text("--sandbox")
    assert ask(running, address=ME, variant="full")["done"] is False


def test_one_mail_to_the_address_that_was_typed(
    press: Newsletter, start: Start, onlooker: Onlooker, inbox: Inbox
) -> None:
    running = start(project=press, **inbox.environment())
    page = onlooker.look(running.issue("2030-01", "variant=full"))

    expect(send(page)).to_contain_text(f"Sent to {ME} through 127.0.0.1:{inbox.port}.")

    assert inbox.recipients() == [ME]
    mail = inbox.received[0].message
    assert mail["Subject"] == "[TEST] News for Sam"
    assert mail["To"] == f"Sam Reader <{ME}>"
    text = mail.get_body(("plain",))
    assert text is not None
    assert "for directors" in text.get_content()
    assert not (press.root / ".newsletter").exists()


def test_the_version_that_is_looked_at_is_sent(
    press: Newsletter, start: Start, onlooker: Onlooker, inbox: Inbox
) -> None:
    running = start(project=press, **inbox.environment())
    page = onlooker.look(running.issue("2030-01", "variant=20-dudley"))

    expect(send(page)).to_contain_text("Sent to")

    text = inbox.received[0].message.get_body(("plain",))
    assert text is not None
    assert "for Dudley" in text.get_content()
    assert "for directors" not in text.get_content()


def test_what_a_subscriber_gets_goes_to_whoever_asked_and_not_to_her(
    press: Newsletter, start: Start, onlooker: Onlooker, inbox: Inbox
) -> None:
    page = onlooker.look(start(project=press, **inbox.environment()).issue("2030-01"))
    page.get_by_label("One reader").fill("ann ex")
    page.get_by_role("option", name="Ann Example").click()
    expect(onlooker.mail.get_by_text("Dear Ann")).to_be_visible()

    dialog = dialog_of(page)
    expect(dialog).to_contain_text("What Ann Example gets")
    dialog.get_by_label("To this address").fill(ME)
    dialog.get_by_role("button", name="Send it").click()
    expect(dialog.get_by_role("status")).to_contain_text("Sent to")

    assert inbox.recipients() == [ME]
    assert inbox.received[0].message["Subject"] == "[TEST] News for Ann"
    assert not [address for address in onlooker.addresses() if "ann" in address.lower()]


def test_nothing_is_sent_before_somebody_clicks(idle: Idle, onlooker: Onlooker) -> None:
    dialog = dialog_of(onlooker.look(idle.preview.issue("2030-01")))
    dialog.get_by_role("button", name="Send it").click()  # no address yet

    expect(dialog.get_by_role("status")).to_have_text("")
    expect(dialog.get_by_label("To this address")).to_be_focused()
    assert idle.inbox.connections == 0


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann@example.org, ben@example.org",
        "ann@example.org;ben@example.org",
        "ann@example.org ben@example.org",
        "ann@example.org\r\nBcc: ben@example.org",
        "ann@example.org\n",
        "ann@example.org>\r\nRCPT TO:<ben@example.org",
        "Ann <ann@example.org>",
        "readers",
        "a" * 400 + "@example.org",
        ["ann@example.org", "ben@example.org"],
        {"address": "ann@example.org"},
        None,
    ],
)
def test_what_is_not_one_address_gets_nothing(address: object, idle: Idle) -> None:
    answer = ask(idle.preview, address=address, variant="full")

    assert answer["done"] is False
    assert idle.inbox.connections == 0


@pytest.mark.parametrize(
    "whose",
    [
        {},
        {"variant": ""},
        {"variant": "gone"},
        {"variant": "v" * 400},
        {"reader": "0123456789abcdef"},
        {"subscriber": "ann@example.org"},
        {"list": "readers"},
    ],
)
def test_it_cannot_be_made_to_send_more_than_one_version(whose: dict[str, str], idle: Idle) -> None:
    answer = ask(idle.preview, address=ME, **whose)

    assert answer["done"] is False
    assert idle.inbox.received == []


def test_a_hand_gets_tired_before_the_server_does(
    press: Newsletter, start: Start, inbox: Inbox
) -> None:
    running = start(project=press, **inbox.environment())

    answers = [ask(running, address=ME, variant="full") for _ in range(6)]

    assert [answer["done"] for answer in answers] == [True] * 5 + [False]
    assert "Wait " in answers[-1]["words"]
    assert len(inbox.received) == 5


def test_what_the_server_said_is_shown(
    press: Newsletter, start: Start, onlooker: Onlooker, serve: Any
) -> None:
    inbox = serve(Behaviour(at_rcpt=lambda address: "550 5.1.1 <b>No</b> such mailbox"))
    page = onlooker.look(start(project=press, **inbox.environment()).issue("2030-01"))

    expect(send(page)).to_contain_text(
        f"The server refused the mail to {ME}. The server said: 550 <b>No</b> such mailbox"
    )


def test_a_server_that_is_not_there_is_named(
    press: Newsletter, start: Start, onlooker: Onlooker
) -> None:
    settings = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": "9", "SMTP_SECURITY": "none"}
    page = onlooker.look(start(project=press, **settings).issue("2030-01"))

    expect(send(page)).to_contain_text("127.0.0.1")


def test_an_issue_with_an_error_is_not_sent(
    press: Newsletter, start: Start, onlooker: Onlooker, inbox: Inbox
) -> None:
    press.write("issues/2030-01/40-more.md", "---\nkind: text\ntitle: Monday 4 June 2030\n---\nx\n")
    page = onlooker.look(start(project=press, **inbox.environment()).issue("2030-01"))

    expect(send(page)).to_contain_text("An error has to be mended first. Nothing was sent.")

    assert inbox.received == []


def test_into_the_sandbox_whatever_server_there_is(
    press: Newsletter, start: Start, onlooker: Onlooker, inbox: Inbox
) -> None:
    page = onlooker.look(
        start("--sandbox", project=press, **inbox.environment()).issue("2030-01", "variant=full")
    )

    expect(send(page)).to_contain_text("the sandbox, into outbox/2030-01, to nobody")

    (file,) = press.outbox()
    mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert mail["Delivered-To"] == ME
    assert inbox.connections == 0
    assert not (press.root / "outbox/2030-01/ledger.db").exists()
