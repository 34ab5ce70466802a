"""The questions, and how the newsletter's own settings change what they say."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.findings import Finding, Severity, Source
from newsletter_mailer.issue.model import Issue
from newsletter_mailer.plan.plan import Plan
from newsletter_mailer.settings import Settings

#: Rules found while reading whose severity may be changed; without the others nothing can be made.
ADJUSTABLE = frozenset({"bad-address", "missing-alt", "ragged-row", "raw-html", "empty-target"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is looked at: all that is known before anything leaves."""

    settings: Settings
    issue: Issue
    plan: Plan
    compiled: Sequence[CompiledVariant]


Question = Callable[["Subject", "Ask"], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A question with its id. Its manual is its docstring."""

    id: str
    severity: Severity
    ask: Question

    @property
    def manual(self) -> str:
        return (self.ask.__doc__ or "").strip()


class Ask:
    """Makes the findings of one rule."""

    def __init__(self, rule: str, severity: Severity) -> None:
        self._rule, self._severity = rule, severity

    def finding(
        self, source: Source, message: str, hint: str = "", severity: Severity | None = None
    ) -> Finding:
        return Finding(
            rule=self._rule,
            severity=severity or self._severity,
            source=source,
            message=message,
            hint=hint,
        )


RULES: dict[str, Rule] = {}


def check(rule: str, severity: Severity) -> Callable[[Question], Question]:
    """Registers a question. One function, one line, one entry in the manual."""

    def register(question: Question) -> Question:
        RULES[rule] = Rule(rule, severity, question)
        return question

    return register


def as_the_newsletter_wants(
    findings: Iterable[Finding], settings: Settings, ignored: Mapping[str, frozenset[str]]
) -> Iterator[Finding]:
    """The findings with the severities and without the rules that the settings say.

    `ignored`: rules by the file that ignores them.
    """
    for finding in findings:
        is_adjustable = finding.rule in RULES or finding.rule in ADJUSTABLE
        if is_adjustable and (
            finding.rule in settings.ignored
            or finding.rule in ignored.get(finding.source.file, frozenset())
        ):
            continue
        severity = settings.severities.get(finding.rule)
        if severity is not None and is_adjustable:
            finding = dataclasses.replace(finding, severity=severity)
        yield finding
