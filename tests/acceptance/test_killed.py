"""The promise that matters most, when the sender is killed without warning."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable

import pytest

from tests.conftest import Mailer, ProjectFolder
from tests.smtp_server import Behaviour, Inbox

READERS = [f"reader{number:03}@example.org" for number in range(300)]


@pytest.mark.parametrize("kill_after", [5, 60])
def test_after_kill_9_nobody_gets_two_and_nobody_is_lost(
    project: ProjectFolder, mailer: Mailer, serve: Callable[..., Inbox], kill_after: int
) -> None:
    project.write("recipients/readers.csv", "\n".join(["email,first_name", *READERS]))

    def slowly(address: str) -> None:
        time.sleep(0.005)

    inbox = serve(Behaviour(at_dot=slowly))
    sender = subprocess.Popen(
        [sys.executable, "-m", "newsletter_mailer", "send", "--issue", "2030-01", "--yes"],
        cwd=project.root,
        env={**os.environ, **inbox.environment()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    give_up = time.monotonic() + 60
    while len(inbox.received) < kill_after and time.monotonic() < give_up and sender.poll() is None:
        time.sleep(0.005)
    sender.kill()
    sender.wait()

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
