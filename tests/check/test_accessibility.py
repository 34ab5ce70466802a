"""What we ship keeps the rules of accessibility ourselves, with nothing ignored."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from newsletter_mailer.campaign.check import check
from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.check.rules import all_rules
from newsletter_mailer.findings import Finding
from tests.check.test_pairs import findings
from tests.conftest import REPOSITORY

RULES = {rule.id for rule in all_rules().values() if rule.group.startswith("Accessibility")}


def of_accessibility(found: list[Finding]) -> list[Finding]:
    return [one for one in found if one.rule in RULES]


@pytest.mark.parametrize(
    ("root", "issue"),
    [
        (REPOSITORY, "2025-08"),
        (REPOSITORY, "2025-09"),
        (REPOSITORY / "tests/golden", "everything"),
        (REPOSITORY / "tests/golden", "targets"),
    ],
    ids=["2025-08", "2025-09", "everything", "targets"],
)
def test_our_own_templates_and_issues_keep_every_rule(root: Path, issue: str) -> None:
    project = open_project(root, {})
    at = datetime(2025, 8, 29, 9, tzinfo=project.settings.zone)

    assert project.settings.check.ignored == frozenset()
    assert of_accessibility(check(project, issue, at).findings) == []


def test_the_sound_project_keeps_every_rule(tmp_path: Path) -> None:
    assert of_accessibility(findings(tmp_path)) == []


def test_the_chapters_hold_what_they_should() -> None:
    """So that a chapter that is renamed does not silence the tests above."""
    assert {"contrast", "language", "alt-repeats", "text-size", "undeclared-dark-mode"} <= RULES
