"""A new rule, and new evidence, is one new file: nothing else has to name it."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.acceptance.scene import Newsletter, newsletter, run
from tests.conftest import REPOSITORY, Result

HELLO = "issues/2030-01/10-hello.md"
RULE = '''\
"""Greetings: how an issue begins."""

from collections.abc import Iterator

from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.findings import Finding, Severity


@check("ahoy", Severity.WARNING)
def ahoy(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A text that greets as sailors do."""
    for passage in context.passages:
        if "Ahoy" in passage.text:
            yield ask.finding(passage.source, "This greets as sailors do.", "Greet otherwise.")
'''


EVIDENCE = '''\
"""What the sea says, as the project's file tells."""

from newsletter_mailer.check.evidence.registry import Evidence, register

TIDE = register(
    Evidence(
        name="tide",
        option="--tide-table",
        help="Ask when the ship sails.",
        gather=lambda context, here: (here.root / "tide.txt").read_text(),
    )
)
'''
RULE_WITH_EVIDENCE = '''\
"""The sea: when the ship sails."""

from newsletter_mailer.check.evidence.tide import TIDE
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.findings import Severity


@check("low-water", Severity.WARNING, needs=TIDE)
def low_water(context, ask):
    """A day on which no ship sails."""
    yield ask.finding(context.issue.source, f"The tide is {TIDE.of(context)}.")
'''


def with_a_new_rule(news: Newsletter, folder: Path, *words: str) -> Result:
    return with_new_files(news, folder, {"rules/greetings.py": RULE}, *words)


def with_new_files(news: Newsletter, folder: Path, files: Mapping[str, str], *words: str) -> Result:
    """The command of a copy of the package that has these files of `check/` besides."""
    package = folder / "site" / "newsletter_mailer"
    shutil.copytree(
        REPOSITORY / "newsletter_mailer", package, ignore=shutil.ignore_patterns("__pycache__")
    )
    for name, text in files.items():
        (package / "check" / name).write_text(text, "utf-8")
    return run(
        *words,
        cwd=news.root,
        env={"PYTHONPATH": str(package.parent)},
        command=(sys.executable, "-m", "newsletter_mailer"),
    )


def test_a_rule_is_one_new_file(tmp_path: Path) -> None:
    news = newsletter(tmp_path / "news")
    news.write(HELLO, f"{news.read(HELLO)}\nAhoy!\n")

    done = with_a_new_rule(news, tmp_path, "check", "--issue", "2030-01", "--json")

    assert [(one["file"], one["line"]) for one in done.json["findings"] if one["rule"] == "ahoy"]


def test_a_new_rule_is_in_the_manual(tmp_path: Path) -> None:
    news = newsletter(tmp_path / "news")

    done = with_a_new_rule(news, tmp_path, "check", "--rules", "--json")

    chapters = [one["chapter"] for one in done.json["rules"]]
    assert "Greetings" in chapters
    assert chapters.index("Events and deadlines") < chapters.index("Greetings"), "by file name"
    assert chapters.index("Greetings") < chapters.index("Inbox")


SEA = {"evidence/tide.py": EVIDENCE, "rules/sea.py": RULE_WITH_EVIDENCE}


def test_evidence_is_one_new_file(tmp_path: Path) -> None:
    news = newsletter(tmp_path / "news")
    news.write("tide.txt", "out")
    words = ("check", "--issue", "2030-01", "--json")

    unasked = with_new_files(news, tmp_path / "unasked", SEA, *words)
    asked = with_new_files(news, tmp_path / "asked", SEA, *words, "--tide-table")

    assert "low-water" not in {one["rule"] for one in unasked.json["findings"]}
    told = {one["rule"]: one["message"] for one in asked.json["findings"]}
    assert told["low-water"] == "The tide is out."


def test_check_says_what_an_option_of_new_evidence_does(tmp_path: Path) -> None:
    news = newsletter(tmp_path / "news")

    done = with_new_files(news, tmp_path, SEA, "check", "--help")

    assert re.search(r"--tide-table +Ask when the ship sails\.", done.out)
