"""For programs: the findings and how many there are of those that matter."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter_mailer.findings import Finding, Severity


def json_object(findings: Sequence[Finding]) -> dict[str, object]:
    """`{"findings": [...], "errors": 1, "warnings": 2}`."""
    counts = dict.fromkeys(Severity, 0)
    for finding in findings:
        counts[finding.severity] += 1
    return {
        "findings": [finding.as_json() for finding in findings],
        "errors": counts[Severity.ERROR],
        "warnings": counts[Severity.WARNING],
    }
