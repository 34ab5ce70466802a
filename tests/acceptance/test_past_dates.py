"""An old issue is sent as it is on purpose, and never by mistake."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.acceptance.scene import Newsletter, plain_newsletter
from tests.smtp_server import Inbox
from tests.terminal import Terminal

READERS = 3
SEND = ("send", "--issue", "2030-01")


def day(days: int) -> date:
    return date.today() + timedelta(days=days)  # noqa: DTZ011  # the command's clock


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    """Two events that are over, and a deadline that has passed."""
    made = plain_newsletter(tmp_path / "news", READERS)
    for number, title in ((20, "A seminar on reading"), (30, "A conference on writing")):
        made.write(
            f"issues/2030-01/{number}-event.md",
            f"---\nkind: event\ntitle: {title}\nstarts: {day(-number)}\n---\nIt is good.\n",
        )
    made.write(
        "issues/2030-01/40-survey.md",
        f"---\nkind: notice\ntitle: A survey\ncloses: {day(-5)}\n---\nPlease answer.\n",
    )
    return made


def past_line(err: str) -> str:
    (line,) = [line for line in err.splitlines() if line.startswith("error: ")]
    return line


def test_one_sentence_says_what_is_past_and_how_it_is_sent_all_the_same(
    news: Newsletter, inbox: Inbox
) -> None:
    done = news.run(*SEND, "--yes", env=inbox.environment())

    assert done.code == 1
    said = past_line(done.err)
    for title, days in (("A seminar on reading", -20), ("A conference on writing", -30)):
        there = day(days)
        assert f"{title} (" in said
        assert f"{there.day} {there:%B %Y}" in said
    assert "A survey: " in said
    assert "--past-dates" in said
    assert inbox.received == []
    assert not (news.root / ".newsletter").exists()


@pytest.mark.parametrize("setting", ["", '\n[check]\npast-event = "error"\n'])
def test_on_purpose_it_is_sent_as_it_is_and_the_run_says_so(
    news: Newsletter, inbox: Inbox, setting: str
) -> None:
    news.write("newsletter.toml", news.read("newsletter.toml") + setting)
    forecast = news.run(*SEND, "--dry-run", "--past-dates", "--json")
    done = news.run(*SEND, "--yes", "--past-dates", "--json", env=inbox.environment())
    status = news.run("status", "--issue", "2030-01")

    assert (forecast.code, done.code) == (0, 0), forecast.err + done.err
    assert forecast.json["remaining"] == done.json["sent"] == READERS
    assert "It stops the first real one" not in forecast.err
    assert done.names("issues/2030-01/20-event.md:4: warning"), done.err
    assert "3 dates past, sent on purpose" in status.out
    (run,) = news.run("status", "--issue", "2030-01", "--json").json["runs"]
    assert run["past_dates"] == 3


def test_every_other_error_still_stops_it(news: Newsletter, inbox: Inbox) -> None:
    news.write("issues/2030-01/10-hello.md", news.read("issues/2030-01/10-hello.md") + "\nTODO\n")
    done = news.run(*SEND, "--yes", "--past-dates", env=inbox.environment())

    assert done.code == 1
    assert "1 error" in done.err
    assert inbox.received == []


def test_without_yes_nobody_is_there_to_be_asked(news: Newsletter, inbox: Inbox) -> None:
    done = news.run(*SEND, "--past-dates", env=inbox.environment())

    assert done.code == 1
    assert "Add --yes" in done.err
    assert inbox.received == []


@pytest.mark.skipif(os.name == "nt", reason="a terminal of POSIX")
@pytest.mark.parametrize(("answer", "sent"), [("n", 0), ("y", READERS)])
def test_at_a_terminal_it_is_asked_a_second_time(
    news: Newsletter, inbox: Inbox, answer: str, sent: int
) -> None:
    terminal = Terminal(news, inbox, *SEND, "--past-dates")
    terminal.read_until("Mail 3 readers now?")
    terminal.type("y\n")
    terminal.read_until("3 dates in it are past. Mail it all the same?")
    terminal.type(f"{answer}\n")

    assert terminal.end() == (0 if sent else 1), terminal.screen
    assert len(inbox.received) == sent
