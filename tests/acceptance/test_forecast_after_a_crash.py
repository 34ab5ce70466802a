"""--dry-run after kill -9 counts as the next run will: the dead sender's journal is read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.scene import Newsletter, addresses, plain_newsletter
from tests.smtp_server import Behaviour, HeldAtTheDot, Inbox

READERS = 30
SEND = ("send", "--issue", "2030-01", "--json")
COUNTED = ("planned", "already_sent", "deferred", "refused", "unknown", "remaining")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9 of POSIX")


def durable(news: Newsletter) -> dict[str, bytes]:
    """All files but SQLite's shared memory, which is a lock and no data."""
    return {path: octets for path, octets in news.snapshot().items() if not path.endswith("-shm")}


@pytest.mark.parametrize("lists", ["here", "gone"])
def test_a_dry_run_after_a_crash_tells_who_has_it(
    tmp_path: Path, serve: Callable[..., Inbox], lists: str
) -> None:
    """Killed at the dot of the tenth: nine have it, and of one nobody knows."""
    news = plain_newsletter(tmp_path / "news", READERS)
    held = HeldAtTheDot(9, "drop")
    inbox = serve(Behaviour(at_dot=held))
    sender = news.begin(*SEND, "--yes", "--connections", "1", env=inbox.environment())
    held.wait()
    sender.kill()
    sender.communicate()
    held.let_go()
    if lists == "gone":
        (news.root / "recipients/readers.csv").unlink()
    before = durable(news)

    forecast = news.run(*SEND, "--dry-run")
    unchanged = durable(news) == before
    done = news.run(*SEND, "--yes", env=inbox.environment())

    assert unchanged
    assert {name: forecast.json[name] for name in COUNTED} == {
        "planned": READERS,
        "already_sent": 9,
        "deferred": 0,
        "refused": 0,
        "unknown": 1,
        "remaining": READERS - 10,
    }
    assert (done.json["already_sent"], done.json["unknown"], done.json["sent"]) == (9, 1, 20)
    assert len({*inbox.recipients()}) == len(inbox.received) == READERS - 1
    assert {*inbox.recipients()} < {*addresses(READERS)}
