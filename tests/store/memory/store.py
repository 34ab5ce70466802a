"""A ledger in memory: one room, and one line in `stores.STORES`.

It keeps what a store promises while the process lives: claims, outcomes, suppressions, what a
person settles, and which use was the last. It has no file, so nothing of it can be copied, moved,
put back or damaged, and it has one process: those promises are about a disk.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path

from newsletter_mailer.errors import LedgerError
from tests.store.memory.ledger import MemoryLedger
from tests.store.memory.tables import Memory


class MemoryStore:
    """store.ledger_store.LedgerStore"""

    def __init__(self, rest: str = "", project: Path = Path()) -> None:
        self.memory = Memory()

    def __str__(self) -> str:
        return "in memory"

    @property
    def copies(self) -> None:
        """There is no file to copy."""

    @property
    def carried_with(self) -> str:
        return ""

    def why_not_here(self) -> str:
        return "where it is forgotten"

    def is_there(self) -> bool:
        return bool(self.memory.id)

    def has(self, file: Path) -> bool:
        return False

    def open(self, *, may_be_new: bool = True, is_rehearsal: bool = False) -> MemoryLedger:
        if not (self.memory.id or may_be_new):
            raise LedgerError(f"The ledger {self} was here, and is gone.")
        self.memory.id = self.memory.id or secrets.token_hex(8)
        return MemoryLedger(self.memory, is_rehearsal=is_rehearsal)

    def read(self) -> MemoryLedger | None:
        return MemoryLedger(self.memory) if self.memory.id else None

    def begin(self, now: datetime) -> None:
        if self.memory.id:
            raise LedgerError(f"There is a ledger {self}; nothing was changed.")
        self.open().close()
