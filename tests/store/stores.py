"""The stores that keep the contract: every test of this folder is asked of each of them.

A store is added with one line here, and one in `newsletter_mailer.store.stores.STORES`.
"""

from __future__ import annotations

from pathlib import Path

from newsletter_mailer.store.ledger_store import LedgerStore
from newsletter_mailer.store.sqlite.store import SqliteStore
from tests.store.memory.store import MemoryStore


def sqlite(folder: Path) -> LedgerStore:
    return SqliteStore(folder / "memory" / "ledger.db")


def memory(folder: Path) -> LedgerStore:
    return MemoryStore()


#: By name: what makes one, empty, in an empty folder.
KEPT = {"sqlite": sqlite, "memory": memory}

#: Those whose ledger is a file that can be copied, moved and put back.
COPIED = [name for name, made in KEPT.items() if made(Path()).copies is not None]
