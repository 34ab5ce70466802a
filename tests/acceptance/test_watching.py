"""What is seen while an issue is sent: progress, the last line, JSON logs, Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from datetime import datetime
from pathlib import Path
from typing import Any  # JSON

import pytest

from tests.acceptance.scene import Newsletter, addresses, plain_newsletter
from tests.smtp_server import SILENCE, Behaviour, Inbox, scripted_server, smtp_server
from tests.waiting import wait_until

SEND = ("send", "--issue", "2030-01", "--yes")
SECRET = "correct-horse-battery"
LINE = re.compile(
    r"\d+ of 8 \(\d+ %\): \d+ sent(?:, \d+ (?:deferred|refused|unknown))*; "
    r"\S+(?:, .+ left)?"
)


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    return plain_newsletter(tmp_path / "news", readers=8)


def answer_at_dot(to: str) -> str | None:
    return {
        "reader02": f"550 5.1.1 <{to}>: User unknown",
        "reader03": f"451 4.7.1 Not now, {to}",
        "reader04": "accept and drop",
    }.get(to.partition("@")[0])


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_on_a_pipe_a_line_now_and_then_says_how_it_goes(news: Newsletter, inbox: Inbox) -> None:
    done = news.run(*SEND, "--rate", "2/s", env=inbox.environment())

    told = [line for line in done.err.splitlines() if " of 8 (" in line]
    assert done.code == 0, done.err
    assert 1 <= len(told) <= 8
    assert all(LINE.fullmatch(line) for line in told), told


def test_the_last_line_says_it_all(news: Newsletter) -> None:
    with smtp_server(Behaviour(at_dot=answer_at_dot)) as inbox:
        first = news.run(*SEND, "--connections", "1", env=inbox.environment())
    with smtp_server() as inbox:
        second = news.run(*SEND, env=inbox.environment())
        news.run("resolve", "--issue", "2030-01", "--unknown", "assume-sent")
        third = news.run(*SEND, env=inbox.environment())

    assert [done.err.splitlines()[-1] for done in (first, second, third)] == [
        "2030-01: 8 readers: 5 sent, 1 deferred, 1 refused, 1 unknown.",
        "2030-01: 8 readers: 1 sent, 5 already sent, 1 refused, 1 unknown.",
        "2030-01: 8 readers: 7 already sent, 1 refused.",
    ]


def test_a_log_tells_what_happened_and_names_nobody(news: Newsletter) -> None:
    log = news.root / "send.log"
    behaviour = Behaviour(at_dot=answer_at_dot, users={"ann@example.org": SECRET})
    with smtp_server(behaviour) as inbox:
        login = {"SMTP_USERNAME": "ann@example.org", "SMTP_PASSWORD": SECRET}
        words = ("--connections", "1", "--log-json", str(log))
        done = news.run(*SEND, *words, env=inbox.environment(**login))

    assert done.code == 3, done.err
    told = lines(log)
    assert [one["event"] for one in told if one["event"] != "message"] == [
        "prepared",
        "began",
        "progress",
        "ended",
    ]
    assert {one["issue"] for one in told} == {"2030-01"}
    assert all(datetime.fromisoformat(one["time"]).utcoffset() is not None for one in told)
    troubles = {one["state"]: one for one in told if one["event"] == "message"}
    assert set(troubles) == {"deferred", "refused", "unknown"}
    assert {one["level"] for one in troubles.values()} == {"warning"}
    refused = troubles["refused"]
    assert (refused["code"], refused["enhanced"], refused["domain"]) == (
        550,
        "5.1.1",
        "example.org",
    )
    assert refused["reply"] == "User unknown"
    ended = told[-1]
    assert (ended["sent"], ended["refused"], ended["is_complete"]) == (5, 1, False)
    text = log.read_text("utf-8")
    assert "@" not in text
    assert "reader0" not in text
    assert SECRET not in text


def test_debugging_names_readers_and_every_message(news: Newsletter, inbox: Inbox) -> None:
    log = news.root / "send.log"
    words = ("--log-json", str(log), "--log-level", "debug")
    news.run(*SEND, *words, env=inbox.environment())

    told = [one for one in lines(log) if one["event"] == "message"]
    assert sorted(one["address"] for one in told) == addresses(8)
    assert {one["level"] for one in told} == {"debug"}
    assert all(one["message_id"] and one["code"] == 250 for one in told)


def test_a_log_is_added_to_and_errors_alone_are_few(news: Newsletter, inbox: Inbox) -> None:
    log = news.write("send.log", '{"earlier": true}\n')
    words = ("--log-json", str(log), "--log-level", "error")
    news.run(*SEND, *words, env=inbox.environment())

    assert lines(log) == [{"earlier": True}]


def test_why_a_run_did_not_begin_is_in_the_log(news: Newsletter) -> None:
    log = news.root / "send.log"
    nowhere = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": "9", "SMTP_SECURITY": "none"}
    done = news.run(*SEND, "--log-json", str(log), env=nowhere)

    assert done.code == 1
    assert lines(log)[-1]["event"] == "failed"
    assert lines(log)[-1]["kind"] == "CannotConnect"
    assert lines(log)[-1]["why"] in done.err


def test_a_log_on_standard_error_replaces_progress(news: Newsletter, inbox: Inbox) -> None:
    done = news.run(*SEND, "--rate", "4/s", "--log-json", "-", env=inbox.environment())

    told = [json.loads(line) for line in done.err.splitlines() if line.startswith("{")]
    assert [one["event"] for one in told][-1] == "ended"
    assert " of 8 (" not in done.err
    assert done.err.splitlines()[-1] == "2030-01: 8 readers: 8 sent."


def test_a_log_that_cannot_be_opened_stops_before_anything_is_sent(
    news: Newsletter, inbox: Inbox
) -> None:
    done = news.run(*SEND, "--log-json", "nowhere/send.log", env=inbox.environment())

    assert done.code == 1
    assert "--log-json: nowhere/send.log cannot be written" in done.err
    assert inbox.connections == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk of Linux")
def test_a_log_that_cannot_be_written_stops_nobody(news: Newsletter, inbox: Inbox) -> None:
    done = news.run(*SEND, "--log-json", "/dev/full", env=inbox.environment())

    assert done.code == 0, done.err
    assert len(inbox.received) == 8
    assert done.err.count("the log cannot be written any more") == 1


def test_pace_of_the_settings_counts_and_an_option_overrides_it(
    news: Newsletter, inbox: Inbox
) -> None:
    settings = news.read("newsletter.toml")
    news.write("newsletter.toml", f'{settings}\n[delivery]\nrate = "1/h"\nconnections = 1\n')
    begun = time.monotonic()
    rehearsal = news.run("send", "--issue", "2030-01", "--sandbox")
    done = news.run(*SEND, "--rate", "none", env=inbox.environment())

    assert (rehearsal.code, done.code) == (0, 0), done.err
    assert time.monotonic() - begun < 3600, "an hour for each"
    assert len(inbox.received) == 8
    assert inbox.connections == 1


def test_the_settings_pace_is_no_change_of_the_issue(news: Newsletter, inbox: Inbox) -> None:
    refusing = Behaviour(at_rcpt=lambda to: "451 4.7.1 Later" if "02" in to else None)
    with smtp_server(refusing) as strict:
        assert news.run(*SEND, env=strict.environment()).code == 3
    settings = news.read("newsletter.toml")
    news.write("newsletter.toml", f'{settings}\n[delivery]\nretry_for = "1m"\n')
    done = news.run(*SEND, env=inbox.environment())

    assert done.code == 0, done.err
    assert inbox.recipients() == ["reader02@example.org"]


def test_a_connection_takes_so_many_messages(news: Newsletter, inbox: Inbox) -> None:
    words = ("--connections", "1", "--messages-per-connection", "3")
    done = news.run(*SEND, *words, env=inbox.environment())

    assert done.code == 0, done.err
    assert len(inbox.received) == 8
    assert inbox.connections >= 3


posix = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


@posix
def test_ctrl_c_twice_ends_at_once_with_everything_recorded(news: Newsletter) -> None:
    """The server never answers the dot: the first Ctrl-C would wait for it, ten minutes long."""
    with scripted_server({".": SILENCE}) as silent:
        environment = {
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(silent.port),
            "SMTP_SECURITY": "none",
        }
        running = news.begin(*SEND, "--connections", "1", env=environment)
        wait_until(lambda: len(silent.messages) == 1)
        running.send_signal(signal.SIGINT)
        assert running.stderr is not None
        read_until(running, "Press Ctrl-C again to stop at once.")
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=90)

    assert running.returncode == 3, err
    assert "Traceback" not in err
    counts = news.run("status", "--issue", "2030-01", "--json").json["counts"]
    assert counts == {"unknown": 1, "queued": 7}
    with smtp_server() as inbox:
        news.run(*SEND, env=inbox.environment())
        assert len(inbox.received) == 7, "whoever may have it does not get it again"


def read_until(running: subprocess.Popen[str], words: str) -> None:
    assert running.stderr is not None
    while words not in (line := running.stderr.readline()):
        assert line, "it ended before it said so"
