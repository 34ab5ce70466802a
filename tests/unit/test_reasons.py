"""Many answers are few reasons, and no reason names a reader."""

from __future__ import annotations

import pytest

from newsletter_mailer.deliver.answers.reasons import reason, without_addresses

ANN = "ann.o'neill@dudley.example.org"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("No such user", "No such user"),
        (f"<{ANN}>: Address rejected: User unknown", "Address rejected: User unknown"),
        (f"user {ANN.upper()} unknown", "user … unknown"),
        ("Mailbox of ann.o'neill is full", "Mailbox of … is full"),
        ("Greylisted, try again in 287 seconds", "Greylisted, try again in … seconds"),
        ("Ok: queued as 4XyZ12abcz", "Ok: queued as …"),
        ("Host [192.0.2.4] blocked by x.example", "Host [192.0.2.4] blocked by x.example"),
        ("see RFC 5321, section 4.2.1", "see RFC …, section 4.2.1"),
        ("annual leave", "annual leave"),
        ("", ""),
    ],
)
def test_what_differs_from_reader_to_reader_is_left_out(reply: str, expected: str) -> None:
    assert reason(reply, ANN) == expected


def test_two_readers_answers_are_one_reason() -> None:
    said = {
        reason(f"<{address}>: mailbox full (id 08DE{number}F00)", address)
        for number, address in enumerate(["ann@example.org", "ben@example.org", "c.d@example.com"])
    }

    assert said == {"mailbox full (id …)"}


def test_a_reason_is_short() -> None:
    assert len(reason("word " * 200)) <= 160


def test_a_text_without_addresses_keeps_its_words() -> None:
    assert without_addresses(f"535 {ANN} is not known (as 'x@y.example')") == (
        "535 … is not known (as '…')"
    )
