"""Findings come in reading order, once each, and say what was meant."""

from __future__ import annotations

import pytest

from newsletter_mailer.findings import (
    Severity,
    Source,
    did_you_mean,
    error,
    has_errors,
    in_order,
    warning,
)

KNOWN = ("dudley", "walsall", "sandwell", "stoke-on-trent")


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("dudly", 'Did you mean "dudley"?'),
        ("Dudley", 'Did you mean "dudley"?'),
        ("stoke on trent", 'Did you mean "stoke-on-trent"?'),
        ("paris", "Known: dudley, sandwell, stoke-on-trent, walsall."),
        ("", "Known: dudley, sandwell, stoke-on-trent, walsall."),
    ],
)
def test_a_slip_is_answered_with_the_nearest_word_or_all(word: str, answer: str) -> None:
    assert did_you_mean(word, KNOWN) == answer


def test_many_words_are_not_listed() -> None:
    assert did_you_mean("zzz", map(str, range(50))) == ""
    assert did_you_mean("zzz", ()) == ""


def test_findings_are_in_order_of_file_and_line_and_each_is_said_once() -> None:
    late = error("a", Source("b.md", 9), "late")
    early = warning("z", Source("b.md", 2), "early")
    other = error("a", Source("a.md", 70), "other file")

    assert in_order([late, early, late, other, early]) == [other, early, late]


def test_only_errors_stop() -> None:
    assert has_errors([warning("a", Source("a"), "x"), error("b", Source("a"), "y")])
    assert not has_errors([warning("a", Source("a"), "x")])


def test_a_finding_for_a_machine_has_all_its_parts() -> None:
    finding = error("rule", Source("a.md", 3), "what", "do")

    assert finding.as_json() == {
        "rule": "rule",
        "severity": Severity.ERROR,
        "file": "a.md",
        "line": 3,
        "message": "what",
        "hint": "do",
        "column": None,
    }


def test_what_a_message_quotes_at_length_is_cut_in_its_middle() -> None:
    long = error(
        "bad-link", Source("a.md", 3), f'The link "{"x" * 100_000}" leads nowhere.', "Mend."
    )

    (shown,) = in_order([long])

    assert len(shown.message) < 700
    assert shown.message.startswith('The link "xxx')
    assert shown.message.endswith('xxx" leads nowhere.')
    assert (shown.rule, shown.source, shown.hint) == ("bad-link", Source("a.md", 3), "Mend.")
