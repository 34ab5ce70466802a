"""What the pairs cannot show: questions that no small project breaks, and how bad a finding is."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.questions.answers import answers
from newsletter_mailer.check.rules import all_rules
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.findings import Finding
from newsletter_mailer.plan.plan import Plan
from newsletter_mailer.plan.variants import Variant
from newsletter_mailer.preview.live.mistakes import findings_of
from tests.check.test_pairs import HERE, findings
from tests.conftest import REPOSITORY
from tests.newsroom import Newsroom


def said_by(
    rule: str, newsroom: Newsroom, plan: Plan, compiled: Sequence[CompiledVariant]
) -> list[Finding]:
    """What one rule finds."""
    context = CheckContext(
        settings=newsroom.settings,
        issue=newsroom.issue,
        template=newsroom.template,
        plan=plan,
        compiled=compiled,
        at=datetime(2030, 1, 15, 9, tzinfo=UTC),
        trace=lambda variant: (),
    )
    return [*answers(all_rules()[rule], context)]


def test_more_variants_than_anybody_can_look_at_are_a_warning(newsroom: Newsroom) -> None:
    def found(count: int) -> list[Finding]:
        made = {str(number): Variant(str(number), ()) for number in range(count)}
        return said_by("many-variants", newsroom, Plan(variants=made), [])

    (finding,) = found(201)

    assert "201 variants" in finding.message
    assert (finding.source.file, finding.severity) == ("issues/2030-01/issue.toml", "warning")
    assert found(200) == []


def test_a_text_part_without_a_way_to_unsubscribe_is_an_error(newsroom: Newsroom) -> None:
    compiled = newsroom.compiled()
    without = dataclasses.replace(compiled, text=("The news, and no way to leave.",))

    (finding,) = said_by("unsubscribe-link", newsroom, Plan(), [without])

    assert "text part" in finding.message
    assert finding.severity == "error"
    assert said_by("unsubscribe-link", newsroom, Plan(), [compiled]) == []


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


def test_what_stops_a_command_is_told_in_the_preview() -> None:
    (finding,) = findings_of(ProjectError("There is no template plain."))

    assert (finding.rule, finding.message) == ("project", "There is no template plain.")
    assert not all_rules()[finding.rule].adjustable


def rules_named_in(path: Path) -> Iterator[str]:
    """Those of findings that are made without a question's Ask."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            given = [*node.args[:1]] if called in ("error", "warning") else []
            given += [
                one.value for one in node.keywords if called == "Finding" and one.arg == "rule"
            ]
            yield from (str(one.value) for one in given if isinstance(one, ast.Constant))


def test_every_finding_has_a_rule() -> None:
    named = {
        rule
        for path in (REPOSITORY / "newsletter_mailer").rglob("*.py")
        for rule in rules_named_in(path)
    }

    assert {"project", "unreadable-file", "unknown-rule"} <= named
    assert named <= all_rules().keys()
