"""The engine between a real ledger and a real server: everyone ends in one recorded state."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter_mailer.deliver import engine as engine_module
from newsletter_mailer.deliver.engine import BATCH, Engine
from newsletter_mailer.deliver.pace import Pace, Window
from newsletter_mailer.deliver.replies import Outcome
from newsletter_mailer.deliver.smtp import SenderRefused, Timeouts, connect
from newsletter_mailer.errors import CannotConnect, LedgerError
from newsletter_mailer.smtp_settings import SmtpSettings
from newsletter_mailer.store.ledger import Ledger, open_ledger
from newsletter_mailer.store.rows import ClaimedRow, PlannedRow, Settled
from newsletter_mailer.store.states import State
from tests.smtp_server import Behaviour, Inbox, scripted_server

ISSUE = "2030-01"
TIMEOUTS = Timeouts(connect=5, command=5, after_dot=5, goodbye=1)

Serve = Callable[..., Inbox]


def message(row: ClaimedRow) -> bytes:
    return b"Message-ID: <%b>\r\n\r\nhello\r\n" % row.message_id.encode()


@dataclass
class Sending:
    """One run over a ledger of its own."""

    ledger: Ledger
    addresses: list[str]
    run: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    waits: list[tuple[datetime, int]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        self.run = self.ledger.begin_run(
            ISSUE,
            now=datetime.now(UTC),
            content_hash="",
            files={},
            filters={},
            skipped={},
            rows=[
                PlannedRow(address=address, mailbox=address, variant="everyone", values={})
                for address in self.addresses
            ],
            host="example.org",
        )

    def engine(
        self,
        port: int,
        *,
        ready: Callable[[ClaimedRow], bytes] = message,
        claim: Callable[[Sequence[Settled], int, datetime], list[ClaimedRow]] | None = None,
        on_outcome: Callable[[Outcome], None] = lambda outcome: None,
        connections: int = 4,
        pace: Pace | None = None,
        retry_for: float = 0,
    ) -> Engine:
        self.begin()
        settings = SmtpSettings(host="127.0.0.1", port=port, security="none")

        def noted(outcome: Outcome) -> None:
            self.outcomes.append(outcome)
            on_outcome(outcome)

        return Engine(
            connect=lambda: connect(settings, "news@example.org", TIMEOUTS),
            first=connect(settings, "news@example.org", TIMEOUTS),
            ready=ready,
            claim=claim or self.claim,
            give_back=lambda addresses: self.ledger.give_back(ISSUE, addresses),
            on_outcome=noted,
            on_wait=lambda until, count: self.waits.append((until, count)),
            stop=self.stop,
            connections=connections,
            pace=pace or Pace(),
            server="127.0.0.1",
            retry_until=datetime.now(UTC) + timedelta(seconds=retry_for),
        )

    def claim(
        self, settled: Sequence[Settled], count: int, not_after: datetime
    ) -> list[ClaimedRow]:
        return self.ledger.settle_and_claim(ISSUE, self.run, settled, count, not_after=not_after)

    @property
    def counts(self) -> dict[str, int]:
        return {state.value: count for state, count in self.ledger.counts(ISSUE).items()}


@pytest.fixture
def sending(tmp_path: Path) -> Iterator[Sending]:
    with open_ledger(tmp_path / "ledger.db") as ledger:
        yield Sending(ledger, [f"reader{number:03}@example.org" for number in range(120)])


def test_everyone_gets_one_over_several_connections_that_are_reused(
    sending: Sending, inbox: Inbox
) -> None:
    assert sending.engine(inbox.port, connections=4).run()

    assert sorted(inbox.recipients()) == sending.addresses
    assert sending.counts == {"sent": 120}
    assert len(sending.outcomes) == 120
    assert 1 <= inbox.connections <= 4


def test_two_connections_at_least_carry_at_once(sending: Sending, serve: Serve) -> None:
    meeting = threading.Barrier(2, timeout=20)
    sending.addresses = sending.addresses[:2]

    def ready(row: ClaimedRow) -> bytes:
        meeting.wait()
        return message(row)

    assert sending.engine(serve().port, ready=ready, connections=2).run()
    assert sending.counts == {"sent": 2}


def test_running_again_sends_to_nobody_twice(sending: Sending, inbox: Inbox) -> None:
    sending.engine(inbox.port).run()
    sending.engine(inbox.port).run()

    assert sorted(inbox.recipients()) == sending.addresses


@pytest.mark.parametrize("connections", [1, 3])
def test_every_row_ends_in_exactly_one_recorded_state(
    sending: Sending, serve: Serve, connections: int
) -> None:
    kinds = [None, "450 4.2.0 later", "550 5.1.1 no", None]
    answers = dict(zip(sending.addresses, itertools.cycle(kinds), strict=False))
    dropped, taken = sending.addresses[:2], sending.addresses[2:4]
    dot = {**dict.fromkeys(dropped, "drop"), **dict.fromkeys(taken, "accept and drop")}
    answers.update(dict.fromkeys(dot))
    inbox = serve(Behaviour(at_rcpt=answers.get, at_dot=dot.get))

    sending.engine(inbox.port, connections=connections).run()

    tried = Counter(answers[address] for address in sending.addresses[4:])
    assert sending.counts == {
        "sent": tried[None],
        "deferred": tried[kinds[1]],
        "refused": tried[kinds[2]],
        "unknown": 4,
    }
    states = sending.ledger.states(ISSUE, [*dot])
    assert {*states.values()} == {State.UNKNOWN}
    assert len(inbox.recipients()) == len({*inbox.recipients()})


def test_a_crash_while_filling_stops_with_everything_recorded_and_the_rest_owed(
    sending: Sending, inbox: Inbox
) -> None:
    made = itertools.count()

    def ready(row: ClaimedRow) -> bytes:
        if next(made) == 20:
            raise ZeroDivisionError("planted")
        return message(row)

    with pytest.raises(ZeroDivisionError, match="planted"):
        sending.engine(inbox.port, ready=ready, connections=2).run()

    sent = len(inbox.recipients())
    assert 18 <= sent <= 22
    assert sending.counts == {"sent": sent, "queued": 120 - sent}
    assert len(sending.outcomes) == sent


def test_nothing_begins_after_a_person_says_stop(sending: Sending, inbox: Inbox) -> None:
    def on_outcome(outcome: Outcome) -> None:
        if len(sending.outcomes) == 10:
            sending.stop.set()

    assert not sending.engine(inbox.port, on_outcome=on_outcome, connections=2).run()

    sent = len(inbox.recipients())
    assert 10 <= sent <= 14
    assert sending.counts == {"sent": sent, "queued": 120 - sent}


def test_a_ledger_that_fails_stops_the_run_and_no_outcome_is_lost(
    sending: Sending, inbox: Inbox
) -> None:
    calls = itertools.count()

    def claim(settled: Sequence[Settled], count: int, not_after: datetime) -> list[ClaimedRow]:
        if next(calls) == 1:
            time.sleep(0.3)  # the connections go on meanwhile
            raise LedgerError("The ledger cannot be used: the disk is full.")
        return sending.claim(settled, count, not_after)

    with pytest.raises(LedgerError, match="disk is full"):
        sending.engine(inbox.port, claim=claim, connections=2).run()

    sent = len(inbox.recipients())
    assert sent > 0
    assert sending.counts == {"sent": sent, "queued": 120 - sent}
    assert len(sending.outcomes) == sent


def test_a_screen_that_fails_stops_the_run_and_no_outcome_is_lost(
    sending: Sending, inbox: Inbox
) -> None:
    def on_outcome(outcome: Outcome) -> None:
        if len(sending.outcomes) == 5:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        sending.engine(inbox.port, on_outcome=on_outcome, connections=2).run()

    sent = len(inbox.recipients())
    assert sending.counts == {"sent": sent, "queued": 120 - sent}


def test_a_refused_sender_stops_with_everyone_still_owed(sending: Sending, serve: Serve) -> None:
    inbox = serve(Behaviour(at_mail=lambda address: "550 5.7.1 not you"))

    with pytest.raises(SenderRefused):
        sending.engine(inbox.port).run()

    assert sending.counts == {"queued": 120}


def test_a_server_that_dies_stops_the_run_and_the_rest_is_owed(sending: Sending) -> None:
    with scripted_server() as server:
        engine = sending.engine(
            server.port,
            connections=2,
            on_outcome=lambda outcome: server.close() if len(sending.outcomes) == 30 else None,
        )
        with pytest.raises(CannotConnect, match="does not answer"):
            engine.run()

    counts = sending.counts
    assert sum(counts.values()) == 120
    assert counts["sent"] >= 30
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
        assert sending.engine(server.port, connections=1).run()

    assert sending.counts == {"sent": 6}
    assert server.connections >= 6


def test_a_server_that_takes_few_messages_per_connection_is_met_anew(sending: Sending) -> None:
    sending.addresses = sending.addresses[:2]
    with scripted_server({"MAIL": b"421 4.7.0 too many messages"}, {}) as server:
        assert sending.engine(server.port, connections=1).run()

    assert sending.counts == {"sent": 2}
    assert server.connections == 2


def test_deferred_readers_are_tried_again_until_the_time_is_up(
    sending: Sending, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "FIRST_DELAY", 0.05)
    sending.addresses = sending.addresses[:3]
    tries: Counter[str] = Counter()

    def greylisting(address: str) -> str | None:
        tries[address] += 1
        number = sending.addresses.index(address)
        return "451 4.7.1 greylisted" if tries[address] <= number else None

    inbox = serve(Behaviour(at_rcpt=greylisting))
    assert sending.engine(inbox.port, retry_for=30).run()

    assert sending.counts == {"sent": 3}
    assert sorted(tries.values()) == [1, 2, 3]
    assert [count for _, count in sending.waits] == [2, 1]


def test_what_stays_deferred_is_left_for_the_next_run(
    sending: Sending, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "FIRST_DELAY", 0.05)
    sending.addresses = sending.addresses[:2]
    inbox = serve(Behaviour(at_rcpt=lambda address: "451 4.7.1 greylisted"))

    assert sending.engine(inbox.port, retry_for=0.5).run()
    assert sending.counts == {"deferred": 2}
    assert sending.waits[-1][0] <= datetime.now(UTC)

    inbox.behaviour.at_rcpt = lambda address: None
    assert sending.engine(inbox.port).run()
    assert sending.counts == {"sent": 2}


def test_without_a_time_to_retry_each_is_tried_once(sending: Sending, serve: Serve) -> None:
    tries: Counter[str] = Counter()

    def later(address: str) -> str:
        tries[address] += 1
        return "451 4.7.1 greylisted"

    assert sending.engine(serve(Behaviour(at_rcpt=later)).port).run()

    assert {*tries.values()} == {1}
    assert sending.waits == []
    assert sending.counts == {"deferred": 120}


def test_the_pace_is_kept(sending: Sending, inbox: Inbox) -> None:
    sending.addresses = sending.addresses[:6]
    began = time.monotonic()

    assert sending.engine(inbox.port, pace=Pace(per_minute=1200)).run()

    assert time.monotonic() - began >= 5 * 60 / 1200
    assert sending.counts == {"sent": 6}


def test_a_long_wait_keeps_nothing_claimed_and_can_be_ended(sending: Sending, inbox: Inbox) -> None:
    now = datetime.now(UTC)
    closed = Window((now - timedelta(hours=3)).time(), (now - timedelta(hours=2)).time(), UTC)
    engine = sending.engine(inbox.port, pace=Pace(window=closed))
    seen: list[dict[str, int]] = []

    def look_and_stop() -> None:
        time.sleep(0.3)
        with open_ledger(sending.ledger.path) as other:
            seen.append({state.value: count for state, count in other.counts(ISSUE).items()})
        sending.stop.set()

    looker = threading.Thread(target=look_and_stop)
    looker.start()
    assert not engine.run()
    looker.join()

    assert seen == [{"queued": 120}]
    assert inbox.recipients() == []


def test_at_most_a_batch_is_claimed_ahead(sending: Sending, inbox: Inbox) -> None:
    ahead: list[int] = []

    def ready(row: ClaimedRow) -> bytes:
        with open_ledger(sending.ledger.path) as other:
            ahead.append(other.counts(ISSUE).get(State.SENDING, 0))
        return message(row)

    sending.engine(inbox.port, ready=ready, connections=1).run()

    assert max(ahead) <= BATCH + 2


def test_a_suppression_of_the_last_minute_is_obeyed(sending: Sending, inbox: Inbox) -> None:
    late = sending.addresses[-1]

    def on_outcome(outcome: Outcome) -> None:
        if len(sending.outcomes) == 1:
            sending.ledger.suppressions.add(late, "unsubscribed", datetime.now(UTC))

    assert sending.engine(inbox.port, on_outcome=on_outcome, connections=1).run()

    assert late not in inbox.recipients()
    assert sending.counts == {"sent": 119, "queued": 1}
