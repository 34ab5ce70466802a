"""A fault in a TOML file is told with the line that the person wrote."""

from __future__ import annotations

import time

import pytest

from newsletter_mailer.toml_lines import line_of, parse_toml

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
    ],
)
def test_broken_toml_is_told_with_its_line(text: str, line: int) -> None:
    table, (finding,) = parse_toml(text, "newsletter.toml")

    assert table == {}
    assert (finding.rule, finding.source.line) == ("broken-toml", line)


def test_depth_and_length_do_not_crash_or_hang() -> None:
    started = time.monotonic()
    table, findings = parse_toml("a = " + "[" * 100_000, "newsletter.toml")
    many = "".join(f"k{number} = 1\n" for number in range(3_000))

    assert findings
    assert table == {}
    assert line_of(many, "k2999") == 3_000
    assert time.monotonic() - started < 5
