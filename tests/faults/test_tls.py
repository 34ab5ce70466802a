"""Encryption that is not what it should be: nothing is sent, and not a word in the clear."""

from __future__ import annotations

import ssl
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from tests.acceptance.scene import Newsletter, addresses, plain_newsletter
from tests.faults.faulty_server import FaultyServer, faulty_server
from tests.faults.scenes import SEND

READERS = 3
TOMORROW, YESTERDAY = (datetime.now(UTC) + timedelta(days=days) for days in (1, -1))


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    return plain_newsletter(tmp_path / "news", READERS)


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return authority


def context(
    authority: trustme.CA, name: str = "localhost", until: datetime | None = None
) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, not_after=until).configure_cert(made)
    return made


def old_context(authority: trustme.CA) -> ssl.SSLContext:
    """TLS 1.1, which nobody should speak any more (RFC 8996)."""
    made = context(authority)
    made.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        made.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        made.maximum_version = ssl.TLSVersion.TLSv1_1
    return made


#: docs/faults.md's names -> what is wrong with the server, and what the sentence says.
FAULTS: dict[str, tuple[Callable[[trustme.CA], dict[str, object]], str]] = {
    "expired certificate": (
        lambda ca: {"starttls": context(ca, until=YESTERDAY)},
        "certificate has expired",
    ),
    "certificate for another name": (
        lambda ca: {"starttls": context(ca, "mail.elsewhere.example")},
        "SMTP_HOST must be the name",
    ),
    "certificate of an unknown authority": (
        lambda _: {"starttls": context(trustme.CA())},
        "SMTP_CA_FILE",
    ),
    "STARTTLS stripped": (lambda _: {}, "would not be encrypted"),
    "TLS 1.1": (lambda ca: {"starttls": old_context(ca)}, "does not speak TLS as expected"),
    "words slipped in after STARTTLS": (
        lambda ca: {"starttls": context(ca), "injected": b"250-evil\r\n250 AUTH PLAIN\r\n"},
        "between STARTTLS and the encryption",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_encryption_that_cannot_be_trusted_sends_nothing(
    news: Newsletter, authority: trustme.CA, tmp_path: Path, fault: str
) -> None:
    how, words = FAULTS[fault]
    ca_file = str(tmp_path / "ca.pem")
    with faulty_server(**how(authority), with_login=True) as server:
        env = server.environment(SMTP_SECURITY="starttls", SMTP_CA_FILE=ca_file)
        stopped = news.run(*SEND, env=env)

        assert stopped.code == 1, stopped.err
        assert words in stopped.err.splitlines()[-1]
        assert (server.accepted, server.begun) == ([], [])
    with faulty_server(starttls=context(authority), with_login=True) as well:
        assert_everybody_gets_it(news, well, ca_file)


def assert_everybody_gets_it(news: Newsletter, server: FaultyServer, ca_file: str) -> None:
    done = news.run(*SEND, env=server.environment(SMTP_CA_FILE=ca_file))

    assert done.code == 0, done.err
    assert Counter(server.recipients()) == Counter(addresses(READERS))


@pytest.mark.fault("It cannot be reached encrypted any more, in the middle of a run")
def test_encryption_that_is_lost_between_two_connections_ends_the_run(
    news: Newsletter, authority: trustme.CA, tmp_path: Path
) -> None:
    """A man in the middle comes later: the password does not travel in the clear."""
    ca_file = str(tmp_path / "ca.pem")
    with faulty_server(starttls=context(authority), with_login=True) as server:
        env = server.environment(SMTP_CA_FILE=ca_file)
        words = ("--connections", "1", "--messages-per-connection", "1")
        server.on_message = lambda: setattr(server, "starttls", None)
        stopped = news.run(*SEND, *words, env=env)

        assert stopped.code == 3, stopped.err
        assert "would not be encrypted" in stopped.err
        assert len(server.accepted) == 1
        server.starttls = context(authority)
        assert_everybody_gets_it(news, server, ca_file)
