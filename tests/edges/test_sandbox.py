"""The sandbox: a real SMTP server that delivers into a folder."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.event_loop import opened, runner
from newsletter_mailer.deliver.sandbox.transport import SandboxTransport
from newsletter_mailer.deliver.single_message import send_single_message
from newsletter_mailer.settings.sandbox import SandboxSettings
from newsletter_mailer.store.states import State

#: A line that begins with a dot is written with one more (RFC 5321 section 4.5.2).
MESSAGE = b"Subject: dots\r\n\r\n.\r\n..two\r\nend\r\n"
STUFFED = b"Subject: dots\r\n\r\n..\r\n...two\r\nend\r\n"


class Rehearsal:
    """Sends to an open sandbox."""

    def __init__(self, loop: asyncio.Runner, transport: SandboxTransport) -> None:
        self.loop, self.transport = loop, transport

    def send(self, address: str, message: bytes = STUFFED) -> Outcome:
        sending = send_single_message(self.transport, address, "id@example.org", message)
        return self.loop.run(sending).outcome


@contextmanager
def rehearsal(folder: Path) -> Iterator[Rehearsal]:
    transport = SandboxTransport(SandboxSettings(folder=folder), "news@example.org")
    with runner() as loop, opened(transport, loop):
        yield Rehearsal(loop, transport)


def deliver(folder: Path, *addresses: str) -> list[State]:
    with rehearsal(folder) as sandbox:
        return [sandbox.send(address).state for address in addresses]


def test_what_arrives_is_what_was_sent_and_says_to_whom(tmp_path: Path) -> None:
    assert deliver(tmp_path, "ann@example.org") == [State.SENT]

    assert (tmp_path / "0001.eml").read_bytes() == (
        b"Return-Path: <news@example.org>\r\nDelivered-To: ann@example.org\r\n" + MESSAGE
    )


def test_numbering_goes_on_where_it_ended(tmp_path: Path) -> None:
    (tmp_path / "notes.eml").write_text("not a number")
    deliver(tmp_path, "ann@example.org", "ben@example.org")
    (tmp_path / "0001.eml").unlink()
    deliver(tmp_path, "cy@example.org")

    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "0002.eml",
        "0003.eml",
        "notes.eml",
    ]


def test_addresses_beyond_ascii_are_taken(tmp_path: Path) -> None:
    assert deliver(tmp_path, "zoë@example.org") == [State.SENT]

    assert "Delivered-To: zoë@example.org\r\n".encode() in (tmp_path / "0001.eml").read_bytes()


def test_the_folder_is_made(tmp_path: Path) -> None:
    deliver(tmp_path / "outbox" / "2030-01", "ann@example.org")

    assert len([*(tmp_path / "outbox" / "2030-01").iterdir()]) == 1


def test_what_cannot_be_written_is_still_owed(tmp_path: Path) -> None:
    (tmp_path / "0001.eml").mkdir()
    (tmp_path / "0001.eml").rename(tmp_path / "0002.eml")
    with rehearsal(tmp_path) as sandbox:
        (tmp_path / "0003.eml").mkdir()
        outcome = sandbox.send("ann@example.org")

    assert (outcome.state, outcome.code) == (State.DEFERRED, 452)


@pytest.mark.parametrize("size", [200_000])
def test_large_messages_are_taken(tmp_path: Path, size: int) -> None:
    message = b"Subject: large\r\n\r\n" + b"x" * 70 + b"\r\n" * (size // 2)
    with rehearsal(tmp_path) as sandbox:
        assert sandbox.send("ann@example.org", message).state is State.SENT

    assert (tmp_path / "0001.eml").read_bytes().endswith(message)
