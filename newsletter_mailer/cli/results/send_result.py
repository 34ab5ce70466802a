"""What a run of `send` came to, told in every way that was asked for.

The last line is the sum, for people and for cron. Messages have left: what cannot be told is no
reason for another exit code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter_mailer.cli.results.report_file import write_report
from newsletter_mailer.cli.results.send_speed import rate_text
from newsletter_mailer.cli.terminal.printing import counted, echo, print_json, say, skip_line
from newsletter_mailer.errors import CannotPrint, LedgerError
from newsletter_mailer.settings.quantities import span_text

if TYPE_CHECKING:
    from newsletter_mailer.campaign.project import Project
    from newsletter_mailer.campaign.send_request import SendReport, SendRequest


_WORTH_TELLING = 10.0  #: seconds
_STATES = ("sent", "already_sent", "deferred", "refused", "unknown", "remaining")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultTeller:
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
        _say_sum(report, self.request, self.project, seconds=seconds)


def _why(fault: BrokenPipeError | CannotPrint) -> str:
    return str(fault) if isinstance(fault, CannotPrint) else "Whoever was to read it has gone."


def _say_sum(report: SendReport, request: SendRequest, project: Project, *, seconds: float) -> None:
    """`seconds`: from the first message to the last."""
    if not request.dry_run:
        for line in _what_to_do(report, request, project):
            say(line)
    counts = [
        f"{getattr(report, name):,} {name.replace('_', ' ')}"
        for name in _STATES
        if getattr(report, name)
    ]
    counts += [f"{count:,} skipped ({reason})" for reason, count in report.skipped.items()]
    audience = f"{report.issue}: {counted(report.planned, 'reader')}"
    if request.dry_run:
        if report.skipped and not request.names_skipped:
            say("Who is skipped, and why: run it with --skipped.")
        say(f"{audience}: {', '.join(counts) or 'nobody'}. Nothing was sent (dry run).")
        return
    took = ""
    if report.sent and seconds >= _WORTH_TELLING:
        took = f" In {span_text(seconds)}, {rate_text(report.sent / seconds)}."
    say(f"{audience}: {', '.join(counts) or 'nothing to do'}.{took}")


def _what_to_do(report: SendReport, request: SendRequest, project: Project) -> Iterator[str]:
    about = f"newsletter-mailer status --issue {report.issue}"
    if request.to_sandbox:
        yield f"Look at the messages in {project.outbox(report.issue)}"
        about += " --sandbox"
    if report.skipped:
        yield f"Who was skipped, and why:\n  {about} --skipped"
    if report.refused:
        yield f"Who was refused, and why:\n  {about} --addresses --state refused"
    if report.unknown:
        yield f"It is not known whether these were taken:\n  {about} --addresses --state unknown"
        if not request.to_sandbox:
            resolve = f"newsletter-mailer resolve --issue {report.issue}"
            yield f"Ask the mail server's log, or decide:\n  {resolve} --evidence mail.log"
            yield f"  {resolve} --unknown resend (or assume-sent)"
    if report.deferred or report.remaining:
        again = "Run the same command again"
        if request.only is not None:
            again += " without --only"
        yield f"{again} to mail those who are still owed it."
