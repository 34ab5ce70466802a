"""What became of a run's rows, and the ledger does not know yet. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.store.claims import Settled


@dataclass(slots=True)
class Unrecorded:
    """Gathered while the ledger records what came before."""

    settled: list[Settled] = field(default_factory=list)
    slots: list[int] = field(default_factory=list)  #: of the journal, of what is settled
    refused: list[int] = field(default_factory=list)  #: rows put off that are refused after all
    resting: set[str] = field(default_factory=set)  #: domains
    left_out: list[int] = field(default_factory=list)  #: rows claimed of domains that rest
    #: Claimed rows that must not be mailed any more, and when each is due.
    withdrawn: dict[int, float] = field(default_factory=dict)

    def settle(self, row: int, outcome: Outcome, *, at: float, due: float) -> None:
        """`at`, and `due` if it was put off: seconds since 1970."""
        self.settled.append(
            Settled(
                id=row,
                state=outcome.state,
                code=outcome.code,
                enhanced=outcome.enhanced,
                reply=outcome.reply,
                at=at,
                due=due,
            )
        )

    def and_then(self, later: Unrecorded) -> Unrecorded:
        """Both, as it happened."""
        return Unrecorded(
            settled=self.settled + later.settled,
            slots=self.slots + later.slots,
            refused=self.refused + later.refused,
            resting=self.resting | later.resting,
            left_out=self.left_out + later.left_out,
            withdrawn=self.withdrawn | later.withdrawn,
        )
