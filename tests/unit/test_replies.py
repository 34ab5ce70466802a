"""What a reply means, and that it is harmless to show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.deliver.replies import outcome_of, read_reply
from newsletter_mailer.store.states import State


@pytest.mark.parametrize(
    ("code", "octets", "enhanced", "text"),
    [
        (250, b"OK", None, "OK"),
        (250, b"2.0.0 Ok: queued as 4F2", "2.0.0", "Ok: queued as 4F2"),
        (550, b"5.1.1 <ann@x.org>:\n5.1.1 no such user", "5.1.1", "<ann@x.org>: no such user"),
        (550, b"5.1.1", "5.1.1", ""),
        (550, b"5.1.1000 x", None, "5.1.1000 x"),
        (550, b"host 5.1.1 said no", None, "host 5.1.1 said no"),
        (421, b"", None, ""),
        (451, "zu früh".encode(), None, "zu früh"),
        (451, b"zu fr\xfch", None, "zu fr\ufffdh"),
        (550, b"\x1b]0;title\x07 gone", None, "]0;title gone"),
    ],
)
def test_a_reply_is_read(code: int, octets: bytes, enhanced: str | None, text: str) -> None:
    reply = read_reply(code, octets)

    assert (reply.code, reply.enhanced, reply.text) == (code, enhanced, text)


@given(st.integers(-1, 999), st.binary(max_size=2_000))
def test_any_reply_is_short_and_has_nothing_that_a_terminal_obeys(code: int, octets: bytes) -> None:
    reply = read_reply(code, octets)

    assert reply.text.isprintable()
    assert len(reply.text) <= 500


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        (250, State.DEFERRED, State.SENT),
        (299, State.DEFERRED, State.SENT),
        (354, State.DEFERRED, State.UNKNOWN),
        (421, State.DEFERRED, State.DEFERRED),
        (451, State.DEFERRED, State.DEFERRED),
        (550, State.REFUSED, State.REFUSED),
        (599, State.REFUSED, State.REFUSED),
        (600, State.DEFERRED, State.UNKNOWN),
        (150, State.DEFERRED, State.UNKNOWN),
        (2, State.DEFERRED, State.UNKNOWN),
        (-1, State.DEFERRED, State.UNKNOWN),
    ],
)
def test_only_what_follows_the_dot_can_be_sent_or_unknown(
    code: int, before: State, after: State
) -> None:
    reply = read_reply(code, b"")

    assert outcome_of(reply, after_dot=False).state is before
    assert outcome_of(reply, after_dot=True).state is after
