"""send --report: a page of what happened, and never in the way of sending."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.scene import Newsletter, newsletter
from tests.smtp_server import Behaviour, Inbox, smtp_server

SEND = ("send", "--issue", "2030-01", "--yes")


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    return newsletter(tmp_path / "news")


def test_a_run_leaves_a_page_that_names_nobody(news: Newsletter) -> None:
    refusing = Behaviour(
        at_rcpt=lambda to: f"550 5.1.1 <{to}>: User unknown" if to.startswith("ben") else None
    )
    with smtp_server(refusing) as inbox:
        done = news.run(*SEND, "--report", "page.html", env=inbox.environment())
    html = news.read("page.html")

    assert done.code == 3
    assert "The report is in page.html" in done.err
    assert done.err.splitlines()[-1] == "2030-01: 4 readers: 3 sent, 1 refused."
    assert "3 of 4 readers have it" in html
    assert "User unknown" in html
    for name in ("ann", "ben", "cat", "dan"):
        assert f"{name}@" not in html


def test_a_rehearsal_s_page_says_so(news: Newsletter) -> None:
    done = news.run("send", "--issue", "2030-01", "--sandbox", "--report", "page.html")

    assert done.code == 0, done.err
    assert "Rehearsal: nobody was mailed" in news.read("page.html")


@pytest.mark.parametrize(
    "words",
    [("--dry-run", "--report", "page.html"), ("--report", "nowhere/page.html"), ("--report", ".")],
)
def test_a_page_that_cannot_be_is_told_before_anything_is_sent(
    news: Newsletter, inbox: Inbox, words: tuple[str, ...]
) -> None:
    done = news.run(*SEND, *words, env=inbox.environment())

    assert done.code == 2
    assert "--report" in done.err
    assert inbox.connections == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk of Linux")
def test_a_page_that_cannot_be_written_changes_nothing_about_the_run(
    news: Newsletter, inbox: Inbox
) -> None:
    done = news.run(*SEND, "--report", "/dev/full", env=inbox.environment())

    assert done.code == 0, done.err
    assert "newsletter-mailer status --issue 2030-01 --report FILE" in done.err
    assert done.err.splitlines()[-1] == "2030-01: 4 readers: 4 sent."
    assert news.run("status", "--issue", "2030-01", "--report", "/dev/full").code == 1
