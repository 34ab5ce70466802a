"""Replies cut out of a stream; what one means, and that it is harmless to show."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.deliver.smtp.replies import (
    LARGEST,
    LONGEST_LINE,
    Garbage,
    Reply,
    ReplyReader,
    outcome_of,
)
from newsletter_mailer.deliver.smtp.stage import Stage
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
    reply = Reply(code, octets)

    assert (reply.code, reply.enhanced, reply.text) == (code, enhanced, text)


@given(st.integers(-1, 999), st.binary(max_size=2_000))
def test_any_reply_is_short_and_has_nothing_that_a_terminal_obeys(code: int, octets: bytes) -> None:
    reply = Reply(code, octets)

    assert reply.text.isprintable()
    assert len(reply.text) <= 500
    assert str(reply).isprintable()
    assert all(line.isprintable() for line in reply.lines)


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
        (0, State.DEFERRED, State.UNKNOWN),
    ],
)
def test_only_what_follows_the_dot_can_be_sent_or_unknown(
    code: int, before: State, after: State
) -> None:
    reply = Reply(code)

    assert outcome_of(reply, Stage.RCPT).state is before
    assert outcome_of(reply, Stage.DOT).state is after


def heard(packets: Sequence[bytes]) -> tuple[list[Reply], str]:
    """The replies, and what is wrong with the rest; empty if nothing is."""
    reader, replies = ReplyReader(), []
    try:
        for packet in packets:
            for reply in reader.feed(packet):
                replies.append(reply)  # noqa: PERF402  # what comes before garbage is kept
    except Garbage as fault:
        return replies, str(fault)
    return replies, "" if reader.is_between_replies else "not over yet"


@pytest.mark.parametrize(
    ("octets", "replies"),
    [
        (b"250 2.1.0 OK\r\n", [(250, b"2.1.0 OK")]),
        (b"250\r\n", [(250, b"")]),
        (b"250 \r\n", [(250, b"")]),
        (b"250-\r\n250\r\n", [(250, b"\n")]),
        (b"250 OK\n", [(250, b"OK")]),
        (b"250-mail\r\n250-SIZE 10\r\n250 DSN\r\n", [(250, b"mail\nSIZE 10\nDSN")]),
        (b"250 a\r\n451 b\r\n354 c\r\n", [(250, b"a"), (451, b"b"), (354, b"c")]),
        (b"550 \xff\x00\r\n", [(550, b"\xff\x00")]),
        (b"999 odd\r\n", [(999, b"odd")]),
    ],
)
def test_replies_are_cut_out(octets: bytes, replies: list[tuple[int, bytes]]) -> None:
    assert heard([octets]) == ([Reply(*one) for one in replies], "")


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"hello\r\n", "hello"),
        (b"25\r\n", '"25"'),
        (b"2500 what\r\n", "2500 what"),
        (b"250_ok\r\n", "250_ok"),
        (b" 250 ok\r\n", "250 ok"),
        (b"\r\n", '""'),
        ("٢٥٠ ok\r\n".encode(), "٢٥٠ ok"),
        (b"\x1b[2J\r\n", '"[2J"'),
        (b"250-one\r\n251 two\r\n", "changed its code"),
        (b"250-one\r\ntwo\r\n", "two"),
        (b"2" * (LONGEST_LINE + 1), "line without end"),
        (b"250 " + b"x" * LONGEST_LINE + b"\r\n", "line without end"),
        (b"250-x\r\n" * (LARGEST // 7 + 1), "reply without end"),
        (b"250-%b\r\n" % (b"x" * 8_000) * 9, "reply without end"),
        (b"250 O", "not over yet"),
        (b"250-OK\r\n", "not over yet"),
    ],
    ids=lambda value: ascii(value)[:30],
)
@pytest.mark.parametrize("before", [b"", b"250 OK\r\n"], ids=["", "after a yes"])
def test_what_is_no_smtp_is_told_and_what_came_before_it_counts(
    octets: bytes, why: str, before: bytes
) -> None:
    replies, fault = heard([before + octets])

    assert why in fault
    assert fault.isprintable()
    assert replies == ([Reply(250, b"OK")] if before else [])


@pytest.mark.parametrize(
    "octets",
    [
        b"250 " + b"x" * (LONGEST_LINE - 6) + b"\r\n",
        b"550-line\r\n" * 1_000 + b"550 end\r\n",
    ],
    ids=["a long line", "a thousand lines"],
)
def test_a_reply_may_be_long(octets: bytes) -> None:
    (reply,), fault = heard([octets])

    assert fault == ""
    assert len(reply.octets) <= LARGEST
    assert heard([octets * 3])[0] == [reply] * 3


_LINES = st.builds(
    lambda code, join, text, end: b"%b%b%b%b" % (code, join, text, end),
    st.sampled_from([b"250", b"250", b"451", b"5", b"x"]),
    st.sampled_from([b"-", b" ", b" ", b"", b"_"]),
    st.sampled_from([b"", b"OK", b"2.0.0 yes", b"\xff\r", b"x" * 9_000]),
    st.sampled_from([b"\r\n", b"\r\n", b"\n"]),
)


@given(st.lists(_LINES, max_size=12).map(b"".join), st.data())
def test_however_a_stream_is_split_into_packets_it_says_the_same(
    octets: bytes, data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=8)))
    packets = [octets[a:b] for a, b in itertools.pairwise([0, *cuts, len(octets)])]

    assert heard(packets) == heard([octets])
    assert heard([octets[at : at + 1] for at in range(len(octets))]) == heard([octets])
