"""What a run hears of its messages, and what it makes of that: recorded, weighed and told.

A message is begun, and has one end: the server's answer, or the loss of its line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from newsletter_mailer.deliver.answer_files import known_answers
from newsletter_mailer.deliver.books import Books
from newsletter_mailer.deliver.breaker import Breaker
from newsletter_mailer.deliver.dialogue import Left
from newsletter_mailer.deliver.judge import Held, Judge
from newsletter_mailer.deliver.pace import Pace
from newsletter_mailer.deliver.replies import Outcome
from newsletter_mailer.deliver.scopes import Then, Verdict
from newsletter_mailer.deliver.stopping import what_it_means
from newsletter_mailer.deliver.verdict import verdict_of, what_is_common
from newsletter_mailer.store.rows import ClaimedRow
from newsletter_mailer.store.states import State


class Watch(Protocol):
    """Whoever looks on. Called in the loop's thread, a few times a second at most."""

    def outcomes(self, outcomes: Sequence[tuple[ClaimedRow, Outcome]]) -> None: ...

    def waiting(self, until: float, why: str) -> None: ...

    def note(self, text: str) -> None: ...


class Hearing:
    """For the event loop's thread. `sizes`: octets of the largest message of each variant."""

    def __init__(
        self,
        books: Books,
        pace: Pace,
        watch: Watch,
        *,
        judge: Judge,
        breaker: Breaker,
        sizes: Mapping[str, int],
        now: Callable[[], float],
    ) -> None:
        self.judge, self.breaker = judge, breaker
        self._books, self._pace, self._watch = books, pace, watch
        self._sizes, self._now = sizes, now
        self._told: list[tuple[ClaimedRow, Outcome]] = []
        self._lost_once: set[int] = set()  #: rows whose line was lost, or closed with 421
        self._tried_domains: set[str] = set()  #: while the judge is careful
        self.in_flight = 0  #: begun, and without an end
        self.fault: BaseException | None = None  #: ends the run

    def next_row(self) -> ClaimedRow | None:
        """The one to be begun now. None: nobody now."""
        if self.judge.is_careful:
            if self.in_flight:
                return None
            self._books.choose(self._is_telling)
        row = self._books.next_row()
        if row is not None:
            self.in_flight += 1
            self.judge.begins(row)
        return row

    def answered(self, row: ClaimedRow, outcome: Outcome) -> None:
        if self.judge.is_careful:
            self._tried_domains.add(row.domain)
        self.breaker.heard(outcome)
        if outcome.state is State.SENT:
            refused = self.judge.accepted(row)
            self.settle(row, outcome)
            self._refuse(refused)
            self._pace.go_on()
        elif outcome.state is State.UNKNOWN:
            self.settle(row, outcome)
        else:
            self._said_no(row, outcome)

    def lost(self, left: Left[ClaimedRow], why: str) -> None:
        """A line, with these messages. What the server cannot have is tried once more at once."""
        for mail in left.dotted:
            after = f"line lost after the final dot: {why}"
            self.settle(mail.key, Outcome(State.UNKNOWN, reply=after))
        for mail in left.unheard:
            self.put_back(mail.key)
        for mail in left.begun:
            if mail.key.id in self._lost_once:
                before = f"line lost before the final dot: {why}"
                self.settle(mail.key, Outcome(State.DEFERRED, reply=before))
            else:
                self._lost_once.add(mail.key.id)
                self.put_back(mail.key)

    def settle(self, row: ClaimedRow, outcome: Outcome, *, is_over: bool = False) -> None:
        """`is_over`: not to be tried again in this run."""
        self.in_flight -= 1
        self.judge.ends(row)
        self._books.settle(row, outcome, is_over=is_over)
        self._told.append((row, outcome))

    def put_back(self, row: ClaimedRow) -> None:
        self.in_flight -= 1
        self.judge.ends(row)
        self._books.put_back(row)

    def all_tried(self) -> None:
        """Nobody is left."""
        refused, self.fault = self.judge.all_tried()
        self._refuse(refused)

    def tell(self) -> None:
        if self._told:
            told, self._told = self._told, []
            self._watch.outcomes(told)

    def _is_telling(self, row: ClaimedRow) -> tuple[int, int]:
        """How much is learnt from the answer: of another domain, then of a large variant."""
        return row.domain not in self._tried_domains, self._sizes.get(row.variant, 0)

    def _said_no(self, row: ClaimedRow, outcome: Outcome) -> None:
        verdict = verdict_of(outcome, known_answers())
        if outcome.code == 421 and row.id not in self._lost_once and verdict.then is not Then.STOP:
            # The server closes, whatever was asked: that says nothing of the message.
            self._lost_once.add(row.id)
            self.put_back(row)
            if verdict.then is Then.SLOWER:
                self._slow_down(outcome, verdict)
            return
        ruling = self.judge.said_no(row, outcome, verdict, what_is_common(outcome, row.mailbox))
        is_held = ruling.state is State.DEFERRED and verdict.then not in (Then.LATER, Then.SLOWER)
        self.settle(row, replace(outcome, state=ruling.state), is_over=is_held)
        self.fault = self.fault or ruling.fault
        if ruling.rests:
            self._books.rest(row.domain)
            said = f"{row.domain} rests in this run: the server said {outcome.words}."
            self._watch.note(f"{said} {what_it_means(verdict)}".rstrip())
        if ruling.is_slower:
            self._slow_down(outcome, verdict)

    def _slow_down(self, outcome: Outcome, verdict: Verdict) -> None:
        now = self._now()
        if self._pace.slow_down(now):
            self.fault = self.fault or self.breaker.rests(outcome, verdict, now)

    def _refuse(self, held: Sequence[Held]) -> None:
        """They were put off, and it is their fault after all."""
        if held:
            self._books.refuse(one.row.id for one in held)
            self._told += [
                (replace(one.row, is_again=True), replace(one.outcome, state=State.REFUSED))
                for one in held
            ]
