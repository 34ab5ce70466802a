"""What newsletter.toml, issue.toml and the sections say about rules: severities and ignores."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.rules import all_rules
from newsletter_mailer.did_you_mean import did_you_mean
from newsletter_mailer.findings import Finding, Severity, Source
from newsletter_mailer.issue.model import Issue
from newsletter_mailer.settings.newsletter import Settings


class _Ignore(NamedTuple):
    """One word under `ignore`. `file` None: it counts for all files."""

    rule: str
    file: str | None
    source: Source
    severity: Severity  #: how bad it is that nothing is ignored by it


class Overrides:
    """The severities and ignores that a newsletter, an issue and its sections ask for."""

    def __init__(self, settings: Settings, issue: Issue) -> None:
        lowered = {
            rule
            for rule, severity in issue.check.severities.items()
            if _guards(rule) and severity is not Severity.ERROR
        }
        self._severities = {
            **settings.check.severities,
            **{
                rule: severity
                for rule, severity in issue.check.severities.items()
                if rule not in lowered
            },
        }
        brought = [*_brought_ignores(issue)]
        self._ignores = [
            *_own_ignores(settings),
            *(ignore for ignore in brought if not _guards(ignore.rule)),
        ]
        self._named = [
            *((rule, settings.check.source(rule)) for rule in settings.check.severities),
            *((rule, issue.check.source(rule)) for rule in issue.check.severities),
            *((ignore.rule, ignore.source) for ignore in self._ignores),
        ]
        self._refused = [
            *((rule, issue.check.source(rule)) for rule in lowered),
            *((ignore.rule, ignore.source) for ignore in brought if _guards(ignore.rule)),
        ]

    def applied_to(
        self, findings: Iterable[Finding], context: CheckContext | None
    ) -> Iterator[Finding]:
        """The findings as the newsletter wants them, and what is wrong with the overrides.

        `context` None: not all questions were asked, so no ignore can be called unused.
        """
        used: set[_Ignore] = set()
        yield from self._wanted([*findings, *self._unknown(), *self._guarded()], used)
        if context is not None:
            yield from self._wanted([*self._unused(used, context)], used)

    def _wanted(self, findings: Sequence[Finding], used: set[_Ignore]) -> Iterator[Finding]:
        for finding in findings:
            rule = all_rules().get(finding.rule)
            if rule is None or not rule.adjustable:
                yield finding
                continue
            matching = [ignore for ignore in self._ignores if _applies(ignore, finding)]
            used.update(matching)
            if not matching:
                severity = self._severities.get(finding.rule, finding.severity)
                yield dataclasses.replace(finding, severity=severity)

    def _unknown(self) -> Iterator[Finding]:
        adjustable = {rule.id for rule in all_rules().values() if rule.adjustable}
        for rule, source in self._named:
            if rule not in adjustable:
                fixed = rule in all_rules()
                yield Finding(
                    rule="unknown-rule",
                    severity=Severity.WARNING,
                    source=source,
                    message=f'The rule "{rule}" cannot be changed or ignored.'
                    if fixed
                    else f'There is no rule "{rule}".',
                    hint="Without it nothing can be made."
                    if fixed
                    else did_you_mean(rule, adjustable),
                )

    def _guarded(self) -> Iterator[Finding]:
        for rule, source in self._refused:
            yield Finding(
                rule="guarded-rule",
                severity=Severity.WARNING,
                source=source,
                message=f'The rule "{rule}" stands against fraud; it is asked all the same.',
                hint="Look at what it finds here. If the newsletter can do without it, say so in "
                "newsletter.toml, under [check].",
            )

    def _unused(self, used: set[_Ignore], context: CheckContext) -> Iterator[Finding]:
        for ignore in self._ignores:
            rule = all_rules().get(ignore.rule)
            if ignore in used or rule is None or not rule.adjustable or rule.id == "unused-ignore":
                continue
            if rule.questions and not rule.is_asked_of(context):
                continue
            yield Finding(
                rule="unused-ignore",
                severity=ignore.severity,
                source=ignore.source,
                message=f'Nothing here breaks the rule "{ignore.rule}", so nothing is ignored.',
                hint=f"Remove {ignore.rule} from ignore.",
                about=ignore.rule,
            )


def _guards(rule: str) -> bool:
    return rule in all_rules() and all_rules()[rule].guards


def _own_ignores(settings: Settings) -> Iterator[_Ignore]:
    for rule in sorted(settings.check.ignored):
        yield _Ignore(rule, None, settings.check.source(rule), Severity.INFO)


def _brought_ignores(issue: Issue) -> Iterator[_Ignore]:
    """What comes along with an issue's files, which others may have written."""
    for rule in sorted(issue.check.ignored):
        yield _Ignore(rule, None, issue.check.source(rule), Severity.WARNING)
    for section in issue.sections:
        place = section.source.at(section.field_lines.get("ignore", 1))
        for rule in sorted(section.ignored):
            yield _Ignore(rule, section.source.file, place, Severity.WARNING)


def _applies(ignore: _Ignore, finding: Finding) -> bool:
    return ignore.rule == finding.rule and ignore.file in (None, finding.source.file)
