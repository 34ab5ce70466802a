"""Which mail servers are here: Debian's packages exclude each other."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.mail.servers import KINDS, Kind, MailServer, Postfix, is_installed, running


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def mail_server(request: pytest.FixtureRequest) -> Iterator[MailServer]:
    """Each that is installed."""
    yield from _started(request.param)


@pytest.fixture
def postfix() -> Iterator[MailServer]:
    yield from _started(Postfix)


def _started(kind: Kind) -> Iterator[MailServer]:
    if os.geteuid() != 0:
        pytest.fail("real mail servers need root")
    if not any(map(is_installed, KINDS)):
        pytest.fail("no mail server is here: apt-get install postfix (or exim4-daemon-light)")
    if not is_installed(kind):
        pytest.skip(f"{kind.__name__} is not installed")
    with running(kind) as server:
        yield server
