"""The engine between a real ledger and a server: everyone ends in one recorded state.

What is not about SMTP holds for a server in memory, too, which is reached without a socket.
"""

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

from newsletter_mailer.deliver import backoff
from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.answers.scopes import Verdict
from newsletter_mailer.deliver.answers.stop_reasons import (
    EverythingPutOff,
    MessageRefused,
    RunRefused,
    SenderRefused,
)
from newsletter_mailer.deliver.circuit_breaker import RESTS_IN_A_ROW
from newsletter_mailer.deliver.claim_queue import BATCH
from newsletter_mailer.deliver.engine import Engine
from newsletter_mailer.deliver.event_loop import opened, runner
from newsletter_mailer.deliver.judge import ALIKE, REFUSED_IN_A_ROW
from newsletter_mailer.deliver.pace import Pace, Window
from newsletter_mailer.deliver.smtp import greylisting
from newsletter_mailer.deliver.smtp.answer import SmtpAnswer
from newsletter_mailer.deliver.smtp.transport import SmtpTransport
from newsletter_mailer.deliver.stop import Stop
from newsletter_mailer.deliver.transport import Content, Limits, Transport
from newsletter_mailer.errors import CannotConnect, LedgerError
from newsletter_mailer.store.claims import ClaimedRow, Claims, Settled
from newsletter_mailer.store.journal.progress_file import ProgressFile
from newsletter_mailer.store.ledger import Ledger
from newsletter_mailer.store.runs import NewRun, PlannedRow
from newsletter_mailer.store.sqlite.ledger import SqliteLedger
from newsletter_mailer.store.sqlite.store import SqliteStore
from newsletter_mailer.store.states import OWED, State
from tests.smtp_client import CALM, SENDER, content, settings_for
from tests.smtp_server import Behaviour, Inbox, Script, scripted_server
from tests.store.memory.ledger import MemoryLedger
from tests.store.stores import KEPT
from tests.transports.memory.transport import (
    MemoryAnswer,
    MemoryServer,
    MemoryTransport,
    TooManyRequests,
)

ISSUE = "2030-01"

Server = Inbox | MemoryServer
Serve = Callable[..., Server]


@pytest.fixture(params=["smtp", "memory"])
def serve(request: pytest.FixtureRequest, serve: Callable[..., Inbox]) -> Serve:
    """Starts servers, each time of one kind: `serve()`, `serve(Behaviour(...))`."""

    def in_memory(behaviour: Behaviour | None = None) -> MemoryServer:
        return MemoryServer(behaviour=behaviour or Behaviour())

    return serve if request.param == "smtp" else in_memory


def transport_to(server: Server | Script) -> Transport:
    if isinstance(server, MemoryServer):
        return MemoryTransport(server, SENDER)
    return SmtpTransport(settings_for(server.port), SENDER, CALM)


def message(row: ClaimedRow) -> Content:
    return content(b"Message-ID: <%b>\r\n\r\nhello\r\n" % row.message_id.encode())


@dataclass
class Sending:
    """Runs over a ledger of its own; also looks on (in_flight.Watch)."""

    ledger: Ledger
    addresses: list[str]
    outcomes_told: list[Outcome] = field(default_factory=list)
    waits: list[tuple[float, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stop: Stop = field(default_factory=Stop)
    on_outcomes: Callable[[], None] = lambda: None

    def begin(self) -> Claims:
        return self.ledger.begin_run(
            NewRun(
                issue=ISSUE,
                now=datetime.now(UTC),
                content_hash="",
                files={},
                filters={},
                host="example.org",
            ),
            rows=[
                PlannedRow(address=address, mailbox=address, variant="everyone", values={})
                for address in self.addresses
            ],
        )

    def run(
        self,
        server: Server | Script,
        *,
        ready: Callable[[ClaimedRow], Content] = message,
        claims: Callable[[Claims], object] = lambda sender: sender,
        connections: int = 4,
        pace: Pace | None = None,
        states: Sequence[State] = OWED,
        **more: float,
    ) -> bool:
        """Everything that campaign.run does around the engine."""
        transport, sender = transport_to(server), self.begin()
        pace = pace or Pace()
        pace.restore(sender.pace, time.time())
        with runner() as loop, opened(transport, loop):
            engine = Engine(
                transport=transport,
                ready=ready,
                claims=cast(Claims, claims(sender)),
                journal=sender.journal,
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
                sender.end(datetime.now(UTC))

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
    def path(self) -> Path:
        assert isinstance(self.ledger, SqliteLedger)
        return self.ledger.path

    @property
    def journals(self) -> list[object]:
        """Those that are left for the next sender."""
        if isinstance(self.ledger, MemoryLedger):
            return [*self.ledger.memory.journals]
        return [*self.path.parent.glob("*.journal")]


def counted(ledger: Ledger) -> dict[str, int]:
    return {state.value: count for state, count in ledger.counts(ISSUE).items()}


#: The ledger is SQLite's where a test does not say that it asks each kind.
over_each_store = pytest.mark.parametrize("sending", [*KEPT], indirect=True)


@pytest.fixture
def sending(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sending]:
    with KEPT[getattr(request, "param", "sqlite")](tmp_path).open() as ledger:
        ledger.hold()
        yield Sending(ledger, [f"reader{number:03}@example.org" for number in range(120)])


@over_each_store
def test_everyone_gets_one_over_several_connections_that_are_reused(
    sending: Sending, inbox: Server
) -> None:
    assert sending.run(inbox, connections=4)

    assert sorted(inbox.recipients()) == sending.addresses
    assert sending.counts == {"sent": 120}
    assert len(sending.outcomes_told) == 120
    assert 1 <= inbox.connections <= 4
    assert sending.journals == [], "all is in the ledger"


def test_two_connections_at_least_carry_at_once(sending: Sending) -> None:
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
        assert sending.run(server, connections=2)

    assert sending.counts == {"sent": 3}


@over_each_store
def test_running_again_sends_to_nobody_twice(sending: Sending, inbox: Server) -> None:
    sending.run(inbox)
    sending.run(inbox)

    assert sorted(inbox.recipients()) == sending.addresses


@over_each_store
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

    sending.run(inbox, connections=connections)

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


@over_each_store
def test_a_crash_while_filling_stops_with_everything_recorded_and_the_rest_owed(
    sending: Sending, inbox: Server
) -> None:
    made = itertools.count()

    def ready(row: ClaimedRow) -> Content:
        if next(made) == 20:
            raise ZeroDivisionError("planted")
        return message(row)

    with pytest.raises(ZeroDivisionError, match="planted"):
        sending.run(inbox, ready=ready, connections=2)

    sent = len(inbox.recipients())
    assert 18 <= sent <= 22
    assert sending.counts == {"sent": sent, "queued": 120 - sent}
    assert len(sending.outcomes_told) == sent
    assert sending.journals == []


@pytest.mark.parametrize("said", ["550 5.1.1 nobody", "451 4.7.1 later"])
def test_an_answer_that_cannot_be_judged_stops_the_run_and_refuses_nobody(
    sending: Sending, serve: Serve, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    def fails(*_: object) -> Verdict:
        raise ZeroDivisionError("planted")

    for kind in (SmtpAnswer, MemoryAnswer):
        monkeypatch.setattr(kind, "verdict", fails)
    odd = sending.addresses[30]
    inbox = serve(Behaviour(at_rcpt=lambda to: said if to == odd else None))

    with pytest.raises(ZeroDivisionError, match="planted"):
        sending.run(inbox, connections=2)

    sent = len(inbox.recipients())
    assert sending.counts == {"sent": sent, "deferred": 1, "queued": 119 - sent}
    assert sending.ledger.states(ISSUE, [odd]) == {odd: State.DEFERRED}
    assert sending.journals == []


@over_each_store
def test_nothing_begins_after_a_person_says_stop(sending: Sending, serve: Serve) -> None:
    taken = itertools.count(1)

    def at_dot(address: str) -> None:
        if next(taken) == 10:
            sending.stop.set()

    inbox = serve(Behaviour(at_dot=at_dot))
    assert not sending.run(inbox, connections=2)

    sent = len(inbox.recipients())
    assert 10 <= sent <= 12
    assert sending.counts == {"sent": sent, "queued": 120 - sent}
    assert sending.journals == []


@dataclass
class Faulty:
    """A ledger whose transactions fail (store.claims.Claims): from the second on, so many times."""

    sender: Claims
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
    sending: Sending, many: int, inbox: Server
) -> None:
    with pytest.raises(LedgerError, match="disk is full"):
        sending.run(inbox, claims=lambda sender: Faulty(sender, 1), connections=2)

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
    sending: Sending, many: int, inbox: Server, marks: int, takes_commits: bool
) -> None:
    def told(sender: Claims) -> Claims:
        sender.journal.tell(FullDisk(marks, takes_commits=takes_commits))
        return sender

    with pytest.raises(LedgerError, match="No further message leaves"):
        sending.run(inbox, claims=told, connections=2)
    sent = len(inbox.recipients())
    assert sent <= marks
    assert sent < many
    assert sending.counts == {
        name: count for name, count in (("sent", sent), ("queued", many - sent)) if count
    }
    assert sending.journals == []

    assert sending.run(inbox, connections=2)
    assert sorted(inbox.recipients()) == sending.addresses


def test_what_a_ledger_never_took_stands_in_the_journal_for_the_next_sender(
    sending: Sending, many: int, inbox: Server
) -> None:
    with pytest.raises(LedgerError, match="disk is full"):
        sending.run(inbox, claims=lambda sender: Faulty(sender, 99), connections=2)
    sent = len(inbox.recipients())
    assert 0 < sent < many
    assert "sent" not in sending.counts
    assert len(sending.journals) == 1

    sending.ledger.close()
    with SqliteStore(sending.path).open() as again:
        again.hold()
        assert counted(again) == {"sent": sent, "queued": many - sent}
        next_run = Sending(again, sending.addresses)
        assert next_run.run(inbox)
    assert sorted(inbox.recipients()) == sending.addresses
    assert sending.journals == []


def test_a_full_journal_holds_up_the_lines_until_a_commit(
    sending: Sending, inbox: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter_mailer.store.journal.layout.SLOTS", 16)
    monkeypatch.setattr("newsletter_mailer.deliver.claim_queue.RECORD_AFTER", 0.1)
    waiting: list[int] = []

    def memory(sender: Claims) -> Claims:
        mark = sender.journal.mark

        def noted(row: int, attempt: int) -> int | None:
            slot = mark(row, attempt)
            if slot is None:
                waiting.append(row)
            return slot

        sender.journal.mark = noted  # type: ignore[method-assign]
        return sender

    assert sending.run(inbox, claims=memory)

    assert waiting, "there was never a line that had to wait"
    assert sorted(inbox.recipients()) == sending.addresses
    assert sending.counts == {"sent": 120}


def test_a_screen_that_fails_stops_the_run_and_no_outcome_is_lost(
    sending: Sending, many: int, inbox: Server
) -> None:
    def gone() -> None:
        raise BrokenPipeError

    sending.on_outcomes = gone
    with pytest.raises(BrokenPipeError):
        sending.run(inbox, connections=2)

    sent = len(inbox.recipients())
    counts = sending.counts
    assert 0 < sent < many
    assert sent - counts["sent"] == counts.get("unknown", 0) <= 2, "in flight"
    assert counts["queued"] == many - sent
    assert sending.journals == []


def test_a_refused_sender_stops_with_everyone_still_owed(sending: Sending, serve: Serve) -> None:
    inbox = serve(Behaviour(at_mail=lambda address: "550 5.7.1 not you"))

    with pytest.raises(SenderRefused, match=r"550 5\.7\.1 not you") as told:
        sending.run(inbox)

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
        sending.run(server)

    assert server.messages == []
    assert sending.counts.get("deferred", 0) == tried
    assert sending.counts["queued"] == 120 - tried


def test_an_address_beyond_ascii_waits_for_a_server_that_takes_it(
    sending: Sending, serve: Serve
) -> None:
    sending.addresses = ["zoë@example.org", "ann@example.org", "josé@example.org"]
    unable, able = serve(Behaviour(smtputf8=False)), serve()

    assert sending.run(unable)
    (told,) = {outcome.reply for outcome in sending.outcomes_told if outcome.code is None}
    assert "SMTPUTF8" in told
    assert sending.counts == {"sent": 1, "deferred": 2}
    assert sending.run(able)

    assert unable.recipients() == ["ann@example.org"]
    assert sorted(able.recipients()) == ["josé@example.org", "zoë@example.org"]


def test_a_server_that_refuses_everyone_ends_the_run_instead_of_burning_the_list(
    sending: Sending, serve: Serve
) -> None:
    inbox = serve(Behaviour(at_rcpt=lambda address: "550 5.7.1 blocked"))

    with pytest.raises(RunRefused, match=r"550 5\.7\.1 blocked"):
        sending.run(inbox)

    assert sending.counts == {"deferred": ALIKE, "queued": 120 - ALIKE}


def test_refusals_with_a_yes_between_them_end_nothing(sending: Sending, serve: Serve) -> None:
    welcome = {*sending.addresses[::REFUSED_IN_A_ROW]}
    inbox = serve(Behaviour(at_rcpt=lambda address: None if address in welcome else "550 5.1.1 no"))

    assert sending.run(inbox, connections=1)
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
        sending.run(inbox, connections=1)

    assert sending.counts == {"deferred": RESTS_IN_A_ROW, "queued": 120 - RESTS_IN_A_ROW}


def throttled(seconds: float, *, times: int) -> Callable[[str], TooManyRequests | None]:
    """The first messages, so many, are told to come back after so many seconds."""
    left = itertools.count(-times)
    outcome = Outcome(State.DEFERRED, 429, None, "ApplicationThrottled")
    return lambda address: TooManyRequests(outcome, seconds) if next(left) < 0 else None


@over_each_store
@pytest.mark.parametrize("retry_for", [0, 60])
def test_a_server_that_wants_nothing_for_longer_than_the_time_given_ends_the_run(
    sending: Sending, retry_for: float
) -> None:
    began = time.monotonic()
    with pytest.raises(EverythingPutOff, match=r"429 ApplicationThrottled.* more slowly"):
        sending.run(MemoryServer(too_many=throttled(3_600, times=1)), retry_for=retry_for)

    assert time.monotonic() - began < 10
    assert sending.counts == {"deferred": 1, "queued": 119}


@over_each_store
def test_while_a_server_wants_nothing_that_is_told_and_nothing_is_claimed(
    sending: Sending,
) -> None:
    seen: list[dict[str, int]] = []

    def waiting(until: float, why: str) -> None:
        seen.append(sending.counts)
        assert sorted(why.split(", ")) == ["1 to be tried again", "119 held back by the server"]
        assert 3_590 < until - time.time() < 3_610
        sending.stop.set()

    sending.waiting = waiting  # type: ignore[method-assign]
    server = MemoryServer(too_many=throttled(3_600, times=1))

    assert not sending.run(server, retry_for=7_200)

    assert seen == [{"deferred": 1, "queued": 119}]
    assert server.received == []


def test_after_a_rest_everybody_has_a_turn_who_had_one_before(sending: Sending) -> None:
    """Also those whom an earlier run put off, in a run that has no time to try any twice."""
    sending.run(MemoryServer(behaviour=Behaviour(at_rcpt=lambda address: "450 4.2.0 busy")))
    assert sending.counts == {"deferred": 120}
    sending.addresses += ["new@example.org"]

    assert sending.run(MemoryServer(too_many=throttled(2, times=1)))

    assert sending.counts == {"deferred": 1, "sent": 120}


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
            sending.run(server, connections=2)

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
        assert sending.run(server, connections=1)

    assert sending.counts == {"sent": 6}
    assert server.connections >= 6


@pytest.mark.parametrize("offered", [{}, {"EHLO": b"250-me\r\n250 PIPELINING"}])
def test_a_server_that_takes_few_messages_per_connection_is_met_anew(
    sending: Sending, offered: dict[str, bytes]
) -> None:
    sending.addresses = sending.addresses[:2]
    full = {**offered, "MAIL": b"421 4.7.0 too many messages"}
    with scripted_server(full, offered) as server:
        assert sending.run(server, connections=1)

    assert sending.counts == {"sent": 2}
    assert server.connections == 2


def test_a_connection_has_its_share_of_messages_and_no_more(
    sending: Sending, inbox: Server
) -> None:
    sending.addresses = sending.addresses[:25]

    assert sending.run(inbox, connections=1, per_connection=10)

    assert sorted(inbox.recipients()) == sending.addresses
    assert inbox.connections == 3


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was put off is tried again in a moment."""
    monkeypatch.setattr(backoff, "FIRST_DELAY", 0.05)
    monkeypatch.setattr(greylisting, "GREYLISTED", 0.05)


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
    assert sending.run(inbox, retry_for=30)

    assert sending.counts == {"sent": 3}
    assert sorted(tries.values()) == [1, 2, 3]


def test_a_wait_that_is_worth_a_word_is_told(
    sending: Sending, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "FIRST_DELAY", 1.5)
    sending.addresses = sending.addresses[:3]
    tries: Counter[str] = Counter()

    def busy(address: str) -> str | None:
        tries[address] += 1
        return "450 4.2.0 busy" if address != sending.addresses[0] and tries[address] == 1 else None

    began = time.time()
    assert sending.run(serve(Behaviour(at_rcpt=busy)), retry_for=30)

    (until, why), *_ = sending.waits
    assert until > began + 1
    assert why == "2 to be tried again"


@pytest.mark.usefixtures("soon")
def test_what_stays_deferred_is_left_for_the_next_run(sending: Sending, serve: Serve) -> None:
    sending.addresses = sending.addresses[:2]
    inbox = serve(Behaviour(at_rcpt=lambda address: "451 4.7.1 greylisted"))

    assert sending.run(inbox, retry_for=0.5)
    assert sending.counts == {"deferred": 2}

    inbox.behaviour.at_rcpt = lambda address: None
    assert sending.run(inbox)
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
    assert sending.run(serve(Behaviour(at_rcpt=greylisting)), retry_for=1.5)

    assert sending.counts == {"sent": 2}
    assert time.time() - began >= 1.5


@pytest.mark.parametrize("pace", [Pace(), Pace(per_minute=60_000), Pace(by_domain={"*": 60_000})])
def test_without_a_time_to_retry_each_is_tried_once(
    sending: Sending, serve: Serve, pace: Pace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(greylisting, "GREYLISTED", 0.0)
    tries: Counter[str] = Counter()

    def later(address: str) -> str:
        tries[address] += 1
        return "451 4.7.1 greylisted"

    assert sending.run(serve(Behaviour(at_rcpt=later)), pace=pace)

    assert {*tries.values()} == {1}
    assert sending.waits == []
    assert sending.counts == {"deferred": 120}


def test_only_those_of_the_states_asked_for_are_tried(sending: Sending, serve: Serve) -> None:
    late = {*sending.addresses[:10]}
    inbox = serve(Behaviour(at_rcpt=lambda one: "450 4.2.0 later" if one in late else None))
    sending.run(inbox)
    inbox.behaviour.at_rcpt = lambda address: None
    sending.addresses += ["new@example.org"]

    assert sending.run(inbox, states=[State.DEFERRED], pace=Pace(per_minute=6_000))

    assert {*inbox.recipients()} == {*sending.addresses} - {"new@example.org"}
    assert sending.counts == {"sent": 120, "queued": 1}


def test_the_pace_is_kept(sending: Sending, inbox: Server) -> None:
    sending.addresses = sending.addresses[:6]
    began = time.monotonic()

    assert sending.run(inbox, pace=Pace(per_minute=1200))

    assert time.monotonic() - began >= 5 * 60 / 1200
    assert sending.counts == {"sent": 6}


def test_a_slow_pace_claims_only_those_that_leave_soon(sending: Sending, inbox: Server) -> None:
    ahead: list[int] = []

    def ready(row: ClaimedRow) -> Content:
        with SqliteStore(sending.path).open() as other:
            ahead.append(other.counts(ISSUE).get(State.SENDING, 0))
        if len(ahead) == 4:
            sending.stop.set()
        return message(row)

    sending.run(inbox, ready=ready, pace=Pace(per_minute=120))

    assert max(ahead) <= 8, "two per second, and what is in flight"


def test_a_limit_of_one_domain_holds_up_no_other(sending: Sending, inbox: Server) -> None:
    slow = [f"reader{number}@slow.example" for number in range(300)]
    quick = [f"reader{number}@quick.example" for number in range(300)]
    sending.addresses = [*slow, *quick]

    def at_dot(address: str) -> None:
        if sum(one in quick for one in inbox.recipients()) >= len(quick) - 1:
            sending.stop.set()

    inbox.behaviour.at_dot = at_dot
    sending.run(inbox, pace=Pace(by_domain={"slow.example": 2}))

    assert len({*quick} - {*inbox.recipients()}) <= 1
    assert sum(one in slow for one in inbox.recipients()) <= 2
    assert "sending" not in sending.counts


def test_limits_hold_over_a_restart(sending: Sending, inbox: Server) -> None:
    sending.addresses = sending.addresses[:2]
    began = time.monotonic()
    sending.run(inbox, pace=Pace(per_minute=30), connections=1)
    sending.addresses = ["late@example.org"]
    sending.run(inbox, pace=Pace(per_minute=30), connections=1)

    assert time.monotonic() - began >= 4 * 0.999
    assert len(inbox.recipients()) == 3


def test_a_long_wait_keeps_nothing_claimed_and_can_be_ended(
    sending: Sending, inbox: Server
) -> None:
    now = datetime.now(UTC)
    closed = Window((now - timedelta(hours=3)).time(), (now - timedelta(hours=2)).time(), UTC)
    seen: list[dict[str, int]] = []

    def waiting(until: float, why: str) -> None:
        with SqliteStore(sending.path).open() as other:
            seen.append(counted(other))
        assert why == "120 held back by a limit"
        assert until >= (now + timedelta(hours=20)).timestamp()
        sending.stop.set()

    sending.waiting = waiting  # type: ignore[method-assign]
    assert not sending.run(inbox, pace=Pace(window=closed))

    assert seen == [{"queued": 120}]
    assert inbox.recipients() == []


@pytest.mark.usefixtures("many")
def test_at_most_two_batches_are_claimed_ahead(sending: Sending, inbox: Server) -> None:
    ahead: list[int] = []

    def ready(row: ClaimedRow) -> Content:
        with SqliteStore(sending.path).open() as other:
            ahead.append(other.counts(ISSUE).get(State.SENDING, 0))
        return message(row)

    sending.run(inbox, ready=ready, connections=1)

    assert BATCH <= max(ahead) <= 2 * BATCH + 2


def test_a_suppression_of_the_last_minute_is_obeyed(
    sending: Sending, many: int, inbox: Server
) -> None:
    late = sending.addresses[-1]

    def at_dot(address: str) -> None:
        if address == sending.addresses[0]:
            with SqliteStore(sending.path).open() as other:
                other.suppressions.add(late, "unsubscribed", datetime.now(UTC))

    inbox.behaviour.at_dot = at_dot
    assert sending.run(inbox, connections=1)

    assert late not in inbox.recipients()
    assert sending.counts == {"sent": many - 1, "queued": 1}


def test_every_outcome_is_recorded_with_what_the_server_said(
    sending: Sending, serve: Serve
) -> None:
    sending.addresses = sending.addresses[:3]
    replies = dict(zip(sending.addresses, [None, "450 4.2.0 Später", "550 5.1.1 no"], strict=True))
    sending.run(serve(Behaviour(at_rcpt=replies.get)))

    told = [
        (row.state.value, row.code, row.enhanced, row.text)
        for row in sending.ledger.deliveries(ISSUE)
    ]
    assert told == [
        ("sent", 250, "2.0.0", "OK"),
        ("deferred", 450, "4.2.0", "Später"),
        ("refused", 550, "5.1.1", "no"),
    ]


def test_the_limits_that_a_transport_names_are_kept(sending: Sending) -> None:
    server = MemoryServer(limits=Limits(connections=2, per_connection=5))

    assert sending.run(server, connections=8, per_connection=50)

    assert sending.counts == {"sent": 120}
    assert server.most == 2
    assert sum(server.carried) == 120
    assert max(server.carried) == 5


def test_a_message_that_is_larger_than_a_transport_takes_is_not_handed_over(
    sending: Sending,
) -> None:
    server = MemoryServer(limits=Limits(largest=30))

    with pytest.raises(MessageRefused, match="pictures"):
        sending.run(server)
    assert server.received == []
    assert sending.counts == {"queued": 120}


def test_what_is_lost_past_the_brink_is_unknown_and_told_in_the_transports_words(
    sending: Sending,
) -> None:
    sending.addresses = sending.addresses[:3]
    lost = sending.addresses[1]
    server = MemoryServer(
        behaviour=Behaviour(at_dot=lambda address: "drop" if address == lost else None)
    )

    assert sending.run(server)

    assert sending.counts == {"sent": 2, "unknown": 1}
    (told,) = {one.reply for one in sending.outcomes_told if one.state is State.UNKNOWN}
    assert told == "line lost after the last octet: it hung up"
