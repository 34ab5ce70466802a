"""What a run of `send` came to, in words. The last line is the sum, for people and for cron."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from newsletter_mailer.cli.output import counted, say
from newsletter_mailer.cli.speed import rate_text
from newsletter_mailer.quantities import span_text

if TYPE_CHECKING:
    from newsletter_mailer.campaign.project import Project
    from newsletter_mailer.campaign.send_request import SendReport, SendRequest

_WORTH_TELLING = 10.0  #: seconds
_STATES = ("sent", "already_sent", "deferred", "refused", "unknown", "remaining")


def say_report(
    report: SendReport, request: SendRequest, project: Project, *, seconds: float
) -> None:
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
