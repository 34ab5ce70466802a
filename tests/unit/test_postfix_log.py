"""A Postfix log proves what it shows, and nothing else."""

from __future__ import annotations

import pytest

from newsletter_mailer.deliver.postfix_log import PostfixLog

OURS = "0123456789abcdef0123456789abcdef@example.org"
AT = "Aug 29 09:00:01 mail"
CLEANUP = f"{AT} postfix/cleanup[1234]: 4XyZ12abcz: message-id=<{OURS}>"
ACTIVE = f"{AT} postfix/qmgr[12]: 4XyZ12abcz: from=<a@example.org>, size=9, nrcpt=1 (queue active)"
REMOVED = f"{AT} postfix/qmgr[12]: 4XyZ12abcz: removed"


def delivery(status: str, to: str = "ann@dudley.example.org", daemon: str = "smtp") -> str:
    return (
        f"{AT} postfix/{daemon}[99]: 4XyZ12abcz: to=<{to}>, relay=mx.example.org[192.0.2.1]:25, "
        f"delay=0.5, delays=0.1/0/0.2/0.2, dsn=2.0.0, status={status}"
    )


SENT = delivery("sent (250 Ok)")
NO_USER = "bounced (host mx said: 550 No such user (in reply to RCPT TO command))"


def read(*lines: str | bytes) -> PostfixLog:
    log = PostfixLog({OURS})
    for line in lines:
        log.read(line if isinstance(line, bytes) else f"{line}\n".encode())
    return log


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([CLEANUP, ACTIVE], "queued"),
        ([CLEANUP, SENT], "sent (250 Ok)"),
        ([CLEANUP, ACTIVE, SENT, REMOVED], "sent (250 Ok)"),
        ([CLEANUP, delivery(NO_USER)], NO_USER),
        ([CLEANUP, delivery("deferred (timed out)")], "deferred (timed out)"),
        ([CLEANUP, delivery("deferred (timed out)"), SENT], "sent (250 Ok)"),
        ([CLEANUP, delivery("sent (ok)", daemon="lmtp")], "sent (ok)"),
        ([CLEANUP, delivery("sent (ok)", to='"a, status=bounced (x)"@example.org')], "sent (ok)"),
        ([CLEANUP, delivery("sent (ok)", to="a@example.org>, orig_to=<b@x.org")], "sent (ok)"),
        ([line.replace("postfix/", "out/relay/") for line in (CLEANUP, SENT)], "sent (250 Ok)"),
        ([line.replace("4XyZ12abcz", "3F2A91") for line in (CLEANUP, SENT)], "sent (250 Ok)"),
        ([f"{CLEANUP}\r", f"{SENT}\r"], "sent (250 Ok)"),
        ([CLEANUP, delivery("sent (\x1b[31mred\x07)")], "sent ([31mred)"),
    ],
)
def test_a_message_that_went_on_behind_cleanup_was_taken(lines: list[str], says: str) -> None:
    assert str(read(*lines).taken[OURS]) == f"mail log, Aug 29 09:00:01: {says}"


def test_a_log_may_write_moments_as_rfc_3339_does() -> None:
    lines = [
        line.replace("Aug 29 09:00:01", "2025-08-29T09:00:01.5+01:00") for line in (CLEANUP, SENT)
    ]

    assert read(*lines).taken[OURS].moment == "2025-08-29T09:00:01.5+01:00"


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([], id="an empty log"),
        pytest.param([CLEANUP], id="the header was read, and the line may have been lost then"),
        pytest.param([ACTIVE, SENT], id="some other message"),
        pytest.param([SENT, CLEANUP], id="the wrong order"),
        pytest.param([CLEANUP.replace(OURS, OURS.upper()), SENT], id="another Message-ID"),
        pytest.param([CLEANUP, SENT.replace("4XyZ12abcz", "4XyZ12abcd")], id="another queue id"),
        pytest.param([CLEANUP, REMOVED, SENT], id="the queue id is another message's by now"),
        pytest.param(
            [CLEANUP, CLEANUP.replace(OURS, "x@example.org"), SENT], id="a queue id used again"
        ),
        pytest.param([CLEANUP[:-1], SENT], id="cut off in the Message-ID"),
        pytest.param([CLEANUP, SENT[:-1]], id="cut off in the reply"),
        pytest.param([CLEANUP, ACTIVE[:-2]], id="cut off in the queue manager's line"),
        pytest.param(
            [CLEANUP, f"{AT} postfix/smtpd[7]: 4XyZ12abcz: reject: RCPT from x[192.0.2.9]: 550"],
            id="what the server's own daemon says is no delivery",
        ),
        pytest.param(
            [CLEANUP, f"{AT} postfix/cleanup[1]: 4XyZ12abcz: milter-reject: END-OF-MESSAGE from x"],
            id="refused by a filter",
        ),
        pytest.param([CLEANUP, delivery("deliverable (probe)")], id="an address probe"),
        pytest.param([b"\xff\xfe\x00garbage\n", b"\x00" * 5000], id="no text at all"),
    ],
)
def test_what_is_not_shown_stays_unknown(lines: list[str]) -> None:
    assert read(*lines).taken == {}


@pytest.mark.parametrize(
    "line",
    [
        f"{AT} postfix/cleanup[1]: 4EVIL12abc: message-id=<x> message-id=<{OURS}>",
        f"{AT} postfix/cleanup[1]: 4EVIL12abc: message-id=<x>#012{CLEANUP}",
        f"{AT} postfix/cleanup[1]: 4EVIL12abc: message-id=<x {CLEANUP}>",
        f"{AT} postfix/cleanup[1]: 4EVIL12abc: resent-message-id=<{OURS}>",
        f"{AT} postfix/cleanup[1]: 4EVIL12abc: warning: header Subject: message-id=<{OURS}>",
        f"{AT} postfix/smtpd[1]: NOQUEUE: reject: helo=<{CLEANUP}>",
        f"{AT} postfix/smtpd[1]: warning: {CLEANUP}",
        f"{AT} dovecot: lmtp(1): msgid=<{OURS}>: saved mail to INBOX",
        f"{AT} sshd[1]: Invalid user {CLEANUP} from 192.0.2.9",
        f"x{CLEANUP}",
        f" {CLEANUP}",
    ],
)
def test_nobody_s_words_are_taken_for_postfix_s(line: str) -> None:
    log = read(line, SENT, SENT.replace("4XyZ12abcz", "4EVIL12abc"))

    assert log.taken == {}


def test_a_reply_that_pretends_to_be_another_is_only_text() -> None:
    log = read(CLEANUP, delivery("bounced (it said: x), status=sent (250 ok)"))

    assert log.taken[OURS].status == "bounced"


def test_the_time_that_the_log_covers_is_told() -> None:
    log = read("garbage", CLEANUP, SENT.replace("09:00:01", "23:59:59"), "Aug 30 truncat")

    assert (log.began, log.ended) == ("Aug 29 09:00:01", "Aug 29 23:59:59")


def test_only_what_is_wanted_is_remembered() -> None:
    log = PostfixLog({OURS})
    for number in range(1_000):
        log.read(
            CLEANUP.replace(OURS, f"{number}@example.com").replace("12abc", f"{number}").encode()
        )

    assert log._queue == {}
