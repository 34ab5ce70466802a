"""A rule that fails is a mistake of ours: it is told, fails the run, and hides nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest

from newsletter_mailer.campaign.check import Checked, check
from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.check.context import context
from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.evidence.registry import (
    EVIDENCE,
    Evidence,
    Surroundings,
    all_evidence,
)
from newsletter_mailer.check.questions.registry import RULES
from newsletter_mailer.check.questions.rule import Ask, Question, Rule
from newsletter_mailer.check.text.passages import Passage
from newsletter_mailer.check.text.written_links import Link
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.findings import Finding, Severity
from tests.acceptance.scene import Newsletter, newsletter, planted, run
from tests.conftest import Result
from tests.smtp_server import smtp_server

HELLO = "issues/2030-01/10-hello.md"


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    """An issue with a warning of another rule."""
    made = newsletter(tmp_path / "news")
    made.write(HELLO, f"{made.read(HELLO)}\nThe the end.\n")
    return made


def plant(monkeypatch: pytest.MonkeyPatch, question: Question) -> None:
    rule = Rule(id="planted", severity=Severity.INFO, manual="", group="", questions=(question,))
    monkeypatch.setitem(RULES, rule.id, rule)


def failing(news: Newsletter, *words: str, env: Mapping[str, str] | None = None) -> Result:
    return run(*words, cwd=news.root, env=env, command=planted("failing_rule"))


def test_a_rule_that_fails_is_told_beside_what_others_find(
    news: Newsletter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def planted(whole: CheckContext, ask: Ask) -> Iterator[Finding]:
        yield ask.finding(whole.issue.source, "half an answer")
        raise RuntimeError("planted " * 100)

    plant(monkeypatch, Question(each=CheckContext, ask=planted))

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


def test_a_rule_that_fails_on_one_paragraph_still_tells_of_the_others(
    news: Newsletter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def planted(passage: Passage, ask: Ask) -> Iterator[Finding]:
        yield ask.finding(passage.source, "found", passage.text)
        if "Ouch" in passage.text:
            raise RuntimeError("ouch")

    news.write(HELLO, f"{news.read(HELLO)}\nOuch.\n\nOuch.\n\nLast.\n")
    plant(monkeypatch, Question(each=Passage, ask=planted))

    found = check(open_project(news.root, {}), "2030-01", datetime(2030, 1, 15, 9, tzinfo=UTC))

    told = {one.hint for one in found.findings if one.rule == "planted"}
    assert "Last." in told
    assert "Ouch." not in told, "half of its answers would pass for all"
    (failure,) = [one for one in found.findings if one.rule == "internal-error"]
    assert (failure.source.file, failure.source.line) == (HELLO, 11)
    assert failure.message.endswith("It failed 1 more time.")


def test_what_was_lost_in_a_failure_is_told_of_the_next_that_has_it(
    news: Newsletter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def planted(passage: Passage, ask: Ask) -> Iterator[Finding]:
        if "Cause" in passage.text and ask.is_first("cause"):
            yield ask.finding(passage.source, "found", passage.text)
        if "Ouch" in passage.text:
            raise RuntimeError("ouch")

    news.write(HELLO, f"{news.read(HELLO)}\nCause. Ouch.\n\nThe Cause.\n\nOne more Cause.\n")
    plant(monkeypatch, Question(each=Passage, ask=planted))

    found = check(open_project(news.root, {}), "2030-01", datetime(2030, 1, 15, 9, tzinfo=UTC))

    assert [one.hint for one in found.findings if one.rule == "planted"] == ["The Cause."]


def test_rules_that_cannot_be_asked_are_all_told(
    news: Newsletter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(issue: object) -> Iterator[Link]:
        yield from ()
        raise RuntimeError("no links")

    monkeypatch.setattr(context, "links_of", no_links)

    found = check(open_project(news.root, {}), "2030-01", datetime(2030, 1, 15, 9, tzinfo=UTC))

    failed = {one.message for one in found.findings if one.rule == "internal-error"}
    assert 'The rule "vague-link" failed: RuntimeError: no links.' in failed
    assert "doubled-word" in {one.rule for one in found.findings}


def test_evidence_that_cannot_be_gathered_fails_only_the_rules_that_need_it(
    news: Newsletter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gather(context: CheckContext, here: Surroundings) -> object:
        raise RuntimeError("no dictionary")

    broken = Evidence(name="spelling", gather=gather)
    all_evidence()
    monkeypatch.setitem(EVIDENCE, "spelling", broken)

    found = check(open_project(news.root, {}), "2030-01", datetime(2030, 1, 15, 9, tzinfo=UTC))

    (failure,) = [one for one in found.findings if one.rule == "internal-error"]
    assert failure.message.startswith('The rule "misspelt-word" failed: RuntimeError: no dict')
    assert "doubled-word" in {one.rule for one in found.findings}


def test_evidence_whose_gathering_ends_the_thread_fails_its_rules_and_keeps_nobody_waiting(
    news: Newsletter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gather(context: CheckContext, here: Surroundings) -> object:
        raise SystemExit("a library gave up")

    all_evidence()
    monkeypatch.setitem(EVIDENCE, "spelling", Evidence(name="spelling", gather=gather))

    found: list[Checked] = []
    at = datetime(2030, 1, 15, 9, tzinfo=UTC)
    checking = Thread(
        target=lambda: found.append(check(open_project(news.root, {}), "2030-01", at)), daemon=True
    )
    checking.start()
    checking.join(20)

    [result] = found
    (failure,) = [one for one in result.findings if one.rule == "internal-error"]
    assert '"misspelt-word" failed' in failure.message
    assert "SystemExit: a library gave up" in failure.message
    assert "doubled-word" in {one.rule for one in result.findings}


def test_evidence_that_stops_us_is_told_as_a_sentence_and_no_mistake_of_ours(
    news: Newsletter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gather(context: CheckContext, here: Surroundings) -> object:
        raise ProjectError("The dictionary is locked.")

    all_evidence()
    monkeypatch.setitem(EVIDENCE, "spelling", Evidence(name="spelling", gather=gather))

    with pytest.raises(ProjectError, match="The dictionary is locked"):
        check(open_project(news.root, {}), "2030-01", datetime(2030, 1, 15, 9, tzinfo=UTC))


def test_passages_are_read_before_another_thread_gathers(
    news: Newsletter, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[bool] = []

    def gather(context: CheckContext, here: Surroundings) -> object:
        read.append("passages" in vars(context))
        return None

    all_evidence()
    monkeypatch.setitem(EVIDENCE, "spelling", Evidence(name="spelling", gather=gather))

    check(open_project(news.root, {}), "2030-01", datetime(2030, 1, 15, 9, tzinfo=UTC))

    assert read == [True]


def test_evidence_that_needs_no_option_is_gathered_beside_other_questions(
    news: Newsletter, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Event()

    def planted(whole: CheckContext, ask: Ask) -> Iterator[Finding]:
        asked.set()
        yield from ()

    def needing(whole: CheckContext, ask: Ask) -> Iterator[Finding]:
        yield ask.finding(whole.issue.source, "it came", str(tide.of(whole)))

    tide = Evidence(name="tide", gather=lambda whole, here: asked.wait(20))
    all_evidence()
    monkeypatch.setitem(EVIDENCE, "tide", tide)
    plant(monkeypatch, Question(each=CheckContext, ask=planted))
    low_water = Question(each=CheckContext, ask=needing)
    monkeypatch.setitem(
        RULES,
        "low-water",
        Rule(
            id="low-water",
            severity=Severity.INFO,
            manual="",
            group="",
            questions=(low_water,),
            needs=tide,
        ),
    )

    found = check(open_project(news.root, {}), "2030-01", datetime(2030, 1, 15, 9, tzinfo=UTC))

    assert [one.hint for one in found.findings if one.rule == "low-water"] == ["True"]


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


def test_how_to_find_the_mistake_stands_in_a_crash_file(news: Newsletter) -> None:
    done = failing(news, "check", "--issue", "2030-01")

    named = re.search(r"details of the mistake in the program are in (\S+\.log)", done.err)
    assert named is not None, done.err
    log = Path(named[1])
    assert re.search(r"in planted\n.*\nZeroDivisionError: by nothing", log.read_text("utf-8"))
    log.unlink()
