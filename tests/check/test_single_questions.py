"""Questions that no small project breaks, asked of what is put together by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime

from newsletter_mailer.check.registry import Ask
from newsletter_mailer.check.rules import all_rules
from newsletter_mailer.check.subject import Subject
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.findings import Finding
from newsletter_mailer.plan.plan import Plan
from newsletter_mailer.plan.variants import Variant
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
