"""As long as nobody was handed anything, the next run counts as the first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tests.acceptance.scene import Newsletter, plain_newsletter
from tests.smtp_server import Behaviour, Inbox
from tests.waiting import wait_until

SEND = ("send", "--issue", "2030-01", "--yes", "--json")
HELLO = "issues/2030-01/10-hello.md"
NOBODY = {
    "puts everybody off": Behaviour(at_rcpt=lambda address: "450 4.2.0 later"),
    "drops the line": Behaviour(at_rcpt=lambda address: "drop"),
    "refuses the first": Behaviour(at_mail=lambda address: "550 5.7.60 not allowed"),
}


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    return plain_newsletter(tmp_path / "news", readers=3)


def past_event(days: int) -> str:
    day = date.today() - timedelta(days=days)  # noqa: DTZ011  # the command's clock
    return f"---\nkind: event\ntitle: A seminar\nstarts: {day.isoformat()}\n---\nIt is good.\n"


@pytest.mark.parametrize("why", NOBODY)
def test_after_a_run_that_mailed_nobody_the_text_may_change(
    news: Newsletter, serve: Callable[..., Inbox], inbox: Inbox, why: str
) -> None:
    first = news.run(*SEND, env=serve(NOBODY[why]).environment())
    news.write(HELLO, news.read(HELLO).replace("everyone", "each of you"))
    forecast = news.run("send", "--issue", "2030-01", "--dry-run")
    done = news.run(*SEND, env=inbox.environment())

    assert first.code == 1, first.err
    assert "changed" not in forecast.err
    assert done.code == 0, done.err
    assert all(b"each of you" in one.content for one in inbox.received)


def test_after_a_run_that_mailed_nobody_what_is_past_is_an_error(
    news: Newsletter, serve: Callable[..., Inbox], inbox: Inbox
) -> None:
    news.run(*SEND, env=serve(NOBODY["puts everybody off"]).environment())
    news.write("issues/2030-01/20-seminar.md", past_event(days=2))

    checked = news.run("check", "--issue", "2030-01")
    refused = news.run(*SEND, env=inbox.environment())

    for done in (checked, refused):
        assert done.code == 1, done
        assert done.names("issues/2030-01/20-seminar.md:4: error"), done
    assert inbox.received == []


def test_the_date_of_the_messages_is_that_of_the_run_that_mailed_the_first(
    news: Newsletter, serve: Callable[..., Inbox], inbox: Inbox
) -> None:
    news.run(*SEND, env=serve(NOBODY["puts everybody off"]).environment())
    (first,) = news.run("status", "--issue", "2030-01", "--json").json["runs"]
    began = datetime.fromisoformat(first["began"])
    wait_until(lambda: datetime.now(UTC).replace(microsecond=0) > began)  # a Date has seconds
    news.run(*SEND, env=inbox.environment())

    _, second = news.run("status", "--issue", "2030-01", "--json").json["runs"]
    began = datetime.fromisoformat(second["began"]).replace(microsecond=0)
    dates = {parsedate_to_datetime(str(one.message["Date"])) for one in inbox.received}
    assert dates == {began}


@pytest.mark.parametrize("fate", ["sent", "unknown", "unknown, to be sent again"])
def test_once_one_reader_may_have_it_the_text_stands(
    news: Newsletter, serve: Callable[..., Inbox], inbox: Inbox, fate: str
) -> None:
    def at_dot(address: str) -> str | None:
        if "reader01" not in address:
            return "450 4.2.0 later"
        return None if fate == "sent" else "accept and drop"

    news.run(*SEND, env=serve(Behaviour(at_dot=at_dot)).environment())
    if "again" in fate:
        news.run("resolve", "--issue", "2030-01", "--unknown", "resend")
    news.write(HELLO, news.read(HELLO).replace("everyone", "each of you"))
    refused = news.run(*SEND, env=inbox.environment())

    assert refused.code == 1
    assert "since some readers got it: issues/2030-01/10-hello.md" in refused.err
    assert inbox.received == []
