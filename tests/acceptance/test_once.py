"""The promise that matters most, through the installed command and a real server."""

from __future__ import annotations

from tests.conftest import Mailer
from tests.smtp_server import Inbox


def test_running_again_sends_nothing_twice(mailer: Mailer, inbox: Inbox) -> None:
    first = mailer("send", "--issue", "2030-01", "--yes", "--json", env=inbox.environment())
    second = mailer("send", "--issue", "2030-01", "--yes", "--json", env=inbox.environment())

    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert sorted(inbox.recipients()) == ["ann@example.org", "ben@example.org"]
    assert second.json["already_sent"] == 2
