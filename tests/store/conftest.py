"""A store of each kind, and a ledger open in it, held as `send` does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter_mailer.store.ledger import Ledger
from newsletter_mailer.store.ledger_store import LedgerStore
from tests.store.scene import Desk
from tests.store.stores import KEPT


@pytest.fixture(params=[*KEPT])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerStore:
    return KEPT[request.param](tmp_path)


@pytest.fixture
def ledger(store: LedgerStore) -> Iterator[Ledger]:
    with store.open() as opened:
        opened.hold()
        yield opened


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    return Desk(ledger)
