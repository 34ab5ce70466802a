"""Runs over a ledger, in a few words: begin, claim, settle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from newsletter_mailer.store.claims import ClaimedRow, Claims, Settled
from newsletter_mailer.store.ledger import Ledger
from newsletter_mailer.store.resolutions import Fate, How
from newsletter_mailer.store.runs import By, LeftOut, NewRun, PlannedRow
from newsletter_mailer.store.states import OWED, State

NOW = datetime(2030, 1, 15, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ISSUE = "2030-01"
ALL = [f"{name}@example.org" for name in ("ann", "ben", "cy")]
ANN, BEN, CY = ALL


def new_run(issue: str = ISSUE, now: datetime = NOW, again: Sequence[str] = ()) -> NewRun:
    return NewRun(
        issue=issue,
        now=now,
        content_hash="c0ffee",
        files={"10-letter.md": "c0ffee"},
        filters={"regions": ["dudley"]},
        variants={"everyone": ["letter"]},
        host="example.org",
        by=By("ann", "desk"),
        again=again,
    )


def planned(address: str, variant: str = "everyone") -> PlannedRow:
    return PlannedRow(address=address, mailbox=address.title(), variant=variant, values={"a": "b"})


@dataclass
class Desk:
    """Of a ledger. Remembers the numbers of the rows that were ever claimed here."""

    ledger: Ledger
    numbers: dict[str, int] = field(default_factory=dict)

    def begin(
        self,
        *addresses: str,
        issue: str = ISSUE,
        now: datetime = NOW,
        variant: str = "everyone",
        left_out: Sequence[LeftOut] = (),
    ) -> Claims:
        rows = [planned(address, variant) for address in addresses]
        return self.ledger.begin_run(new_run(issue, now), [*rows, *left_out])

    def claimed(
        self,
        claims: Claims,
        count: int = 100,
        states: Sequence[State] = OWED,
        due: datetime = LATER,
    ) -> list[ClaimedRow]:
        rows = claims.record_and_claim([], count, due=dict.fromkeys(states, due.timestamp()))
        self.numbers |= {row.address: row.id for row in rows}
        return rows

    def claim(
        self,
        claims: Claims,
        count: int = 100,
        states: Sequence[State] = OWED,
        due: datetime = LATER,
    ) -> list[str]:
        return [row.address for row in self.claimed(claims, count, states, due)]

    def settle(
        self, claims: Claims, ends: dict[str, tuple[State, int | None, str]], due: datetime = NOW
    ) -> None:
        """By address: state, code, reply. `due`: of the deferred ones."""
        settled = [
            Settled(
                id=self.numbers[address],
                state=state,
                code=code,
                reply=reply,
                at=NOW.timestamp(),
                due=due.timestamp() if state is State.DEFERRED else 0,
            )
            for address, (state, code, reply) in ends.items()
        ]
        claims.record_and_claim(settled, 0, due={})

    def put(self, claims: Claims, state: State) -> None:
        """Ann's row, the only one, in this state, by ways that exist."""
        assert self.claim(claims) == [ANN]
        if state is State.QUEUED:
            claims.give_back({self.numbers[ANN]: 0.0})
        elif state is not State.SENDING:
            code = 451 if state is State.DEFERRED else None
            self.settle(claims, {ANN: (state, code, "")})

    def resolve(self, state: State, of: State = State.UNKNOWN, how: How = "resend") -> list[str]:
        """Ann's row."""
        return self.ledger.resolutions.settle(
            ISSUE,
            {ANN: Fate(state, "by hand")},
            how=how,
            by=By("ann", "desk"),
            now=NOW,
            of=of,
        )

    @property
    def states(self) -> dict[str, State]:
        return {row.address: row.state for row in self.ledger.deliveries(ISSUE)}
