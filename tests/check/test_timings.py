"""`check --timings` says how long each rule takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter_mailer.check.rules import all_rules
from newsletter_mailer.check.runner.timings import WALKING, Timings
from tests.acceptance.scene import Newsletter, newsletter


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    return newsletter(tmp_path / "news")


def test_the_slowest_rule_comes_first() -> None:
    clock = iter([0.0, 1.0, 1.0, 3.0, 3.0, 4.5])
    timings = Timings(lambda: next(clock))
    for rule in ("a", "b", "a"):
        with timings.of(rule):
            pass

    told = [(one.rule, one.seconds, one.times_asked) for one in timings.slowest_first()]
    assert told == [("a", 2.5, 2), ("b", 2.0, 1)]


def test_programs_get_the_time_of_every_rule_that_was_asked(news: Newsletter) -> None:
    done = news.run("check", "--issue", "2030-01", "--timings", "--json")

    timed = {one["rule"]: one for one in done.json["timings"]}
    assert {"contrast", "doubled-word", WALKING} <= timed.keys()
    assert timed.keys() <= {*all_rules(), WALKING}
    assert timed["doubled-word"]["asked"] > timed["contrast"]["asked"] == 1


def test_people_get_a_table_beside_the_findings(news: Newsletter) -> None:
    done = news.run("check", "--issue", "2030-01", "--timings")

    assert "  contrast\n" in done.err
    assert "contrast" not in done.out
    assert "timings" not in news.run("check", "--issue", "2030-01", "--json").json
