"""Where a ledger is kept, or may be, while it is not open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from newsletter_mailer.store.copies import Copies
from newsletter_mailer.store.ledger import Ledger

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


class LedgerStore(Protocol):
    """One place for one ledger. Frozen; `str` says where, for a person, and tells no secret.

    Every method raises LedgerError.
    """

    @property
    def copies(self) -> Copies | None:
        """None where the ledger is no file that a person could copy."""

    @property
    def carried_with(self) -> str:
        """What belongs to it when a person carries it, as a part of a sentence; may be empty."""

    def why_not_here(self) -> str:
        """Why a ledger should not be kept here, as a sentence's end; empty if it may."""

    def is_there(self) -> bool:
        """Whether there is anything, a ledger or not."""

    def has(self, file: Path) -> bool:
        """Whether a file of this name is the ledger's, or would be taken for it."""

    def open(self, *, may_be_new: bool = True, is_rehearsal: bool = False) -> Ledger:
        """To be written. Made if there is none and there may be none.

        `may_be_new` False: it was seen here, and a new one would have forgotten everybody.
        `is_rehearsal`: nobody's mail depends on it, and copies of it do no harm. Raises
        OutdatedLedger.
        """

    def read(self) -> Ledger | None:
        """To be looked at; nothing is written. None if there is none."""

    def begin(self, now: datetime) -> None:
        """A new ledger, which knows nobody; what an old one left is set aside.

        Raises LedgerError, also where there is one.
        """
