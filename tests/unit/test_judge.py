"""Whose fault it is, judged over simulated audiences: only readers' own faults lose readers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.deliver.answers.likeness import what_is_common
from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.judge import ALIKE, REFUSED_IN_A_ROW, Judge
from newsletter_mailer.deliver.smtp.answer import SmtpAnswer, answer_of
from newsletter_mailer.deliver.smtp.replies import Reply
from newsletter_mailer.deliver.smtp.stage import Stage
from newsletter_mailer.errors import DeliveryError
from newsletter_mailer.store.claims import ClaimedRow
from newsletter_mailer.store.states import State

Server = Callable[[ClaimedRow], SmtpAnswer]

YES = SmtpAnswer(Outcome(State.SENT, 250), Stage.DOT)
OWED = (State.QUEUED, State.DEFERRED)
AT_ONCE = 3


def no(reply: str, stage: Stage = Stage.RCPT) -> SmtpAnswer:
    return answer_of(Reply(int(reply[:3]), reply[4:].encode()), stage)


DEAD = no("550 5.1.1 User unknown")
#: Words that are known, and words that nobody knows.
OURS = [
    no("554 5.2.252 SendAsDenied", Stage.DOT),
    no("550 5.1.90 daily limit", Stage.DOT),
    no("554 5.7.1 Relay access denied"),
    no("553 5.7.1 not owned by user", Stage.MAIL),
]
UNKNOWN = [
    no("550 it is thursday"),
    no("554 5.7.1 it is thursday"),
    no("554 5.7.1 it is thursday", Stage.DOT),
    no("550 5.5.0 it is thursday", Stage.DOT),
    no("503 it is thursday", Stage.DATA),
]


@dataclass
class Audience:
    """Readers with their states, and what came of the runs over them."""

    rows: list[ClaimedRow]
    states: dict[int, State] = field(init=False)
    noes: int = 0  #: of the last run

    def __post_init__(self) -> None:
        self.states = {row.id: State.QUEUED for row in self.rows}

    def run(self, server: Server) -> DeliveryError | None:
        """What the engine does. Messages that leave together are answered by the same server, and
        the answers come back in any order.
        """
        judge = Judge(has_earlier=State.SENT in self.states.values())
        left = sorted(
            (row for row in self.rows if self.states[row.id] in OWED),
            key=lambda row: OWED.index(self.states[row.id]),
        )
        self.noes = 0
        fault: DeliveryError | None = None
        tried: set[str] = set()
        while left and fault is None:
            if judge.is_careful:
                left.sort(key=lambda row: row.domain in tried)
                tried.add(left[0].domain)
            leaving = left[: 1 if judge.is_careful else AT_ONCE]
            del left[: len(leaving)]
            for row in leaving:
                judge.begins(row)
            answers = [(row, server(row)) for row in leaving]
            for row, answer in reversed(answers):
                if answer.outcome.state is State.SENT:
                    self.states[row.id] = State.SENT
                    self.refuse(held.row for held in judge.accepted(row))
                    judge.ends(row)
                    continue
                self.noes += 1
                likeness = what_is_common(answer.outcome, row.mailbox)
                ruling = judge.said_no(row, answer.outcome, answer.verdict(), likeness)
                judge.ends(row)
                self.states[row.id] = ruling.state
                fault = fault or ruling.fault
                if ruling.rests:
                    left = [one for one in left if one.domain != row.domain]
        if fault is None:
            refused, fault = judge.all_tried()
            self.refuse(held.row for held in refused)
        return fault

    def refuse(self, rows: Iterable[ClaimedRow]) -> None:
        for row in rows:
            assert self.states[row.id] is State.DEFERRED
            self.states[row.id] = State.REFUSED

    def those(self, *states: State) -> set[int]:
        return {row for row, state in self.states.items() if state in states}


def audience(*domains: int) -> Audience:
    """So many readers of each domain, who take turns."""
    named = [
        [f"reader{number}@d{domain}.example" for number in range(count)]
        for domain, count in enumerate(domains)
    ]
    turns = [one for turn in itertools.zip_longest(*named) for one in turn if one is not None]
    return Audience([row(number, address) for number, address in enumerate(turns)])


def row(number: int, address: str) -> ClaimedRow:
    return ClaimedRow(
        id=number,
        address=address,
        mailbox=address,
        domain=address.partition("@")[2],
        variant="full",
        values={},
        message_id=f"{number}@example.org",
        attempt=1,
    )


def with_dead(dead: Iterable[int], otherwise: Server = lambda row: YES) -> Server:
    gone = {*dead}
    return lambda row: DEAD if row.id in gone else otherwise(row)


def after(count: int, answer: SmtpAnswer) -> Server:
    """Takes so many messages, and then says that."""
    taken = itertools.count()
    return lambda row: YES if next(taken) < count else answer


def at(domain: str, answer: SmtpAnswer) -> Server:
    return lambda row: answer if row.domain == domain else YES


AUDIENCES = st.lists(st.integers(1, 12), min_size=1, max_size=5).map(lambda some: audience(*some))


@given(people=AUDIENCES, data=st.data())
def test_a_fault_of_ours_refuses_only_those_who_are_gone(
    people: Audience, data: st.DataObject
) -> None:
    dead = data.draw(st.sets(st.sampled_from([one.id for one in people.rows])))
    fault = data.draw(st.sampled_from([*OURS, *UNKNOWN]))
    begins = data.draw(st.integers(0, len(people.rows)))

    people.run(with_dead(dead, after(begins, fault)))
    assert people.those(State.REFUSED) <= dead
    for _ in range(3):
        people.run(with_dead(dead))

    assert people.those(State.SENT) == {one.id for one in people.rows} - dead
    assert people.those(State.REFUSED) <= dead
    if people.those(State.SENT):
        assert people.those(State.REFUSED) == dead


@given(people=AUDIENCES, fault=st.sampled_from([*OURS, *UNKNOWN]))
def test_a_fault_of_ours_costs_three_answers_at_most_and_is_told(
    people: Audience, fault: SmtpAnswer
) -> None:
    stopped = people.run(lambda row: fault)

    assert stopped is not None
    assert fault.outcome.reply in str(stopped)
    assert people.noes <= (1 if fault in OURS else ALIKE)
    assert people.those(State.REFUSED) == set()


@pytest.mark.parametrize(
    "fault", [*OURS, *UNKNOWN], ids=lambda one: f"{one.stage} {one.outcome.words}"
)
@pytest.mark.parametrize("domains", [(300,), (150, 150), (100, 100, 60, 20, 20)])
def test_a_limit_after_a_hundred_loses_nobody(domains: tuple[int, ...], fault: SmtpAnswer) -> None:
    people = audience(*domains)

    assert people.run(after(100, fault)) is not None
    assert people.noes <= ALIKE + 2 * AT_ONCE
    assert people.those(State.REFUSED) == set()
    assert people.run(lambda row: YES) is None
    assert len(people.those(State.SENT)) == 300


@given(
    people=st.lists(st.integers(1, 12), min_size=2, max_size=5).map(lambda some: audience(*some)),
    fault=st.sampled_from(
        [no("550 5.7.507 blocked"), no("550 5.4.1 Recipient address rejected: Access denied")]
    ),
)
def test_a_domain_that_refuses_everybody_is_not_its_readers_fault(
    people: Audience, fault: SmtpAnswer
) -> None:
    """But for its only reader, of whom nobody could tell."""
    theirs = {one.id for one in people.rows if one.domain == "d0.example"}

    people.run(at("d0.example", fault))

    assert people.those(State.SENT) == {one.id for one in people.rows} - theirs
    if len(theirs) > 1:
        assert people.those(State.REFUSED) == set()
        people.run(lambda row: YES)
        assert people.those(*OWED) == set()


@given(people=AUDIENCES)
def test_a_message_that_nobody_takes_is_tried_on_a_few(people: Audience) -> None:
    stopped = people.run(lambda row: no("554 5.3.4 message too large", Stage.DOT))

    assert stopped is not None
    assert people.noes == 1
    assert people.those(State.REFUSED) == set()


@pytest.mark.parametrize("count", [3, 49, 60, 120])
@pytest.mark.parametrize("where", ["first", "middle", "last"])
def test_dead_addresses_that_stand_together_are_found_out(count: int, where: str) -> None:
    """Of a domain whose other readers live. After 50 in a row a run stops and asks."""
    people = audience(200)
    begins = {"first": 0, "middle": 70, "last": 200 - count}[where]
    dead = {*range(begins, begins + count)}
    runs = 0
    while people.those(*OWED) and runs < 8:
        runs += 1
        people.run(with_dead(dead))

    assert people.those(State.REFUSED) == dead
    assert people.those(State.SENT) == {*range(200)} - dead
    assert runs <= 1 + 2 * (count // REFUSED_IN_A_ROW + 1)


def test_a_whole_council_that_moved_is_refused_if_its_server_says_so() -> None:
    people = audience(100, 100, 100)

    assert people.run(at("d1.example", DEAD)) is None
    assert len(people.those(State.REFUSED)) == 100


def test_one_reader_is_refused_by_words_that_nobody_knows_if_others_there_are_taken() -> None:
    people = audience(20, 20)

    assert people.run(lambda row: UNKNOWN[0] if row.id == 7 else YES) is None
    assert people.those(State.REFUSED) == {7}


def test_after_the_dot_words_that_nobody_knows_never_refuse() -> None:
    people = audience(20, 20)

    assert people.run(lambda row: UNKNOWN[2] if row.id == 7 else YES) is None
    assert people.those(State.DEFERRED) == {7}


def test_a_domain_whose_only_reader_gets_words_that_nobody_knows_is_left_open() -> None:
    people = audience(20, 1)
    lone = next(one.id for one in people.rows if one.domain == "d1.example")

    assert people.run(at("d1.example", UNKNOWN[0])) is None
    assert people.those(State.DEFERRED) == {lone}


@pytest.mark.parametrize("domains", [(200,), (100, 100)])
@pytest.mark.parametrize("every", [2, 3, 5, 8, 12])
def test_a_limit_that_lets_one_through_now_and_then_stops_the_run(
    domains: Sequence[int], every: int
) -> None:
    people = audience(*domains)
    asked = itertools.count()

    stopped = people.run(lambda row: UNKNOWN[0] if (n := next(asked)) > 50 and n % every else YES)

    assert stopped is not None
    assert people.noes <= 20
    assert people.those(State.REFUSED) == set()


@pytest.mark.parametrize(
    ("reply", "count", "told"),
    [
        (
            "550 it is thursday",
            3,
            "It cannot be told whose fault that is. Ask whoever runs the server.",
        ),
        (
            "550 5.1.1 User unknown",
            50,
            (
                "The reader's server knows no such address. Correct the address in your list, or "
                "remove it. So many may be the server's fault, too: ask whoever runs it."
            ),
        ),
    ],
)
def test_why_many_answers_stop_a_run_is_said_as_it_is(reply: str, count: int, told: str) -> None:
    stopped = audience(200).run(after(100, no(reply)))

    how_many = f"{count} messages in a row"
    assert str(stopped) == f"The server refused {how_many}, the last one with: {reply}. {told}"


def test_acceptances_between_are_not_counted_as_a_row() -> None:
    asked = itertools.count()

    stopped = audience(200).run(
        lambda row: UNKNOWN[0] if (n := next(asked)) > 50 and n % 2 else YES
    )

    assert "The server refused 10 of the last 20 messages, the last one with:" in str(stopped)


def test_a_server_that_refuses_everybody_with_other_words_each_time_stops_as_early() -> None:
    people = audience(20, 20, 20)

    assert people.run(lambda row: no(f"554 {'abcdefghij'[row.id % 10] * 5} says no")) is not None
    assert people.noes == ALIKE


def test_a_domain_that_refuses_all_of_its_readers_is_asked_three_times() -> None:
    """But for those whose messages had left by then."""
    people, full = audience(30, 30), no("550 5.4.1 Recipient address rejected: Access denied")

    assert people.run(at("d0.example", full)) is None
    assert ALIKE <= people.noes < ALIKE + AT_ONCE
    assert len(people.those(State.QUEUED)) == 30 - people.noes


def test_what_stopped_a_run_stays_owed_whatever_is_taken_after_it() -> None:
    """A message that left before, and whose answer comes late."""
    judge, people = Judge(), audience(9)
    nobody = no("550 5.1.1 nobody here")
    verdict = nobody.verdict()
    for one in people.rows[:4]:
        judge.begins(one)
    said = [judge.said_no(one, nobody.outcome, verdict, "alike") for one in people.rows[:1]]
    judge.begins(people.rows[5])
    said += [judge.said_no(one, nobody.outcome, verdict, "alike") for one in people.rows[1:3]]

    assert said[-1].fault is not None
    assert judge.accepted(people.rows[5]) == ()


def test_a_limit_that_lets_some_through_at_the_end_of_a_list_loses_nobody() -> None:
    people, asked = audience(20), itertools.count()

    people.run(lambda row: UNKNOWN[0] if (n := next(asked)) > 8 and n % 2 else YES)

    assert people.those(State.REFUSED) == set()


def test_a_content_that_two_domains_refuse_is_tried_on_no_third() -> None:
    people = audience(5, 5, 5)

    assert people.run(lambda row: UNKNOWN[2]) is not None
    assert people.noes == 2
