"""Owed means: the next send would mail them. Who objected or left the lists is told of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.scene import Newsletter, plain_newsletter
from tests.smtp_server import Behaviour, Inbox

READERS = 5
SEND = ("send", "--issue", "2030-01", "--yes", "--json")
STATUS = ("status", "--issue", "2030-01")


@pytest.fixture
def news(tmp_path: Path, serve: Callable[..., Inbox]) -> Newsletter:
    """Readers 2 and 3 were put off; then one unsubscribed, and one left the list."""
    made = plain_newsletter(tmp_path / "news", READERS)

    def later(address: str) -> str | None:
        return "450 4.2.0 later" if address[:8] in ("reader02", "reader03") else None

    first = made.run(*SEND, env=serve(Behaviour(at_rcpt=later)).environment())
    assert first.json["deferred"] == 2, first.err
    made.run("subscribers", "suppress", "reader02@example.org", "--reason", "unsubscribed")
    rows = made.read("recipients/readers.csv").splitlines(keepends=True)
    made.write("recipients/readers.csv", "".join(row for row in rows if "reader03" not in row))
    return made


def test_nobody_is_owed_it_for_ever(news: Newsletter, inbox: Inbox) -> None:
    second = news.run(*SEND, env=inbox.environment())
    told, numbers = news.run(*STATUS), news.run(*STATUS, "--json").json

    assert inbox.received == []
    assert second.code == 0, second.err
    assert second.json["deferred"] == second.json["remaining"] == 0
    assert "still owed it" not in told.out
    assert (
        "2 readers are not mailed any more: 1 unsubscribed, 1 no longer among its readers."
        in told.out
    )
    assert numbers["counts"] == {"sent": READERS - 2}
    assert numbers["no_longer_mailed"] == {"unsubscribed": 1, "left": 1}
    assert numbers["domains"] == {"example.org": {"sent": READERS - 2}}
    assert numbers["reasons"] == []


def test_the_page_says_the_same(news: Newsletter, inbox: Inbox) -> None:
    news.run(*SEND, "--report", "page.html", env=inbox.environment())

    page = news.read("page.html")
    assert "still owed it" not in page
    assert "2 readers are not mailed any more:" in page
    assert "1 unsubscribed, 1 no longer among its readers" in page
    assert "3 of 3 readers have it" in page
    assert "Nothing is left to do." in page


def test_who_may_be_mailed_again_is_owed_it_again(news: Newsletter, inbox: Inbox) -> None:
    news.run("subscribers", "unsuppress", "reader02@example.org")

    assert "2 readers still owed it" in news.run(*STATUS).out
    done = news.run(*SEND, env=inbox.environment())
    assert inbox.recipients() == ["reader02@example.org"]
    assert done.code == 0, done.err
    assert news.run(*STATUS, "--json").json["no_longer_mailed"] == {"left": 1}


def test_who_unsubscribes_while_messages_leave_is_skipped_and_not_owed_it(
    tmp_path: Path, serve: Callable[..., Inbox]
) -> None:
    news = plain_newsletter(tmp_path / "other", 14)

    def at_dot(address: str) -> str | None:
        if "reader01" in address:
            news.run("subscribers", "suppress", "reader14@example.org", "--reason", "unsubscribed")
        return None

    inbox = serve(Behaviour(at_dot=at_dot))
    words = (*SEND, "--rate", "5/s", "--connections", "1")
    done = news.command(*words, env=inbox.environment())

    assert done.code == 0, done.err
    assert done.json["skipped"] == {"unsubscribed": 1}
    assert done.json["planned"] == done.json["sent"] == 13
    assert "reader14@example.org" not in inbox.recipients()
