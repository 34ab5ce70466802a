"""What happens to the sender, its machine and its server while messages leave.

The installed command; counted from the server's side: nobody twice, nobody lost, the report true.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.scene import Newsletter, addresses, plain_newsletter, read_until
from tests.conftest import Result
from tests.faults.cues import Cue, Fault, Stage
from tests.faults.faulty_server import FaultyServer, faulty_server
from tests.faults.scenes import ISSUE, SEND, states

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

READERS = 60
EVERYONE = sorted(addresses(READERS))


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    return plain_newsletter(tmp_path / "news", READERS)


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    """In no hurry: an issue takes it a few seconds."""
    with faulty_server(pause=lambda: 0.05) as server:
        yield server


def begin(news: Newsletter, server: FaultyServer, *words: str, **env: str) -> subprocess.Popen[str]:
    return news.begin(*SEND, *words, env=server.environment(**env))


def end(running: subprocess.Popen[str]) -> Result:
    out, err = running.communicate(timeout=120)
    return Result(running.returncode, out, err)


def wait_until_somebody_comes_in_vain(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as closed:
        closed.settimeout(90)
        caller, _ = closed.accept()
        caller.close()


def assert_the_report_is_true(news: Newsletter, server: FaultyServer, done: Result) -> None:
    """Nobody twice; who is sent has it; who has it is sent or unknown; the counts fit."""
    found, taken = states(news), {*server.recipients()}
    sent = {address for address, state in found.items() if state == "sent"}
    unknown = {address for address, state in found.items() if state == "unknown"}
    counts = Counter(found.values())
    assert server.twice() == []
    assert {*found} == {*EVERYONE}
    assert sent <= taken <= sent | unknown
    assert counts["sending"] == 0
    assert done.json["sent"] + done.json["already_sent"] == counts["sent"]
    assert done.json["unknown"] == counts["unknown"]
    assert done.json["deferred"] == counts["deferred"]
    assert done.json["remaining"] == counts["queued"]


def assert_the_next_run_finishes(news: Newsletter, server: FaultyServer) -> None:
    """Whoever is unknown gets another copy, on purpose."""
    server.cues, server.pause = [], lambda: 0.0
    unknown = {address for address, state in states(news).items() if state == "unknown"}
    once = Counter(server.recipients())
    news.command("resolve", "--issue", ISSUE, "--unknown", "resend")
    done = news.command(*SEND, env=server.environment())

    assert done.code == 0, done.err
    taken = Counter(server.recipients())
    assert {*taken} == {*EVERYONE}
    assert {a for a, count in taken.items() if count > 1} == {a for a in unknown if once[a]}


@pytest.mark.fault("SIGTERM, Ctrl-C")
def test_sigterm_lets_what_is_in_flight_end(news: Newsletter, server: FaultyServer) -> None:
    running = begin(news, server, "--connections", "4")
    server.until(lambda: len(server.accepted) >= 10)
    running.send_signal(signal.SIGTERM)
    done = end(running)

    assert done.code == 3, done.err
    assert "Stopping after the messages in flight" in done.err
    assert done.json["sent"] == len(server.accepted) < READERS
    assert done.json["unknown"] == 0
    assert_the_report_is_true(news, server, done)
    assert_the_next_run_finishes(news, server)


@pytest.mark.fault("SIGTERM or Ctrl-C twice")
def test_sigterm_twice_ends_at_once_and_tells_who_is_unknown(
    news: Newsletter, server: FaultyServer
) -> None:
    server.cues = [
        Cue(Stage.DOT, Fault.SILENCE, message=number, accepts=True) for number in range(2, 6)
    ]  # the first goes alone
    running = begin(news, server, "--connections", "4")
    server.until(lambda: server.played[Stage.DOT] == 4)
    running.send_signal(signal.SIGTERM)
    read_until(running, "again to stop at once")
    began = time.monotonic()
    running.send_signal(signal.SIGTERM)
    done = end(running)

    assert time.monotonic() - began < 30, "it did not wait for the server"
    assert done.code == 3, done.err
    assert "Traceback" not in done.err
    assert Counter(states(news).values()) == {"sent": 1, "unknown": 4, "queued": READERS - 5}
    assert_the_next_run_finishes(news, server)


@pytest.mark.fault("It sleeps longer than the time-outs")
def test_a_sender_that_slept_reads_what_was_answered_meanwhile(
    news: Newsletter, server: FaultyServer
) -> None:
    """SIGSTOP for longer than the time-outs: as a laptop that was closed, or a paused machine."""
    running = begin(news, server, "--connections", "4", SMTP_TIMEOUT="5")
    server.until(lambda: len(server.accepted) >= 10)
    running.send_signal(signal.SIGSTOP)
    time.sleep(6)
    running.send_signal(signal.SIGCONT)
    done = end(running)

    assert done.code == 0, done.err
    assert done.json["sent"] == READERS
    assert_the_report_is_true(news, server, done)


@pytest.mark.fault("It starts anew")
def test_a_server_that_starts_anew_is_met_again_in_the_same_run(
    news: Newsletter, server: FaultyServer
) -> None:
    running = begin(news, server, "--connections", "4")
    server.until(lambda: len(server.accepted) >= 10)
    server.go_down()
    wait_until_somebody_comes_in_vain(server.port)
    server.go_up()
    done = end(running)

    assert done.code == (3 if done.json["unknown"] else 0), done.err
    assert done.json["unknown"] <= 4
    assert done.json["sent"] + done.json["unknown"] == READERS
    assert_the_report_is_true(news, server, done)
    assert_the_next_run_finishes(news, server)


@pytest.mark.fault("It stays away")
def test_a_server_that_stays_away_ends_the_run(news: Newsletter, server: FaultyServer) -> None:
    running = begin(news, server, "--connections", "4")
    server.until(lambda: len(server.accepted) >= 10)
    server.go_down()
    done = end(running)

    assert done.code == 3, done.err
    assert "does not answer" in done.err
    assert "Run the same command again to mail those who are still owed it." in done.err
    assert done.json["unknown"] <= 4
    assert done.json["remaining"] + done.json["deferred"] > 0
    assert_the_report_is_true(news, server, done)
    server.go_up()
    assert_the_next_run_finishes(news, server)


@pytest.mark.fault("It breaks off every message")
@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DOT])
def test_a_server_that_breaks_off_every_message_is_given_up(
    news: Newsletter, server: FaultyServer, stage: Stage
) -> None:
    """Rather than that everybody on the list is tried, or unknown."""
    server.cues = [Cue(stage, Fault.CLOSE)]
    done = end(begin(news, server, "--connections", "2"))

    last = stage is Stage.DOT
    assert ("hangs up before it says so" if last else "The server takes no message") in done.err
    assert done.code == (3 if stage is Stage.DOT else 1), done.err
    assert Counter(states(news).values())["unknown"] <= (6 if stage is Stage.DOT else 0)
    assert server.accepted == []
    assert_the_next_run_finishes(news, server)


@pytest.mark.fault("It puts off every message (421, 451, 452)")
@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.DOT])
def test_a_server_without_space_is_left_alone(
    news: Newsletter, server: FaultyServer, stage: Stage
) -> None:
    """452 for everything: nobody is tried again and again while one waits."""
    server.cues = [Cue(stage, Fault.CODE_452)]
    running = begin(news, server, "--connections", "2")
    server.until(lambda: server.played[stage] >= 4)
    running.send_signal(signal.SIGTERM)
    done = end(running)

    assert done.code == 1, done.err
    assert 4 <= done.json["deferred"] <= 8
    assert done.json["sent"] == 0
    assert_the_report_is_true(news, server, done)
    assert_the_next_run_finishes(news, server)


@pytest.mark.fault("Five senders at once")
def test_of_five_senders_at_once_one_sends(news: Newsletter, server: FaultyServer) -> None:
    senders = [begin(news, server, "--connections", "2") for _ in range(5)]
    ended = [end(running) for running in senders]

    codes = Counter(done.code for done in ended)
    told = [done.err for done in ended]
    assert codes[0] >= 1, told
    assert codes[0] + codes[1] == 5, told
    assert all("Another send is at work" in done.err for done in ended if done.code == 1), told
    assert sum(done.json["sent"] for done in ended if done.code == 0) == READERS
    assert sorted(server.recipients()) == EVERYONE


@pytest.mark.fault("kill -9, a crash")
def test_a_dead_sender_keeps_nobody_waiting(news: Newsletter, server: FaultyServer) -> None:
    """No time-out has to pass: its lock is free at once."""
    running = begin(news, server, "--connections", "4")
    server.until(lambda: len(server.accepted) >= 10)
    running.kill()
    running.communicate()
    done = news.command(*SEND, env=server.environment())

    assert done.code == (3 if done.json["unknown"] else 0), done.err
    assert done.json["unknown"] <= 4
    assert_the_report_is_true(news, server, done)
    assert_the_next_run_finishes(news, server)


@pytest.mark.fault("The machine goes down, or the journal is lost")
@pytest.mark.parametrize("harm", ["another boot", "no journal"])
def test_without_a_journal_all_that_was_claimed_is_unknown(
    news: Newsletter, server: FaultyServer, harm: str
) -> None:
    """A machine that goes down may lose the journal's last marks: nothing in it counts then."""
    running = begin(news, server, "--connections", "4")
    server.until(lambda: len(server.accepted) >= 30)
    running.kill()
    running.communicate()
    (journal,) = (news.root / ".newsletter").glob("*.journal")
    if harm == "no journal":
        journal.unlink()
    else:
        octets = journal.read_bytes()
        head, boot, rest = octets.partition(b'"boot": "')
        journal.write_bytes(head + boot + bytes([rest[0] ^ 1]) + rest[1:])
    taken = len(server.accepted)
    done = news.command(*SEND, env=server.environment())

    assert done.code == 1, done.err
    assert len(server.accepted) == taken, "all 60 were claimed at once"
    assert done.json["unknown"] > 4
    assert_the_report_is_true(news, server, done)
    assert_the_next_run_finishes(news, server)


@pytest.mark.fault("It refuses the login in the middle of a run")
def test_a_login_that_is_refused_in_the_middle_of_a_run_ends_it_at_once(news: Newsletter) -> None:
    """A second attempt with a wrong password may lock the account."""
    with faulty_server(Cue(Stage.AUTH, Fault.CODE_550, session=3), with_login=True) as server:
        words = ("--connections", "1", "--messages-per-connection", "5")
        done = end(begin(news, server, *words))

        assert done.code == 3, done.err
        assert "refuses the login of ann" in done.err
        assert server.played[Stage.AUTH] == 1
        assert done.json["sent"] == 10
        assert_the_report_is_true(news, server, done)
        assert_the_next_run_finishes(news, server)


@pytest.mark.fault("It cannot check the login for a moment")
def test_a_login_that_cannot_be_checked_now_is_tried_again(news: Newsletter) -> None:
    """454, and other 4yz (RFC 4954 section 6)."""
    with faulty_server(Cue(Stage.AUTH, Fault.CODE_451, session=3), with_login=True) as server:
        words = ("--connections", "1", "--messages-per-connection", "5")
        running = begin(news, server, *words)
        server.until(lambda: server.played[Stage.AUTH] == 2)
        server.cues = []
        done = end(running)

        assert done.code == 0, done.err
        assert sorted(server.recipients()) == EVERYONE
