"""The promise that matters most, when the sender is killed without warning."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable

import pytest

from tests.conftest import Mailer, ProjectFolder
from tests.smtp_server import Behaviour, HeldAtTheDot, Inbox

READERS = [f"reader{number:03}@example.org" for number in range(300)]


@pytest.mark.parametrize("kill_after", [5, 60])
def test_after_kill_9_nobody_gets_two_and_nobody_is_lost(
    project: ProjectFolder, mailer: Mailer, serve: Callable[..., Inbox], kill_after: int
) -> None:
    project.write("recipients/readers.csv", "\n".join(["email,first_name", *READERS]))
    held = HeldAtTheDot(kill_after)
    inbox = serve(Behaviour(at_dot=held))
    sender = subprocess.Popen(
        [sys.executable, "-m", "newsletter_mailer", "send", "--issue", "2030-01", "--yes"],
        cwd=project.root,
        env={**os.environ, **inbox.environment()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    held.wait()
    sender.kill()
    sender.wait()
    held.let_go()

    second = mailer("send", "--issue", "2030-01", "--yes", "--json", env=inbox.environment())
    status = mailer("status", "--issue", "2030-01", "--addresses", "--json").json

    got = Counter(inbox.recipients())
    unknown = {row["address"] for row in status["addresses"] if row["state"] == "unknown"}
    sent = {row["address"] for row in status["addresses"] if row["state"] == "sent"}
    assert max(got.values()) == 1
    assert sent | unknown == {*READERS}
    assert sent <= {*got}
    assert {*got} - sent <= unknown
    assert len(unknown) <= 4, "what was in flight, one on each connection"
    assert second.code == (second.code_in_part if unknown else 0), second.err
    assert second.json["unknown"] == len(unknown)

    mailer("resolve", "--issue", "2030-01", "--unknown", "assume-sent")
    third = mailer("send", "--issue", "2030-01", "--yes", "--json", env=inbox.environment())
    assert third.code == 0, third.err
    assert Counter(inbox.recipients()) == got
