"""The ledger: one row per (issue, address), runs, and what they claimed and settled.

What the rest of the house may ask of it, whatever database it is kept in. The promises stand with
their protocols: `claims` (at most once, nobody lost), `suppressions` (never again), `resolutions`
(only a person or a log), `generation` (an older copy is told). `stores.ledger_at` finds one.

One process sends with a ledger at a time, whatever the database could do: `hold` promises that, and
the run's claims and journal are of that process. That several workers share a run, each with a
journal of its own and one that dies beside others that live, is promised nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from newsletter_mailer.store.claims import Claims, LeftRow
from newsletter_mailer.store.figures import DeliveryRecord, Figures
from newsletter_mailer.store.generation import Generation, Witness
from newsletter_mailer.store.people import People
from newsletter_mailer.store.resolutions import Resolutions
from newsletter_mailer.store.runs import IssueRecord, LeftOut, NewRun, PlannedRow, Runs
from newsletter_mailer.store.states import State
from newsletter_mailer.store.suppressions import Suppressions

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueSoFar:
    """What a ledger knows of an issue at one moment. The defaults: it never heard of it."""

    record: IssueRecord | None = None  #: of its first real run
    counts: Mapping[State, int] = field(default_factory=dict)
    left: tuple[LeftRow, ...] = ()  #: rows "sending", as the next sender will find them
    has_reached_anybody: bool = False  #: a message was handed over, or may have been, ever


class Ledger(Protocol):
    """An open ledger, as a context manager. Every method raises LedgerError."""

    @property
    def suppressions(self) -> Suppressions: ...

    @property
    def resolutions(self) -> Resolutions: ...

    @property
    def figures(self) -> Figures: ...

    @property
    def runs(self) -> Runs: ...

    @property
    def people(self) -> People: ...

    @property
    def id(self) -> str:
        """Names it, at random, in the issues' sent.toml. A copy has the same."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """What a damaged ledger made go wrong is told as damage; as LedgerBusy, where a sender that
        began meanwhile did.
        """

    def close(self) -> None: ...

    def hold(self, witnesses: Sequence[Witness] = ()) -> None:
        """Makes this process the only sender until it closes it; settles what a dead one left.

        `witnesses`: what stands elsewhere of its last use. Raises LedgerBusy, OutdatedLedger.
        """

    def doubt(self, witnesses: Sequence[Witness] = ()) -> str:
        """Why this is not the ledger that counts, and what to do; empty if it is.

        `witnesses`: read before it is asked. What others did with it since it was opened counts.
        """

    def refuse_gone(self) -> None:
        """What an open ledger says that was deleted or replaced is nobody's memory any more."""

    def generation(self) -> Generation:
        """Which use of it was its last; `NEVER_USED`."""

    def left_for(self) -> str:
        """Where it goes on instead of here; empty if it goes on here."""

    def was_told_of_place(self) -> bool:
        """Whether a person was told that it should not be kept where it is now."""

    def note_told_of_place(self) -> None:
        """That a person was told so."""

    def begin_run(self, new: NewRun, rows: Iterable[PlannedRow | LeftOut] | None) -> Claims:
        """Records the run and puts its audience into the ledger, all of it or nothing.

        Rows of earlier runs keep their state; what is still owed is planned anew, and due at once.
        As long as nobody was handed anything, the run counts as the first. `rows` None: everyone
        whom the ledger knows, as planned. Raises LedgerError: nothing is written, or the run has
        begun and mailed nobody; RuntimeError if this process does not `hold` the ledger.
        """

    def issue(self, issue: str) -> IssueRecord | None: ...

    def so_far(self, issue: str) -> IssueSoFar: ...

    def counts(self, issue: str, run: int | None = None) -> dict[State, int]:
        """How many rows are in each state; of one run's audience, or of the whole issue."""

    def has_reached_anybody(self, issue: str) -> bool:
        """Whether a message of the issue was handed over, or may have been, ever."""

    def left(self, issue: str) -> list[LeftRow]:
        """Rows "sending" as the next sender will find them; nothing is changed."""

    def states(self, issue: str, addresses: Sequence[str]) -> dict[str, State]:
        """The state of each of these canonical addresses that has a row."""

    def deliveries(self, issue: str, state: State | None = None) -> Iterator[DeliveryRecord]:
        """Every row, or those in one state, by address."""
