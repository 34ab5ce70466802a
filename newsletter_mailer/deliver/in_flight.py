"""What a run hears of its messages, and what it makes of that: recorded, weighed and told.

A message is begun, and has one end: the server's answer, or the loss of its connection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from newsletter_mailer.deliver.answers.answer import Answer
from newsletter_mailer.deliver.answers.likeness import what_is_common
from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.answers.scopes import Then, Verdict
from newsletter_mailer.deliver.answers.stop_reasons import what_it_means
from newsletter_mailer.deliver.backoff import delay_after, delay_after_loss
from newsletter_mailer.deliver.circuit_breaker import CircuitBreaker
from newsletter_mailer.deliver.claim_queue import ClaimQueue
from newsletter_mailer.deliver.judge import Held, Judge
from newsletter_mailer.deliver.pace import Pace
from newsletter_mailer.deliver.transport import Unsettled, lost_before, lost_past
from newsletter_mailer.store.claims import ClaimedRow
from newsletter_mailer.store.states import State


class Watch(Protocol):
    """Whoever looks on. Called in the loop's thread, a few times a second at most."""

    def outcomes(self, outcomes: Sequence[tuple[ClaimedRow, Outcome]]) -> None: ...

    def waiting(self, until: float, why: str) -> None: ...

    def note(self, text: str) -> None: ...


class InFlight:
    """For the event loop's thread.

    `sizes`: octets of the largest message of each variant. `jitter`: from 0 to 1, at random.
    """

    def __init__(
        self,
        queue: ClaimQueue,
        pace: Pace,
        watch: Watch,
        *,
        judge: Judge,
        breaker: CircuitBreaker,
        sizes: Mapping[str, int],
        now: Callable[[], float],
        jitter: Callable[[], float],
    ) -> None:
        self.judge, self.breaker = judge, breaker
        self._queue, self._pace, self._watch = queue, pace, watch
        self._sizes, self._now, self._jitter = sizes, now, jitter
        self._told: list[tuple[ClaimedRow, Outcome]] = []
        self._lost_once: set[int] = set()  #: rows whose connection was lost, or closed
        self._tried_domains: set[str] = set()  #: while the judge is careful
        self.count = 0  #: begun, and without an end
        self.fault: BaseException | None = None  #: ends the run

    def next_row(self) -> ClaimedRow | None:
        """The one to be begun now. None: nobody now."""
        if self.judge.is_careful:
            if self.count:
                return None
            self._queue.choose(self._is_telling)
        row = self._queue.next_row()
        if row is not None:
            self.count += 1
            self.judge.begins(row)
        return row

    def answered(self, row: ClaimedRow, answer: Answer) -> None:
        outcome = answer.outcome
        if self.judge.is_careful:
            self._tried_domains.add(row.domain)
        self.breaker.heard(outcome.state, is_closing=answer.is_closing)
        if outcome.state is State.SENT:
            refused = self.judge.accepted(row)
            self.settle(row, outcome)
            self._refuse(refused)
            self._pace.go_on()
        elif outcome.state is State.UNKNOWN:
            self.settle(row, outcome)
        else:
            self._said_no(row, answer)

    def lost(self, unsettled: Unsettled[ClaimedRow], brink: str, why: str) -> None:
        """A connection, with these. What the server cannot have is tried once more at once."""
        for mail in unsettled.past_brink:
            self.settle(mail.key, lost_past(brink, why))
        for mail in unsettled.unheard:
            self.put_back(mail.key)
        for mail in unsettled.begun:
            if mail.key.id in self._lost_once:
                self.settle_unheard(mail.key, lost_before(brink, why))
            else:
                self._lost_once.add(mail.key.id)
                self.put_back(mail.key)

    def settle(self, row: ClaimedRow, outcome: Outcome, again_after: float | None = None) -> None:
        """`again_after`: seconds until a row that was put off may be tried again; None: not in this
        run.
        """
        self.count -= 1
        self.judge.ends(row)
        self._queue.settle(row, outcome, again_after)
        self._told.append((row, outcome))

    def settle_unheard(self, row: ClaimedRow, outcome: Outcome) -> None:
        """Put off, and no server said so."""
        self.settle(row, outcome, delay_after_loss(row.attempt, self._jitter()))

    def settle_unjudged(self, row: ClaimedRow, outcome: Outcome) -> None:
        """What the answer means was not found out: nobody is refused whose fault it may not be."""
        if outcome.state is State.REFUSED:
            outcome = outcome._replace(state=State.DEFERRED)
        self.settle(row, outcome, delay_after(None, row.attempt, self._jitter()))

    def put_back(self, row: ClaimedRow) -> None:
        self.count -= 1
        self.judge.ends(row)
        self._queue.put_back(row)

    def all_tried(self) -> None:
        """Nobody is left."""
        refused, self.fault = self.judge.all_tried()
        self._refuse(refused)

    def stop(self, fault: BaseException | None) -> None:
        """The first fault counts."""
        self.fault = self.fault or fault

    def tell(self) -> None:
        if self._told:
            told, self._told = self._told, []
            self._watch.outcomes(told)

    def _is_telling(self, row: ClaimedRow) -> tuple[int, int]:
        """How much is learnt from the answer: of another domain, then of a large variant."""
        return row.domain not in self._tried_domains, self._sizes.get(row.variant, 0)

    def _said_no(self, row: ClaimedRow, answer: Answer) -> None:
        outcome, verdict = answer.outcome, answer.verdict()
        if answer.is_closing and row.id not in self._lost_once and verdict.then is not Then.STOP:
            # The server closes, whatever was asked: that says nothing of the message.
            self._lost_once.add(row.id)
            self.put_back(row)
            if verdict.then is Then.SLOWER:
                self._slow_down(outcome, verdict)
            return
        ruling = self.judge.said_no(row, outcome, verdict, what_is_common(outcome, row.mailbox))
        is_held = verdict.then not in (Then.LATER, Then.SLOWER)
        again_after = None if is_held else delay_after(verdict.wait, row.attempt, self._jitter())
        self.settle(row, outcome._replace(state=ruling.state), again_after)
        self.stop(ruling.fault)
        if ruling.rests:
            self._queue.rest(row.domain)
            said = f"{row.domain} rests in this run: the server said {outcome.words}."
            self._watch.note(f"{said} {what_it_means(verdict)}".rstrip())
        if ruling.is_slower:
            self._slow_down(outcome, verdict)

    def _slow_down(self, outcome: Outcome, verdict: Verdict) -> None:
        now = self._now()
        is_another = self._pace.slow_down(now, verdict.rest)
        self.stop(self.breaker.rests(outcome, verdict, now, is_another=is_another))

    def _refuse(self, held: Sequence[Held]) -> None:
        """They were put off, and it is their fault after all."""
        if held:
            self._queue.refuse(one.row.id for one in held)
            self._told += [
                (one.row._replace(is_again=True), one.outcome._replace(state=State.REFUSED))
                for one in held
            ]
