"""Two issues, sent by the installed command to a server that counts."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.acceptance.scene import Newsletter, plain_newsletter
from tests.conftest import Result
from tests.faults.faulty_server import FaultyServer
from tests.faults.scenes import ISSUE

LEDGER = ".newsletter/ledger.db"
OTHER = "2029-12"  #: an issue before


def two_issues(root: Path, readers: int) -> Newsletter:
    made = plain_newsletter(root, readers)
    shutil.copytree(made.root / "issues" / ISSUE, made.root / "issues" / OTHER)
    return made


def send(news: Newsletter, server: FaultyServer, *words: str, issue: str = ISSUE) -> Result:
    return news.run("send", "--issue", issue, "--yes", *words, env=server.environment())


def send_well(news: Newsletter, server: FaultyServer, *words: str, issue: str = ISSUE) -> None:
    done = send(news, server, *words, issue=issue)
    assert done.code == 0, done.err


def assert_refused(done: Result, *words: str) -> None:
    """In one sentence that says what to do."""
    assert done.code == 1, done.err
    assert "Traceback" not in done.err
    for word in words:
        assert word in done.err, done.err


def kill_in_the_middle(
    news: Newsletter, server: FaultyServer, before: Callable[[], object] = lambda: None
) -> None:
    """When some have it and others do not. `before`: what somebody does just before."""
    got = len(server.accepted)
    server.most = got + 10
    running = news.begin("send", "--issue", ISSUE, "--yes", env=server.environment())
    server.until(lambda: len(server.accepted) >= got + 7)
    before()
    running.kill()
    running.communicate()
    server.most = math.inf
