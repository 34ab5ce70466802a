"""Signing off: what was approved is what is sent, and whatever differs is named."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.scene import DUDLEY, EVERYONE, SETTINGS, Newsletter, newsletter
from tests.smtp_server import Inbox

BY = "Maria Example"
APPROVE = ("approve", "--issue", "2030-01", "--by", BY)
SEND = ("send", "--issue", "2030-01", "--yes", "--json")
FOLDER = "issues/2030-01"
APPROVAL = f"{FOLDER}/approval.toml"
REQUIRED = f"require_approval = true\n{SETTINGS}"


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    """A newsletter that sends nothing without an approval."""
    made = newsletter(tmp_path / "news")
    made.write("newsletter.toml", REQUIRED)
    return made


@pytest.fixture
def approved(news: Newsletter) -> Newsletter:
    done = news.run(*APPROVE)
    assert done.code == 0, done.err
    return news


def edit(news: Newsletter, path: str, old: str, new: str) -> None:
    text = news.read(path)
    assert old in text
    news.write(path, text.replace(old, new))


def test_nothing_is_sent_that_nobody_approved(news: Newsletter, inbox: Inbox) -> None:
    refused = news.run(*SEND, env=inbox.environment())

    assert refused.code == 1
    assert "Nobody has approved this issue yet." in refused.err
    assert "newsletter-mailer approve --issue 2030-01 --by NAME" in refused.err
    assert inbox.received == []
    assert not (news.root / ".newsletter").exists()
    assert not (news.root / FOLDER / "sent.toml").exists()


def test_what_was_approved_is_sent(approved: Newsletter, inbox: Inbox) -> None:
    sent = approved.run(*SEND, env=inbox.environment())

    assert sent.code == 0, sent.err
    assert sorted(inbox.recipients()) == EVERYONE
    assert f"note: Approved by {BY} on " in sent.err


def test_the_approval_says_who_when_and_what_of_each_file(news: Newsletter) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)

    done = news.run(*APPROVE, "--json")

    record = tomllib.loads(news.read(APPROVAL))
    assert record["by"] == done.json["by"] == BY
    assert before <= record["when"] <= datetime.now(UTC)
    assert record["files"] == done.json["files"]
    assert {"newsletter.toml", f"{FOLDER}/10-hello.md", "templates/regional/inline.css"} <= {
        *record["files"]
    }
    assert done.json["issue"] == "2030-01"
    assert {one["sections"] for one in done.json["variants"]} == {1, 2, 3}
    assert sum(one["subscribers"] for one in done.json["variants"]) == len(EVERYONE)
    assert done.json["before"]["verdict"] == "none"


def test_it_is_shown_what_is_approved(news: Newsletter) -> None:
    done = news.run(*APPROVE)

    assert "Subject  News for Sam" in done.err
    assert re.search(r"(?m)^full +3 +1$", done.err), done.err
    assert f"2030-01 was approved by {BY} on " in done.err
    assert done.out == ""


def test_approving_changes_nothing_that_readers_see(approved: Newsletter) -> None:
    again = approved.run(*APPROVE, "--json")

    assert again.json["before"]["verdict"] == "approved"
    assert APPROVAL not in again.json["files"]


def drop(path: str) -> Callable[[Newsletter], None]:
    return lambda news: (news.root / path).unlink()


def replacing(path: str, old: str, new: str) -> Callable[[Newsletter], None]:
    return lambda news: edit(news, path, old, new)


def adding(path: str, content: str) -> Callable[[Newsletter], None]:
    def add(news: Newsletter) -> None:
        news.write(path, content)

    return add


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (replacing(f"{FOLDER}/20-dudley.md", "Dudley.", "you."), "20-dudley.md was changed"),
        (replacing(f"{FOLDER}/20-dudley.md", "[dudley]", "[walsall]"), "20-dudley.md was changed"),
        (drop(f"{FOLDER}/20-dudley.md"), "20-dudley.md is gone"),
        (adding(f"{FOLDER}/40-more.md", DUDLEY), "40-more.md is new"),
        (replacing(f"{FOLDER}/issue.toml", "News for", "Old for"), "issue.toml was changed (subj"),
        (replacing("newsletter.toml", "1 Sample", "2 Sample"), "newsletter.toml was changed (the"),
        (
            replacing("templates/regional/inline.css", "40px", "41px"),
            "templates/regional/inline.css was changed (the look)",
        ),
    ],
)
def test_whatever_readers_would_see_changed_is_refused_and_named(
    approved: Newsletter, inbox: Inbox, change: Callable[[Newsletter], None], told: str
) -> None:
    change(approved)

    refused = approved.run(*SEND, env=inbox.environment())

    assert refused.code == 1
    assert f"Approved by {BY} on " in refused.err
    assert "but it has changed since" in refused.err
    assert told in refused.err
    assert len(re.findall("(?m)^  .* (?:was changed|is new|is gone)", refused.err)) == 1
    assert inbox.received == []


def test_an_address_that_this_machine_overrides_is_a_change(
    approved: Newsletter, inbox: Inbox
) -> None:
    refused = approved.run(*SEND, env=inbox.environment(REPLY_TO="other@example.org"))

    assert refused.code == 1
    assert "newsletter.toml was changed" in refused.err
    assert ".env" in refused.err


@pytest.mark.parametrize(
    "change",
    [
        replacing("recipients/readers.csv", "Ben", "Benjamin"),
        replacing("newsletter.toml", "[roles]", "stoke = 'Stoke'\n[roles]"),
        replacing(f"{FOLDER}/10-hello.md", "\n", "\r\n"),
        replacing(f"{FOLDER}/issue.toml", "date = ", "# a note\ndate = "),
        adding(f"{FOLDER}/notes.txt", "Ask Sam about the date."),
    ],
)
def test_what_no_reader_sees_may_change(
    approved: Newsletter, inbox: Inbox, change: Callable[[Newsletter], None]
) -> None:
    change(approved)

    assert approved.run(*SEND, env=inbox.environment()).code == 0


def test_a_new_approval_serves_for_the_change_and_names_it(
    approved: Newsletter, inbox: Inbox
) -> None:
    edit(approved, f"{FOLDER}/20-dudley.md", "Dudley.", "you.")

    again = approved.run("approve", "--issue", "2030-01", "--by", "Noor Sample", "--json")
    sent = approved.run(*SEND, env=inbox.environment())

    assert again.json["before"]["by"] == BY
    assert again.json["before"]["changes"] == [f"{FOLDER}/20-dudley.md was changed"]
    assert f"This replaces the approval by {BY} on " in again.err
    assert sent.code == 0, sent.err


def test_what_cannot_go_out_cannot_be_approved(news: Newsletter) -> None:
    edit(news, f"{FOLDER}/20-dudley.md", "This is", "On Monday 4 June 2030 this is")

    refused = news.run(*APPROVE)

    assert refused.code == 1
    assert refused.names(f"{FOLDER}/20-dudley.md:6: error"), refused.err
    assert not (news.root / APPROVAL).exists()


def test_an_approval_that_fails_leaves_the_earlier_one(approved: Newsletter) -> None:
    before = approved.read(APPROVAL)
    edit(approved, f"{FOLDER}/20-dudley.md", "kind: text", "kind: txet")

    assert approved.run(*APPROVE).code == 1
    assert approved.read(APPROVAL) == before


@pytest.mark.parametrize("name", ["", "   ", "Maria\nseal = 1", "\x1b[31mMaria", "M" * 101])
def test_a_name_is_a_name(news: Newsletter, name: str) -> None:
    refused = news.run("approve", "--issue", "2030-01", "--by", name)

    assert refused.code == 1
    assert "approves the issue" in refused.err
    assert not (news.root / APPROVAL).exists()


@pytest.mark.parametrize("name", ['Zoë "Zo" O\'Neill-\\Ödegård', "李 Sample", "] = x # y"])
def test_any_name_can_be_written(news: Newsletter, name: str) -> None:
    assert news.run("approve", "--issue", "2030-01", "--by", name).code == 0

    assert tomllib.loads(news.read(APPROVAL))["by"] == name
    assert news.run(*APPROVE, "--json").json["before"]["by"] == name


def test_a_rehearsal_is_told_and_goes_on(news: Newsletter) -> None:
    dry = news.run("send", "--issue", "2030-01", "--dry-run")
    sandbox = news.run("send", "--issue", "2030-01", "--sandbox")

    assert dry.code == 0
    assert "note: Nobody has approved this issue yet." in dry.err
    assert "send will refuse it" in dry.err
    assert sandbox.code == 0
    assert "approved" not in sandbox.err
    assert len(news.outbox()) == len(EVERYONE)


def test_a_test_mail_needs_no_approval(news: Newsletter, inbox: Inbox) -> None:
    done = news.run(
        "send", "--issue", "2030-01", "--test", "me@example.org", env=inbox.environment()
    )

    assert done.code == 0, done.err


def test_where_it_is_not_asked_for_a_change_is_told_all_the_same(
    approved: Newsletter, inbox: Inbox
) -> None:
    approved.write("newsletter.toml", SETTINGS)
    edit(approved, f"{FOLDER}/20-dudley.md", "Dudley.", "you.")

    sent = approved.run(*SEND, env=inbox.environment())

    assert sent.code == 0, sent.err
    assert "but it has changed since" in sent.err
    assert f"{FOLDER}/20-dudley.md was changed" in sent.err


def test_where_nobody_asks_nothing_is_said(news: Newsletter, inbox: Inbox) -> None:
    news.write("newsletter.toml", SETTINGS)

    sent = news.run(*SEND, env=inbox.environment())

    assert sent.code == 0
    assert "approv" not in sent.err


def year_later(text: str) -> str:
    year = datetime.now(UTC).year
    return text.replace(f"when = {year}", f"when = {year + 1}")


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (lambda text: text.replace(BY, "Noor Sample"), "its seal is broken"),
        (year_later, "its seal is broken"),
        (lambda text: re.sub(r'10-hello.md" = "....', r'10-hello.md" = "0000', text), "seal"),
        (lambda text: "", "not as approve writes it"),
        (lambda text: text[:-9], "approval.toml, line"),
        (lambda text: text.partition("[files]")[0], "not as approve writes it"),
        (lambda text: f"<<<<<<< HEAD\n{text}", "approval.toml, line 1"),
        (lambda text: text.replace("when = ", "when = 'today' # "), "not as approve writes it"),
        (lambda text: re.sub(r"(when = .*)\+\d\d:\d\d", r"\1", text), "not as approve writes it"),
        (lambda text: re.sub("by = .*", "by = 3", text), "not as approve writes it"),
        (lambda text: re.sub("(?m)^by = .*\n", "", text), "not as approve writes it"),
        (lambda text: re.sub(r"(?s)\[files\].*", "files = 3", text), "not as approve writes it"),
        (lambda text: re.sub("hash = .*", 'hash = "x"', text), "not as approve writes it"),
    ],
)
def test_an_approval_that_cannot_be_trusted_approves_nothing(
    approved: Newsletter, inbox: Inbox, tamper: Callable[[str], str], told: str
) -> None:
    before = approved.read(APPROVAL)
    approved.write(APPROVAL, tamper(before))
    assert approved.read(APPROVAL) != before

    refused = approved.run(*SEND, env=inbox.environment())

    assert refused.code == 1
    assert f"{FOLDER}/approval.toml" in refused.err
    assert told in refused.err
    assert "newsletter-mailer approve --issue 2030-01 --by NAME" in refused.err
    assert inbox.received == []


def test_approving_again_puts_a_broken_record_right(approved: Newsletter, inbox: Inbox) -> None:
    approved.write(APPROVAL, "<<<<<<< HEAD")

    assert approved.run(*APPROVE).code == 0
    assert approved.run(*SEND, env=inbox.environment()).code == 0


def test_bytes_that_are_no_text_approve_nothing(approved: Newsletter, inbox: Inbox) -> None:
    approved.write(APPROVAL, b"\xff\xfe\x00")

    refused = approved.run(*SEND, env=inbox.environment())

    assert refused.code == 1
    assert "approval.toml, line 1: The file is not UTF-8 text." in refused.err


def test_an_approval_from_the_future_approves_nothing(news: Newsletter, inbox: Inbox) -> None:
    from newsletter_mailer.campaign.approve import approve
    from newsletter_mailer.campaign.project import open_project

    tomorrow = datetime.now(UTC) + timedelta(days=1)
    approve(open_project(news.root, {}), "2030-01", BY, tomorrow)

    refused = news.run(*SEND, env=inbox.environment())

    assert refused.code == 1
    assert "which is still to come" in refused.err
    assert "clock" in refused.err


def test_who_was_sent_a_copy_approves_what_was_in_it(news: Newsletter) -> None:
    """The director answers with the fingerprint; meanwhile somebody edits the issue."""
    fingerprint = news.run(*APPROVE, "--json").json["fingerprint"]
    said = f"{fingerprint[:4].upper()} {fingerprint[4:]}"
    assert news.run(*APPROVE, "--seen", said).code == 0
    (news.root / APPROVAL).unlink()
    edit(news, f"{FOLDER}/20-dudley.md", "Dudley.", "you.")

    refused = news.run(*APPROVE, "--seen", said)

    assert refused.code == 1
    assert "The issue is not as it was looked at" in refused.err
    assert not (news.root / APPROVAL).exists()


@pytest.mark.parametrize("seen", ["", "abc", "0123456", "yes please", "0" * 65])
def test_a_fingerprint_is_long_enough_to_mean_something(news: Newsletter, seen: str) -> None:
    refused = news.run(*APPROVE, "--seen", seen)

    assert refused.code == 1
    assert "A fingerprint is at least 8" in refused.err


def test_the_next_issue_begins_without_the_approval(approved: Newsletter) -> None:
    assert approved.run("new", "--issue", "2030-02").code == 0

    assert not (approved.root / "issues/2030-02/approval.toml").exists()


def test_an_issue_without_lists_at_hand_can_be_approved(news: Newsletter, inbox: Inbox) -> None:
    """Whoever signs it off need not hold the readers' addresses."""
    lists = {name: news.read(f"recipients/{name}.csv") for name in ("readers", "partners")}
    for name in lists:
        (news.root / f"recipients/{name}.csv").unlink()

    done = news.run(*APPROVE)
    for name, text in lists.items():
        news.write(f"recipients/{name}.csv", text)

    assert done.code == 0, done.err
    assert news.run(*SEND, env=inbox.environment()).code == 0
