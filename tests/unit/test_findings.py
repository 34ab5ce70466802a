"""Findings come in reading order, once each."""

from __future__ import annotations

from newsletter_mailer.findings import (
    Severity,
    Source,
    error,
    has_errors,
    in_order,
    warning,
)


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
