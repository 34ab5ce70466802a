"""What the pairs cannot show: questions that no small project breaks, and how bad a finding is."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter_mailer.check.registry import Ask
from newsletter_mailer.check.rules import all_rules
from newsletter_mailer.check.subject import Subject
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.findings import Finding
from newsletter_mailer.plan.plan import Plan
from newsletter_mailer.plan.variants import Variant
from tests.check.test_pairs import HERE, findings
from tests.newsroom import Newsroom


def answers(
    rule: str, newsroom: Newsroom, plan: Plan, compiled: Sequence[CompiledVariant]
) -> list[Finding]:
    """What one question finds."""
    asked = all_rules()[rule]
    assert asked.ask is not None
    subject = Subject(
        settings=newsroom.settings,
        issue=newsroom.issue,
        template=newsroom.template,
        plan=plan,
        compiled=compiled,
        at=datetime(2030, 1, 15, 9, tzinfo=UTC),
        trace=lambda variant: (),
    )
    return [*asked.ask(subject, Ask(rule, asked.severity))]


def test_more_variants_than_anybody_can_look_at_are_a_warning(newsroom: Newsroom) -> None:
    def found(count: int) -> list[Finding]:
        made = {str(number): Variant(str(number), ()) for number in range(count)}
        return answers("many-variants", newsroom, Plan(variants=made), [])

    (finding,) = found(201)

    assert "201 variants" in finding.message
    assert (finding.source.file, finding.severity) == ("issues/2030-01/issue.toml", "warning")
    assert found(200) == []


def test_a_text_part_without_a_way_to_unsubscribe_is_an_error(newsroom: Newsroom) -> None:
    compiled = newsroom.compiled()
    without = dataclasses.replace(compiled, text=("The news, and no way to leave.",))

    (finding,) = answers("unsubscribe-link", newsroom, Plan(), [without])

    assert "text part" in finding.message
    assert finding.severity == "error"
    assert answers("unsubscribe-link", newsroom, Plan(), [compiled]) == []


@pytest.mark.parametrize(
    ("rule", "case", "severity"),
    [
        ("empty-for-readers", "bad", "warning"),
        ("empty-for-readers", "bad-3", "error"),  # everyone
        ("empty-list", "bad", "warning"),
        ("empty-list", "bad-2", "error"),  # the only one
        ("subject-length", "bad", "warning"),
        ("subject-length", "bad-2", "info"),  # for phones
        ("from-name", "bad", "warning"),
        ("from-name", "bad-2", "info"),
    ],
)
def test_how_bad_it_is_can_depend(tmp_path: Path, rule: str, case: str, severity: str) -> None:
    said = findings(tmp_path, HERE / "pairs" / rule / case)

    assert {one.severity for one in said if one.rule == rule} == {severity}
