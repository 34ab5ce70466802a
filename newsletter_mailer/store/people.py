"""What a ledger holds about one person, who may ask for it (GDPR, article 15)."""

from __future__ import annotations

from typing import Protocol


class People(Protocol):
    """Addresses are canonical. Nothing is written. Every method raises LedgerError."""

    def being_mailed(self, address: str) -> list[str]:
        """The issues of which a sender has this address in hand, or died with it."""

    def held_about(self, address: str) -> dict[str, object]:
        """Everything the ledger holds about one person, as `subscribers show --json` prints it."""
