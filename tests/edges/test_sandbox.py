"""The sandbox: a real SMTP server that delivers into a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter_mailer.deliver.sandbox import sandbox
from newsletter_mailer.deliver.smtp import connect
from newsletter_mailer.store.states import State

MESSAGE = b"Subject: dots\r\n\r\n.\r\n..two\r\nend\r\n"


def deliver(folder: Path, *addresses: str, bounce_address: str = "") -> list[State]:
    with sandbox(folder) as settings:
        connection = connect(settings, bounce_address or "news@example.org")
        try:
            return [connection.send(address, MESSAGE).state for address in addresses]
        finally:
            connection.close()


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
    with sandbox(tmp_path) as settings:
        connection = connect(settings, "news@example.org")
        (tmp_path / "0003.eml").mkdir()
        outcome = connection.send("ann@example.org", MESSAGE)
        connection.close()

    assert (outcome.state, outcome.code) == (State.DEFERRED, 452)


@pytest.mark.parametrize("size", [200_000])
def test_large_messages_are_taken(tmp_path: Path, size: int) -> None:
    message = b"Subject: large\r\n\r\n" + b"x" * 70 + b"\r\n" * (size // 2)
    with sandbox(tmp_path) as settings:
        connection = connect(settings, "news@example.org")
        assert connection.send("ann@example.org", message).state is State.SENT
        connection.close()

    assert (tmp_path / "0001.eml").read_bytes().endswith(message)
