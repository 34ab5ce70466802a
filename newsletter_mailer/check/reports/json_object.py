"""For programs: the findings and how many there are of those that matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from newsletter_mailer.check.context.matrix import Matrix
from newsletter_mailer.check.runner.timings import Timing
from newsletter_mailer.findings import Finding, Severity


def json_object(
    findings: Sequence[Finding],
    matrices: Mapping[str, Matrix],
    timings: Sequence[Timing] = (),
) -> dict[str, object]:
    """`{"findings": [...], "errors": 1, "warnings": 2}`; with matrices, "matrix" by issue.

    With timings, `"timings": [{"rule": "contrast", "seconds": 0.012, "asked": 1}]`.
    """
    counts = dict.fromkeys(Severity, 0)
    for finding in findings:
        counts[finding.severity] += 1
    matrix = {issue: matrix.as_json() for issue, matrix in matrices.items()}
    return {
        "findings": [finding.as_json() for finding in findings],
        "errors": counts[Severity.ERROR],
        "warnings": counts[Severity.WARNING],
        **({"matrix": matrix} if matrix else {}),
        **({"timings": [one.as_json() for one in timings]} if timings else {}),
    }
