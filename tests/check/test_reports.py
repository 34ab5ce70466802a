"""Every format says the same, to a parser that is not ours, whatever the content is."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal  # Any: JSON
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import jsonschema  # type: ignore[import-untyped]  # has no type information
import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import Failure, JUnitXml, Skipped, TestCase
from rich.cells import cell_len

from newsletter_mailer.check.context.matrix import Group, Matrix, Row
from newsletter_mailer.check.evidence.links import LINKS
from newsletter_mailer.check.questions.rule import Rule
from newsletter_mailer.check.reports.check_result import CheckResult
from newsletter_mailer.check.reports.github import github_report
from newsletter_mailer.check.reports.json_object import json_object
from newsletter_mailer.check.reports.junit import junit_report
from newsletter_mailer.check.reports.manual import manual_page, rule_list
from newsletter_mailer.check.reports.matrix_table import matrix_table
from newsletter_mailer.check.reports.sarif import sarif_log
from newsletter_mailer.check.reports.snippet import snippet
from newsletter_mailer.check.reports.text import Look, Style, text_report
from newsletter_mailer.check.rules import all_rules
from newsletter_mailer.findings import Finding, Severity, Source, in_order

LETTER = "issues/2030-01/10-letter.md"
TOML = "issues/2030-01/issue.toml"
FILES = {
    LETTER: ["---", "kind: text", "---", "Dear reader,", "", "the text is TODO for now."],
    TOML: ['subject = "News"', "date = 2030-01-15"],
}
UNFINISHED = Finding(
    rule="unfinished-text",
    severity=Severity.ERROR,
    source=Source(LETTER, 6, 13, 4),
    message='"TODO" stands here: the text is not finished.',
    hint="Write the text, or remove what is not needed.",
)
PREHEADER = Finding(
    rule="preheader",
    severity=Severity.WARNING,
    source=Source(TOML),
    message="The issue has no preheader.",
    hint='Add preheader = "...".',
)
NOTE = Finding(
    rule="reading-age", severity=Severity.INFO, source=Source(LETTER, 4), message="A note."
)
HOSTILE = (
    "two\nlines\r\nand three",
    "::error file=x,line=1::planted",
    "100 % of 50%25, a:b",
    "]]></failure><!-- & < > \" '",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b1m \x00 \x08 \x7f",
    "שלום \u202etxt.exe\u202c \u2066isolated\u2069",
    "🦊 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 👩‍👩‍👧 日本語 é",
    "half \udc80 \ud83d and \ufffe\uffff",
    "{{ subscriber.name }} {0} [link](1)",
    "",
    " ",
)


def report(
    *findings: Finding,
    issues: Mapping[str, Sequence[Finding]] | None = None,
    prefix: str = "",
    is_strict: bool = False,
    files: Mapping[str, Sequence[str]] = FILES,
) -> CheckResult:
    ordered = in_order(findings)
    return CheckResult(
        findings=ordered,
        by_issue={"2030-01": ordered} if issues is None else issues,
        variants=3,
        is_strict=is_strict,
        prefix=prefix,
        lines=files.get,
    )


def hostile(text: str) -> Finding:
    return Finding(
        rule="unfinished-text",
        severity=Severity.ERROR,
        source=Source(f"issues/a b,c%d:e/{text.replace('/', '')}.md", 2, 3, 4),
        message=f"It says {text}.",
        hint=text,
    )


def shown(*findings: Finding, files: Mapping[str, Sequence[str]] = FILES, **look: Any) -> str:
    return text_report(in_order(findings), files.get, Look(**look))


# --- text ---


def test_people_see_the_line_the_place_and_what_to_do() -> None:
    assert shown(UNFINISHED, PREHEADER, NOTE) == (
        f"{LETTER}\n"
        "\n"
        "     4  info: A note. [reading-age]\n"
        "       |\n"
        "     4 | Dear reader,\n"
        "\n"
        '  6:13  error: "TODO" stands here: the text is not finished. [unfinished-text]\n'
        "       |\n"
        "     6 | the text is TODO for now.\n"
        "       |             ^^^^\n"
        "       = help: Write the text, or remove what is not needed.\n"
        "\n"
        f"{TOML}\n"
        "\n"
        "  1  warning: The issue has no preheader. [preheader]\n"
        '    = help: Add preheader = "...".\n'
    )


def test_many_findings_take_a_line_each() -> None:
    assert shown(UNFINISHED, PREHEADER, NOTE, is_compact=True) == (
        f"{LETTER}\n"
        "     4  info: A note. [reading-age]\n"
        '  6:13  error: "TODO" stands here: the text is not finished. [unfinished-text]\n'
        "\n"
        f"{TOML}\n"
        "  1  warning: The issue has no preheader. [preheader]\n"
    )


def test_many_alike_are_counted_where_they_begin() -> None:
    letter = [replace(UNFINISHED, source=Source(LETTER, 6, 13 + n)) for n in range(1_500)]
    settings = [replace(UNFINISHED, source=Source(TOML, n)) for n in (1, 2, 3)]
    warning = replace(UNFINISHED, severity=Severity.WARNING, source=Source(LETTER, 7))

    text = shown(*letter, *settings, warning, NOTE, is_compact=True, most_alike=3)

    assert text == (
        f"{LETTER}\n"
        "     4  info: A note. [reading-age]\n"
        '  6:13  error: "TODO" stands here: the text is not finished. [unfinished-text]\n'
        '  6:14  error: "TODO" stands here: the text is not finished. [unfinished-text]\n'
        "  6:15  error: 1,498 more like this in this file, from here on. [unfinished-text]\n"
        '     7  warning: "TODO" stands here: the text is not finished. [unfinished-text]\n'
        "\n"
        f"{TOML}\n"
        '  1  error: "TODO" stands here: the text is not finished. [unfinished-text]\n'
        '  2  error: "TODO" stands here: the text is not finished. [unfinished-text]\n'
        '  3  error: "TODO" stands here: the text is not finished. [unfinished-text]\n'
    )
    assert "help: With --output FILE, newsletter-mailer" in shown(*letter, most_alike=3)


def test_a_terminal_breaks_sentences_between_words() -> None:
    lines = shown(UNFINISHED, width=40, wraps=True).splitlines()

    assert max(map(len, lines)) <= 40
    assert "        text is not finished." in lines
    assert " " * 15 + "what is not needed." in lines


def test_what_cannot_be_read_has_no_snippet() -> None:
    gone = shown(UNFINISHED, files={})
    short = shown(UNFINISHED, files={LETTER: ["one line"]})

    assert "|" not in gone
    assert gone == short
    assert "6:13  error: " in gone


def test_colours_say_how_bad_it_is() -> None:
    def tag(text: str, style: Style) -> str:
        return f"<{style}>{text}</{style}>" if text.strip() else text

    text = shown(UNFINISHED, NOTE, paint=tag)

    assert f"<file>{LETTER}</file>" in text
    assert '<error>error:</error><message> "TODO" stands here' in text
    assert "<error>^^^^</error>" in text
    assert "<info>info:</info><faint> A note. </faint><faint>[reading-age]</faint>" in text
    assert "<help>help:</help> Write the text" in text


@pytest.mark.parametrize("text", HOSTILE)
def test_content_cannot_drive_the_terminal(text: str) -> None:
    finding = hostile(text)
    files = {finding.source.file: ["", f"a {text.splitlines()[0] if text else ''} b"]}

    for line in shown(finding, files=files).split("\n"):
        assert [hex(ord(c)) for c in line if unicodedata.category(c) in ("Cc", "Cs")] == []
        assert not set(line) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200f")


SNIPPETS = [
    ("the TODO", 5, 4, "the TODO", "    ^^^^"),
    ("日本語 TODO", 5, 4, "日本語 TODO", "       ^^^^"),
    ("日本語 TODO", 2, 2, "日本語 TODO", "  ^^^^"),
    ("cafe\u0301 TODO", 7, 4, "cafe\u0301 TODO", "     ^^^^"),
    ("👩‍👩‍👧 TODO", 7, 4, "👩‍👩‍👧 TODO", "   ^^^^"),
    ("❤️ TODO", 4, 4, "❤️ TODO", "   ^^^^"),
    ("\tTODO", 2, 4, "    TODO", "    ^^^^"),
    ("ab\tTODO", 4, 4, "ab  TODO", "    ^^^^"),
    ("\u202eTODO", 2, 4, "<U+202E>TODO", "        ^^^^"),
    ("\u202eTODO", 1, 1, "<U+202E>TODO", "^^^^^^^^"),
    ("\x1b[31mTODO", 6, 4, "<U+001B>[31mTODO", "            ^^^^"),
    ("TODO", 1, 0, "TODO", "^"),
    ("TODO", 0, 0, "TODO", ""),
    ("TODO", 3, 99, "TODO", "  ^^"),
    ("TODO", 99, 4, "TODO ", "    ^"),
    ("", 1, 1, " ", "^"),
]


@pytest.mark.parametrize(("line", "column", "width", "expected", "carets"), SNIPPETS)
def test_carets_stand_under_what_is_meant(
    line: str, column: int, width: int, expected: str, carets: str
) -> None:
    assert snippet(line, column, width, 60) == (expected, carets)


def test_a_long_line_is_cut_around_what_is_meant() -> None:
    line = f"{'before ' * 100}TODO{' after' * 100}"

    assert snippet(line, 701, 4, 30) == (
        "…fore before TODO after after…",
        "             ^^^^",
    )
    assert snippet(line, 1, 6, 30).line == "before before before before b…"
    assert snippet(line, len(line), 1, 30) == (
        "…after after after after after",
        " " * 29 + "^",
    )


def test_a_line_of_a_million_characters_is_looked_at_near_the_place_only() -> None:
    line = f"{'x' * 500_000} TODO {'日' * 500_000}"

    found = snippet(line, 500_002, 4, 40)

    assert found.line[len(found.carets.rstrip("^")) :].startswith("TODO")


def test_a_line_with_many_faults_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = []

    def counting(text: str) -> int:
        measured.append(text)
        return cell_len(text)

    monkeypatch.setattr("newsletter_mailer.check.reports.snippet.cell_len", counting)
    line = "(日 " * 2_000

    for column in range(1, len(line), 3):
        snippet(line, column, 1, 40)

    assert len(measured) < 10 * len(line)


@given(
    st.text(max_size=200).map(lambda text: text.replace("\n", " ")),
    st.integers(0, 250),
    st.integers(0, 250),
    st.integers(20, 120),
)
def test_no_line_is_wider_than_the_terminal(line: str, column: int, width: int, room: int) -> None:
    found = snippet(line, column, width, room)

    assert cell_len(found.line) <= room
    assert len(found.carets) <= room
    assert set(found.carets) <= {" ", "^"}
    assert ("^" in found.carets) == (column > 0)


SUMMARIES = [
    ((), "2030-01: Nothing is wrong."),
    ((NOTE,), "2030-01: Nothing is wrong; 1 note in 1 file."),
    ((UNFINISHED,), "2030-01: 1 error in 1 file."),
    ((UNFINISHED, PREHEADER, NOTE), "2030-01: 1 error, 1 warning and 1 note in 2 files."),
]


@pytest.mark.parametrize(("findings", "sentence"), SUMMARIES)
def test_the_last_line_sums_up(findings: tuple[Finding, ...], sentence: str) -> None:
    assert report(*findings).summary() == f"{sentence} 3 variants were composed and checked."


# --- github ---

#: docs.github.com: `::command parameter1={data},parameter2={data}::{command value}`.
COMMAND = re.compile(r"::(?P<name>[a-z]+) (?P<properties>[^:]*)::(?P<value>.*)")


def unescaped(text: str, *more: str) -> str:
    for sign in ("\r", "\n", *more, "%"):
        text = text.replace(f"%{ord(sign):02X}", sign)
    return text


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """What the runner of GitHub Actions understands, line by line."""
    found = []
    for line in re.split(r"\r\n|[\r\n]", text.removesuffix("\n")) if text else ():
        command = COMMAND.fullmatch(line)
        assert command is not None, line
        pairs = [pair.split("=", 1) for pair in command["properties"].split(",")]
        properties = {name: unescaped(value, ":", ",") for name, value in pairs}
        found.append((command["name"], properties, unescaped(command["value"])))
    return found


def test_github_annotates_the_lines() -> None:
    note, error, warning = commands(github_report(report(UNFINISHED, PREHEADER, NOTE)))

    assert (note[0], error[0], warning[0]) == ("notice", "error", "warning")
    assert error[1] == {
        "title": "newsletter-mailer (unfinished-text)",
        "file": LETTER,
        "line": "6",
        "col": "13",
        "endColumn": "17",
    }
    assert error[2] == f"{LETTER}:6:13: {UNFINISHED.message}\n{UNFINISHED.hint}"
    assert "col" not in warning[1]


def test_github_gets_paths_from_the_root_of_the_repository() -> None:
    ((_, properties, value),) = commands(github_report(report(UNFINISHED, prefix="news/")))

    assert properties["file"] == f"news/{LETTER}"
    assert value.startswith(f"news/{LETTER}:6:13: ")


@pytest.mark.parametrize("text", HOSTILE)
def test_github_gets_one_command_whatever_the_content(text: str) -> None:
    finding = hostile(text)

    ((name, properties, value),) = commands(github_report(report(finding)))

    assert name == "error"
    assert properties["file"] == finding.source.file
    assert value.count("\n") == (1 if text else 0)
    for word in re.findall(r"\w+", text):
        if word.isascii():
            assert word in value


# --- junit ---


def cases(text: str) -> list[TestCase]:
    return [
        case for suite in JUnitXml.fromstring(text.encode("utf-8", "replace")) for case in suite
    ]


def test_junit_has_a_case_for_each_finding() -> None:
    xml = JUnitXml.fromstring(junit_report(report(UNFINISHED, PREHEADER, NOTE)).encode())

    assert (xml.tests, xml.failures, xml.errors, xml.skipped) == (3, 1, 0, 2)
    assert [(suite.name, suite.tests, suite.failures) for suite in xml] == [
        (LETTER, 2, 1),
        (TOML, 1, 0),
    ]
    note, error = list(next(iter(xml)))
    assert error.classname == "issues/2030-01/10-letter"
    assert error.name == f"unfinished-text: {UNFINISHED.message}"
    (failure,) = error.result
    assert isinstance(failure, Failure)
    assert failure.text == (
        f"{LETTER}:6:13: error: {UNFINISHED.message} [unfinished-text]\n{UNFINISHED.hint}"
    )
    assert isinstance(note.result[0], Skipped)


def test_junit_fails_warnings_only_when_strict() -> None:
    for is_strict, kind in ((False, Skipped), (True, Failure)):
        (case,) = cases(
            junit_report(
                report(PREHEADER, is_strict=is_strict, issues={"x": [PREHEADER, UNFINISHED]})
            )
        )
        assert isinstance(case.result[0], kind)


def test_junit_says_which_issues_pass() -> None:
    both = {"2030-01": [UNFINISHED], "2030-02": [PREHEADER]}

    found = cases(junit_report(report(UNFINISHED, PREHEADER, issues=both)))

    assert [case.name for case in found if not case.result] == ["2030-02"]
    assert [case.name for case in cases(junit_report(report()))] == ["2030-01"]


def test_junit_names_are_unique_and_stay_when_lines_move() -> None:
    """GitLab drops the second of a name, and compares names between branches."""
    twice = [
        Finding(rule="r", severity=Severity.ERROR, source=Source(LETTER, line), message="Same.")
        for line in (3, 7)
    ]
    moved = [
        Finding(rule="r", severity=Severity.ERROR, source=Source(LETTER, line), message="Same.")
        for line in (30, 70)
    ]

    names = [case.name for case in cases(junit_report(report(*twice)))]

    assert names == ["r: Same.", "r: Same. (2)"]
    assert [case.name for case in cases(junit_report(report(*moved)))] == names


@pytest.mark.parametrize("text", HOSTILE)
def test_junit_is_xml_whatever_the_content(text: str) -> None:
    written = junit_report(report(hostile(text))).encode()

    (case,) = cases(written.decode())
    root = ElementTree.fromstring(written)  # noqa: S314  # our own

    assert case.result[0].text
    assert len([*root.iter("failure")]) == 1
    for word in re.findall(r"\w+", text):
        if word.isascii():
            assert word in case.result[0].text


# --- sarif ---

SCHEMA = json.loads((Path(__file__).parent / "sarif-schema-2.1.0.json").read_text("utf-8"))


def sarif(*findings: Finding, issue: str | None = None, **how: Any) -> Any:
    """The only run of a log that the schema accepts."""
    written = json.dumps(sarif_log(report(*findings, **how), all_rules(), issue))
    log = json.loads(written)
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    return log["runs"][0]


def test_the_schema_can_say_no() -> None:
    log = sarif_log(report(UNFINISHED), all_rules(), None)
    log["runs"][0]["results"][0]["level"] = "awful"  # type: ignore[index]  # JSON

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft4Validator(SCHEMA).validate(log)


def test_sarif_has_results_with_their_place() -> None:
    run = sarif(UNFINISHED, PREHEADER, NOTE, prefix="our news/")
    note, error, warning = run["results"]

    assert run["columnKind"] == "unicodeCodePoints"
    assert [one["level"] for one in (note, error, warning)] == ["note", "error", "warning"]
    place = error["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {
        "uri": f"our%20news/{LETTER}",
        "uriBaseId": "%SRCROOT%",
    }
    assert place["region"] == {"startLine": 6, "startColumn": 13, "endColumn": 17}
    assert warning["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}
    assert "%SRCROOT%" in run["originalUriBaseIds"]


def test_sarif_brings_the_manual() -> None:
    run = sarif(UNFINISHED, NOTE)
    rules = run["tool"]["driver"]["rules"]
    (result,) = [one for one in run["results"] if one["ruleId"] == "unfinished-text"]

    assert [rule["id"] for rule in rules] == [*all_rules()]
    rule = rules[result["ruleIndex"]]
    assert rule["id"] == "unfinished-text"
    assert rule["help"]["text"] == all_rules()["unfinished-text"].manual
    assert rule["defaultConfiguration"]["level"] == "error"


def test_a_rule_that_is_none_has_no_index() -> None:
    unknown = Finding(
        rule="no-such-rule", severity=Severity.ERROR, source=Source(TOML), message="Nothing."
    )

    assert "ruleIndex" not in sarif(unknown)["results"][0]


def test_a_later_run_replaces_only_one_of_the_same_issue() -> None:
    ids = [
        sarif(issue=issue, prefix=prefix)["automationDetails"]["id"]
        for issue, prefix in ((None, ""), ("2030-01", ""), ("2030-01", "a/b/"))
    ]

    assert ids == [
        "newsletter-mailer/all/",
        "newsletter-mailer/2030-01/",
        "newsletter-mailer/a/b/2030-01/",
    ]


def test_a_rule_that_failed_means_that_the_run_failed() -> None:
    broken = Finding(
        rule="internal-error", severity=Severity.ERROR, source=Source(TOML), message="A fault."
    )

    assert sarif(UNFINISHED)["invocations"] == [{"executionSuccessful": True}]
    assert sarif(broken)["invocations"] == [{"executionSuccessful": False}]


def fingerprints(run: Any) -> list[str]:
    return [one["partialFingerprints"]["newsletterMailer/v1"] for one in run["results"]]


def todo(line: int) -> Finding:
    return Finding(
        rule="unfinished-text",
        severity=Severity.ERROR,
        source=Source(LETTER, line, 13, 4),
        message="TODO stands here.",
    )


def test_fingerprints_stay_when_lines_move() -> None:
    moved = {LETTER: ["", "", *FILES[LETTER]]}
    changed = {LETTER: [*FILES[LETTER][:5], "the plan is TODO for now."]}

    here = fingerprints(sarif(todo(6)))

    assert fingerprints(sarif(todo(8), files=moved)) == here
    assert fingerprints(sarif(todo(6), files=changed)) != here


def test_fingerprints_tell_equal_lines_apart() -> None:
    same = {LETTER: ["the text is TODO"] * 3}

    assert len({*fingerprints(sarif(todo(1), todo(2), todo(3), files=same))}) == 3


@pytest.mark.parametrize("text", HOSTILE)
def test_sarif_is_valid_whatever_the_content(text: str) -> None:
    finding = hostile(text)

    (result,) = sarif(finding)["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]

    assert uri.isascii()
    assert urlsplit(uri)[:2] == ("", "")
    assert unquote(uri) == finding.source.file.encode("utf-8", "replace").decode()
    assert not re.search(r"(?<!\{)\{(\{\{)*(?!\{)", result["message"]["text"])


# --- json ---


@pytest.mark.parametrize("text", HOSTILE)
def test_json_keeps_what_was_said(text: str) -> None:
    finding = hostile(text)

    read = json.loads(json.dumps(json_object([finding, PREHEADER, NOTE], {})))

    assert (read["errors"], read["warnings"]) == (1, 1)
    assert read["findings"][0] == {
        "rule": "unfinished-text",
        "severity": "error",
        "file": finding.source.file,
        "line": 2,
        "message": finding.message,
        "hint": text,
        "column": 3,
    }


# --- the manual ---

RULE = Rule(
    id="a-rule",
    severity=Severity.WARNING,
    manual="What is wrong.\n\nWhy it matters, in a sentence that\ngoes on.\n\n- one\n- two",
    group="Words: what is unfinished",
    needs=LINKS,
)


def test_a_page_of_the_manual_shows_what_breaks_a_rule_and_what_does_not() -> None:
    page = manual_page(all_rules()["emoji-run"], Look(width=60))

    assert "Found, in issues/2030-01/40-next.md:\n\n    title: Well done \U0001f389" in page
    assert "Not found:\n\n    title: What to do next\n" in page
    assert "Found" not in manual_page(RULE, Look(width=60)), "a rule without an example"


def test_a_page_of_the_manual() -> None:
    page = manual_page(RULE, Look(width=60))

    assert page.startswith("a-rule (warning)\nWords\n\nWhat is wrong.\n\n")
    assert "Why it matters, in a sentence that goes on.\n" in page
    assert "- one\n- two\n" in page
    assert "--links" in page
    assert 'ignore = ["a-rule"]' in page


def test_the_list_of_rules_has_every_rule_once() -> None:
    listed = re.findall(
        r"(?m)^  (?:error|warning|info) +([a-z-]+)", rule_list(all_rules().values(), Look())
    )

    assert listed == [*all_rules()]
    assert "a-rule  What is wrong. (--links)" in rule_list([RULE], Look())


# --- who gets what ---


def group(kind: Literal["region", "role"], slug: str, readers: int) -> Group:
    return Group(kind=kind, slug=slug, name=slug.title(), readers=readers)


def matrix(
    *,
    is_counted: bool = True,
    sections: int = 2,
    groups: Sequence[Group] = (),
    title: str = "Title",
) -> Matrix:
    """Ten readers; every second section is for Dudley alone."""
    everyone, dudley = {"dudley": 4, "walsall": 6}, {"dudley": 4}
    rows = [
        Row(
            file=f"issues/2030-01/{number}0-section.md",
            title=f"{title} {number}",
            target_regions=() if number % 2 else ("dudley",),
            target_roles=(),
            readers=10 if number % 2 else 4,
            regions=everyone if number % 2 else dudley,
            roles={"director": 3} if number % 2 else {"director": 1},
        )
        for number in range(1, sections + 1)
    ]
    usual = (
        group("region", "dudley", 4),
        group("region", "walsall", 6),
        group("role", "director", 3),
    )
    return Matrix(is_counted=is_counted, readers=10, groups=(*usual, *groups), rows=tuple(rows))


def test_the_matrix_counts_readers() -> None:
    assert matrix_table("2030-01", matrix(), 80) == (
        "2030-01: who gets which section (10 readers)\n"
        "\n"
        "10  Title 1  everyone\n"
        "20  Title 2  4 readers\n"
        "\n"
        "          readers  20\n"
        "everyone       10   4\n"
        "\n"
        "Dudley          4   4\n"
        "Walsall         6   -\n"
        "\n"
        "Director        3   1"
    )


def test_without_the_lists_the_matrix_says_all_or_some_and_counts_nobody() -> None:
    assert matrix_table("2030-01", matrix(is_counted=False), 80) == (
        "2030-01: who gets which section (without the lists)\n"
        "\n"
        "10  Title 1  everyone\n"
        "20  Title 2  some\n"
        "\n"
        "            20\n"
        "everyone  some\n"
        "\n"
        "Dudley     all\n"
        "Walsall      -\n"
        "\n"
        "Director  some"
    )


def test_an_issue_for_everyone_needs_no_table() -> None:
    table = matrix_table("2030-01", matrix(sections=1), 80)

    assert table.endswith(
        "10  Title 1  everyone\n\nNo section has a target: everyone gets them all."
    )


def test_sections_whose_numbers_are_not_unique_are_counted() -> None:
    files = ("issues/2030-01/10-hello.md", "issues/2030-01/10-dudley.md")
    rows = [replace(row, file=file) for row, file in zip(matrix().rows, files, strict=True)]

    table = matrix_table("2030-01", replace(matrix(), rows=tuple(rows)), 80)

    assert "\n2  Title 2 (10-dudley.md)  4 readers\n" in table
    assert "  readers  2\n" in table


def test_a_matrix_of_many_sections_goes_on_below() -> None:
    table = matrix_table("2030-01", matrix(sections=60), 60)
    numbers = [
        int(n) for row in re.findall(r"(?m)^ +readers((?:  +\d+)+)$", table) for n in row.split()
    ]

    assert numbers == [10 * n for n in range(2, 61, 2)]
    assert table.count("\nWalsall ") == 4


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("is_counted", [True, False])
def test_no_matrix_is_wider_than_the_terminal(width: int, is_counted: bool) -> None:
    long = "Head of the Service for 家族 and Children with a very long name of its own"
    many = [group("role", f"{long} {number}", 1_000_000) for number in range(30)]

    wide = matrix(is_counted=is_counted, sections=40, groups=many, title=f"{long} {long}")

    assert max(map(cell_len, matrix_table("2030-01", wide, width).splitlines())) <= width


def test_programs_get_no_head_counts_without_the_lists() -> None:
    counted, uncounted = matrix().as_json(), matrix(is_counted=False).as_json()

    assert (counted["readers"], counted["groups"][0]["readers"]) == (10, 4)
    assert counted["sections"][1] == {
        "file": "issues/2030-01/20-section.md",
        "title": "Title 2",
        "target": {"regions": ["dudley"], "roles": []},
        "readers": 4,
        "regions": {"dudley": 4},
        "roles": {"director": 1},
    }
    assert not re.search(r": \d", json.dumps(uncounted))
    assert uncounted["sections"][1]["regions"] == {"dudley": None}


def test_json_has_the_matrix_only_when_asked() -> None:
    asked = json_object([NOTE], {"2030-01": matrix()})

    assert asked["matrix"] == {"2030-01": matrix().as_json()}
    assert "matrix" not in json_object([NOTE], {})
