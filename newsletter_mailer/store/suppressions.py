"""Who must not be mailed, and why: whoever objected is never mailed again (a store's promise)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol


class Suppression(NamedTuple):
    """Somebody who must not be mailed."""

    address: str  #: canonical
    reason: str  #: unsubscribed, bounced, complained or manual
    since: str  #: ISO 8601, in UTC


class Suppressions(Protocol):
    """Of one ledger. Addresses are canonical. Every method raises LedgerError."""

    def add(self, address: str, reason: str, now: datetime, *, is_use: bool = True) -> None:
        """From now on nobody mails this address: no sender takes it in hand any more.

        `is_use`: an older copy of the ledger is told by its lacking it. False where the ledger is
        one itself, which must stay known as one.
        """

    def remove(self, address: str, now: datetime) -> bool:
        """Whether the address had been suppressed. A use of the ledger in any case."""

    def all(self) -> Iterator[Suppression]:
        """By address."""

    def among(self, addresses: Sequence[str]) -> dict[str, str]:
        """Of these addresses: why each that must not be mailed must not."""
