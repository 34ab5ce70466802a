"""How a session begins, word by word."""

from __future__ import annotations

from dataclasses import fields

import pytest

from newsletter_mailer import errors
from newsletter_mailer.deliver.smtp.extensions import Extensions
from newsletter_mailer.deliver.smtp.initiation import Act, Caller, initiation
from newsletter_mailer.deliver.smtp.replies import Reply
from tests.deliver.transcripts import Transcript, transcripts


def caller(words: str) -> Caller:
    """`starttls username=ann secret=secret`."""
    options = dict(word.partition("=")[::2] for word in words.split())
    return Caller(
        where="mail:25",
        helo_name="me.example.org",
        starttls="starttls" in options,
        username=options.get("username", ""),
        secret=options.get("secret", ""),
        with_token="with_token" in options,
    )


def told(offered: Extensions) -> str:
    """`dsn largest=1000 mechanisms=PLAIN,LOGIN`."""
    words = []
    for field in fields(offered):
        value = getattr(offered, field.name)
        if value is True:
            words.append(field.name)
        elif value:
            value = ",".join(value) if isinstance(value, tuple) else value
            words.append(f"{field.name}={value}")
    return " ".join(words)


def ending(transcript: Transcript) -> tuple[str, str]:
    """Plays it up to its last line: what that line should be."""
    steps = [*transcript.steps()][:-1]
    words = str(steps.pop(0)[1]) if steps[0][0] == "with" else ""
    machine = initiation(caller(words))
    act = next(machine)
    try:
        for who, what in steps:
            if who == "C":
                assert act == what
            elif who == "TLS":
                assert act is Act.ENCRYPT
                act = machine.send(Reply(0))
            else:
                assert act is not Act.ENCRYPT
                assert isinstance(what, Reply)
                act = machine.send(what)
    except StopIteration as done:
        return "offers", told(done.value)
    except errors.DeliveryError as fault:
        return type(fault).__name__, str(fault)
    raise AssertionError(f"it goes on with {act!r}")


@pytest.mark.parametrize("transcript", transcripts("initiation.txt"), ids=str)
def test_initiation(transcript: Transcript) -> None:
    *_, (kind, words) = transcript.steps()

    found, told = ending(transcript)
    assert found == kind
    assert str(words) == told if kind == "offers" else str(words) in told


def test_a_secret_is_shown_nowhere() -> None:
    assert "secret" not in repr(caller("username=ann secret=secret"))
