"""A rule that fails is a mistake of ours: it is told, fails the run, and hides nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter_mailer.campaign.check import check
from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.check.registry import RULES, Ask, Rule
from newsletter_mailer.check.subject import Subject
from newsletter_mailer.findings import Finding, Severity
from tests.acceptance.scene import Newsletter, newsletter, run
from tests.conftest import Result
from tests.smtp_server import smtp_server

HELLO = "issues/2030-01/10-hello.md"
#: The command, with a rule that finds something and then fails.
COMMAND = """\
from newsletter_mailer.check.registry import check
from newsletter_mailer.cli import main
from newsletter_mailer.findings import Severity

@check("planted", Severity.INFO)
def planted(subject, ask):
    yield ask.finding(subject.issue.source, "half an answer")
    raise ZeroDivisionError("by nothing")

main()
"""


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    """An issue with a warning of another rule."""
    made = newsletter(tmp_path / "news")
    made.write(HELLO, f"{made.read(HELLO)}\nThe the end.\n")
    return made


def failing(news: Newsletter, *words: str, env: Mapping[str, str] | None = None) -> Result:
    return run(*words, cwd=news.root, env=env, command=(sys.executable, "-c", COMMAND))


def test_a_rule_that_fails_is_told_beside_what_others_find(
    news: Newsletter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def planted(subject: Subject, ask: Ask) -> Iterator[Finding]:
        yield ask.finding(subject.issue.source, "half an answer")
        raise RuntimeError("planted " * 100)

    rule = Rule(id="planted", severity=Severity.INFO, manual="", group="", ask=planted)
    monkeypatch.setitem(RULES, rule.id, rule)

    found = check(open_project(news.root, {}), "2030-01", datetime(2030, 1, 15, 9, tzinfo=UTC))

    (failure,) = [one for one in found.findings if one.rule == "internal-error"]
    assert failure.severity is Severity.ERROR
    assert failure.source.file == "issues/2030-01/issue.toml"
    assert failure.message.startswith('The rule "planted" failed: RuntimeError: planted planted')
    assert len(failure.message) < 300
    assert "not in your issue" in failure.hint
    rules = {one.rule for one in found.findings}
    assert "doubled-word" in rules
    assert "planted" not in rules, "half of its answers would pass for all"


def test_nobody_can_wave_a_failure_away(news: Newsletter) -> None:
    settings = news.read("newsletter.toml")
    news.write(
        "newsletter.toml",
        f'{settings}\n[check]\ninternal-error = "info"\nignore = ["internal-error"]\n',
    )

    done = failing(news, "check", "--issue", "2030-01", "--json")

    assert done.code == 1
    assert done.json["errors"] == 1
    assert "unknown-rule" in {one["rule"] for one in done.json["findings"]}


def test_a_failure_fails_the_run_and_nothing_is_sent(news: Newsletter) -> None:
    checked = failing(news, "check", "--issue", "2030-01")
    with smtp_server() as inbox:
        sent = failing(news, "send", "--issue", "2030-01", "--yes", env=inbox.environment())

    for done in (checked, sent):
        assert done.code == 1
        assert done.names("issues/2030-01/issue.toml:1: error"), done
        assert 'The rule "planted" failed: ZeroDivisionError: by nothing.' in "".join(done.findings)
        assert done.names(f"{HELLO}:9: warning"), "what other rules find is still shown"
        assert "Traceback" not in done.err
    assert inbox.received == []
