"""The newsletter's files change while an issue is under way, or between two runs of it.

The installed command; counted from the server's side: nobody twice, nobody lost, and everybody gets
what was checked.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.scene import Newsletter, addresses, plain_newsletter, read_until
from tests.conftest import Result
from tests.faults.faulty_server import FaultyServer, faulty_server
from tests.faults.scenes import ISSUE, SEND

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

READERS = 60
EVERYONE = addresses(READERS)
SECTION = f"issues/{ISSUE}/10-hello.md"
NEWCOMER = "newcomer@example.org"


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    return plain_newsletter(tmp_path / "news", READERS)


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    """In no hurry: an issue takes it a few seconds."""
    with faulty_server(pause=lambda: 0.05) as server:
        yield server


def begin(news: Newsletter, server: FaultyServer) -> subprocess.Popen[str]:
    """Returns when the first messages have left."""
    running = news.begin(*SEND, env=server.environment())
    server.until(lambda: len(server.accepted) >= 10)
    return running


def end(running: subprocess.Popen[str]) -> Result:
    out, err = running.communicate(timeout=120)
    return Result(running.returncode, out, err)


def send_a_part(news: Newsletter, server: FaultyServer) -> int:
    """How many have it."""
    running = begin(news, server)
    running.send_signal(signal.SIGTERM)
    assert end(running).code == 3
    server.pause = lambda: 0.0
    assert 10 <= len(server.accepted) < READERS
    return len(server.accepted)


def change(news: Newsletter) -> None:
    news.write(SECTION, news.read(SECTION).replace("for *everyone*", "a SECOND THOUGHT"))


def grow(news: Newsletter) -> None:
    file = "recipients/readers.csv"
    news.write(file, news.read(file) + f"{NEWCOMER},New,Comer\n")


def is_second_thought(content: bytes) -> bool:
    return b"a SECOND THOUGHT" in content


@pytest.mark.fault("Files change while messages leave")
def test_a_run_goes_on_with_what_was_checked(news: Newsletter, server: FaultyServer) -> None:
    running = begin(news, server)
    change(news)
    news.write("newsletter.toml", news.read("newsletter.toml").replace("Test News", "Other News"))
    news.write("recipients/readers.csv", f"email,first_name,last_name\n{NEWCOMER},New,Comer\n")
    shutil.rmtree(news.root / "templates")
    done = end(running)

    assert done.code == 0, done.err
    assert sorted(server.recipients()) == EVERYONE
    assert not any(map(is_second_thought, server.contents.values()))
    assert all(b"From: Test News <" in content for content in server.contents.values())


@pytest.mark.fault("The issue changes between two runs")
def test_an_issue_that_changed_between_two_runs_stops_unless_that_is_accepted(
    news: Newsletter, server: FaultyServer
) -> None:
    had_it = send_a_part(news, server)
    change(news)
    stopped = news.command(*SEND, env=server.environment())

    assert stopped.code == 1, stopped.err
    assert "10-hello.md" in stopped.err
    assert "--accept-changes" in stopped.err
    assert len(server.accepted) == had_it

    done = news.command(*SEND, "--accept-changes", env=server.environment())
    assert done.code == 0, done.err
    assert sorted(server.recipients()) == EVERYONE
    assert sum(map(is_second_thought, server.contents.values())) == READERS - had_it


def emptied(file: Path) -> None:
    file.write_text("", "utf-8")


def shortened(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(100)


def commented(file: Path) -> None:
    file.write_text(f"# Sent by Maria Example.\n{file.read_text('utf-8')}", "utf-8")


def replaced(file: Path) -> None:
    new = file.with_name("new")
    new.write_text(file.read_text("utf-8"), "utf-8")
    new.replace(file)


@pytest.mark.fault("sent.toml is changed while messages leave")
@pytest.mark.parametrize("harm", [emptied, shortened, commented, replaced, Path.unlink])
def test_a_sent_toml_that_is_changed_while_messages_leave_is_right_in_the_end(
    news: Newsletter, server: FaultyServer, harm: Callable[[Path], None]
) -> None:
    running = news.begin(*SEND, env=server.environment())
    server.until(lambda: len(server.accepted) >= 3)
    file = news.root / "issues/2030-01/sent.toml"
    harm(file)
    _, err = running.communicate()

    assert running.returncode == 0, err
    assert sorted(server.recipients()) == EVERYONE
    told = tomllib.loads(file.read_text("utf-8"))
    assert (told["issue"], told["lists"]) == ("2030-01", {"readers": len(EVERYONE)})
    assert "marks" not in told
    assert news.run(*SEND, env=server.environment()).code == 0


@pytest.mark.fault("A list grows between two runs")
def test_a_list_that_grew_between_two_runs_has_the_new_ones_mailed_too(
    news: Newsletter, server: FaultyServer
) -> None:
    send_a_part(news, server)
    grow(news)
    done = news.command(*SEND, env=server.environment())

    assert done.code == 0, done.err
    assert sorted(server.recipients()) == sorted([*EVERYONE, NEWCOMER])
    assert done.json["planned"] == READERS + 1


@pytest.mark.fault("A list shrinks between two runs")
def test_a_list_that_shrank_between_two_runs_leaves_those_alone_who_left_it(
    news: Newsletter, server: FaultyServer
) -> None:
    send_a_part(news, server)
    had_it = {*server.recipients()}
    leaver = next(address for address in EVERYONE if address not in had_it)
    file = "recipients/readers.csv"
    kept = [line for line in news.read(file).splitlines() if not line.startswith(leaver)]
    news.write(file, "\n".join([*kept, ""]))
    done = news.command(*SEND, env=server.environment())

    assert done.code == 0, done.err
    assert sorted(server.recipients()) == sorted({*EVERYONE} - {leaver})


@pytest.mark.fault("A fresh clone has a ledger of its own")
def test_a_fresh_clone_with_a_ledger_of_its_own_mails_nobody(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    """It has what the repository has: not the ledger, but sent.toml."""
    had_it = send_a_part(news, server)
    clone = Newsletter(tmp_path / "clone")
    shutil.copytree(news.root, clone.root, ignore=shutil.ignore_patterns(".newsletter"))
    words = ("subscribers", "suppress", "nobody@example.org", "--reason", "manual")
    clone.command(*words)  # makes a ledger
    stopped = clone.command(*SEND, env=server.environment())

    assert stopped.code == 1, stopped.err
    assert "another ledger" in stopped.err
    assert len(server.accepted) == had_it

    done = news.command(*SEND, env=server.environment())
    assert done.code == 0, done.err
    assert sorted(server.recipients()) == EVERYONE


@pytest.mark.fault("Files change while it waits for --at")
def test_what_changes_while_a_run_waits_for_its_hour_is_not_sent_unchecked(
    news: Newsletter, server: FaultyServer
) -> None:
    """It was composed and checked before it began to wait."""
    at = (datetime.now(UTC) + timedelta(seconds=12)).isoformat(timespec="seconds")
    running = news.begin(*SEND, "--at", at, env=server.environment())
    read_until(running, "Waiting until")
    change(news)
    grow(news)
    done = end(running)

    assert done.code == 0, done.err
    assert sorted(server.recipients()) == EVERYONE
    assert not any(map(is_second_thought, server.contents.values()))
