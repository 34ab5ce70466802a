"""resolve: a person or the mail server's log settles what nobody can know; who did is kept."""

from __future__ import annotations

import getpass
import gzip
from pathlib import Path

import pytest

from tests.acceptance.scene import Newsletter, plain_newsletter
from tests.smtp_server import Behaviour, Received, smtp_server

SEND = ("send", "--issue", "2030-01", "--yes")
STATUS = ("status", "--issue", "2030-01", "--json")
RESOLVE = ("resolve", "--issue", "2030-01")
READERS = ["reader01@example.org", "reader02@example.org", "reader03@example.org"]


@pytest.fixture
def lost(tmp_path: Path) -> tuple[Newsletter, list[Received]]:
    """Three messages were taken, and the answers lost. With what the server received."""
    news = plain_newsletter(tmp_path / "news", readers=3)
    with smtp_server(Behaviour(at_dot=lambda to: "accept and drop")) as inbox:
        done = news.run(*SEND, "--connections", "1", env=inbox.environment())
    assert done.code == 3, done.err
    assert news.run(*STATUS).json["counts"] == {"unknown": 3}
    return news, inbox.received


def states(news: Newsletter) -> dict[str, tuple[str, str]]:
    rows = news.run(*STATUS, "--addresses").json["addresses"]
    return {row["address"]: (row["state"], row["reply"]) for row in rows}


def log_of(received: Received, end: str, queue: str = "4XyZ12abcz") -> str:
    """What a Postfix writes of a message."""
    head, message_id = "Aug 29 09:00:01 mail postfix", received.message["Message-ID"]
    return (
        f"{head}/smtpd[1]: {queue}: client=localhost[127.0.0.1]\n"
        f"{head}/cleanup[2]: {queue}: message-id={message_id}\n"
        f"{head}/qmgr[3]: {queue}: from=<news@example.org>, size=9000, nrcpt=1 (queue active)\n"
        f"{head}/smtp[4]: {queue}: to=<{received.recipient}>, relay=mx.example.org[192.0.2.1]:25, "
        f"delay=1, delays=0/0/1/0, {end}\n"
        f"{head}/qmgr[3]: {queue}: removed\n"
    )


TAKEN = "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4711)"
BOUNCED = "dsn=5.1.1, status=bounced (host mx said: 550 5.1.1 No such user)"


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
def test_a_mail_log_settles_what_it_shows_and_nothing_else(
    lost: tuple[Newsletter, list[Received]], packed: bool
) -> None:
    news, received = lost
    first, second, third = sorted(received, key=lambda one: one.recipient)
    text = (log_of(first, TAKEN) + log_of(second, BOUNCED, "4XyZ12abcy")).encode()
    news.write("mail.log", gzip.compress(text) if packed else text)
    done = news.run(*RESOLVE, "--evidence", "mail.log")

    assert done.code == 0, done.err
    assert "2 readers taken as sent" in done.err
    assert "(1 bounced, 1 sent)" in done.err
    assert "1 message is not in the log" in done.err
    assert "from Aug 29 09:00:01 to Aug 29 09:00:01" in done.err
    found = states(news)
    assert found[first.recipient] == (
        "sent",
        "mail log, Aug 29 09:00:01: sent (250 2.0.0 Ok: queued as 4711)",
    )
    assert found[second.recipient] == (
        "sent",
        "mail log, Aug 29 09:00:01: bounced (host mx said: 550 5.1.1 No such user)",
    )
    assert found[third.recipient][0] == "unknown"


def test_a_log_that_shows_nothing_of_ours_changes_nothing(
    lost: tuple[Newsletter, list[Received]],
) -> None:
    news, received = lost
    text = log_of(received[0], TAKEN).replace("message-id=<", "message-id=<x")
    news.write("mail.log", text)
    done = news.run(*RESOLVE, "--evidence", "mail.log", "--json")

    assert done.code == 0, done.err
    assert done.json["settled"] == 0
    assert done.json["unknown"] == 3
    assert "3 messages are not in the log" in done.err
    assert news.run(*STATUS).json["counts"] == {"unknown": 3}
    assert news.run(*STATUS).json["resolutions"] == []


def test_a_packed_log_that_is_cut_off_counts_as_far_as_it_goes(
    lost: tuple[Newsletter, list[Received]],
) -> None:
    news, received = lost
    rest = "".join(f"Aug 29 09:00:02 mail postfix/x[1]: {n:08}: {n * n}\n" for n in range(20_000))
    packed = gzip.compress((log_of(received[0], TAKEN) + rest).encode())
    news.write("mail.log.gz", packed[: len(packed) // 2])
    done = news.run(*RESOLVE, "--evidence", "mail.log.gz")

    assert done.code == 0, done.err
    assert "1 reader taken as sent" in done.err
    assert "mail.log.gz is damaged" in done.err


def test_a_line_that_is_too_long_hides_none_and_forges_none(
    lost: tuple[Newsletter, list[Received]],
) -> None:
    """What stands behind the length that is read of a line is not the beginning of another."""
    news, received = lost
    head = "Aug 29 09:00:01 mail postfix/cleanup[2]: 4XyZ12abcz: message-id="
    forged = b"x" * 16_384 + f"{head}{received[0].message['Message-ID']}\n".encode()
    after = log_of(received[0], TAKEN).split("\n", 2)[2]
    news.write("mail.log", forged + after.encode() + log_of(received[1], TAKEN, "4XyZ9").encode())
    news.run(*RESOLVE, "--evidence", "mail.log")

    assert states(news)[received[0].recipient][0] == "unknown"
    assert states(news)[received[1].recipient][0] == "sent"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read"),
        (b"", "holds no line of a Postfix log"),
        (b"\x00\xff" * 100_000, "holds no line of a Postfix log"),
        (b"Dear Sir,\n\nplease find enclosed the log.\n", "holds no line of a Postfix log"),
    ],
    ids=["none", "empty", "no text", "a letter"],
)
def test_what_is_no_log_is_told(
    lost: tuple[Newsletter, list[Received]], content: bytes | None, says: str
) -> None:
    news, _ = lost
    if content is not None:
        news.write("mail.log", content)
    done = news.run(*RESOLVE, "--evidence", "mail.log")

    assert done.code == 1
    assert says in done.err
    assert news.run(*STATUS).json["counts"] == {"unknown": 3}


def test_who_decided_what_is_kept_and_shown(lost: tuple[Newsletter, list[Received]]) -> None:
    news, received = lost
    news.write("mail.log", log_of(received[0], TAKEN))
    news.run(*RESOLVE, "--evidence", "mail.log")
    news.run(*RESOLVE, "--unknown", "assume-sent", "--address", received[1].recipient.upper())
    news.run(*RESOLVE, "--unknown", "resend")
    settled = news.run(*STATUS, "--addresses").json["resolutions"]

    assert [(one["how"], one["log"], one["addresses"]) for one in settled] == [
        ("evidence", "mail.log", [received[0].recipient]),
        ("assume-sent", "", [received[1].recipient]),
        ("resend", "", [received[2].recipient]),
    ]
    assert {one["who"] for one in settled} == {getpass.getuser()}
    assert all(one["at"] and one["host"] for one in settled)
    without = news.run(*STATUS).json["resolutions"]
    assert [one["readers"] for one in without] == [1, 1, 1]
    assert not any("addresses" in one for one in without)
    shown = news.run("status", "--issue", "2030-01").out
    assert "1 reader taken as sent (by mail.log, " in shown
    assert "1 reader sent again (" in shown
    held = news.run("subscribers", "show", received[2].recipient, "--json").json
    assert [one["how"] for one in held["settled"]] == ["resend"]


def test_what_is_sent_again_is_the_same_message(lost: tuple[Newsletter, list[Received]]) -> None:
    """The same Message-ID, Date and octets: a receiver can drop the copy."""
    news, received = lost
    news.run(*RESOLVE, "--unknown", "resend")
    with smtp_server() as inbox:
        done = news.run(*SEND, env=inbox.environment())

    assert done.code == 0, done.err
    assert sorted(one.content for one in inbox.received) == sorted(one.content for one in received)
    assert all(one.message["Date"] and one.message["Message-ID"] for one in inbox.received)


def test_one_reader_can_be_decided_about(lost: tuple[Newsletter, list[Received]]) -> None:
    news, _ = lost
    done = news.run(*RESOLVE, "--unknown", "assume-sent", "--address", READERS[0])

    assert "1 reader taken as sent" in done.err
    assert {address: state for address, (state, _) in states(news).items()} == {
        READERS[0]: "sent",
        READERS[1]: "unknown",
        READERS[2]: "unknown",
    }


def test_a_misspelt_reader_changes_nothing(lost: tuple[Newsletter, list[Received]]) -> None:
    news, _ = lost
    words = ("--unknown", "resend", "--address", READERS[0], "--address", "reader@example.org")
    done = news.run(*RESOLVE, *words)

    assert done.code == 1
    assert "reader@example.org is not unknown" in done.err
    assert news.run(*STATUS).json["counts"] == {"unknown": 3}


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--unknown", "resend", "--evidence", "mail.log"),
        ("--evidence", "mail.log", "--address", READERS[0]),
    ],
)
def test_it_is_decided_in_one_way(
    lost: tuple[Newsletter, list[Received]], words: tuple[str, ...]
) -> None:
    news, _ = lost

    assert news.run(*RESOLVE, *words).code == 2


def test_nothing_unknown_is_nothing_to_decide(lost: tuple[Newsletter, list[Received]]) -> None:
    news, received = lost
    news.write("mail.log", log_of(received[0], TAKEN))
    news.run(*RESOLVE, "--unknown", "assume-sent")

    for words in (("--unknown", "resend"), ("--evidence", "mail.log")):
        done = news.run(*RESOLVE, *words)
        assert done.code == 0
        assert "No message of 2030-01 is unknown" in done.err


@pytest.mark.parametrize(
    "words", [("--unknown", "resend"), ("--evidence", "mail.log"), ("--refused", "retry")]
)
def test_a_misspelt_issue_is_no_issue_of_which_nothing_is_open(
    lost: tuple[Newsletter, list[Received]], words: tuple[str, ...]
) -> None:
    news, received = lost
    news.write("mail.log", log_of(received[0], TAKEN))

    done = news.run("resolve", "--issue", "2030-10", *words)

    assert done.code == 1
    assert "There is no issue 2030-10" in done.err
    assert 'Did you mean "2030-01"?' in done.err
    assert news.run(*STATUS).json["counts"] == {"unknown": 3}


@pytest.mark.parametrize("words", [("--unknown", "resend"), ("--refused", "retry")])
def test_an_issue_is_found_by_another_name_of_its_folder(
    lost: tuple[Newsletter, list[Received]], words: tuple[str, ...]
) -> None:
    news, _ = lost
    (news.root / "issues/latest").symlink_to("2030-01", target_is_directory=True)

    done = news.run("resolve", "--issue", "latest", "--json", *words)

    assert (done.code, done.json["issue"]) == (0, "2030-01"), done.err
