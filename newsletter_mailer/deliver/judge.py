"""Whose fault it is, told by what many readers' answers have in common. Pure.

One answer can seldom tell whether the reader, the reader's domain, the message, its sender or our
own server is at fault; an acceptance is an alibi for all but the reader. So a reader is refused
only with such an alibi. Until there is one the row is held: it stays owed, and is refused after
all when the alibi comes.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.answers.scopes import Alibi, Scope, Then, Verdict
from newsletter_mailer.deliver.answers.stop_reasons import all_refused, stopped_by, stopped_by_many
from newsletter_mailer.errors import DeliveryError
from newsletter_mailer.store.claims import ClaimedRow
from newsletter_mailer.store.states import State

ALIKE = 3  #: answers with the same words, and nothing taken between them: no reader's fault
REFUSED_IN_A_ROW = 50  #: readers whom the server says it does not know: it may be the server
CAREFUL = 3  #: first answers, each of which is awaited
_WINDOW, _MANY = 20, 10  #: of the last answers, so many alike: no reader's fault
_ONE_IN = 10  #: of a run's answers, no more alike that nobody can interpret: the readers' faults


@dataclass(frozen=True, slots=True)
class Held:
    """A reader whom the server refused, and who stays owed: the fault may be another's."""

    row: ClaimedRow
    outcome: Outcome
    verdict: Verdict
    likeness: str  #: likeness.what_is_common
    number: int  #: of the answer


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of a message, and of the run."""

    state: State
    fault: DeliveryError | None = None  #: ends the run
    rests: bool = False  #: the reader's domain
    is_slower: bool = False


@dataclass(slots=True)
class Judge:
    """Told of every answer, in its order. `has_earlier`: an earlier run had messages taken."""

    has_earlier: bool = False
    answers: int = field(default=0, init=False)
    has_acceptance: bool = field(default=False, init=False)
    _domains: set[str] = field(default_factory=set, init=False)  #: with an acceptance
    _variants: set[str] = field(default_factory=set, init=False)  #: with an acceptance
    _held: dict[str, list[Held]] = field(default_factory=lambda: defaultdict(list), init=False)
    _doubtful: list[Held] = field(default_factory=list, init=False)  #: others there were taken
    _unknown_readers: list[Held] = field(default_factory=list, init=False)  #: held for any alibi
    _streak: list[Held] = field(default_factory=list, init=False)  #: since the last acceptance
    _last: deque[str] = field(default_factory=lambda: deque(maxlen=_WINDOW), init=False)
    _refused_in_a_row: int = field(default=0, init=False)
    _accusers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set), init=False)
    _complaint: DeliveryError | None = field(default=None, init=False)  #: of the first that rests
    _is_over: bool = field(default=False, init=False)
    _begun: dict[int, int] = field(default_factory=dict, init=False)  #: by row: answers by then

    @property
    def is_careful(self) -> bool:
        """Whether a message is to wait for the answer to the one before."""
        return not self.has_acceptance and self.answers < CAREFUL

    def begins(self, row: ClaimedRow) -> None:
        """A message leaves. Its acceptance says nothing of answers that come before it left."""
        self._begun[row.id] = self.answers

    def accepted(self, row: ClaimedRow) -> Sequence[Held]:
        """A message was taken. Gives those who are refused after all."""
        began = self._begun[row.id]
        self.answers += 1
        self.has_acceptance = True
        self._domains.add(row.domain)
        self._variants.add(row.variant)
        self._last.append("")
        self._refused_in_a_row = 0
        if self._streak:
            self._streak.clear()
        if self._is_over or not (self._held or self._unknown_readers):
            return ()
        refused, self._unknown_readers = self._unknown_readers, []
        for held in self._held.pop(row.domain, ()):
            if held.number > began or held.verdict.alibi is not Alibi.DOMAIN:
                self._held[row.domain].append(held)
            elif held.verdict.scope is Scope.READER:
                refused.append(held)
            else:
                self._doubtful.append(held)
        return refused

    def said_no(self, row: ClaimedRow, outcome: Outcome, verdict: Verdict, likeness: str) -> Ruling:
        """A message was refused, or put off."""
        self.answers += 1
        self._last.append(likeness)
        ruling = self._ruling(Held(row, outcome, verdict, likeness, self.answers))
        self._is_over = self._is_over or ruling.fault is not None
        return ruling

    def ends(self, row: ClaimedRow) -> None:
        """Whatever became of it: nothing more is heard of this attempt."""
        self._begun.pop(row.id, None)

    def all_tried(self) -> tuple[Sequence[Held], DeliveryError | None]:
        """Nobody is left. Those who are refused after all; or why nobody can have it."""
        if self.has_acceptance:
            lone = (held for held, *others in self._held.values() if not others)
            refused = [held for held in lone if held.verdict.scope is Scope.READER]
            alike = Counter(held.likeness for held in self._doubtful)
            few = max(1, self.answers // _ONE_IN)
            return [*refused, *(one for one in self._doubtful if alike[one.likeness] <= few)], None
        held = [*self._unknown_readers, *(one for some in self._held.values() for one in some)]
        if not held:
            return (), self._complaint
        return (), all_refused(held[-1].outcome, len(held), self.answers)

    def _ruling(self, held: Held) -> Ruling:
        verdict = held.verdict
        match verdict.then:
            case Then.STOP if not self._is_one_receivers(held):
                return Ruling(State.DEFERRED, stopped_by(held.outcome, verdict))
            case Then.STOP | Then.REST:
                return self._rest(held)
            case Then.SLOWER:
                return Ruling(State.DEFERRED, is_slower=True)
            case Then.LATER:
                return Ruling(State.DEFERRED)
            case Then.REFUSE if self._has_alibi(held):
                return self._refuse(held, State.REFUSED)
        if verdict.alibi is Alibi.RUN:  # a server that says so mostly knows: this counts for itself
            self._unknown_readers.append(held)
            return self._refuse(held, State.DEFERRED)
        self._held[held.row.domain].append(held)
        self._streak.append(held)
        return self._weigh(held)

    def _has_alibi(self, held: Held) -> bool:
        if held.verdict.alibi is Alibi.RUN:
            return self.has_acceptance or self.has_earlier
        return held.row.domain in self._domains

    def _is_one_receivers(self, held: Held) -> bool:
        """Whether it may be only what one receiver thinks of a message that others take."""
        return held.verdict.scope is Scope.MESSAGE and held.row.variant in self._variants

    def _refuse(self, held: Held, state: State) -> Ruling:
        self._refused_in_a_row += 1
        if self._refused_in_a_row < REFUSED_IN_A_ROW:
            return Ruling(state)
        return Ruling(state, stopped_by_many(held.outcome, held.verdict, REFUSED_IN_A_ROW))

    def _rest(self, held: Held) -> Ruling:
        """Nobody else of this domain is tried. What a second one says of us is taken as true."""
        complaint = stopped_by(held.outcome, held.verdict)
        if held.verdict.scope is not Scope.DOMAIN:
            accusers = self._accusers[held.verdict.means]
            accusers.add(held.row.domain)
            if len(accusers) > 1:
                return Ruling(State.DEFERRED, complaint)
        self._complaint = self._complaint or complaint
        return Ruling(State.DEFERRED, rests=True)

    def _weigh(self, held: Held) -> Ruling:
        """An answer that alone cannot tell whose fault it is, beside those before it."""
        domain, likeness = held.row.domain, held.likeness
        alike = [one for one in self._streak if one.likeness == likeness]
        domains = {one.row.domain for one in alike}
        of_domain = [one for one in self._held[domain] if one.likeness == likeness]
        others_are_taken = self.has_acceptance and domain not in self._domains
        if len(of_domain) >= ALIKE and others_are_taken and len(domains) == 1:
            return self._rest(held)
        if (
            len(alike) >= ALIKE
            or (len(domains) > 1 and held.verdict.has_seen_all)
            or (len(self._streak) >= ALIKE and not self.has_acceptance)
        ):
            fault = stopped_by_many(held.outcome, held.verdict, len(self._streak))
            return Ruling(State.DEFERRED, fault)
        if (count := self._last.count(likeness)) >= _MANY:
            fault = stopped_by_many(held.outcome, held.verdict, count, among=len(self._last))
            return Ruling(State.DEFERRED, fault)
        return Ruling(State.DEFERRED)
