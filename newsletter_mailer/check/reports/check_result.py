"""What every format is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from newsletter_mailer.check.context.matrix import Matrix
from newsletter_mailer.check.runner.timings import Timing
from newsletter_mailer.findings import Finding, Severity

#: Given a file of the project: its lines, or None where they cannot or must not be shown.
Lines = Callable[[str], Sequence[str] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The findings of one run of `check`."""

    findings: Sequence[Finding]  #: in order, each fault once
    by_issue: Mapping[str, Sequence[Finding]]  #: of each issue that was looked at
    variants: int  #: how many were composed
    matrices: Mapping[str, Matrix] = field(default_factory=dict)  #: by issue, if asked for
    timings: Sequence[Timing] = ()  #: the slowest rule first, if asked for
    is_strict: bool  #: warnings fail too
    prefix: str  #: from the repository's root to the project's folder: "", "news/"
    lines: Lines

    def fails(self, finding: Finding) -> bool:
        """Whether the run ends with exit code 1 because of it."""
        return finding.severity is Severity.ERROR or (
            self.is_strict and finding.severity is Severity.WARNING
        )

    def summary(self) -> str:
        """`2025-08: 2 errors and 1 warning in 3 files. 12 variants were composed and checked.`"""
        issues = f"{', '.join(self.by_issue)}: " if self.by_issue else ""
        return f"{issues}{_counts(self.findings)} {self._reach()}".rstrip()

    def _reach(self) -> str:
        if self.variants:
            verb = "was" if self.variants == 1 else "were"
            return f"{_counted(self.variants, 'variant')} {verb} composed and checked."
        return "Nothing could be composed, so not everything was looked at."


def _counts(findings: Sequence[Finding]) -> str:
    words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    counted = [
        _counted(count, word)
        for severity, word in words.items()
        if (count := sum(finding.severity is severity for finding in findings))
    ]
    if not counted:
        return "Nothing is wrong."
    *first, last = counted
    files = _counted(len({finding.source.file for finding in findings}), "file")
    sentence = f"{', '.join(first)}{' and ' if first else ''}{last} in {files}."
    only_notes = all(finding.severity is Severity.INFO for finding in findings)
    return f"Nothing is wrong; {sentence}" if only_notes else sentence


def _counted(count: int, one: str) -> str:
    return f"{count:,} {one}{'' if count == 1 else 's'}"
