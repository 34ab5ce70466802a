"""One connection to a mail server: every answer, and every silence, has its meaning."""

from __future__ import annotations

import base64
import errno
import hmac
import os
import shlex
import socket
import ssl
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.event_loop import runner
from newsletter_mailer.deliver.smtp.answer import SmtpAnswer
from newsletter_mailer.deliver.smtp.session import Timeouts, connect
from newsletter_mailer.deliver.smtp.stage import Stage
from newsletter_mailer.errors import CannotConnect, CertificateRefused, DeliveryError, LoginRefused
from newsletter_mailer.settings.smtp import SmtpSettings
from newsletter_mailer.store.states import State
from tests.conftest import certificates
from tests.smtp_client import CALM, MESSAGE, SENDER, connected, send_one, settings_for
from tests.smtp_server import DROP, SILENCE, Behaviour, Inbox, Script, scripted_server

Serve = Callable[..., Inbox]
Answers = Mapping[str, bytes | str]


#: Which time-out ends a silence instead of the answer.
_TIMEOUTS = {
    **dict.fromkeys(("banner", "EHLO", "HELO", "AUTH"), "connect"),
    **dict.fromkeys(("MAIL", "RCPT", "DATA", "RSET"), "command"),
    "body": "block",
    ".": "after_dot",
    "QUIT": "goodbye",
}


def patience(answers: Answers) -> Timeouts:
    """Nobody waits long where the server is known to be silent."""
    silent = {verb for verb, answer in answers.items() if answer in (SILENCE, b"")}
    return replace(CALM, **{_TIMEOUTS[verb]: 1.0 for verb in silent})


def given_up(settings: SmtpSettings, kind: type[DeliveryError], timeouts: Timeouts = CALM) -> str:
    with runner() as loop, pytest.raises(kind) as fault:
        loop.run(connect(settings, SENDER, timeouts)).close()
    return str(fault.value)


def refused(port: int, kind: type[DeliveryError], timeouts: Timeouts = CALM, **more: str) -> str:
    """The sentence with which the server is given up."""
    sentence = given_up(settings_for(port, **more), kind, timeouts)
    assert sentence.isprintable()
    assert sentence.endswith(".")
    return sentence


def test_a_message_arrives_over_starttls(serve: Serve, tmp_path: Path) -> None:
    proof = certificates(tmp_path, "localhost")
    inbox = serve(starttls=proof.server)
    with connected(inbox.port, security="starttls", ca_file=str(proof.ca_file)) as connection:
        assert connection.send("ann@example.org").state is State.SENT

    (received,) = inbox.received
    assert received.was_encrypted
    assert (received.reverse_path, received.recipient) == (SENDER, "ann@example.org")
    assert received.content == MESSAGE


def test_a_message_arrives_over_implicit_tls(serve: Serve, tmp_path: Path) -> None:
    proof = certificates(tmp_path, "localhost")
    inbox = serve(tls=proof.server)
    with connected(inbox.port, security="tls", ca_file=str(proof.ca_file)) as connection:
        assert connection.send("ann@example.org").state is State.SENT

    assert inbox.recipients() == ["ann@example.org"]


def test_a_message_arrives_without_encryption_when_told_so(inbox: Inbox) -> None:
    with connected(inbox.port) as connection:
        assert connection.send("ann@example.org") == Outcome(State.SENT, 250, "2.0.0", "OK")

    assert not inbox.received[0].was_encrypted


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_for_another_name_is_refused(
    serve: Serve, tmp_path: Path, security: str
) -> None:
    proof = certificates(tmp_path, "mail.elsewhere.example")
    inbox = serve(**{security: proof.server})

    told = refused(inbox.port, CertificateRefused, security=security, ca_file=str(proof.ca_file))

    assert "localhost" in told
    assert "SMTP_HOST must be the name" in told


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_of_an_unknown_authority_is_refused(
    serve: Serve, tmp_path: Path, security: str
) -> None:
    inbox = serve(**{security: certificates(tmp_path, "localhost").server})

    assert "SMTP_CA_FILE" in refused(inbox.port, CertificateRefused, security=security)
    assert inbox.received == []


def test_an_expired_certificate_is_refused(serve: Serve, tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    authority.issue_cert("localhost", not_after=yesterday).configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    inbox = serve(tls=context)

    told = refused(inbox.port, CertificateRefused, security="tls", ca_file=str(tmp_path / "ca.pem"))

    assert "expired" in told


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_a_certificate_file_that_is_none_is_named(
    inbox: Inbox, tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_text(content)

    told = refused(inbox.port, CertificateRefused, security="tls", ca_file=str(tmp_path / "ca.pem"))

    assert "SMTP_CA_FILE" in told


def test_without_starttls_on_offer_nothing_is_said_in_the_clear(serve: Serve) -> None:
    inbox = serve(Behaviour(users={"ann": "secret"}))

    told = refused(
        inbox.port, CannotConnect, security="starttls", username="ann", password="secret"
    )

    assert "would not be encrypted" in told


def test_words_slipped_in_before_the_encryption_are_not_heeded(tmp_path: Path) -> None:
    answers: Answers = {
        "EHLO": b"250-me\r\n250 STARTTLS",
        "STARTTLS": b"220 go\r\n250-evil\r\n250 AUTH PLAIN",
    }
    with scripted_server(answers) as server:
        refused(server.port, CannotConnect, security="starttls")


@pytest.mark.parametrize("answer", [b"454 4.7.0 TLS not available", b"502 what?"])
def test_refused_starttls_stops(answer: bytes) -> None:
    with scripted_server({"EHLO": b"250-me\r\n250 STARTTLS", "STARTTLS": answer}) as server:
        told = refused(server.port, CannotConnect, security="starttls")

    assert answer.decode()[:3] in told


def test_tls_to_a_server_that_speaks_none_names_the_settings(inbox: Inbox) -> None:
    told = refused(inbox.port, CannotConnect, security="tls")

    assert "SMTP_SECURITY" in told
    assert "465" in told


def test_a_closed_port_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert f"does not answer ({os.strerror(errno.ECONNREFUSED)})" in refused(port, CannotConnect)


@pytest.mark.parametrize(
    ("banner", "words"),
    [
        (SILENCE, "does not answer"),
        (DROP, "does not answer"),
        (b"SSH-2.0-OpenSSH_9.2", "is not a mail server"),
        (b"HTTP/1.1 400 Bad Request", "is not a mail server"),
        (b"\x00\xff\xfe\x1b[31m\x07", "is not a mail server"),
        (b"", "does not answer"),
        (b"554 5.7.1 You are on a block list", "554 5.7.1 You are on a block list"),
        (b"421 4.3.2 Too busy", "421 4.3.2 Too busy"),
        (b"220", ""),
        (b"2" * 100_000, "is not a mail server"),
        (b"220-hello\r\n" * 2_000, "is not a mail server"),
        (b"220 hello\r\n220 and again", "is not a mail server"),
    ],
)
def test_a_server_that_does_not_greet_is_given_up_with_a_sentence(
    banner: bytes | str, words: str
) -> None:
    answers: Answers = {"banner": banner}
    with scripted_server(answers) as server:
        if not words:
            with connected(server.port):
                return
        told = refused(server.port, CannotConnect, patience(answers))

    assert words in told
    assert f"localhost:{server.port}" in told


@pytest.mark.parametrize("answer", [DROP, SILENCE, b"550 5.7.1 go away", b"421 no", b"garbage"])
def test_a_server_that_does_not_say_hello_is_given_up(answer: bytes | str) -> None:
    answers: Answers = {"EHLO": answer, "HELO": answer}
    with scripted_server(answers) as server:
        refused(server.port, CannotConnect, patience(answers))


def test_a_server_of_the_last_century_is_spoken_to() -> None:
    with (
        scripted_server({"EHLO": b"500 what?"}) as server,
        connected(server.port) as connection,
    ):
        assert connection.send("ann@example.org").state is State.SENT


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "a" * 300, "exa mple", "mail\0"])
def test_a_host_that_cannot_be_is_told(host: str) -> None:
    told = given_up(SmtpSettings(host=host, port=25, security="none"), CannotConnect)

    assert "SMTP_HOST" in told


@pytest.mark.parametrize(
    "name", ["büro.example", "mail\r\nMAIL FROM:<x@example.org>", "two words", "mail\n"]
)
def test_a_name_that_cannot_be_said_is_told_and_not_said(name: str) -> None:
    with scripted_server() as server:
        told = refused(server.port, CannotConnect, helo_name=name)

    assert "SMTP_HELO_NAME" in told
    assert server.lines == []


@pytest.mark.parametrize("password", ["secret", "pa££wörd", ' spaces and \\ " '])
@pytest.mark.parametrize("security", ["none", "starttls"])
def test_the_right_password_is_taken(
    serve: Serve, tmp_path: Path, password: str, security: str
) -> None:
    proof = certificates(tmp_path, "localhost")
    tls = {"starttls": proof.server} if security == "starttls" else {}
    inbox = serve(Behaviour(users={"zoë": password}), **tls)

    with connected(
        inbox.port,
        security=security,
        ca_file=str(proof.ca_file),
        username="zoë",
        password=password,
    ) as connection:
        assert connection.send("ann@example.org").state is State.SENT


def test_a_wrong_password_is_told_and_not_repeated(serve: Serve) -> None:
    inbox = serve(Behaviour(users={"ann": "secret"}))

    told = refused(inbox.port, LoginRefused, username="ann", password="wrong-one")

    assert "ann" in told
    assert "535" in told
    assert "SMTP_PASSWORD" in told
    assert "wrong-one" not in told


def test_a_login_where_none_is_offered_is_told(inbox: Inbox) -> None:
    assert "SMTP_USERNAME" in refused(inbox.port, LoginRefused, username="ann", password="secret")


@pytest.mark.parametrize("answer", [DROP, SILENCE, b"454 4.7.0 later", b"421 bye", b"garbage"])
def test_a_login_that_breaks_off_is_told_and_may_succeed_later(answer: bytes | str) -> None:
    answers: Answers = {"EHLO": b"250-me\r\n250 AUTH PLAIN", "AUTH": answer}
    with scripted_server(answers) as server:
        told = refused(
            server.port, CannotConnect, patience(answers), username="ann", password="secret"
        )

    assert "login" in told
    assert "ater." in told


@pytest.mark.parametrize("answer", [b"535 5.7.8 wrong", b"534 5.7.9 too weak", b"504 what?"])
def test_a_login_that_is_refused_for_good_is_told(answer: bytes) -> None:
    with scripted_server({"EHLO": b"250-me\r\n250 AUTH PLAIN", "AUTH": answer}) as server:
        told = refused(server.port, LoginRefused, username="ann", password="secret")

    assert answer.decode()[:3] in told


def decoded(line: bytes) -> bytes:
    return base64.b64decode(line.split()[-1])


def test_login_is_spoken_to_those_who_know_no_other() -> None:
    name, password = (base64.b64encode(word).decode() for word in (b"ann", b"secret"))
    answers: Answers = {
        "EHLO": b"250-me\r\n250 AUTH LOGIN",
        "AUTH": b"334 VXNlcm5hbWU6",
        name.upper(): b"334 UGFzc3dvcmQ6",
        password.upper(): b"235 2.7.0 welcome",
    }
    with (
        scripted_server(answers) as server,
        connected(server.port, username="ann", password="secret"),
    ):
        assert server.lines[1:] == [b"AUTH LOGIN", name.encode(), password.encode()]


def test_a_password_does_not_travel_where_a_challenge_is_offered() -> None:
    challenge = b"<1896.697170952@mail.example.org>"
    digest = hmac.new(b"secret", challenge, "md5").hexdigest()
    words = base64.b64encode(f"ann {digest}".encode())
    answers: Answers = {
        "EHLO": b"250-me\r\n250 AUTH PLAIN CRAM-MD5",
        "AUTH": b"334 " + base64.b64encode(challenge),
        words.decode().upper(): b"235 2.7.0 welcome",
    }
    with (
        scripted_server(answers) as server,
        connected(server.port, username="ann", password="secret"),
    ):
        assert server.lines[1:] == [b"AUTH CRAM-MD5", words]


def printing(text: str, code: int = 0) -> str:
    program = f"print({text!r}); raise SystemExit({code})"
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(program)}"


XOAUTH2 = b"250-me\r\n250 AUTH PLAIN XOAUTH2"


def test_a_token_from_a_command_logs_in() -> None:
    with (
        scripted_server({"EHLO": XOAUTH2, "AUTH": b"235 2.7.0 welcome"}) as server,
        connected(server.port, username="ann@example.org", token_command=printing("t0k3n")),
    ):
        assert server.lines[1].startswith(b"AUTH XOAUTH2 ")
        assert decoded(server.lines[1]) == b"user=ann@example.org\x01auth=Bearer t0k3n\x01\x01"


def test_a_refused_token_is_told_after_the_servers_second_challenge() -> None:
    answers: Answers = {
        "EHLO": XOAUTH2,
        "AUTH": b"334 eyJzdGF0dXMiOiI0MDEifQ==",
        "": b"535 5.7.3 Authentication unsuccessful",
    }
    with scripted_server(answers) as server:
        told = refused(server.port, LoginRefused, username="ann", token_command=printing("old"))

    assert "535 5.7.3 Authentication unsuccessful" in told
    assert "SMTP_TOKEN_COMMAND" in told


@pytest.mark.parametrize(
    "command", ["no-such-program", "'unclosed", printing("t", 3), printing(""), " "]
)
def test_a_token_command_that_gives_none_is_told(command: str) -> None:
    with scripted_server({"EHLO": XOAUTH2}) as server:
        told = refused(server.port, LoginRefused, username="ann", token_command=command)

    assert "SMTP_TOKEN_COMMAND" in told


def fate(answers: Answers, message: bytes = MESSAGE) -> tuple[Outcome, Script]:
    with scripted_server(answers) as server:
        return send_one(server.port, message=message, timeouts=patience(answers)), server


PIPELINING = {"EHLO": b"250-me\r\n250 PIPELINING"}
LONG = b"Subject: long\r\n\r\n" + (b"x" * 78 + b"\r\n") * 300_000


@pytest.mark.parametrize(
    ("answers", "state", "code"),
    [
        ({}, State.SENT, 250),
        ({".": b"251 elsewhere"}, State.SENT, 251),
        ({"MAIL": b"450 4.2.0 later"}, State.DEFERRED, 450),
        ({"MAIL": b"421 4.3.0 closing"}, State.DEFERRED, 421),
        ({"RCPT": b"450 4.2.0 greylisted"}, State.DEFERRED, 450),
        ({"RCPT": b"421 4.3.0 closing"}, State.DEFERRED, 421),
        ({"RCPT": b"550 5.1.1 no such user"}, State.REFUSED, 550),
        ({"DATA": b"451 4.3.0 later"}, State.DEFERRED, 451),
        ({"DATA": b"554 5.0.0 no"}, State.REFUSED, 554),
        ({"DATA": b"250 what?"}, State.DEFERRED, None),
        ({".": b"451 4.3.0 later"}, State.DEFERRED, 451),
        ({".": b"421 4.3.0 closing"}, State.DEFERRED, 421),
        ({".": b"552 5.2.2 mailbox full"}, State.REFUSED, 552),
        ({".": b"554 5.7.1 spam"}, State.REFUSED, 554),
        ({".": b"354 go on"}, State.UNKNOWN, 354),
        ({".": b"garbage"}, State.UNKNOWN, None),
        ({".": b"2"}, State.UNKNOWN, None),
        ({".": b"y" * 100_000}, State.UNKNOWN, None),
        ({".": DROP}, State.UNKNOWN, None),
        ({".": SILENCE}, State.UNKNOWN, None),
        ({"MAIL": DROP}, State.DEFERRED, None),
        ({"MAIL": SILENCE}, State.DEFERRED, None),
        ({"MAIL": b"garbage"}, State.DEFERRED, None),
        ({"RCPT": DROP}, State.DEFERRED, None),
        ({"RCPT": SILENCE}, State.DEFERRED, None),
        ({"DATA": DROP}, State.DEFERRED, None),
        ({"DATA": SILENCE}, State.DEFERRED, None),
        ({"RCPT": b"550 5.1.1 no", "RSET": DROP}, State.REFUSED, 550),
        ({"RCPT": b"550 5.1.1 no", "RSET": SILENCE}, State.REFUSED, 550),
        ({"QUIT": DROP}, State.SENT, 250),
        ({"QUIT": SILENCE}, State.SENT, 250),
    ],
    ids=str,
)
@pytest.mark.parametrize("offered", [{}, PIPELINING], ids=["in lock step", "pipelined"])
def test_every_answer_has_its_state(
    answers: Answers, state: State, code: int | None, offered: Answers
) -> None:
    outcome, _ = fate({**offered, **answers})

    assert (outcome.state, outcome.code) == (state, code)


@pytest.mark.parametrize("answer", [DROP, SILENCE])
def test_a_line_lost_within_the_message_is_lost_before_the_dot(answer: str) -> None:
    outcome, server = fate({"body": answer}, LONG)

    assert outcome.state is State.DEFERRED
    assert "before the final dot" in outcome.reply
    assert server.messages == []


@pytest.mark.parametrize("message", [MESSAGE, LONG], ids=["small", "large"])
def test_a_message_waits_before_its_dot_until_it_may_be_marked(message: bytes) -> None:
    with scripted_server() as server, connected(server.port) as connection:
        connection.full = 3

        assert connection.send("ann@example.org", message).state is State.SENT
        assert (connection.full, connection.marked) == (0, [0])
        assert len(server.messages) == 1


def test_a_message_that_the_kernel_cannot_take_whole_is_not_marked_meanwhile() -> None:
    """Who is killed then has no message in doubt that the server cannot have."""
    answers: Answers = {"body": SILENCE}
    with (
        scripted_server(answers) as server,
        connected(server.port, patience(answers)) as connection,
    ):
        assert connection.send_all(["ann@example.org"], LONG) == [None]

        assert connection.marked == []


def test_an_accepted_message_whose_answer_is_lost_is_unknown(serve: Serve) -> None:
    inbox = serve(Behaviour(at_dot=lambda address: "accept and drop"))

    assert send_one(inbox.port).state is State.UNKNOWN
    assert inbox.recipients() == ["ann@example.org"]


def test_a_line_that_was_closed_asks_for_no_mail(inbox: Inbox) -> None:
    with connected(inbox.port) as connection:
        connection.loop.run(connection.close())
        connection.loop.run(connection.close())

        assert connection.send_all(["ann@example.org"]) == [None]
        assert len(connection.waiting) == 1
    assert inbox.received == []


@pytest.mark.parametrize("offered", [{}, PIPELINING], ids=["in lock step", "pipelined"])
@pytest.mark.parametrize(
    "refusal", [{"RCPT": b"550 no"}, {"DATA": b"451 later"}, {".": b"554 spam"}, {"MAIL": b"450 x"}]
)
def test_a_refusal_does_not_spoil_the_connection(refusal: Answers, offered: Answers) -> None:
    with scripted_server({**offered, **refusal}) as server, connected(server.port) as connection:
        assert connection.send("ann@example.org").state is not State.SENT
        assert connection.is_open
        assert connection.send("ben@example.org").state is not State.SENT
        assert connection.is_open

    assert server.connections == 1


def test_a_connection_is_used_for_many_messages_good_and_bad(serve: Serve) -> None:
    inbox = serve(
        Behaviour(at_rcpt=lambda address: "550 5.1.1 no" if address.startswith("bad") else None)
    )
    names = ("ann", "bad", "ben", "bad2", "cy")
    with connected(inbox.port) as connection:
        outcomes = connection.send_all([f"{name}@example.org" for name in names])

    assert [outcome and outcome.state for outcome in outcomes] == [
        State.SENT, State.REFUSED, State.SENT, State.REFUSED, State.SENT,
    ]  # fmt: skip
    assert inbox.connections == 1
    assert inbox.recipients() == ["ann@example.org", "ben@example.org", "cy@example.org"]


@pytest.mark.parametrize("offered", [{}, PIPELINING], ids=["in lock step", "pipelined"])
@pytest.mark.parametrize("code", [500, 530, 550, 553])
def test_a_refused_sender_is_told_from_a_refused_reader(code: int, offered: Answers) -> None:
    answers = {**offered, "MAIL": b"%d 5.7.1 not you" % code}
    with scripted_server(answers) as server, connected(server.port) as connection:
        outcome = connection.send("ann@example.org")

    assert (outcome.code, outcome.reply) == (code, "not you")
    assert connection.said == SmtpAnswer(outcome, Stage.MAIL)


@pytest.mark.parametrize("size", [b"SIZE", b"SIZE 0", b"SIZE 1000000", b"SIZE lots"])
def test_a_size_that_suffices_is_told_the_server(size: bytes) -> None:
    outcome, server = fate({"EHLO": b"250-me\r\n250 " + size})

    assert outcome.state is State.SENT
    assert b"size=%d" % len(MESSAGE) in server.lines[1].lower()


def test_an_address_beyond_ascii_goes_where_it_is_taken(inbox: Inbox) -> None:
    with connected(inbox.port) as connection:
        assert not connection.connection.limits.ascii_only
        assert connection.send("zoë@example.org").state is State.SENT
        assert connection.send("ann@example.org").state is State.SENT

    assert inbox.recipients() == ["zoë@example.org", "ann@example.org"]


def test_a_sender_beyond_ascii_needs_a_server_that_takes_it(serve: Serve) -> None:
    inbox = serve(Behaviour(smtputf8=False))

    assert "SMTPUTF8" in refused(inbox.port, CannotConnect, bounce_address="zoë@example.org")


def test_bounces_go_to_the_bounce_address(inbox: Inbox) -> None:
    with connected(inbox.port, bounce_address="bounces@example.org") as connection:
        connection.send("ann@example.org")

    assert inbox.received[0].reverse_path == "bounces@example.org"


@pytest.mark.parametrize(
    "reply",
    [
        b"550 5.1.1 \x1b[2Jgone\x07\x00\x9b31m",
        b"550 " + b"\xff" * 400,
        b"550-5.1.1 one\r\n550-5.1.1 two\r\n550 5.1.1 three",
        b"\r\n".join([b"550-line"] * 1000 + [b"550 end"]),
        "550 \u202egnol\u200b".encode(),
        b"550 " + b"x" * 8_000,
    ],
    ids=lambda reply: ascii(reply)[:30],
)
def test_what_a_server_says_is_short_and_harmless(reply: bytes) -> None:
    outcome, _ = fate({"RCPT": reply})

    assert (outcome.state, outcome.code) == (State.REFUSED, 550)
    assert outcome.reply.isprintable()
    assert len(outcome.reply) <= 500


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("ann@example.org", b"<ann@example.org>"),
        ("o'neill+news@example.org", b"<o'neill+news@example.org>"),
        ("#!$%&*/=?^`{|}~@example.org", b"<#!$%&*/=?^`{|}~@example.org>"),
    ],
)
def test_an_address_goes_on_the_wire_as_it_is(address: str, words: bytes) -> None:
    with scripted_server() as server, connected(server.port) as connection:
        connection.send(address)

    assert server.lines[2].partition(b":")[2] == words
