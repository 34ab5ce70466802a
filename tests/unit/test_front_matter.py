"""Front matter is texts, lists and tables with their lines; nothing in it can harm or hang."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.issue.front_matter import FrontMatter, Value, read_front_matter


def read(yaml: str) -> FrontMatter:
    return read_front_matter(f"---\n{yaml}\n---\nbody\n", "10-hello.md")


@pytest.mark.parametrize(
    ("yaml", "values"),
    [
        ("a: b", {"a": "b"}),
        ("a: b\nc: d", {"a": "b", "c": "d"}),
        ('a: "b: c"', {"a": "b: c"}),
        ("a: 'it''s'", {"a": "it's"}),
        ("a: [b, c]", {"a": ["b", "c"]}),
        ("a:\n  - b\n  - c", {"a": ["b", "c"]}),
        ("a: {b: c}", {"a": {"b": "c"}}),
        ("a:", {"a": ""}),
        ("a: ~", {"a": ""}),
        ("a: null", {"a": ""}),
        ('a: "null"', {"a": "null"}),
        ("a: []", {"a": []}),
        # texts stay texts
        ("a: no", {"a": "no"}),
        ("a: on", {"a": "on"}),
        ("a: 1.10", {"a": "1.10"}),
        ("a: 0x1F", {"a": "0x1F"}),
        ("a: 010", {"a": "010"}),
        ("a: 12:30:45", {"a": "12:30:45"}),
        ("a: 2025-10-15", {"a": "2025-10-15"}),
        ("a: 2025-10-15 09:30", {"a": "2025-10-15 09:30"}),
        ("a: !!str 5", {"a": "5"}),
        ("1: b", {"1": "b"}),
        ("a: b # a comment", {"a": "b"}),
        ("a: b#c", {"a": "b#c"}),
        ("a: |\n  b\n  c", {"a": "b\nc"}),
        ("a: >\n  b\n  c", {"a": "b c"}),
        ("a: Zoë “said” 🎉", {"a": "Zoë “said” 🎉"}),
        ("", {}),
        ("# only a comment", {}),
    ],
)
def test_values_are_read_as_they_are_written(yaml: str, values: dict[str, Value]) -> None:
    front = read(yaml)

    assert front.findings == []
    assert front.values == values
    assert front.body == "body\n"


@pytest.mark.parametrize(
    ("yaml", "line", "says"),
    [
        ("a: b: c", 2, "not valid YAML"),
        ("a: b\nc: [d", 3, "not valid YAML"),
        ("a: b\n  c: d", 3, "not valid YAML"),
        ('a: b\nc: "d', 3, "not valid YAML"),
        ("a: b\nc: @d", 3, "not valid YAML"),
        ("a:\n\t- b", 3, "not valid YAML"),
        ("just a text", 2, "not made of key: value"),
        ("- a\n- b", 2, "not made of key: value"),
        ("[a, b]", 2, "not made of key: value"),
        ("a: b\na: c", 3, '"a" stands twice'),
        ("a: b\n'a': c", 3, '"a" stands twice'),
        ("b:\n  a: b\n  a: c", 4, '"a" stands twice'),
        ("? [a, b]\n: c", 2, "not a word"),
        ("? {a: b}\n: c", 2, "not a word"),
        ('a: b\n"": c', 3, "not a word"),
        # what YAML can do and front matter cannot
        ("a: b\nc: &d e", 3, "Anchors and aliases"),
        ("a: &x b\nc: *x", 2, "Anchors and aliases"),
        ("a: &a [*a]", 2, "Anchors and aliases"),
        ("a: *nobody", 2, "not valid YAML"),
        ("a: b\nc: !!python/object/apply:os.system [id]", 3, "The tag"),
        ("a: b\nc: !!python/name:os.system", 3, "The tag"),
        ("a: !!binary aGk=", 2, "The tag"),
        ("a: !!set {b, c}", 2, "The tag"),
        ("a: !own b", 2, "The tag"),
        ("a: !<tag:example.org,2000:x> b", 2, "The tag"),
        ("a: b\n...\nc: d", 4, "not valid YAML"),
        # what cannot be mailed
        ("a: b\nc: d\x01e", 3, "U+0001"),
        ("a: b\nc: d\ufffee", 3, "U+FFFE"),
        ("a: b\nc: d\x85e", 3, "U+0085"),
        ('a: b\nc: "d\\x01e"', 3, "U+0001"),
        ('a: b\nc: ["\\uFFFE"]', 3, "U+FFFE"),
        ('a: b\nc: "\\ud800"', 3, "U+D800"),
    ],
)
def test_every_slip_is_told_with_its_line(yaml: str, line: int, says: str) -> None:
    finding = read(yaml).findings[0]

    assert (finding.source.line, finding.rule) == (line, "front-matter")
    assert says in finding.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "does not begin"),
        ("# A heading\n", "does not begin"),
        ("\n---\na: b\n---\n", "does not begin"),
        (" ---\na: b\n---\n", "does not begin"),
        ("---\na: b\n", "not closed"),
        ("---", "not closed"),
        ("---\na: b\n --- \n", "not closed"),
    ],
)
def test_front_matter_must_be_there_and_closed(text: str, says: str) -> None:
    (finding,) = read_front_matter(text, "10-hello.md").findings

    assert says in finding.message


@pytest.mark.parametrize(
    "yaml",
    [
        pytest.param("a: " + "[" * 10_000, id="lists, unclosed"),
        pytest.param("a: " + "[" * 10_000 + "]" * 10_000, id="lists"),
        pytest.param("a: " + "{b: " * 10_000 + "}" * 10_000, id="tables"),
        pytest.param("- " * 10_000, id="dashes"),
        pytest.param("? " * 10_000, id="questions"),
        pytest.param("".join(" " * depth + "a:\n" for depth in range(300)), id="indented"),
        pytest.param("a: [[[[[[[b]]]]]]]", id="seven levels"),
        pytest.param("a: " + "b" * 100_000, id="long"),
        pytest.param("".join(f"k{n}: v\n" for n in range(20_000)), id="many keys"),
        pytest.param(
            "a: &a [x,x,x,x,x,x,x,x,x]\n"
            + "".join(
                f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
                for before, name in zip("abcdefgh", "bcdefghi", strict=True)
            ),
            id="a billion laughs",
        ),
    ],
)
def test_nothing_in_it_hangs_or_crashes(yaml: str) -> None:
    started = time.monotonic()

    front = read(yaml)

    assert front.findings
    assert time.monotonic() - started < 5


def test_the_body_begins_where_it_begins() -> None:
    front = read_front_matter("---\na: b\n---\n\nfirst\n---\nsecond\n", "10-hello.md")

    assert (front.body, front.body_line) == ("\nfirst\n---\nsecond\n", 4)
    assert front.line("a") == 2


def test_lines_of_keys_within_tables() -> None:
    front = read("fields:\n  title:\n    type: text\n  place: {type: text}")

    assert front.line("fields", "title", "type") == 4
    assert front.line("fields", "place") == 5
    assert front.line("nowhere") == 1


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_read_or_refused_never_a_crash(text: str) -> None:
    front = read(text)

    assert front.findings or isinstance(front.values, dict)


@given(st.text("abc:-[]{}&*!|>'\"%@`#?, \n~<", max_size=60))
def test_any_yaml_marks_are_read_or_refused_never_a_crash(text: str) -> None:
    front = read(text)

    assert front.findings or isinstance(front.values, dict)
