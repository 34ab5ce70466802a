"""A fault in a TOML file is told with the line that the person wrote."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.toml_text import as_day, line_of, parse_toml

TEXT = '''\
# name = "not this one"
name = "A"
long = """
name = "nor this"
"""
"quoted key" = 1
list = [
  "name",
]
dotted.key = 2

[regions]
dudley = "Dudley"
name = "Name"
inline = {a = 1, b = 2}

[other.deep]
z = 1
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 2),
        (("long",), 3),
        (("quoted key",), 6),
        (("list",), 7),
        (("dotted",), 10),
        (("dotted", "key"), 10),
        (("regions",), 12),
        (("regions", "dudley"), 13),
        (("regions", "name"), 14),
        (("regions", "inline"), 15),
        (("regions", "inline", "b"), 15),
        (("other", "deep"), 17),
        (("other", "deep", "z"), 18),
        (("absent",), 1),
        (("regions", "absent"), 1),
    ],
)
def test_the_line_of_a_key(path: tuple[str, ...], line: int) -> None:
    assert line_of(TEXT, *path) == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb =\n", 2),
        ("a = 1\nb = x\n", 2),
        ('a = "x\nb = 1\n', 1),
        ("a = 1\na = 2\n", 2),
        ("a = 1\n\n[b\n", 3),
        ('a = "\\q"', 1),
        ("a = 2025-02-30", 1),
        ("a b", 1),
        ('a = """\nx\n', 2),
        ("a = 1\x01", 1),
        ("a = 1\n\nb = " + "[" * 3_000 + "]" * 3_000, 3),
        ("a = 1\nb = " + "{a=" * 3_000 + "1" + "}" * 3_000, 2),
        ("a = 1\nb = " + "[" * 30 + "]" * 30, 2),
        ("a = 1\n" + ".".join("b" * 3_000) + " = 1", 2),
        ("a = 1\n[" + " . ".join("b" * 200_000) + "]", 2),
        ("a = 1\nb = " + "1" * 5_000, 2),
        ("a = 1\nb = 0x" + "f" * 5_000, 2),
    ],
)
def test_broken_toml_is_told_with_its_line(text: str, line: int) -> None:
    table, (finding,) = parse_toml(text, "newsletter.toml")

    assert table == {}
    assert (finding.rule, finding.source.line) == ("broken-toml", line)


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 20 + "]" * 20,
        'a = "' + ".".join("b" * 200_000) + '"',
        f"a = [-{2**63}, {2**63 - 1}]",
        "a = inf",
    ],
)
def test_sound_toml_is_read(text: str) -> None:
    table, findings = parse_toml(text, "newsletter.toml")

    assert findings == []
    assert table.keys() == {"a"}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-12-15", date(2026, 12, 15)),
        ("2026-12-15T09:00:00", date(2026, 12, 15)),
        ("2026-12-15T23:30:00-08:00", date(2026, 12, 15)),
        ("09:00:00", None),
        ('"2026-12-15"', None),
        ("20261215", None),
    ],
)
def test_a_day_is_a_date_or_that_of_a_date_time(text: str, day: date | None) -> None:
    table, _ = parse_toml(f"date = {text}", "issue.toml")

    assert as_day(table["date"]) == day


STATEMENTS = (
    "{} = 1", "{} = [ # ]\n 1,\n [2], # [\n]", "{} = '''\na = 1\n'''", '{} = """\n[a]\n\\""""',
    "{} = {{a = [\n1\n]}}", '"{}" = "# ]"', "{}.b.c = 'x['", "# {} = 1\n{} = 2", "\n\n{} = []",
    "[{}]\na = 1", "[[{}]]\na = 1", '[ "{}" ] # x',
)  # fmt: skip


@given(st.lists(st.sampled_from(STATEMENTS), max_size=12))
def test_every_key_is_found_in_the_line_where_it_begins(forms: list[str]) -> None:
    written = [
        form.replace("{}", f"k{n}k").replace("{{", "{").replace("}}", "}")
        for n, form in enumerate(sorted(forms, key=lambda form: form[0] == "["))
    ]
    text = "\n".join(written)
    table, findings = parse_toml(text, "issue.toml")
    assert findings == []

    for n in range(len(written)):
        lines = [
            at
            for at, line in enumerate(text.split("\n"), 1)
            if f"k{n}k" in line and not line.startswith("#")
        ]
        assert [line_of(text, f"k{n}k")] == lines
    assert len(table) == len(written)


@given(st.text() | st.text(alphabet="ab=\"'[]{}.,#\n\\0123456789-:T_ \r\u2028\x00"))
def test_no_text_is_too_odd_to_be_told_about(text: str) -> None:
    table, findings = parse_toml(text, "issue.toml")

    assert not findings or table == {}
    for key in table:
        assert 1 <= line_of(text, key) <= text.count("\n") + 1


def test_depth_and_length_do_not_crash_or_hang() -> None:
    started = time.monotonic()
    table, findings = parse_toml("a = " + "[" * 100_000, "newsletter.toml")
    many = "".join(f"k{number} = [\n[1],\n]\n" for number in range(3_000))

    assert findings
    assert table == {}
    assert line_of(many, "k2999") == 3 * 2_999 + 1
    assert time.monotonic() - started < 5
