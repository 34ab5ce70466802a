"""What `send` does, as JSON lines for programs: RFC 8259 objects, a line feed after each.

Every line has `time` (RFC 3339, UTC), `level`, `event` and `issue`. At the usual level no line
names a reader: of an address there is its domain. Secrets are in none.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter_mailer.cli.results.send_speed import Score
from newsletter_mailer.cli.terminal.printing import json_text
from newsletter_mailer.deliver.answers.reasons import reason, without_addresses
from newsletter_mailer.errors import ContentError, NewsletterError, ProjectError
from newsletter_mailer.files.private import keep_private
from newsletter_mailer.store.states import State

if TYPE_CHECKING:
    from newsletter_mailer.campaign.prepare import Prepared
    from newsletter_mailer.campaign.send_request import SendReport, Watcher
    from newsletter_mailer.deliver.answers.outcome import Outcome
    from newsletter_mailer.store.claims import ClaimedRow

_PROGRESS_AFTER = 10.0  #: seconds


class Level(StrEnum):
    """From the most to the least that is told."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


_ORDER = [*Level]


class JsonLog:
    """Writes lines of a level and above. A log that cannot be written never stops a run."""

    def __init__(
        self,
        write_text: Callable[[str], object],
        level: Level,
        issue: str,
        complain: Callable[[str], None],
    ) -> None:
        self._write_text: Callable[[str], object] | None = write_text
        self._issue, self._complain = issue, complain
        self._levels = frozenset(_ORDER[_ORDER.index(level) :])

    @property
    def names_readers(self) -> bool:
        return Level.DEBUG in self._levels

    def write(self, level: Level, event: str, **facts: object) -> None:
        """Values that are None are left out."""
        if self._write_text is None or level not in self._levels:
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line: dict[str, object] = {
            "time": now,
            "level": level.value,
            "event": event,
            "issue": self._issue,
        }
        line |= {name: self._seen(value) for name, value in facts.items() if value is not None}
        try:
            self._write_text(f"{json_text(line)}\n")
        except OSError as fault:
            self._write_text = None
            self._complain(f"note: the log cannot be written any more: {fault.strerror}.")

    def _seen(self, value: object) -> object:
        if isinstance(value, str) and not self.names_readers:
            return without_addresses(value)
        return value


class Logged:
    """campaign.send's Watcher that writes down what another one sees."""

    def __init__(self, watcher: Watcher, log: JsonLog) -> None:
        self._watcher, self._log = watcher, log
        self._score = Score(0, time.monotonic())
        self._told_at = 0.0

    def prepared(self, prepared: Prepared, forecast: SendReport, *, server: str) -> None:
        self._watcher.prepared(prepared, forecast, server=server)
        counts = {name: value for name, value in forecast.as_json().items() if name != "issue"}
        self._log.write(Level.INFO, "prepared", server=server, **counts)

    def note(self, text: str) -> None:
        self._watcher.note(text)
        self._log.write(Level.INFO, "note", text=text)

    def confirm(self, past_dates: int) -> bool:
        return self._watcher.confirm(past_dates)

    def began(self, owed: int) -> None:
        self._watcher.began(owed)
        self._told_at = time.monotonic()
        self._score = Score(owed, self._told_at)
        self._log.write(Level.INFO, "began", owed=owed)

    def waiting(self, until: datetime, why: str) -> None:
        self._watcher.waiting(until, why)
        self._log.write(Level.INFO, "waiting", until=until.astimezone(UTC).isoformat(), why=why)

    def outcomes(self, outcomes: Sequence[tuple[ClaimedRow, Outcome]]) -> None:
        self._watcher.outcomes(outcomes)
        now = time.monotonic()
        self._score.add(outcomes, now)
        for row, outcome in outcomes:
            if outcome.state is not State.SENT or self._log.names_readers:
                self._write_outcome(row, outcome)
        if now - self._told_at >= _PROGRESS_AFTER or self._score.done >= self._score.owed:
            self._told_at = now
            self._log.write(
                Level.INFO,
                "progress",
                done=self._score.done,
                owed=self._score.owed,
                per_second=round(self._score.rate(now), 2),
                **{state.value: count for state, count in self._score.counts.items()},
            )

    def stopped(self, fault: NewsletterError) -> None:
        self._watcher.stopped(fault)
        self._log.write(Level.ERROR, "stopped", kind=type(fault).__name__, why=str(fault))

    def broken_off(self, report: SendReport) -> None:
        self._watcher.broken_off(report)

    def _write_outcome(self, row: ClaimedRow, outcome: Outcome) -> None:
        about_the_reader: dict[str, object] = {"reply": reason(outcome.reply, row.mailbox)}
        if self._log.names_readers:
            about_the_reader = {
                "address": row.address,
                "message_id": row.message_id,
                "reply": outcome.reply,
            }
        self._log.write(
            Level.DEBUG if outcome.state is State.SENT else Level.WARNING,
            "message",
            state=outcome.state.value,
            code=outcome.code,
            enhanced=outcome.enhanced,
            domain=row.domain,
            variant=row.variant,
            attempt=row.attempt,
            **about_the_reader,
        )


def log_end(log: JsonLog, report: SendReport, *, was_asked_to_stop: bool, seconds: float) -> None:
    """The last line of a run that gave a report."""
    log.write(
        Level.INFO,
        "ended",
        is_complete=report.is_complete,
        was_asked_to_stop=was_asked_to_stop,
        seconds=round(seconds, 3),
        **{name: value for name, value in report.as_json().items() if name != "issue"},
    )


@contextmanager
def opened_log(
    file: str, level: Level, issue: str, complain: Callable[[str], None]
) -> Iterator[JsonLog]:
    """Lines are added at the file's end; `-` is standard error. How the run fails is the last one.

    Raises ProjectError if the file cannot be opened.
    """
    if file == "-":
        with _ending(JsonLog(sys.stderr.write, level, issue, complain)) as log:
            yield log
        return
    try:
        # Unbuffered: a line is one write, and nothing is left to be written at the end.
        keep_private(Path(file))  # at level debug it names readers
        octets = Path(file).open("ab", buffering=0)  # noqa: SIM115  # below
    except OSError as fault:
        raise ProjectError(f"--log-json: {file} cannot be written: {fault.strerror}.") from None
    with (
        octets,
        _ending(JsonLog(lambda t: octets.write(t.encode()), level, issue, complain)) as log,
    ):
        yield log


@contextmanager
def _ending(log: JsonLog) -> Iterator[JsonLog]:
    try:
        yield log
    except ContentError as fault:
        rules = sorted({finding.rule for finding in fault.findings})
        log.write(Level.ERROR, "failed", kind=type(fault).__name__, why=str(fault), rules=rules)
        raise
    except (NewsletterError, KeyboardInterrupt) as fault:
        log.write(Level.ERROR, "failed", kind=type(fault).__name__, why=str(fault))
        raise
    except Exception as fault:
        # Its text may name a reader or a secret; the crash log has it.
        log.write(Level.ERROR, "failed", kind=type(fault).__name__)
        raise
