"""Whose fault it is that a server says no: only a reader's own fault loses a reader the issue.

What was mailed is counted at the server.
"""

from __future__ import annotations

import itertools
import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any  # JSON

import pytest
from PIL import Image

from tests.acceptance.scene import Newsletter, addresses, newsletter, plain_newsletter
from tests.conftest import Result
from tests.smtp_server import Behaviour, Inbox, scripted_server
from tests.waiting import wait_until

Serve = Callable[..., Inbox]

SEND = ("send", "--issue", "2030-01", "--yes", "--json")
STATES = ("sent", "already_sent", "deferred", "refused", "unknown", "remaining")
READERS = 47


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    return plain_newsletter(tmp_path / "news", READERS)


def counts(result: Result) -> dict[str, int]:
    """The states that anybody is in."""
    report: dict[str, Any] = result.json
    assert report["planned"] == sum(report[name] for name in STATES)
    return {name: report[name] for name in STATES if report[name]}


def states(news: Newsletter, inbox: Inbox) -> Counter[str]:
    shown = news.run("status", "--issue", "2030-01", "--json", env=inbox.environment())
    return Counter({state: count for state, count in shown.json["counts"].items() if count})


def read_by(news: Newsletter, *readers: str) -> None:
    """The list has these readers."""
    rows = [f"{address},Reader,{number}" for number, address in enumerate(readers)]
    news.write("recipients/readers.csv", "\n".join(["email,first_name,last_name", *rows, ""]))


def assert_everyone_gets_it_once(news: Newsletter, inbox: Inbox, readers: int) -> None:
    """The fault is mended: the next run mails whoever has it not."""
    inbox.behaviour.at_rcpt = inbox.behaviour.at_dot = inbox.behaviour.at_mail = lambda one: None
    done = news.run(*SEND, env=inbox.environment())

    assert done.code == 0, done.err
    assert {*Counter(inbox.recipients()).values()} == {1}
    assert len(inbox.recipients()) == readers


@pytest.mark.fault("It is the sender's fault, or our own server's")
@pytest.mark.parametrize(
    ("stage", "reply", "means"),
    [
        ("dot", "554 5.2.252 SendAsDenied; a not allowed to send as b", "Ask IT for the Send As"),
        ("rcpt", "554 5.7.1 Relay access denied", "let this computer or login relay"),
        ("dot", "550 5.7.60 SMTP; Client does not have permissions", "Ask IT for the Send As"),
        ("dot", "550 5.1.90 you've reached your daily limit", "send again tomorrow"),
        ("dot", "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceeded", "tomorrow"),
        ("dot", "550 5.1.8 Access denied, bad outbound sender AS(42004)", "Restricted entities"),
        ("dot", "550-5.7.26 unauthenticated\r\n550 5.7.26 see our page", "SPF and DKIM"),
        ("mail", "553 5.7.1 Sender address rejected: not owned by user", "the login that owns"),
        ("mail", "421 Domain example.org is not allowed to send", "Mailgun"),
        ("dot", "554 5.7.1 Message content rejected", "words and attachments"),
    ],
)
def test_a_fault_of_ours_stops_at_the_first_reader_and_refuses_nobody(
    news: Newsletter, serve: Serve, stage: str, reply: str, means: str
) -> None:
    inbox = serve()
    setattr(inbox.behaviour, f"at_{stage}", lambda address: reply)
    stopped = news.run(*SEND, env=inbox.environment())

    assert stopped.code == 1
    first, _, _ = reply.partition("\r\n")
    assert first[4:].split(" ", 1)[-1] in stopped.err, "the server's words"
    assert means in stopped.err, "what to do"
    assert states(news, inbox) == {"deferred": 1, "queued": READERS - 1}
    assert_everyone_gets_it_once(news, inbox, READERS)


@pytest.mark.fault("A limit is reached in the middle of a list")
@pytest.mark.parametrize(
    ("stage", "reply"),
    [
        ("dot", "554 5.2.0 SubmissionQuotaExceeded"),
        ("rcpt", "550 5.4.5 Daily sending quota exceeded"),
        ("rcpt", "550 this far and no further"),
        ("dot", "554 5.7.1 this far and no further"),
    ],
)
def test_a_limit_in_the_middle_of_a_list_loses_nobody(
    tmp_path: Path, serve: Serve, stage: str, reply: str
) -> None:
    """Also one in words that nobody knows."""
    news = plain_newsletter(tmp_path / "news", 300)
    inbox = serve()

    def limit(address: str) -> str | None:
        return None if len(inbox.recipients()) < 100 else reply

    setattr(inbox.behaviour, f"at_{stage}", limit)
    stopped = news.run(*SEND, env=inbox.environment())

    assert stopped.code == 3
    assert reply.split(" ", 2)[-1] in stopped.err
    assert 100 <= stopped.json["sent"] <= 103, "those in flight when it was reached"
    found = states(news, inbox)
    assert found["deferred"] <= 6
    assert found["sent"] + found["deferred"] + found["queued"] == 300
    assert_everyone_gets_it_once(news, inbox, 300)


@pytest.mark.fault("Everybody on a short list is refused")
@pytest.mark.parametrize("readers", [1, 2, 5])
@pytest.mark.parametrize("reply", ["550 5.1.1 User unknown", "550 no", "554 5.7.1 who are you?"])
def test_a_server_that_refuses_a_short_list_loses_nobody(
    tmp_path: Path, serve: Serve, readers: int, reply: str
) -> None:
    news = plain_newsletter(tmp_path / "news", readers)
    inbox = serve(Behaviour(at_rcpt=lambda address: reply))
    done = news.run(*SEND, env=inbox.environment())

    assert done.code == 1
    assert "whose fault" in done.err
    assert reply in done.err
    assert set(states(news, inbox)) <= {"deferred", "queued"}
    assert_everyone_gets_it_once(news, inbox, readers)


@pytest.mark.fault("A reader is not known, and others are")
@pytest.mark.parametrize(
    ("reply", "who"),
    [
        ("550 5.1.1 User unknown", 0),
        ("550 5.1.1 User unknown", READERS - 1),
        ("550 5.1.1 nobody here", 0),
        ("550 5.1.1 nobody here", READERS - 1),
        ("550 we know no such person at all", 0),
        ("550 we know no such person at all", READERS // 2),
    ],
)
def test_a_reader_is_refused_while_others_of_the_domain_are_taken(
    news: Newsletter, serve: Serve, reply: str, who: int
) -> None:
    gone = addresses(READERS)[who]
    inbox = serve(Behaviour(at_rcpt=lambda address: reply if address == gone else None))
    done = news.run(*SEND, env=inbox.environment())

    assert done.code == 3
    assert counts(done) == {"sent": READERS - 1, "refused": 1}
    assert gone not in inbox.recipients()
    shown = news.run("status", "--issue", "2030-01", "--addresses", "--state", "refused")
    assert gone in shown.out
    again = news.run(*SEND, env=inbox.environment())
    assert counts(again) == {"already_sent": READERS - 1, "refused": 1}


@pytest.mark.fault("A reader's mailbox is full")
def test_a_full_mailbox_slows_nobody_else(news: Newsletter, serve: Serve) -> None:
    full = {*addresses(READERS)[1:]}  # of all but one, so that a rest for each would show
    inbox = serve(Behaviour(at_rcpt=lambda one: "452 4.2.2 Mailbox full" if one in full else None))
    done = news.run(*SEND, env=inbox.environment())

    assert counts(done) == {"sent": READERS - len(full), "deferred": len(full)}
    assert "takes nothing" not in done.err


@pytest.mark.fault("It finds that we come too fast (`450 4.7.1 too much mail`, `432 4.3.2`)")
@pytest.mark.parametrize(
    ("stage", "reply"),
    [
        ("rcpt", "450 4.7.1 Error: too much mail from 192.0.2.1"),
        ("dot", "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded"),
    ],
)
def test_a_server_that_finds_us_too_fast_is_tried_seldom(
    news: Newsletter, serve: Serve, stage: str, reply: str
) -> None:
    """Each time it rests longer; tests/edges has the end of it."""
    tries: list[str] = []

    def later(address: str) -> str:
        tries.append(address)
        return reply

    inbox = serve()
    setattr(inbox.behaviour, f"at_{stage}", later)
    running = news.begin(*SEND, env=inbox.environment())
    wait_until(lambda: len(tries) >= 3)
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=60)

    assert len(tries) <= 6
    assert states(news, inbox) == {"deferred": len(tries), "queued": READERS - len(tries)}
    assert_everyone_gets_it_once(news, inbox, READERS)


@pytest.mark.fault("One domain blocks us")
def test_a_domain_that_blocks_us_rests_and_the_others_go_on(news: Newsletter, serve: Serve) -> None:
    ours = [f"reader{number}@example.org" for number in range(10)]
    theirs = [f"reader{number}@blocked.example" for number in range(20)]
    read_by(news, *ours, *theirs)
    inbox = serve(
        Behaviour(
            at_rcpt=lambda one: "550 5.7.507 Access denied" if one in theirs else None,
        )
    )
    done = news.run(*SEND, env=inbox.environment())

    assert done.code == 3
    assert sorted(inbox.recipients()) == ours
    assert "blocked.example rests in this run" in done.err
    assert done.json["refused"] == 0
    assert done.json["deferred"] + done.json["remaining"] == len(theirs)
    assert done.json["deferred"] <= 3
    assert_everyone_gets_it_once(news, inbox, 30)


@pytest.mark.fault("Two domains say the same of us")
def test_what_a_second_receiver_says_of_us_stops_the_run(news: Newsletter, serve: Serve) -> None:
    readers = [
        f"reader{number}@{domain}.example"
        for number, domain in itertools.product(range(5), ("one", "two", "three", "four"))
    ]
    read_by(news, *readers)
    inbox = serve(Behaviour(at_dot=lambda one: "550 5.7.26 you are unauthenticated"))
    stopped = news.run(*SEND, env=inbox.environment())

    assert stopped.code == 1
    assert states(news, inbox) == {"deferred": 2, "queued": len(readers) - 2}
    assert_everyone_gets_it_once(news, inbox, len(readers))


@pytest.mark.fault("It breaks off every second message after its final dot")
@pytest.mark.parametrize("answer", ["drop", "accept and drop"])
def test_a_server_that_drops_every_second_message_after_its_end_stops_the_run_early(
    tmp_path: Path, serve: Serve, answer: str
) -> None:
    news = plain_newsletter(tmp_path / "news", 60)
    turns = itertools.count()
    inbox = serve(Behaviour(at_dot=lambda one: answer if next(turns) % 2 else None))
    stopped = news.run(*SEND, env=inbox.environment())

    assert stopped.code == 3
    assert "hangs up before it says so" in stopped.err
    assert 0 < stopped.json["unknown"] <= 6
    assert stopped.json["remaining"] > 30


@pytest.mark.fault("A test mail is refused, or the login")
def test_a_failed_test_mail_says_what_the_servers_words_mean(
    news: Newsletter, serve: Serve
) -> None:
    inbox = serve(Behaviour(at_dot=lambda one: "554 5.2.252 SendAsDenied; no"))
    words = ("send", "--issue", "2030-01", "--test", "me@example.org")
    failed = news.run(*words, env=inbox.environment())

    assert failed.code == 1
    assert "full to me@example.org: refused 554 5.2.252 SendAsDenied; no" in failed.err
    assert "Ask IT for the Send As permission" in failed.err


def test_a_refused_login_says_what_the_servers_words_mean(news: Newsletter) -> None:
    refusal = b"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled"
    answers = {"EHLO": b"250-me\r\n250 AUTH PLAIN", "AUTH": refusal}
    with scripted_server(answers) as server:
        env = {
            "SMTP_HOST": "localhost",
            "SMTP_PORT": str(server.port),
            "SMTP_SECURITY": "none",
            "SMTP_USERNAME": "ann",
            "SMTP_PASSWORD": "secret",
        }
        failed = news.run(*SEND, env=env)

    assert failed.code == 1
    assert "535 5.7.139 Authentication unsuccessful" in failed.err
    assert "aka.ms/smtp_auth_disabled" in failed.err


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Of 400 KB or so."""
    path = tmp_path / "noise.png"
    Image.frombytes("RGB", (370, 370), os.urandom(370 * 370 * 3)).save(path)
    return path


@pytest.mark.fault("A version is larger than the server takes")
def test_the_largest_version_is_compared_with_what_the_server_takes_before_any_leaves(
    tmp_path: Path, picture: Path
) -> None:
    news = newsletter(tmp_path / "news")
    section = "issues/2030-01/30-directors.md"
    news.write("issues/2030-01/images/noise.png", picture.read_bytes())
    news.write(section, news.read(section) + "\n![Noise, as on a screen](images/noise.png)\n")
    answers = {"EHLO": b"250-me\r\n250-SMTPUTF8\r\n250 SIZE 300000"}
    with scripted_server(answers) as server:
        env = {"SMTP_HOST": "localhost", "SMTP_PORT": str(server.port), "SMTP_SECURITY": "none"}
        stopped = news.run(*SEND, env=env)

    assert stopped.code == 1
    assert "300,000 octets" in stopped.err
    assert server.messages == []
    assert not (news.root / "issues/2030-01/sent.toml").exists()
