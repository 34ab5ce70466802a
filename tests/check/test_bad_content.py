"""Whatever a section, a list or a setting holds: a check ends with findings, never with a crash."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter_mailer.campaign.check import check
from newsletter_mailer.campaign.edition import template_of
from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.questions.registry import RULES
from newsletter_mailer.check.questions.rule import Question
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.issue.skeleton import next_section
from tests.conftest import REPOSITORY

BASE = Path(__file__).parent / "base"
ISSUE = "2030-01"
AT = datetime(2030, 1, 15, 9, tzinfo=UTC)
SECTION = "issues/2030-01/40-more.md"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return a_project(tmp_path / "project")


def a_project(root: Path) -> Path:
    shutil.copytree(BASE, root)
    shutil.copytree(REPOSITORY / "templates", root / "templates")
    return root


def findings(root: Path) -> list[Finding]:
    found = check(open_project(root, {}), ISSUE, AT).findings
    assert [one for one in found if one.rule == "internal-error"] == []
    return found


def is_surrogate(char: str) -> bool:
    return 0xD800 <= ord(char) < 0xE000


def with_body(root: Path, body: str | bytes) -> list[Finding]:
    head = "---\nkind: text\ntitle: A section\n---\n\n"
    content = head.encode() + (body if isinstance(body, bytes) else body.encode("utf-8", "replace"))
    (root / SECTION).write_bytes(content)
    return findings(root)


LINES = [
    "Tuesday 23rd September 2025, 10:00am–12:00pm", "31/02/2030", "23 - 25 - 27 May 2030",
    "[click here](http://bit.ly/x)", "[](https://example.org)", "![](x.png)", "# One", "###### Six",
    "> quoted", "- item", "1. one", "the the the", "“an open quote", "(((", "DCS and SEND", "TODO",
    "{{ subscriber.first_name }}", "{{ subscriber.nothing | default('') }}", "{%", "*|FNAME|*",
    "<b style='color:red'>bold</b>", "&nbsp;&amp;", "07700 900123", "QQ 12 34 56 C", "943 476 5919",
    "B99 9ZZ", "```\ncode\n```", "https://user:pass@[::1]:99999/%zz?a=1&a=1#%", "mailto:", "tel:x",
    "[a](https://xn--/)", "[b](https://[bad/)", "[c](#nowhere)", "0:0", "99:99", "1/1/1/1/1",
    "\u202eright to left", "\u200bzero\u200dwidth\u2060", "العربية ١٢ مايو ٢٠٣٠",
    "e\u0301\u0301\u0301", "\ufeff", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\x00",
    "\x1b[31m", "\x85\u2028\u2029", "A" * 3000,
]  # fmt: skip

text_lines = st.lists(
    st.one_of(st.sampled_from(LINES), st.text(max_size=60)), min_size=1, max_size=12
)


@given(lines=text_lines, joint=st.sampled_from(["\n", "\n\n", " ", "\r\n", ""]))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_text_crashes_a_check(root: Path, lines: list[str], joint: str) -> None:
    with_body(root, joint.join(lines))


@given(content=st.binary(max_size=400))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_bytes_crash_a_check(root: Path, content: bytes) -> None:
    with_body(root, content)


FIELDS = (
    "title", "place", "cost", "link", "link_text", "starts", "ends", "register_by", "ignore",
    "regions",
)  # fmt: skip


@given(value=st.one_of(st.sampled_from(LINES), st.text(max_size=80)), field=st.sampled_from(FIELDS))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_field_crashes_a_check(root: Path, value: str, field: str) -> None:
    fields = {"kind": "event", "title": "A day", "starts": "2030-02-20 10:00", field: value}
    quoted = {name: text.replace("'", "''") for name, text in fields.items()}
    head = "".join(f"{name}: '{text}'\n" for name, text in quoted.items())
    (root / SECTION).write_bytes(f"---\n{head}---\n\nWords.\n".encode("utf-8", "replace"))
    findings(root)


YAML = (
    "kind: event", "title: A", "title: [a, {b: c}]", "kind: [event]", "regions: {a: b}",
    "ignore: 1", "ignore: [[a]]", "starts: {}", "link: |\n  a\n  b", "place: !!binary aGk=",
    "place: &a [*a]",
    "? [a]\n: b", "- a", 'title: "\\u202e"', "%TAG ! x", "...", "cost: 0x", "title: 'a", "{",
    "[" * 60, "\t", "place: \ufeff", "title: >-", "roles: all", "picture: a", "starts: 9999-12-31",
)  # fmt: skip


@given(
    lines=st.lists(st.one_of(st.sampled_from(YAML), st.text(max_size=30)), max_size=8),
    begin=st.sampled_from(["---", "---\nkind: event\ntitle: A day\nstarts: tbc", "", "--- "]),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_front_matter_crashes_a_check_or_the_next_issue(
    root: Path, lines: list[str], begin: str
) -> None:
    text = "\n".join([begin, *lines, "---", "", "Words."])
    (root / SECTION).write_bytes(text.encode("utf-8", "replace"))

    findings(root)
    kinds = template_of(open_project(root, {})).kinds
    next_section(text, "40-more.md", kinds, AT.date())


PATHS = (
    "images/a.png", "images/" + "a" * 300, "a/" * 3_000 + "b.png", "images", ".", "/etc/passwd",
    "../a.png", "%2e%2e/a.png", "images/%00.png", "images\\a.png", "C:/a.png", "file:///a.png",
    "https://example.org/a.png", "cid:a", "data:image/png;base64,aGk=", "images/a.png/b.png",
    "images/\u202egnp.exe", "{{ issue.id }}.png", "images/link.png", "images/pipe.png",
)  # fmt: skip


@given(path=st.one_of(st.sampled_from(PATHS), st.text(max_size=60)), in_field=st.booleans())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_path_of_a_picture_crashes_a_check(root: Path, path: str, in_field: bool) -> None:
    images = root / "issues/2030-01/images"
    if not images.is_dir():
        images.mkdir()
        (images / "link.png").symlink_to("link.png")
        os.mkfifo(images / "pipe.png")
    quoted = path.replace("'", "''")
    fields = f"picture: '{quoted}'\npicture_alt: A day\n" if in_field else ""
    body = "" if in_field else f"![A day](<{path}>)\n"
    text = f"---\nkind: story\ntitle: A day\n{fields}---\n\nWords.\n{body}"
    (root / SECTION).write_bytes(text.encode("utf-8", "replace"))

    findings(root)


@given(
    header=st.lists(
        st.sampled_from(
            ["email", "Email", "first_name", "", '"', "sep=;", "\u200bregion", "e-mail"]
        )
        | st.text(max_size=12),
        max_size=8,
    ),
    separator=st.sampled_from(",;\t"),
    rows=st.text(alphabet='a@b.,;"\n\r\u202e\x00', max_size=60),
)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_list_crashes_a_check(root: Path, header: list[str], separator: str, rows: str) -> None:
    text = separator.join(header) + "\n" + rows
    (root / "recipients/readers.csv").write_bytes(text.encode("utf-8", "replace"))
    findings(root)


@given(
    cells=st.lists(st.one_of(st.sampled_from(LINES), st.text(max_size=40)), min_size=6, max_size=6)
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_reader_crashes_a_check(root: Path, cells: list[str]) -> None:
    row = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    text = (
        f"email,first_name,last_name,organisation,region,role\n{row}\nann@example.org,Ann,A,B,,\n"
    )
    (root / "recipients/readers.csv").write_bytes(text.encode("utf-8", "replace"))
    findings(root)


@given(
    subject=st.one_of(st.sampled_from(LINES), st.text(max_size=200)),
    preheader=st.text(max_size=200),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_subject_crashes_a_check(root: Path, subject: str, preheader: str) -> None:
    issue = "date = 2030-01-15\nlists = ['readers']\n"
    for key, value in (("subject", subject), ("preheader", preheader)):
        escaped = "".join(f"\\U{ord(char):08x}" for char in value if not is_surrogate(char))
        issue += f'{key} = "{escaped}"\n'
    (root / "issues/2030-01/issue.toml").write_text(issue, "utf-8")
    findings(root)


@pytest.mark.parametrize(
    "body",
    [
        "word " * 200_000,
        "1" * 300_000,
        "1/" * 100_000,
        "10:00 " * 50_000,
        "(" * 100_000,
        "“" * 100_000,
        "A" * 300_000,
        "AB " * 100_000,
        "https://" * 40_000,
        "a@" * 100_000,
        "[a](https://example.org) " * 5_000,
        "the " * 100_000,
        "\u0301" * 100_000,
        "\u200b" * 100_000,
        "May " * 60_000,
        "5 May " * 40_000,
        "&" * 100_000,
        "www.gov.uk\u2044" * 30_000,
        "[gov.uk](https://example.org) " * 5_000,
        "\u202e\n" * 50_000,
        "\U0001f468\u200d" * 50_000,  # one endless family
        "![photo " + "1" * 100_000 + "x](images/a.png)",
        "\n\n".join(f"Paragraph {number} of many." for number in range(4_000)),
    ],
    ids=lambda body: body[:12].encode("ascii", "replace").decode(),
)  # fmt: skip
def test_what_is_huge_is_checked_all_the_same(root: Path, body: str) -> None:
    assert with_body(root, body) != []  # Gmail would clip it, if nothing else


@pytest.mark.parametrize(
    "body",
    [
        "> " * 14 + "deep",
        "\n".join(f"{'  ' * depth}- item {depth}" for depth in range(14)),
        "*_" * 7 + "deep" + "_*" * 7,
        "[" * 40 + "deep" + "]" * 40,
        "> " * 2000 + "too deep",
        "- " * 2000 + "too deep",
        "*" * 2000 + "too deep" + "*" * 2000,
        "[" * 2000 + "too deep",
    ],
    ids=["quotes", "lists", "emphasis", "brackets", "quotes+", "lists+", "emphasis+", "brackets+"],
)
def test_what_is_deep_is_checked_or_refused(root: Path, body: str) -> None:
    nested = [one for one in with_body(root, body) if one.rule == "nesting"]

    assert bool(nested) == ("too deep" in body)


def test_a_rule_that_fails_is_told_and_fails_the_check(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(context: object, ask: object) -> object:
        raise ZeroDivisionError("by nought")

    rule = RULES["preheader"]
    monkeypatch.setitem(
        RULES,
        "preheader",
        replace(rule, questions=(Question(each=CheckContext, ask=broken),)),  # type: ignore[arg-type]  # it never answers
    )

    found = check(open_project(root, {}), ISSUE, AT).findings

    (failed,) = [one for one in found if one.rule == "internal-error"]
    assert failed.severity is Severity.ERROR
    assert '"preheader"' in failed.message
    assert "by nought" in failed.message
