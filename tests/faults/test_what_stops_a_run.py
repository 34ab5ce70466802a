"""Whatever stops a run or the telling of it: the mail goes on if it can; the report is true."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.scene import (
    COMMAND,
    Newsletter,
    addresses,
    environment,
    plain_newsletter,
    planted,
    read_until,
    run,
)
from tests.smtp_server import Behaviour, HeldAtTheDot, Inbox

READERS = 8
EVERYONE = addresses(READERS)
SEND = ("send", "--issue", "2030-01", "--yes")
FULL = Path("/dev/full")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals, pipes and shells of POSIX")


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    return plain_newsletter(tmp_path / "news", READERS)


def shell(news: Newsletter, line: str, env: dict[str, str]) -> tuple[int, str]:
    """The exit code of the command itself, and what it said. `line`: with $COMMAND in it."""
    done = subprocess.run(
        ["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"],
        cwd=news.root,
        env=environment({**env, "COMMAND": f"{COMMAND} {' '.join(SEND)}"}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.fault("What it prints goes nowhere: a full disk, a closed pipe")
@pytest.mark.parametrize(
    ("line", "told"),
    [
        pytest.param(
            "$COMMAND --json > /dev/full",
            "note: --json: What was asked for cannot be written: No space left on device.",
            marks=pytest.mark.skipif(not FULL.exists(), reason="no /dev/full"),
        ),
        ("$COMMAND --json | true", "note: --json: Whoever was to read it has gone."),
        ("$COMMAND --json >&-", ""),
        pytest.param(
            "$COMMAND 2> /dev/full",
            "",
            marks=pytest.mark.skipif(not FULL.exists(), reason="no /dev/full"),
        ),
        ("$COMMAND 2>&1 | true", ""),
        ("$COMMAND 2>&-", ""),
        ("$COMMAND <&-", ""),
        ("$COMMAND --log-json - 2>&1 | true", ""),
    ],
)
def test_output_that_nobody_takes_changes_nothing_of_the_mail_or_the_exit_code(
    news: Newsletter, inbox: Inbox, line: str, told: str
) -> None:
    code, err = shell(news, line, inbox.environment())

    assert code == 0, err
    assert sorted(inbox.recipients()) == EVERYONE
    assert told in err
    assert "Traceback" not in err
    assert "went wrong" not in err


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full")
def test_a_status_that_cannot_be_printed_is_an_error_of_its_own(news: Newsletter) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{COMMAND} status --issue 2030-01 --json > /dev/full"],
        cwd=news.root,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr == "error: What was asked for cannot be written: No space left on device.\n"


class Pipe:
    """Standard error of a command: heard until its reader goes."""

    def __init__(self, news: Newsletter, inbox: Inbox, *words: str) -> None:
        self.process = subprocess.Popen(
            [COMMAND, *SEND, *words],
            cwd=news.root,
            env=environment(inbox.environment()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def hang_up(self) -> None:
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

    def end(self) -> int:
        return self.process.wait(timeout=90)


@pytest.mark.fault("Whoever watches goes away in the middle")
def test_whoever_watched_goes_away_in_the_middle_and_the_mail_goes_on(
    news: Newsletter, serve: Callable[..., Inbox]
) -> None:
    held = HeldAtTheDot(0)
    inbox = serve(Behaviour(at_dot=held))
    watched = Pipe(news, inbox, "--connections", "1", "--json")
    held.wait()
    watched.hang_up()
    held.let_go()

    assert watched.end() == 0
    assert sorted(inbox.recipients()) == EVERYONE
    assert news.run("status", "--issue", "2030-01", "--json").json["counts"] == {"sent": READERS}


@pytest.mark.fault("The terminal window is closed")
@pytest.mark.parametrize("times", [1, 2])
def test_a_terminal_that_is_closed_ends_what_is_in_flight(
    news: Newsletter, serve: Callable[..., Inbox], times: int
) -> None:
    """The shell says it, then the system does: SIGHUP, and again SIGHUP."""
    held = HeldAtTheDot(2)
    inbox = serve(Behaviour(at_dot=held))
    watched = Pipe(news, inbox, "--connections", "1")
    held.wait()
    watched.hang_up()
    for _ in range(times):
        watched.process.send_signal(signal.SIGHUP)
    held.let_go()

    assert watched.end() == 3
    counts = news.run("status", "--issue", "2030-01", "--json").json["counts"]
    assert counts == {"sent": len(inbox.received), "queued": READERS - len(inbox.received)}
    assert [*(news.root / ".newsletter").glob("*.journal")] == []


def test_a_terminal_that_is_closed_before_the_first_message_sends_nothing(
    news: Newsletter, inbox: Inbox
) -> None:
    running = news.begin(*SEND, "--at", "2099-01-01T09:00", env=inbox.environment())
    read_until(running, "Waiting until 2099-01-01 09:00")
    running.send_signal(signal.SIGHUP)
    running.communicate(timeout=90)

    assert running.returncode == 1
    assert inbox.connections == 0


def test_nohup_outlives_its_terminal(news: Newsletter, serve: Callable[..., Inbox]) -> None:
    """What was ignored when the command began stays ignored."""
    held = HeldAtTheDot(2)
    inbox = serve(Behaviour(at_dot=held))
    running = subprocess.Popen(
        ["bash", "-c", f"trap '' HUP; exec {COMMAND} {' '.join(SEND)} --connections 1"],
        cwd=news.root,
        env=environment(inbox.environment()),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    held.wait()
    running.send_signal(signal.SIGHUP)
    held.let_go()

    assert running.wait(timeout=90) == 0
    assert sorted(inbox.recipients()) == EVERYONE


def test_a_second_ctrl_c_tells_how_it_stands(news: Newsletter, serve: Callable[..., Inbox]) -> None:
    held = HeldAtTheDot(1, "drop")
    inbox = serve(Behaviour(at_dot=held))
    running = news.begin(*SEND, "--connections", "1", "--json", env=inbox.environment())
    held.wait()
    running.send_signal(signal.SIGINT)
    read_until(running, "Stopping after the messages in flight")
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=90)
    held.let_go()

    assert running.returncode == 3, err
    report = json.loads(out)
    assert (report["sent"], report["unknown"], report["remaining"]) == (1, 1, READERS - 2)
    assert report["stopped"] == "KeyboardInterrupt"


@pytest.mark.fault("It cannot be read any more")
def test_a_ledger_that_cannot_be_read_any_more_is_no_reason_for_no_report(
    news: Newsletter, inbox: Inbox
) -> None:
    """The run tells what it saw itself."""
    done = run(
        *(*SEND, "--json", "--rate", "1/s", "--connections", "1"),
        cwd=news.root,
        env=inbox.environment(),
        command=planted("broken_ledger"),
    )

    assert done.code == 3, done.err
    assert "what this run saw itself" in done.err
    assert "error: The ledger cannot be used: planted.\n" in done.err
    assert done.json["stopped"] == "The ledger cannot be used: planted."
    assert 1 <= done.json["sent"] == len(inbox.received) < READERS
    assert done.json["remaining"] == READERS - done.json["sent"]


@pytest.mark.parametrize("reply", ["550 5.1.1 no such user", "450 4.2.0 later"])
def test_a_run_that_hands_over_nothing_ends_with_1(
    news: Newsletter, serve: Callable[..., Inbox], reply: str
) -> None:
    news.write("recipients/readers.csv", "email\nann@example.org\n")
    inbox = serve(Behaviour(at_rcpt=lambda address: reply))

    done = news.run(*SEND, "--json", env=inbox.environment())

    assert done.code == 1, done.err
    assert inbox.received == []


def test_a_later_run_that_hands_over_nothing_ends_with_1(
    news: Newsletter, serve: Callable[..., Inbox]
) -> None:
    inbox = serve(
        Behaviour(at_rcpt=lambda who: "550 5.1.1 no such user" if "reader03" in who else None)
    )

    first = news.run(*SEND, "--json", env=inbox.environment())
    second = news.run(*SEND, "--json", env=inbox.environment())

    assert (first.code, second.code) == (3, 1), first.err + second.err
    assert second.json["already_sent"] == READERS - 1
    assert second.json["refused"] == 1


def test_a_message_whose_answer_is_lost_counts_as_handed_over(
    news: Newsletter, serve: Callable[..., Inbox]
) -> None:
    news.write("recipients/readers.csv", "email\nann@example.org\n")
    inbox = serve(Behaviour(at_dot=lambda address: "drop"))

    done = news.run(*SEND, "--json", env=inbox.environment())

    assert done.code == 3, done.err
    assert done.json["unknown"] == 1
