"""The terminal looks on while an issue is sent: the plan, the question, the progress bar."""

from __future__ import annotations

import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import FrameType
from typing import TYPE_CHECKING

import typer

from newsletter_mailer.cli.ending import note_handed_over
from newsletter_mailer.cli.output import counted, print_findings, say, table
from newsletter_mailer.errors import DeliveryError, NotConfirmed
from newsletter_mailer.store.states import State

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from newsletter_mailer.campaign.prepare import Prepared
    from newsletter_mailer.campaign.send_request import SendReport
    from newsletter_mailer.deliver.replies import Outcome
    from newsletter_mailer.store.rows import ClaimedRow

_MOST_VARIANTS = 12  #: lines of the plan's table


class Terminal:
    """campaign.send's Watcher. Everything goes to standard error."""

    def __init__(self, *, assume_yes: bool) -> None:
        self.has_begun = False  #: messages may be in flight
        self._assume_yes = assume_yes
        self._counts: Counter[State] = Counter()
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._owed = 0

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

    def confirm(self) -> bool:
        if self._assume_yes or self._owed == 0:
            return True
        if not sys.stdin.isatty():
            raise NotConfirmed(
                "This would mail the readers. Add --yes to say that you mean it, "
                "or rehearse with --sandbox or --dry-run."
            )
        try:
            return typer.confirm(f"Mail {counted(self._owed, 'reader')} now?", err=True)
        except typer.Abort:  # the end of input
            return False

    def began(self, owed: int) -> None:
        self.has_begun = True
        if owed == 0:
            say("Nobody is owed it any more.")
        elif sys.stderr.isatty():
            self._show_progress(owed)

    def waiting(self, until: datetime, why: str) -> None:
        self.say(f"Waiting until {until.astimezone():%Y-%m-%d %H:%M:%S} ({why}).")

    def outcomes(self, outcomes: Sequence[tuple[ClaimedRow, Outcome]]) -> None:
        self._counts.update(outcome.state for _, outcome in outcomes)
        if self._counts[State.SENT] or self._counts[State.UNKNOWN]:
            note_handed_over()
        if self._progress is not None and self._task is not None:
            others = ", ".join(
                f"{count} {state}"
                for state, count in self._counts.items()
                if state is not State.SENT
            )
            self._progress.update(self._task, advance=len(outcomes), others=others)

    def stopped(self, fault: DeliveryError) -> None:
        self.say(f"error: {fault} The run stops; run send again for the rest.")

    def say(self, text: str) -> None:
        """Above the progress bar, while there is one."""
        if self._progress is None:
            say(text)
        else:
            self._progress.console.print(text, markup=False, highlight=False)

    def close(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _show_progress(self, owed: int) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._progress = Progress(
            TextColumn("Sending"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("[yellow]{task.fields[others]}"),
            console=Console(stderr=True),
        )
        self._task = self._progress.add_task("send", total=owed, others="")
        self._progress.start()


@contextmanager
def stop_when_asked(watcher: Terminal) -> Iterator[threading.Event]:
    """Set by the first Ctrl-C or SIGTERM once messages leave: what is in flight ends.

    Before that, and the second time, it ends the command at once.
    """
    stop = threading.Event()

    def asked(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set() or not watcher.has_begun:
            raise KeyboardInterrupt
        stop.set()
        watcher.say("Stopping after the messages in flight. Press Ctrl-C again to stop at once.")

    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
