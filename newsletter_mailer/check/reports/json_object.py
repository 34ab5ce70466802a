"""For programs: the findings and how many there are of those that matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from newsletter_mailer.check.matrix import Matrix
from newsletter_mailer.findings import Finding, Severity


def json_object(findings: Sequence[Finding], matrices: Mapping[str, Matrix]) -> dict[str, object]:
    """`{"findings": [...], "errors": 1, "warnings": 2}`; with matrices, "matrix" by issue."""
    counts = dict.fromkeys(Severity, 0)
    for finding in findings:
        counts[finding.severity] += 1
    matrix = {issue: matrix.as_json() for issue, matrix in matrices.items()}
    return {
        "findings": [finding.as_json() for finding in findings],
        "errors": counts[Severity.ERROR],
        "warnings": counts[Severity.WARNING],
        **({"matrix": matrix} if matrix else {}),
    }
