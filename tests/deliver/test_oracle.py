"""What another client, aiosmtplib, makes of the same answers: the same, wherever it can tell.

It cannot tell "lost before the dot" from "accepted, but the answer was lost".
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

import aiosmtplib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter_mailer.errors import DeliveryError
from newsletter_mailer.store.states import State
from tests.smtp_client import CALM, MESSAGE, SENDER, send_one
from tests.smtp_server import DROP, scripted_server

Answers = Mapping[str, bytes | str]
RECIPIENT = "ann@example.org"


class Told(NamedTuple):
    """A message's fate. `state` None: the client cannot tell, or the session never began."""

    state: State | None
    code: int | None = None


def theirs(port: int) -> Told:
    try:
        asyncio.run(_sent_by_aiosmtplib(port))
    except aiosmtplib.SMTPRecipientsRefused as refused:
        (one,) = refused.recipients
        return _told(one.code)
    except aiosmtplib.SMTPResponseException as fault:
        is_of_message = isinstance(fault, (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError))
        return _told(fault.code) if is_of_message else Told(None)
    except (aiosmtplib.SMTPException, ConnectionError):
        return Told(None)
    return Told(State.SENT)


async def _sent_by_aiosmtplib(port: int) -> None:
    client = aiosmtplib.SMTP(hostname="localhost", port=port, start_tls=False, timeout=20)
    await client.connect()
    try:
        await client.sendmail(SENDER, [RECIPIENT], MESSAGE)
    finally:
        client.close()


def _told(code: int) -> Told:
    states = {4: State.DEFERRED, 5: State.REFUSED}
    return Told(states.get(code // 100), code)


def ours(port: int) -> Told:
    try:
        outcome = send_one(port, RECIPIENT, MESSAGE, CALM)
    except DeliveryError:
        return Told(None)
    return Told(outcome.state, outcome.code)


_GOOD = st.just(None)
_BAD = st.sampled_from(
    [
        b"450 4.2.0 busy",
        b"451-4.7.1 greylisted\r\n451 4.7.1 come back later",
        b"452 4.3.1 full",
        b"500 5.5.1 what?",
        b"550 5.1.1 no such user",
        b"552 5.3.4 too big",
        b"554 5.7.1 we do not like it",
        b"250 2.0.0 fine",
        b"354 go on",
        b"garbage",
        DROP,
    ]
)
_ANSWERS = st.fixed_dictionaries(
    {verb: st.one_of(_GOOD, _GOOD, _BAD) for verb in ("MAIL", "RCPT", "DATA", ".", "RSET", "QUIT")}
)


@pytest.mark.parametrize("pipelining", [False, True], ids=["in lock step", "pipelined"])
@given(answers=_ANSWERS)
@settings(max_examples=60)
def test_the_same_answers_mean_the_same(
    pipelining: bool, answers: dict[str, bytes | str | None]
) -> None:
    script: dict[str, bytes | str] = {
        verb: answer for verb, answer in answers.items() if answer is not None
    }
    if pipelining:
        script["EHLO"] = PIPELINING
    with scripted_server(script) as server:
        oracle = theirs(server.port)
        messages = len(server.messages)
        fate = ours(server.port)

    if oracle.state is State.SENT:
        assert fate.state is State.SENT
        assert len(server.messages) == 2 * messages == 2
    elif oracle.state is not None:
        assert fate == oracle
    elif fate.state in (State.SENT, State.REFUSED):
        raise AssertionError(f"they are not sure, and we say {fate}")


PIPELINING = b"250-me\r\n250 PIPELINING"
BEGINNINGS: list[Answers] = [
    {},
    {"banner": b"220-hello\r\n220-you\r\n220 there"},
    {"banner": b"554 go away"},
    {"banner": b"421 too busy"},
    {"banner": DROP},
    {"banner": b"garbage"},
    {"EHLO": b"500 what?"},
    {"EHLO": b"502 what?"},
    {"EHLO": b"550 no", "HELO": b"550 no"},
    {"EHLO": b"421 closing"},
    {"EHLO": DROP},
    {"EHLO": b"garbage"},
    {"EHLO": b"250-me\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250-DSN\r\n250 SMTPUTF8"},
    {"EHLO": b"250-me\r\n250 SIZE"},
]


@pytest.mark.parametrize("answers", BEGINNINGS, ids=str)
def test_the_same_beginning_leads_to_a_message_or_to_none(answers: Answers) -> None:
    with scripted_server(answers) as server:
        oracle, fate = theirs(server.port), ours(server.port)

    assert (fate.state is State.SENT) == (oracle.state is State.SENT)


@pytest.mark.parametrize("answer", [b"250 OK", b"450 later", b"550 no", b"552 too big"])
def test_where_they_cannot_tell_we_can(answer: bytes) -> None:
    before: Answers = {"RCPT": DROP, ".": answer}
    after: Answers = {".": DROP}
    with scripted_server(before) as server:
        assert (theirs(server.port), ours(server.port)) == (Told(None), Told(State.DEFERRED))
        assert server.messages == []
    with scripted_server(after) as server:
        assert (theirs(server.port), ours(server.port)) == (Told(None), Told(State.UNKNOWN))
