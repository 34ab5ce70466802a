"""What a run of `send` came to, told in every way that was asked for.

Messages have left: what cannot be told is no reason for another exit code.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter_mailer.cli.output import echo, print_json, say, skip_line
from newsletter_mailer.cli.report import write_report
from newsletter_mailer.cli.sent_text import say_report
from newsletter_mailer.errors import CannotPrint, LedgerError

if TYPE_CHECKING:
    from newsletter_mailer.campaign.project import Project
    from newsletter_mailer.campaign.send_request import SendReport, SendRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How a run's report is told. `page`: the file of --report."""

    project: Project
    request: SendRequest
    json_output: bool
    page: Path | None

    def tell(self, report: SendReport, seconds: float) -> None:
        """`seconds`: from the first message to the last."""
        if self.json_output:
            try:
                print_json(report.as_json())
            except (BrokenPipeError, CannotPrint) as fault:
                say(f"note: --json: {_why(fault)} newsletter-mailer status has what is known.")
        else:
            for address, reason in report.skipped_readers or ():
                echo(skip_line(address, reason))
        if self.page is not None:
            try:
                write_report(
                    self.project, report.issue, self.page, of_sandbox=self.request.to_sandbox
                )
            except LedgerError as fault:
                say(f"note: the report is not in {self.page}: {fault}")
        say_report(report, self.request, self.project, seconds=seconds)


def _why(fault: BrokenPipeError | CannotPrint) -> str:
    return str(fault) if isinstance(fault, CannotPrint) else "Whoever was to read it has gone."
