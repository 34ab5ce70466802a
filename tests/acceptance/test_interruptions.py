"""Crashes, Ctrl-C and the terminal's question: nobody is lost, nobody gets it twice."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.scene import Newsletter, addresses, plain_newsletter, planted, read_until, run
from tests.conftest import Result
from tests.smtp_server import Behaviour, HeldAtTheDot, Inbox
from tests.terminal import Terminal

SEND = ("send", "--issue", "2030-01", "--yes")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and terminals of POSIX")


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    return plain_newsletter(tmp_path / "news", readers=8)


def crashing(news: Newsletter, inbox: Inbox, *, at: str) -> Result:
    words = (*SEND, "--connections", "1")
    command = planted("crash_at_reader", at)
    return run(*words, cwd=news.root, env=inbox.environment(), command=command)


def details(done: Result) -> str:
    """What stands in the file that the sentence names."""
    found = re.search(r"The details are in (\S+)", done.err)
    assert found, done.err
    file = Path(found[1])
    text = file.read_text("utf-8")
    file.unlink()
    return text


def assert_everyone_has_it_once(news: Newsletter, inbox: Inbox) -> None:
    done = news.run(*SEND, "--json", env=inbox.environment())
    assert done.code == 0, done.err
    assert sorted(inbox.recipients()) == addresses(8)


def test_a_crash_before_the_first_message_sends_nothing(news: Newsletter, inbox: Inbox) -> None:
    done = crashing(news, inbox, at="reader0")

    assert done.code == 1, done.err
    assert inbox.received == []
    assert "Traceback" not in done.err
    assert "Nothing was sent." in done.err
    assert "RuntimeError: planted" in details(done)
    assert_everyone_has_it_once(news, inbox)


def test_a_crash_after_a_message_says_so_and_the_next_run_completes(
    news: Newsletter, inbox: Inbox
) -> None:
    done = crashing(news, inbox, at="reader05@example.org")

    assert done.code == 3, done.err
    assert 0 < len(inbox.received) < 8
    assert "Traceback" not in done.err
    assert "Messages had left already; the ledger, or the journal beside it, has them" in done.err
    assert "RuntimeError: planted" in details(done)
    states = news.run("status", "--issue", "2030-01", "--json").json["counts"]
    assert states == {"sent": len(inbox.received), "queued": 8 - len(inbox.received)}
    assert_everyone_has_it_once(news, inbox)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_records_everything_and_the_next_completes(
    news: Newsletter, serve: Callable[..., Inbox], number: signal.Signals
) -> None:
    held = HeldAtTheDot(2)
    inbox = serve(Behaviour(at_dot=held))
    running = news.begin(*SEND, "--connections", "2", "--json", env=inbox.environment())
    held.wait()
    running.send_signal(number)
    read_until(running, "Stopping after the messages in flight")
    held.let_go()
    out, err = running.communicate(timeout=90)
    stopped = Result(running.returncode, out, err)

    assert stopped.code == 3, stopped.err
    assert stopped.json["sent"] == len(inbox.received) < 8
    assert stopped.json["remaining"] == 8 - len(inbox.received)
    assert "Run the same command again" in stopped.err
    states = news.run("status", "--issue", "2030-01", "--json").json["counts"]
    assert states == {"sent": len(inbox.received), "queued": 8 - len(inbox.received)}
    assert_everyone_has_it_once(news, inbox)


def test_stopped_twice_it_ends_at_once_with_everything_recorded(
    news: Newsletter, serve: Callable[..., Inbox]
) -> None:
    held = HeldAtTheDot(1, "drop")
    inbox = serve(Behaviour(at_dot=held))
    running = news.begin(*SEND, "--connections", "1", env=inbox.environment())
    held.wait()
    running.send_signal(signal.SIGINT)
    read_until(running, "Stopping after the messages in flight")
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=90)
    held.let_go()

    assert running.returncode == 3, err
    assert "Traceback" not in err
    assert "Messages had left already" in err
    counts = news.run("status", "--issue", "2030-01", "--json").json["counts"]
    assert counts == {"sent": 1, "unknown": 1, "queued": 6}
    assert [*(news.root / ".newsletter").glob("*.journal")] == []


def test_stopped_while_waiting_for_its_hour_nothing_was_sent(
    news: Newsletter, inbox: Inbox
) -> None:
    before = news.snapshot()
    running = news.begin(*SEND, "--at", "2099-01-01T09:00", env=inbox.environment())
    read_until(running, "Waiting until 2099-01-01 09:00")
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=90)

    assert running.returncode == 1
    assert "Nothing was sent." in err
    assert inbox.connections == 0
    assert news.snapshot() == before


ASK = ("send", "--issue", "2030-01")
QUESTION = "Mail 8 readers now? [y/N]: "


def test_at_a_terminal_the_plan_is_shown_and_yes_sends(news: Newsletter, inbox: Inbox) -> None:
    terminal = Terminal(news, inbox, *ASK)
    terminal.read_until(QUESTION)
    assert inbox.connections == 0
    for line in (
        "Subject  News for Sam",
        "From     Test News <news@example.org>",
        f"Through  127.0.0.1:{inbox.port}",
        "Variant  Sections  Readers",
        "full            1        8",
    ):
        assert line in terminal.screen
    terminal.type("y\n")

    assert terminal.end() == 0
    assert "8/8" in terminal.screen, "the progress bar"
    assert "2030-01: 8 readers: 8 sent." in terminal.screen
    assert len(inbox.received) == 8

    again = Terminal(news, inbox, *ASK)
    assert again.end() == 0
    assert "Mail " not in again.screen, "nobody is left: there is nothing to ask"


@pytest.mark.parametrize("answer", ["n\n", "\n", "\x04", "\x03"], ids=["n", "enter", "^D", "^C"])
def test_at_a_terminal_anything_but_yes_sends_nothing(
    news: Newsletter, inbox: Inbox, answer: str
) -> None:
    before = news.snapshot()
    terminal = Terminal(news, inbox, *ASK)
    terminal.read_until(QUESTION)
    if answer == "\x03":
        terminal.interrupt()
    else:
        terminal.type(answer)

    assert terminal.end() == 1
    assert "Nothing was sent" in terminal.screen
    assert inbox.connections == 0
    assert news.snapshot() == before
