"""The ledger breaks once a message has left: it can be neither written nor read any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

from newsletter_mailer.cli import main
from newsletter_mailer.errors import LedgerError
from newsletter_mailer.store.claims import ClaimedRow, Settled
from newsletter_mailer.store.sqlite.claims import SqliteClaims
from newsletter_mailer.store.sqlite.ledger import SqliteLedger
from newsletter_mailer.store.states import State

record = SqliteClaims.record_and_claim


def broken(self: SqliteLedger, issue: str, run: int | None = None) -> NoReturn:
    raise LedgerError("The ledger cannot be used: planted.")


def breaks(
    self: SqliteClaims,
    settled: Sequence[Settled],
    count: int,
    *,
    due: Mapping[State, float],
    pace: Mapping[str, float] = {},
    refused: Sequence[int] = (),
) -> list[ClaimedRow]:
    if settled:
        SqliteLedger.counts = broken  # type: ignore[method-assign]  # planted
        raise LedgerError("The ledger cannot be used: planted.")
    return record(self, settled, count, due=due, pace=pace, refused=refused)


SqliteClaims.record_and_claim = breaks  # type: ignore[method-assign]  # planted
main()
