"""The terminal looks on while an issue is sent: the plan, the question, the progress."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import FrameType
from typing import TYPE_CHECKING

import typer

from newsletter_mailer.characters.terminal import legible
from newsletter_mailer.cli.results.exit_codes import note_handed_over
from newsletter_mailer.cli.results.findings import print_findings
from newsletter_mailer.cli.results.send_speed import Score
from newsletter_mailer.cli.terminal.printing import counted, say, table
from newsletter_mailer.errors import NewsletterError, NotConfirmed
from newsletter_mailer.store.states import State

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from newsletter_mailer.campaign.prepare import Prepared
    from newsletter_mailer.campaign.send_request import SendReport
    from newsletter_mailer.deliver.answers.outcome import Outcome
    from newsletter_mailer.deliver.stop import Stop
    from newsletter_mailer.store.claims import ClaimedRow

_MOST_VARIANTS = 12  #: lines of the plan's table
#: On a pipe: a line after so many seconds, or after such a part of the work, but not too often.
_LINE_AFTER, _LINE_AT, _LINES_APART = 10.0, 0.05, 1.0
#: A terminal window was closed: POSIX's way to say it, and Windows'.
_HANG_UP = [getattr(signal, name) for name in ("SIGHUP", "SIGBREAK") if hasattr(signal, name)]
_ASK_TO_STOP = [signal.SIGINT, signal.SIGTERM, *_HANG_UP]


class TerminalWatcher:
    """campaign.send's Watcher. Everything goes to standard error."""

    def __init__(
        self, *, assume_yes: bool, shows_progress: bool = True, again: Sequence[str] = ()
    ) -> None:
        """`again`: who has it, and is to be mailed once more."""
        self.has_begun = False  #: messages may be in flight
        self.last_report: SendReport | None = None  #: of a run that something else cut off
        self.score = Score(0, time.monotonic())
        self._assume_yes, self._shows_progress, self._again = assume_yes, shows_progress, again
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._owed = 0
        self._told_at, self._told = 0.0, 0.0  #: the last line on a pipe: when, and which share

    def prepared(self, prepared: Prepared, forecast: SendReport, *, server: str) -> None:
        print_findings(prepared.findings)
        plan, settings = prepared.plan, prepared.project.settings
        self._owed = forecast.deferred + forecast.remaining
        say(f"Subject  {prepared.sample_subject()}")
        say(f"From     {settings.sender.name} <{settings.sender.address}>")
        say(f"Through  {server}\n")
        rows = [("Variant", "Sections", "Readers")]
        rows += [
            (variant_id, f"{len(plan.variants[variant_id].sections)}", f"{count:,}")
            for variant_id, count in plan.head_counts.most_common(_MOST_VARIANTS)
        ]
        if plan.head_counts:
            say(table(rows, right=(1, 2)))
        if len(plan.head_counts) > _MOST_VARIANTS:
            say(f"and {len(plan.head_counts) - _MOST_VARIANTS} more variants")
        for reason, count in sorted(plan.skipped.items()):
            say(f"Skipped: {counted(count, 'reader')} ({reason})")
        if forecast.already_sent:
            say(f"Sent in earlier runs: {counted(forecast.already_sent, 'reader')}")
        say("")

    def note(self, text: str) -> None:
        self.say(f"note: {text}")

    def confirm(self, past_dates: int) -> bool:
        if self._assume_yes or self._owed == 0:
            return True
        if not sys.stdin.isatty():
            whom = f"{', '.join(self._again)} a second time" if self._again else "the readers"
            rehearse = "--dry-run" if self._again else "--sandbox or --dry-run"
            raise NotConfirmed(
                f"This would mail {whom}. Add --yes to say that you mean it, or rehearse with "
                f"{rehearse}."
            )
        question = f"Mail {counted(self._owed, 'reader')} now?"
        if self._again:
            question = f"Who has it gets it once more: {', '.join(self._again)}. Mail it now?"
        questions = [question]
        if past_dates:
            are = "date in it is" if past_dates == 1 else "dates in it are"
            questions.append(f"{past_dates:,} {are} past. Mail it all the same?")
        try:
            return all(typer.confirm(one, err=True) for one in questions)
        except typer.Abort:  # the end of input
            return False

    def began(self, owed: int) -> None:
        self.has_begun = True
        now = time.monotonic()
        self.score, self._told_at = Score(owed, now), now
        if owed == 0:
            say("There is nobody left to be mailed in this run.")
        elif self._shows_progress and sys.stderr.isatty():
            self._show_bar()

    def waiting(self, until: datetime, why: str) -> None:
        self.say(f"Waiting until {until.astimezone():%Y-%m-%d %H:%M:%S} ({why}).")

    def outcomes(self, outcomes: Sequence[tuple[ClaimedRow, Outcome]]) -> None:
        now, score = time.monotonic(), self.score
        score.add(outcomes, now)
        if any(outcome.state in (State.SENT, State.UNKNOWN) for _, outcome in outcomes):
            note_handed_over()
        if self._progress is not None and self._task is not None:
            self._progress.update(
                self._task,
                completed=score.done,
                pace=score.pace_text(now).replace(", ", "  "),
                outcomes=score.outcomes_text(),
            )
        elif self._shows_progress and self._is_time_for_a_line(now):
            self._told_at, self._told = now, score.share
            say(score.line(now))

    def stopped(self, fault: NewsletterError) -> None:
        self.say(f"error: {fault}")

    def broken_off(self, report: SendReport) -> None:
        self.last_report = report

    def say(self, text: str) -> None:
        """Above the progress bar, while there is one."""
        if self._progress is None:
            say(text)
        else:
            self._progress.console.print(legible(text), markup=False, highlight=False)

    def close(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _is_time_for_a_line(self, now: float) -> bool:
        passed, more = now - self._told_at, self.score.share - self._told
        return passed >= _LINE_AFTER or (more >= _LINE_AT and passed >= _LINES_APART)

    def _show_bar(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._progress = Progress(
            BarColumn(bar_width=None),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
            TextColumn(" {task.fields[pace]}"),
            TextColumn(" {task.fields[outcomes]}"),
            console=Console(stderr=True),
            expand=True,
        )
        self._task = self._progress.add_task("", total=self.score.owed, pace="", outcomes="")
        self._progress.start()


@contextmanager
def stop_when_asked(watcher: TerminalWatcher) -> Iterator[Stop]:
    """Set by the first Ctrl-C, SIGTERM or SIGHUP once messages leave: what is in flight ends.

    Before that, and the second time, it ends the command at once. A terminal window that is closed
    says it twice, once by the shell and once by the system: that is no second time.
    """
    from newsletter_mailer.deliver.stop import Stop

    stop = Stop()

    def asked(number: int, _frame: FrameType | None) -> None:
        if stop.is_set() and number in _HANG_UP:
            return
        if stop.is_set() or not watcher.has_begun:
            raise KeyboardInterrupt
        stop.set()
        watcher.say("Stopping after the messages in flight. Press Ctrl-C again to stop at once.")

    # What is ignored stays so: that is how nohup(1) lets a command outlive its terminal.
    numbers = [one for one in _ASK_TO_STOP if signal.getsignal(one) is not signal.SIG_IGN]
    before = {number: signal.signal(number, asked) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
