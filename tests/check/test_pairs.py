"""Every rule has an issue that breaks it, and a near miss that does not.

`pairs/RULE/bad*/` and `pairs/RULE/good*/` hold files that are laid over a sound small project
(`base/`, with the shipped template). `expected.txt` of a bad one has a line `file:line` or
`file:line:column` for each finding of that rule; a good one has none. `at.txt` says when it is
sent; without it, that is 2030-01-15 09:00. `remove.txt` names files that are taken away, and
`environment.txt` has the lines of .env.
"""

from __future__ import annotations

import shutil
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

from newsletter_mailer.campaign.check import check
from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.check.rules import all_rules
from newsletter_mailer.errors import ContentError
from newsletter_mailer.findings import Finding, Severity
from tests.check.dictionary import dictionary, words_of
from tests.conftest import REPOSITORY

HERE = Path(__file__).parent
ISSUE = "2030-01"
OURS = ("expected.txt", "at.txt", "remove.txt", "environment.txt")

CASES = sorted(case for rule in (HERE / "pairs").iterdir() for case in rule.iterdir())


@cache
def known_words() -> list[str]:
    """Of all these files: what is misspelt is asked in test_spelling.py, and takes its time."""
    files = [file for folder in ("base", "pairs") for file in (HERE / folder).rglob("*.*")]
    texts = [file for file in files if file.suffix in (".md", ".toml")]
    return words_of(file.read_text("utf-8", "replace") for file in texts)


def findings(tmp_path: Path, *overlays: Path) -> list[Finding]:
    """What `check` says of the sound project with these files laid over it."""
    root = tmp_path / "project"
    at = "2030-01-15T09:00"
    environment = dictionary(tmp_path / "dictionary", known_words())
    for folder in (HERE / "base", *overlays):
        shutil.copytree(folder, root, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*OURS))
        if (folder / "at.txt").is_file():
            at = (folder / "at.txt").read_text("utf-8").strip()
        if (folder / "remove.txt").is_file():
            for name in (folder / "remove.txt").read_text("utf-8").split():
                (root / name).unlink()
        if (folder / "environment.txt").is_file():
            lines = (folder / "environment.txt").read_text("utf-8").split()
            environment |= dict(line.split("=", 1) for line in lines)
    shutil.copytree(
        REPOSITORY / "templates" / "regional", root / "templates" / "regional", dirs_exist_ok=True
    )
    for folder in overlays:  # a case's own template files win over the shipped ones
        if (folder / "templates").is_dir():
            shutil.copytree(folder / "templates", root / "templates", dirs_exist_ok=True)
    try:
        project = open_project(root, environment)
    except ContentError as stopped:
        return [*stopped.findings]
    moment = datetime.fromisoformat(at).replace(tzinfo=project.settings.zone)
    return check(project, ISSUE, moment).findings


def place(finding: Finding) -> str:
    source = finding.source
    column = f":{source.column}" if source.column else ""
    return f"{source.file}:{source.line}{column}"


def name(case: Path) -> str:
    return f"{case.parent.name}-{case.name}"


@pytest.mark.parametrize("case", CASES, ids=name)
def test_what_breaks_a_rule_is_found_where_it_stands(case: Path, tmp_path: Path) -> None:
    said = findings(tmp_path, case)
    found = [one for one in said if one.rule == case.parent.name]
    expected = case / "expected.txt"

    assert [one.message for one in said if one.rule == "internal-error"] == []

    assert expected.is_file() == case.name.startswith("bad")
    assert [place(one) for one in found] == (
        expected.read_text("utf-8").splitlines() if expected.is_file() else []
    )


def test_the_sound_project_is_sound(tmp_path: Path) -> None:
    assert [one for one in findings(tmp_path) if one.severity is not Severity.INFO] == []


def test_nothing_is_said_of_the_shipped_template(tmp_path: Path) -> None:
    """Writers can do nothing about it, so that it would be noise in every issue."""
    assert [one for one in findings(tmp_path) if one.source.file.startswith("templates/")] == []


def test_every_rule_has_a_pair() -> None:
    kinds = {
        rule: {case.name.rstrip("-0123456789") for case in CASES if case.parent.name == rule}
        for rule in all_rules()
    }
    without = {rule for rule, found in kinds.items() if found != {"bad", "good"}}

    assert without == ASKED_ELSEWHERE.keys()
    assert {case.parent.name for case in CASES} <= all_rules().keys()


#: Rules that no small folder breaks, and a test that breaks them.
ASKED_ELSEWHERE = {
    "axe": "tests/browser/test_axe.py::test_a_fault_is_told_once_in_the_writer_s_line",
    "image-weight": "tests/check/test_pictures.py::test_a_picture_of_a_megabyte_is_too_heavy",
    "internal-error": "tests/check/test_failing_rule.py::"
    "test_a_rule_that_fails_is_told_beside_what_others_find",
    "many-variants": "tests/check/test_single_questions.py::"
    "test_more_variants_than_anybody_can_look_at_are_a_warning",
    "misspelt-word": "tests/check/test_spelling.py::test_a_misspelt_word_is_found_where_it_stands",
    "moved-link": "tests/check/test_links_asked.py::test_links_that_have_moved_for_good_are_told",
    "project": "tests/check/test_single_questions.py::"
    "test_what_stops_a_command_is_told_in_the_preview",
    "spam-score": "tests/check/test_spam.py::test_the_more_points_the_worse",
    "unreachable-link": "tests/check/test_links_asked.py::test_links_that_lead_nowhere_are_told",
    "unverified-link": "tests/check/test_links_asked.py::test_links_that_cannot_be_judged_are_told",
}


@pytest.mark.parametrize(("rule", "test"), ASKED_ELSEWHERE.items())
def test_who_is_asked_elsewhere_is_asked(rule: str, test: str) -> None:
    file, _, function = test.partition("::")
    module = (REPOSITORY / file).read_text("utf-8")

    assert f"\ndef {function}(" in module
    assert f'"{rule}"' in module
