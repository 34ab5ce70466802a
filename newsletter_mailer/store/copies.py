"""Copies of a ledger that is a file: kept, carried elsewhere, put back.

Optional. A database that is no file of this machine is copied with its own tools.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from newsletter_mailer.store.generation import Witness

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What a ledger that is to count does not know."""

    missed: Sequence[Witness]  #: uses that something else tells of, the latest first
    issues: Collection[str]  #: of which it is not known who has them
    readers: int  #: who are owed those, as far as this ledger knows
    note: str = ""  #: what of it does not count, as a sentence

    def __bool__(self) -> bool:
        return bool(self.missed or self.issues)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """The ledger that was there before."""

    kept: str  #: where it is now, for a person
    suppressed: int | None  #: addresses that were taken over; None: it could not be read


class Copies(Protocol):
    """Of the ledger of one store. `witnesses`: what stands outside of its last use.

    Every method raises LedgerError.
    """

    def backup(self, file: Path) -> None:
        """A consistent copy, whole or not at all; a sender may be at work."""

    def move(self, file: Path, now: datetime) -> None:
        """It goes on in `file`, and here it is marked as left. Only for who holds it.

        Raises LedgerError; then it goes on here.
        """

    def gap(self, file: Path, witnesses: Sequence[Witness], doubtful: Collection[str]) -> Gap:
        """What the ledger in `file` does not know, were it to count here.

        `doubtful`: issues of which nothing outside can be read.
        """

    def restore(
        self,
        file: Path,
        witnesses: Sequence[Witness],
        doubtful: Collection[str],
        now: datetime,
    ) -> Replaced | None:
        """The ledger in `file`, or a copy of it, is the one that counts here from now on.

        Nobody is mailed of whom it is not known whether they have an issue: they are unknown. Who
        was suppressed in a ledger that was here before stays so, and that one is kept; None if
        there was none. Raises LedgerBusy, LedgerError; then everything is as it was.
        """
