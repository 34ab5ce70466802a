"""What keeps the newest files from being shown: a mistake, with the line that holds it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from newsletter_mailer.check.reports.check_result import Lines
from newsletter_mailer.errors import ContentError, NewsletterError
from newsletter_mailer.findings import Finding, Severity, Source, error
from newsletter_mailer.settings.newsletter import FILE

_ABOUT = 2  #: lines that are shown before and after
_WIDEST = 300  #: characters of a line that are shown


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file as the page shows it."""

    number: int
    text: str
    is_meant: bool


def errors_among(findings: Iterable[Finding]) -> list[Finding]:
    return [one for one in findings if one.severity is Severity.ERROR]


def findings_of(stopped: NewsletterError) -> list[Finding]:
    """What stopped us, as findings."""
    if isinstance(stopped, ContentError):
        return [*stopped.findings]
    return [error("project", Source(FILE), str(stopped))]


def lines_about(source: Source, lines: Sequence[str] | None) -> list[Line]:
    """The line that is meant and a few around it. None of a file that is not shown."""
    if lines is None or not 0 < source.line <= len(lines):
        return []
    first = max(1, source.line - _ABOUT)
    last = min(len(lines), source.line + _ABOUT)
    return [
        Line(number, lines[number - 1][:_WIDEST], number == source.line)
        for number in range(first, last + 1)
    ]


def as_json(finding: Finding, lines: Lines) -> dict[str, object]:
    """A mistake with the lines about it."""
    return {
        **finding.as_json(),
        "width": finding.source.width,
        "lines": [
            {"number": line.number, "text": line.text, "meant": line.is_meant}
            for line in lines_about(finding.source, lines(finding.source.file))
        ],
    }
