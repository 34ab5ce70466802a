"""The engine between a real ledger and a real server: everyone ends in one recorded state."""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from newsletter_mailer.deliver import retry
from newsletter_mailer.deliver.books import BATCH, Memory
from newsletter_mailer.deliver.breaker import RESTS_IN_A_ROW
from newsletter_mailer.deliver.dialogue import Content
from newsletter_mailer.deliver.engine import Engine
from newsletter_mailer.deliver.judge import ALIKE, REFUSED_IN_A_ROW
from newsletter_mailer.deliver.loop import runner
from newsletter_mailer.deliver.pace import Pace, Window
from newsletter_mailer.deliver.replies import Outcome
from newsletter_mailer.deliver.session import connect
from newsletter_mailer.deliver.stop import Stop
from newsletter_mailer.deliver.stopping import (
    EverythingPutOff,
    MessageRefused,
    RunRefused,
    SenderRefused,
)
from newsletter_mailer.errors import CannotConnect, LedgerError
from newsletter_mailer.store.ledger import Ledger, open_ledger
from newsletter_mailer.store.progress import ProgressFile
from newsletter_mailer.store.rows import ClaimedRow, NewRun, PlannedRow, Settled
from newsletter_mailer.store.sender import Sender
from newsletter_mailer.store.states import OWED, State
from tests.smtp_client import CALM, SENDER, content, settings_for
from tests.smtp_server import Behaviour, Inbox, scripted_server

ISSUE = "2030-01"

Serve = Callable[..., Inbox]


def message(row: ClaimedRow) -> Content:
    return content(b"Message-ID: <%b>\r\n\r\nhello\r\n" % row.message_id.encode())


@dataclass
class Sending:
    """Runs over a ledger of its own; also looks on (engine.Watch)."""

    ledger: Ledger
    addresses: list[str]
    outcomes_told: list[Outcome] = field(default_factory=list)
    waits: list[tuple[float, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stop: Stop = field(default_factory=Stop)
    on_outcomes: Callable[[], None] = lambda: None

    def begin(self) -> Sender:
        return self.ledger.begin_run(
            NewRun(
                issue=ISSUE,
                now=datetime.now(UTC),
                content_hash="",
                files={},
                filters={},
                host="example.org",
            ),
            skipped={},
            rows=[
                PlannedRow(address=address, mailbox=address, variant="everyone", values={})
                for address in self.addresses
            ],
        )

    def run(
        self,
        port: int,
        *,
        ready: Callable[[ClaimedRow], Content] = message,
        memory: Callable[[Sender], object] = lambda sender: sender,
        connections: int = 4,
        pace: Pace | None = None,
        states: Sequence[State] = OWED,
        **more: float,
    ) -> bool:
        """Everything that campaign.run does around the engine."""
        settings, sender = settings_for(port), self.begin()
        pace = pace or Pace()
        pace.restore(sender.pace(), time.time())
        with runner() as loop:
            engine = Engine(
                connect=lambda: connect(settings, SENDER, CALM),
                first=loop.run(connect(settings, SENDER, CALM)),
                ready=ready,
                memory=cast(Memory, memory(sender)),
                marks=sender.journal,
                watch=self,
                stop=self.stop,
                pace=pace,
                states=states,
                connections=connections,
                **more,  # type: ignore[arg-type]  # per_connection is an int
            )
            try:
                return loop.run(engine.run())
            finally:
                loop.run(engine.abort())
                sender.close()

    def outcomes(self, outcomes: Sequence[tuple[ClaimedRow, Outcome]]) -> None:
        self.outcomes_told += [outcome for _, outcome in outcomes]
        self.on_outcomes()

    def waiting(self, until: float, why: str) -> None:
        self.waits.append((until, why))

    def note(self, text: str) -> None:
        self.notes.append(text)

    @property
    def counts(self) -> dict[str, int]:
        return counted(self.ledger)

    @property
    def journals(self) -> list[Path]:
        return [*self.ledger.path.parent.glob("*.journal")]


def counted(ledger: Ledger) -> dict[str, int]:
    return {state.value: count for state, count in ledger.counts(ISSUE).items()}


@pytest.fixture
def sending(tmp_path: Path) -> Iterator[Sending]:
    with open_ledger(tmp_path / "ledger.db") as ledger:
        ledger.hold()
        yield Sending(ledger, [f"reader{number:03}@example.org" for number in range(120)])


def test_everyone_gets_one_over_several_connections_that_are_reused(
    sending: Sending, inbox: Inbox
) -> None:
    assert sending.run(inbox.port, connections=4)

    assert sorted(inbox.recipients()) == sending.addresses
    assert sending.counts == {"sent": 120}
    assert len(sending.outcomes_told) == 120
    assert 1 <= inbox.connections <= 4
    assert sending.journals == [], "all is in the ledger"


def test_two_connections_at_least_carry_at_once(sending: Sending, serve: Serve) -> None:
    """After the first, which goes alone, each waits before its dot until the other has begun."""
    sending.addresses = sending.addresses[:3]
    with scripted_server() as server:
        meeting = threading.Barrier(2, timeout=20)
        said = server.said

        def together(line: object, answer: bytes | str) -> bool:
            if answer == b"354 go on" and server.messages:
                meeting.wait()
            return said(line, answer)  # type: ignore[arg-type]  # a socket

        server.said = together  # type: ignore[method-assign]
        assert sending.run(server.port, connections=2)

    assert sending.counts == {"sent": 3}


def test_running_again_sends_to_nobody_twice(sending: Sending, inbox: Inbox) -> None:
    sending.run(inbox.port)
    sending.run(inbox.port)

    assert sorted(inbox.recipients()) == sending.addresses


@pytest.mark.parametrize("connections", [1, 3])
def test_every_row_ends_in_exactly_one_recorded_state(
    sending: Sending, serve: Serve, connections: int
) -> None:
    kinds = [None, "450 4.2.0 later", "550 5.1.1 no", None]
    answers = dict(zip(sending.addresses, itertools.cycle(kinds), strict=False))
    dropped, taken = sending.addresses[100:101], sending.addresses[104:105]
    dot = {**dict.fromkeys(dropped, "drop"), **dict.fromkeys(taken, "accept and drop")}
    answers.update(dict.fromkeys(dot))
    inbox = serve(Behaviour(at_rcpt=answers.get, at_dot=dot.get))

    sending.run(inbox.port, connections=connections)

    tried = Counter(answers[address] for address in sending.addresses if address not in dot)
    assert sending.counts == {
        "sent": tried[None],
        "deferred": tried[kinds[1]],
        "refused": tried[kinds[2]],
        "unknown": 2,
    }
    states = sending.ledger.states(ISSUE, [*dot])
    assert {*states.values()} == {State.UNKNOWN}
    assert len(inbox.recipients()) == len({*inbox.recipients()})
    assert len(sending.outcomes_told) == 120


def test_a_crash_while_filling_stops_with_everything_recorded_and_the_rest_owed(
    sending: Sending, inbox: Inbox
) -> None:
    made = itertools.count()

    def ready(row: ClaimedRow) -> Content:
        if next(made) == 20:
            raise ZeroDivisionError("planted")
        return message(row)

    with pytest.raises(ZeroDivisionError, match="planted"):
        sending.run(inbox.port, ready=ready, connections=2)

    sent = len(inbox.recipients())
    assert 18 <= sent <= 22
    assert sending.counts == {"sent": sent, "queued": 120 - sent}
    assert len(sending.outcomes_told) == sent
    assert sending.journals == []


def test_nothing_begins_after_a_person_says_stop(sending: Sending, serve: Serve) -> None:
    taken = itertools.count(1)

    def at_dot(address: str) -> None:
        if next(taken) == 10:
            sending.stop.set()

    inbox = serve(Behaviour(at_dot=at_dot))
    assert not sending.run(inbox.port, connections=2)

    sent = len(inbox.recipients())
    assert 10 <= sent <= 12
    assert sending.counts == {"sent": sent, "queued": 120 - sent}
    assert sending.journals == []


@dataclass
class Faulty:
    """A ledger whose transactions fail (books.Memory): from the second on, so many times."""

    sender: Sender
    failures: int
    is_met: bool = False

    def record_and_claim(
        self,
        settled: Sequence[Settled],
        count: int,
        *,
        due: Mapping[State, float],
        pace: Mapping[str, float],
        refused: Sequence[int],
    ) -> list[ClaimedRow]:
        if settled and self.failures:
            self.failures -= 1
            raise LedgerError("The ledger cannot be used: the disk is full.")
        return self.sender.record_and_claim(settled, count, due=due, pace=pace, refused=refused)

    def rest(self, domains: Sequence[str], claimed: Sequence[int]) -> None:
        self.sender.rest(domains, claimed)

    def give_back(self, rows: Mapping[int, float]) -> None:
        self.sender.give_back(rows)

    def must_not_be_mailed(self, row: ClaimedRow) -> bool:
        return self.sender.must_not_be_mailed(row)

    def next_due(self) -> Mapping[State, tuple[float, int]]:
        return self.sender.next_due()


@pytest.fixture
def many(sending: Sending) -> int:
    """More readers than are claimed at once."""
    sending.addresses = [f"reader{number:04}@example.org" for number in range(4 * BATCH)]
    return len(sending.addresses)


def test_a_ledger_that_fails_stops_the_run_and_no_outcome_is_lost(
    sending: Sending, many: int, inbox: Inbox
) -> None:
    with pytest.raises(LedgerError, match="disk is full"):
        sending.run(inbox.port, memory=lambda sender: Faulty(sender, 1), connections=2)

    sent = len(inbox.recipients())
    assert 0 < sent < many
    assert sending.counts == {"sent": sent, "queued": many - sent}
    assert len(sending.outcomes_told) == sent


class FullDisk(ProgressFile):
    """Takes so many marks, and claims for ever or never."""

    def __init__(self, marks: int, *, takes_commits: bool) -> None:
        self.left, self.takes_commits = marks, takes_commits

    def committed(self, commits: int) -> None:
        if not self.takes_commits:
            raise LedgerError("sent.toml cannot be written: no space. No further message leaves.")

    def marked(self, marks: int) -> None:
        self.left -= 1
        if self.left < 0:
            raise LedgerError("sent.toml cannot be written: no space. No further message leaves.")

    def close(self) -> None: ...


@pytest.mark.parametrize(("marks", "takes_commits"), [(0, True), (7, True), (1_000, False)])
def test_progress_that_cannot_be_told_stops_the_run_and_loses_nobody(
    sending: Sending, many: int, inbox: Inbox, marks: int, takes_commits: bool
) -> None:
    def told(sender: Sender) -> Sender:
        sender.journal.tell(FullDisk(marks, takes_commits=takes_commits))
        return sender

    with pytest.raises(LedgerError, match="No further message leaves"):
        sending.run(inbox.port, memory=told, connections=2)
    sent = len(inbox.recipients())
    assert sent <= marks
    assert sent < many
    assert sending.counts == {
        name: count for name, count in (("sent", sent), ("queued", many - sent)) if count
    }
    assert sending.journals == []

    assert sending.run(inbox.port, connections=2)
    assert sorted(inbox.recipients()) == sending.addresses


def test_what_a_ledger_never_took_stands_in_the_journal_for_the_next_sender(
    sending: Sending, many: int, inbox: Inbox
) -> None:
    with pytest.raises(LedgerError, match="disk is full"):
        sending.run(inbox.port, memory=lambda sender: Faulty(sender, 99), connections=2)
    sent = len(inbox.recipients())
    assert 0 < sent < many
    assert "sent" not in sending.counts
    assert len(sending.journals) == 1

    sending.ledger.close()
    with open_ledger(sending.ledger.path) as again:
        again.hold()
        assert counted(again) == {"sent": sent, "queued": many - sent}
        next_run = Sending(again, sending.addresses)
        assert next_run.run(inbox.port)
    assert sorted(inbox.recipients()) == sending.addresses
    assert sending.journals == []


def test_a_full_journal_holds_up_the_lines_until_a_commit(
    sending: Sending, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter_mailer.store.journal.SLOTS", 16)
    monkeypatch.setattr("newsletter_mailer.deliver.books.RECORD_AFTER", 0.1)
    waiting: list[int] = []

    def memory(sender: Sender) -> Sender:
        dot = sender.journal.dot

        def noted(row: int, attempt: int) -> int | None:
            slot = dot(row, attempt)
            if slot is None:
                waiting.append(row)
            return slot

        sender.journal.dot = noted  # type: ignore[method-assign]
        return sender

    assert sending.run(inbox.port, memory=memory)

    assert waiting, "there was never a line that had to wait"
    assert sorted(inbox.recipients()) == sending.addresses
    assert sending.counts == {"sent": 120}


def test_a_screen_that_fails_stops_the_run_and_no_outcome_is_lost(
    sending: Sending, many: int, inbox: Inbox
) -> None:
    def gone() -> None:
        raise BrokenPipeError

    sending.on_outcomes = gone
    with pytest.raises(BrokenPipeError):
        sending.run(inbox.port, connections=2)

    sent = len(inbox.recipients())
    counts = sending.counts
    assert 0 < sent < many
    assert sent - counts["sent"] == counts.get("unknown", 0) <= 2, "in flight"
    assert counts["queued"] == many - sent
    assert sending.journals == []


def test_a_refused_sender_stops_with_everyone_still_owed(sending: Sending, serve: Serve) -> None:
    inbox = serve(Behaviour(at_mail=lambda address: "550 5.7.1 not you"))

    with pytest.raises(SenderRefused, match=r"550 5\.7\.1 not you") as told:
        sending.run(inbox.port)

    assert "BOUNCE_ADDRESS" in str(told.value)
    assert sending.counts == {"deferred": 1, "queued": 119}


@pytest.mark.parametrize(
    ("answers", "tried"),
    [
        ({"EHLO": b"250-me\r\n250 SIZE 30"}, 0),
        ({"MAIL": b"552 5.3.4 too big"}, 1),
        ({"EHLO": b"250-me\r\n250 PIPELINING", "MAIL": b"552 5.3.4 too big"}, 1),
    ],
)
def test_a_message_that_is_too_large_for_the_server_stops_the_run(
    sending: Sending, answers: dict[str, bytes], tried: int
) -> None:
    with scripted_server(answers) as server, pytest.raises(MessageRefused, match="pictures"):
        sending.run(server.port)

    assert server.messages == []
    assert sending.counts.get("deferred", 0) == tried
    assert sending.counts["queued"] == 120 - tried


def test_an_address_beyond_ascii_waits_for_a_server_that_takes_it(
    sending: Sending, serve: Serve
) -> None:
    sending.addresses = ["zoë@example.org", "ann@example.org", "josé@example.org"]
    unable, able = serve(Behaviour(smtputf8=False)), serve()

    assert sending.run(unable.port)
    (told,) = {outcome.reply for outcome in sending.outcomes_told if outcome.code is None}
    assert "SMTPUTF8" in told
    assert sending.counts == {"sent": 1, "deferred": 2}
    assert sending.run(able.port)

    assert unable.recipients() == ["ann@example.org"]
    assert sorted(able.recipients()) == ["josé@example.org", "zoë@example.org"]


def test_a_server_that_refuses_everyone_ends_the_run_instead_of_burning_the_list(
    sending: Sending, serve: Serve
) -> None:
    inbox = serve(Behaviour(at_rcpt=lambda address: "550 5.7.1 blocked"))

    with pytest.raises(RunRefused, match=r"550 5\.7\.1 blocked"):
        sending.run(inbox.port)

    assert sending.counts == {"deferred": ALIKE, "queued": 120 - ALIKE}


def test_refusals_with_a_yes_between_them_end_nothing(sending: Sending, serve: Serve) -> None:
    welcome = {*sending.addresses[::REFUSED_IN_A_ROW]}
    inbox = serve(Behaviour(at_rcpt=lambda address: None if address in welcome else "550 5.1.1 no"))

    assert sending.run(inbox.port, connections=1)
    assert sending.counts == {"sent": len(welcome), "refused": 120 - len(welcome)}


@pytest.mark.parametrize(
    "reply",
    [
        "452 4.3.1 no space left",
        "450 4.7.1 Error: too much mail from 192.0.2.1",
        "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded",
        "454 Throttling failure: Maximum sending rate exceeded",
    ],
)
def test_a_server_that_puts_off_everyone_is_left_alone(
    sending: Sending, serve: Serve, monkeypatch: pytest.MonkeyPatch, reply: str
) -> None:
    monkeypatch.setattr("newsletter_mailer.deliver.pace.FIRST_REST", 0.01)
    monkeypatch.setattr("newsletter_mailer.deliver.pace.LONGEST_REST", 0.05)
    inbox = serve(Behaviour(at_rcpt=lambda address: reply))

    with pytest.raises(EverythingPutOff, match=re.escape(reply)):
        sending.run(inbox.port, connections=1)

    assert sending.counts == {"deferred": RESTS_IN_A_ROW, "queued": 120 - RESTS_IN_A_ROW}


def test_a_server_that_dies_stops_the_run_and_the_rest_is_owed(sending: Sending) -> None:
    with scripted_server() as server:
        said, taken = server.said, itertools.count(1)

        def dying(line: object, answer: bytes | str) -> bool:
            goes_on = said(line, answer)  # type: ignore[arg-type]  # a socket
            if answer == b"250 2.0.0 OK" and next(taken) == 30:
                server.close()
            return goes_on

        server.said = dying  # type: ignore[method-assign]
        with pytest.raises(CannotConnect, match="does not answer"):
            sending.run(server.port, connections=2)

    counts = sending.counts
    assert sum(counts.values()) == 120
    assert counts["sent"] >= 29
    assert counts.get("unknown", 0) <= 2
    assert len(server.messages) <= counts["sent"] + counts.get("unknown", 0)
    assert counts["queued"] >= 70
    assert "sending" not in counts


def test_a_connection_that_the_server_closed_at_rest_costs_nobody_a_delay(
    sending: Sending,
) -> None:
    sending.addresses = sending.addresses[:6]
    with scripted_server() as server:
        said = server.said

        def impatient(line: object, answer: bytes | str) -> bool:
            """Hangs up after each message."""
            goes_on = said(line, answer)  # type: ignore[arg-type]  # a socket
            return goes_on and answer != b"250 2.0.0 OK"

        server.said = impatient  # type: ignore[method-assign]
        assert sending.run(server.port, connections=1)

    assert sending.counts == {"sent": 6}
    assert server.connections >= 6


@pytest.mark.parametrize("offered", [{}, {"EHLO": b"250-me\r\n250 PIPELINING"}])
def test_a_server_that_takes_few_messages_per_connection_is_met_anew(
    sending: Sending, offered: dict[str, bytes]
) -> None:
    sending.addresses = sending.addresses[:2]
    full = {**offered, "MAIL": b"421 4.7.0 too many messages"}
    with scripted_server(full, offered) as server:
        assert sending.run(server.port, connections=1)

    assert sending.counts == {"sent": 2}
    assert server.connections == 2


def test_a_connection_has_its_share_of_messages_and_no_more(sending: Sending, inbox: Inbox) -> None:
    sending.addresses = sending.addresses[:25]

    assert sending.run(inbox.port, connections=1, per_connection=10)

    assert sorted(inbox.recipients()) == sending.addresses
    assert inbox.connections == 3


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was put off is tried again in a moment."""
    monkeypatch.setattr(retry, "FIRST_DELAY", 0.05)
    monkeypatch.setattr(retry, "GREYLISTED", 0.05)


@pytest.mark.usefixtures("soon")
def test_deferred_readers_are_tried_again_until_the_time_is_up(
    sending: Sending, serve: Serve
) -> None:
    sending.addresses = sending.addresses[:3]
    tries: Counter[str] = Counter()

    def greylisting(address: str) -> str | None:
        tries[address] += 1
        number = sending.addresses.index(address)
        return "451 4.7.1 greylisted" if tries[address] <= number else None

    inbox = serve(Behaviour(at_rcpt=greylisting))
    assert sending.run(inbox.port, retry_for=30)

    assert sending.counts == {"sent": 3}
    assert sorted(tries.values()) == [1, 2, 3]


def test_a_wait_that_is_worth_a_word_is_told(
    sending: Sending, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "FIRST_DELAY", 1.5)
    sending.addresses = sending.addresses[:3]
    tries: Counter[str] = Counter()

    def busy(address: str) -> str | None:
        tries[address] += 1
        return "450 4.2.0 busy" if address != sending.addresses[0] and tries[address] == 1 else None

    began = time.time()
    assert sending.run(serve(Behaviour(at_rcpt=busy)).port, retry_for=30)

    (until, why), *_ = sending.waits
    assert until > began + 1
    assert why == "2 to be tried again"


@pytest.mark.usefixtures("soon")
def test_what_stays_deferred_is_left_for_the_next_run(sending: Sending, serve: Serve) -> None:
    sending.addresses = sending.addresses[:2]
    inbox = serve(Behaviour(at_rcpt=lambda address: "451 4.7.1 greylisted"))

    assert sending.run(inbox.port, retry_for=0.5)
    assert sending.counts == {"deferred": 2}

    inbox.behaviour.at_rcpt = lambda address: None
    assert sending.run(inbox.port)
    assert sending.counts == {"sent": 2}


def test_a_pause_that_is_longer_than_the_time_given_is_cut_short_for_a_last_try(
    sending: Sending, serve: Serve
) -> None:
    sending.addresses = sending.addresses[:2]
    tries: Counter[str] = Counter()

    def greylisting(address: str) -> str | None:
        tries[address] += 1
        return "451 4.7.1 greylisted for 5 minutes" if tries[address] == 1 else None

    began = time.time()
    assert sending.run(serve(Behaviour(at_rcpt=greylisting)).port, retry_for=1.5)

    assert sending.counts == {"sent": 2}
    assert time.time() - began >= 1.5


@pytest.mark.parametrize("pace", [Pace(), Pace(per_minute=60_000), Pace(by_domain={"*": 60_000})])
def test_without_a_time_to_retry_each_is_tried_once(
    sending: Sending, serve: Serve, pace: Pace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "GREYLISTED", 0.0)
    tries: Counter[str] = Counter()

    def later(address: str) -> str:
        tries[address] += 1
        return "451 4.7.1 greylisted"

    assert sending.run(serve(Behaviour(at_rcpt=later)).port, pace=pace)

    assert {*tries.values()} == {1}
    assert sending.waits == []
    assert sending.counts == {"deferred": 120}


def test_only_those_of_the_states_asked_for_are_tried(sending: Sending, serve: Serve) -> None:
    late = {*sending.addresses[:10]}
    inbox = serve(Behaviour(at_rcpt=lambda one: "450 4.2.0 later" if one in late else None))
    sending.run(inbox.port)
    inbox.behaviour.at_rcpt = lambda address: None
    sending.addresses += ["new@example.org"]

    assert sending.run(inbox.port, states=[State.DEFERRED], pace=Pace(per_minute=6_000))

    assert {*inbox.recipients()} == {*sending.addresses} - {"new@example.org"}
    assert sending.counts == {"sent": 120, "queued": 1}


def test_the_pace_is_kept(sending: Sending, inbox: Inbox) -> None:
    sending.addresses = sending.addresses[:6]
    began = time.monotonic()

    assert sending.run(inbox.port, pace=Pace(per_minute=1200))

    assert time.monotonic() - began >= 5 * 60 / 1200
    assert sending.counts == {"sent": 6}


def test_a_slow_pace_claims_only_those_that_leave_soon(sending: Sending, inbox: Inbox) -> None:
    ahead: list[int] = []

    def ready(row: ClaimedRow) -> Content:
        with open_ledger(sending.ledger.path) as other:
            ahead.append(other.counts(ISSUE).get(State.SENDING, 0))
        if len(ahead) == 4:
            sending.stop.set()
        return message(row)

    sending.run(inbox.port, ready=ready, pace=Pace(per_minute=120))

    assert max(ahead) <= 8, "two per second, and what is in flight"


def test_a_limit_of_one_domain_holds_up_no_other(sending: Sending, inbox: Inbox) -> None:
    slow = [f"reader{number}@slow.example" for number in range(300)]
    quick = [f"reader{number}@quick.example" for number in range(300)]
    sending.addresses = [*slow, *quick]

    def at_dot(address: str) -> None:
        if sum(one in quick for one in inbox.recipients()) >= len(quick) - 1:
            sending.stop.set()

    inbox.behaviour.at_dot = at_dot
    sending.run(inbox.port, pace=Pace(by_domain={"slow.example": 2}))

    assert len({*quick} - {*inbox.recipients()}) <= 1
    assert sum(one in slow for one in inbox.recipients()) <= 2
    assert "sending" not in sending.counts


def test_limits_hold_over_a_restart(sending: Sending, inbox: Inbox) -> None:
    sending.addresses = sending.addresses[:2]
    began = time.monotonic()
    sending.run(inbox.port, pace=Pace(per_minute=30), connections=1)
    sending.addresses = ["late@example.org"]
    sending.run(inbox.port, pace=Pace(per_minute=30), connections=1)

    assert time.monotonic() - began >= 4 * 0.999
    assert len(inbox.recipients()) == 3


def test_a_long_wait_keeps_nothing_claimed_and_can_be_ended(sending: Sending, inbox: Inbox) -> None:
    now = datetime.now(UTC)
    closed = Window((now - timedelta(hours=3)).time(), (now - timedelta(hours=2)).time(), UTC)
    seen: list[dict[str, int]] = []

    def waiting(until: float, why: str) -> None:
        with open_ledger(sending.ledger.path) as other:
            seen.append(counted(other))
        assert why == "120 held back by a limit"
        assert until >= (now + timedelta(hours=20)).timestamp()
        sending.stop.set()

    sending.waiting = waiting  # type: ignore[method-assign]
    assert not sending.run(inbox.port, pace=Pace(window=closed))

    assert seen == [{"queued": 120}]
    assert inbox.recipients() == []


@pytest.mark.usefixtures("many")
def test_at_most_two_batches_are_claimed_ahead(sending: Sending, inbox: Inbox) -> None:
    ahead: list[int] = []

    def ready(row: ClaimedRow) -> Content:
        with open_ledger(sending.ledger.path) as other:
            ahead.append(other.counts(ISSUE).get(State.SENDING, 0))
        return message(row)

    sending.run(inbox.port, ready=ready, connections=1)

    assert BATCH <= max(ahead) <= 2 * BATCH + 2


def test_a_suppression_of_the_last_minute_is_obeyed(
    sending: Sending, many: int, inbox: Inbox
) -> None:
    late = sending.addresses[-1]

    def at_dot(address: str) -> None:
        if address == sending.addresses[0]:
            with open_ledger(sending.ledger.path) as other:
                other.suppressions.add(late, "unsubscribed", datetime.now(UTC))

    inbox.behaviour.at_dot = at_dot
    assert sending.run(inbox.port, connections=1)

    assert late not in inbox.recipients()
    assert sending.counts == {"sent": many - 1, "queued": 1}


def test_every_outcome_is_recorded_with_what_the_server_said(
    sending: Sending, serve: Serve
) -> None:
    sending.addresses = sending.addresses[:3]
    replies = dict(zip(sending.addresses, [None, "450 4.2.0 Später", "550 5.1.1 no"], strict=True))
    sending.run(serve(Behaviour(at_rcpt=replies.get)).port)

    told = [
        (row.state.value, row.code, row.enhanced, row.text)
        for row in sending.ledger.deliveries(ISSUE)
    ]
    assert told == [
        ("sent", 250, "2.0.0", "OK"),
        ("deferred", 450, "4.2.0", "Später"),
        ("refused", 550, "5.1.1", "no"),
    ]
