"""The findings that a command shows before what it does."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from newsletter_mailer.cli.options.project import opened_root
from newsletter_mailer.cli.results.crash_file import tell_failures
from newsletter_mailer.cli.terminal.capabilities import look_of
from newsletter_mailer.cli.terminal.printing import counted, echo_painted, say
from newsletter_mailer.findings import Finding, Severity

_MANY = 12  #: findings that are shown with the lines of the files


def print_findings(findings: Sequence[Finding]) -> None:
    """To standard error, before what a command does: a line for each if there are many."""
    from newsletter_mailer.campaign.source_lines import SourceLines
    from newsletter_mailer.check.reports.text import text_report

    if not findings:
        return
    look = look_of(sys.stderr, is_compact=len(findings) > _MANY)
    text = text_report(findings, SourceLines(opened_root() or Path()), look)
    echo_painted(text, sys.stderr)
    if look.is_compact:
        say("newsletter-mailer check says what to do about each.")
    tell_failures(findings)


def sum_up(findings: Sequence[Finding]) -> str:
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    warnings = sum(finding.severity is Severity.WARNING for finding in findings)
    if not errors and not warnings:
        return "Nothing is wrong."
    return f"{counted(errors, 'error')}, {counted(warnings, 'warning')}."
