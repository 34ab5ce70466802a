"""An author writes merge fields and nothing else; everything else is told with its line."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.findings import Source
from newsletter_mailer.issue.markdown import code_ranges
from newsletter_mailer.issue.merge_language import parse_merge_text
from newsletter_mailer.issue.merge_text import MergeField, MergeText
from newsletter_mailer.text_cache import Memory

PLACE = Source("issues/2030-01/10-hello.md", 5)


def parsed(text: str) -> tuple[MergeText, list[str]]:
    """The text, and its findings as `rule:line`."""
    merged, findings = parse_merge_text(text, PLACE, literal=code_ranges(text))
    return merged, [f"{one.rule}:{one.source.line}" for one in findings]


def subscriber(name: str, default: str | None = None) -> MergeField:
    return MergeField("subscriber", name, default)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("no field at all", ("no field at all",)),
        ("{{ subscriber.first_name }}", (subscriber("first_name"),)),
        ("{{subscriber.first_name}}", (subscriber("first_name"),)),
        ("{{  subscriber.first_name  }}", (subscriber("first_name"),)),
        ("{{ subscriber . first_name }}", (subscriber("first_name"),)),
        ("{{ subscriber.cost_centre2 }}", (subscriber("cost_centre2"),)),
        ('{{ subscriber.x | default("you") }}', (subscriber("x", "you"),)),
        ("{{ subscriber.x | default('you') }}", (subscriber("x", "you"),)),
        ('{{ subscriber.x|default("") }}', (subscriber("x", ""),)),
        ('{{ subscriber.x | d("you") }}', (subscriber("x", "you"),)),
        ('{{ subscriber.x | default("}} {{ {% %}") }}', (subscriber("x", "}} {{ {% %}"),)),
        ('{{ subscriber.x | default("Zoë & Söhne <b>") }}', (subscriber("x", "Zoë & Söhne <b>"),)),
        ("{{ issue.id }}", (MergeField("issue", "id"),)),
        ("{{ issue.subject }}", (MergeField("issue", "subject"),)),
        ("{{ issue.date }}", (MergeField("issue", "date"),)),
        ("{{ newsletter.name }}", (MergeField("newsletter", "name"),)),
        ("{{ newsletter.postal_address }}", (MergeField("newsletter", "postal_address"),)),
        ("{{ unsubscribe_url }}", (MergeField("link", "unsubscribe_url"),)),
        ("Dear {{ subscriber.x }},", ("Dear ", subscriber("x"), ",")),
        ("{{ subscriber.x }}{{ subscriber.y }}", (subscriber("x"), subscriber("y"))),
        ("{ {{ subscriber.x }} }", ("{ ", subscriber("x"), " }")),
        ("}{{ subscriber.x }}{", ("}", subscriber("x"), "{")),
        ("}}{{ subscriber.x }}", ("}}", subscriber("x"))),
        ("{a} {b", ("{a} {b",)),
        ("a }} b", ("a }} b",)),
        ("100% {sure}", ("100% {sure}",)),
        ("a %} b", ("a %} b",)),
        ("#} is no comment", ("#} is no comment",)),
        ("\n\n{{ subscriber.x }}\n", ("\n\n", subscriber("x"), "\n")),
        ("{{ subscriber.x\n}}", (subscriber("x"),)),
        ("`{{ config }}`", ("`{{ config }}`",)),
        ("`{% raw %}` {{ subscriber.x }}", ("`{% raw %}` ", subscriber("x"))),
        ("``a ` {{ b }}``", ("``a ` {{ b }}``",)),
        ("```\n{{ config }}\n```", ("```\n{{ config }}\n```",)),
        ("~~~ jinja\n{# x\n~~~\n", ("~~~ jinja\n{# x\n~~~\n",)),
        ("    {{ code }}\n", ("    {{ code }}\n",)),
        ("- a `{{ b }}` c\n- d", ("- a `{{ b }}` c\n- d",)),
        ("> `{{ b }}`\n> `{% c %}`", ("> `{{ b }}`\n> `{% c %}`",)),
    ],
)
def test_merge_fields_are_understood(text: str, pieces: tuple[str | MergeField, ...]) -> None:
    merged, findings = parsed(text)

    assert findings == []
    assert merged.pieces == pieces


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        # what only a program can do
        ("{% if subscriber.x %}a{% endif %}", "merge-language"),
        ("{% for x in y %}{% endfor %}", "merge-language"),
        ("{% set a = 1 %}", "merge-language"),
        ("{% include 'a' %}", "merge-language"),
        ("{% raw %}", "merge-language"),
        ("{%- if a -%}", "merge-language"),
        ("{# a comment #}", "merge-language"),
        ("## A heading {#anchor}", "merge-language"),
        ("{{ subscriber.x | upper }}", "merge-language"),
        ("{{ subscriber.x | default(subscriber.y) }}", "merge-language"),
        ("{{ subscriber.x | default }}", "merge-language"),
        ("{{ subscriber.x | default() }}", "merge-language"),
        ('{{ subscriber.x | default("a", true) }}', "merge-language"),
        ('{{ subscriber.x | default(value="a") }}', "merge-language"),
        ("{{ subscriber.x | default(5) }}", "merge-language"),
        ('{{ subscriber.x | default("a") | upper }}', "merge-language"),
        ('{{ subscriber.x | default(*["a"]) }}', "merge-language"),
        ("{{ subscriber.x ~ subscriber.y }}", "merge-language"),
        ("{{ subscriber.x if subscriber.y }}", "merge-language"),
        ("{{ 1 + 1 }}", "merge-language"),
        ("{{ 'a' * 300000000 }}", "merge-language"),
        ("{{ 10 ** 10 ** 10 }}", "merge-language"),
        ("{{ }}", "merge-language"),
        ("{{}}", "merge-language"),
        ('{{ "text" }}', "merge-language"),
        ("{{ subscriber['first_name'] }}", "merge-language"),
        ("{{ subscriber.x() }}", "merge-language"),
        ("{{ subscriber.x, subscriber.y }}", "merge-language"),
        ("{{ subscriber. }}", "merge-language"),
        ("{{{ subscriber.x }}}", "merge-language"),
        ("{{ {{ subscriber.x }} }}", "merge-language"),
        # what strips the blanks around it
        ("a {{- subscriber.x }} b", "merge-language"),
        ("a {{ subscriber.x -}} b", "merge-language"),
        ("a {{+ subscriber.x }} b", "merge-language"),
        # Python's insides
        ("{{ subscriber.__class__ }}", "unknown-field"),
        ("{{ subscriber._private }}", "unknown-field"),
        ("{{ subscriber.__class__.__mro__ }}", "merge-language"),
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "merge-language"),
        ("{{ self.__init__.__globals__ }}", "merge-language"),
        ("{{ self.x }}", "unknown-field"),
        ("{{ cycler.__init__ }}", "unknown-field"),
        ("{{ lipsum.__globals__['os'].popen('id').read() }}", "merge-language"),
        ("{{ config.items() }}", "merge-language"),
        ("{{ get_flashed_messages.__globals__ }}", "unknown-field"),
        ("{{ subscriber|attr('__class__') }}", "merge-language"),
        ("{{ newsletter.__class__ }}", "unknown-field"),
        ("{{ issue.__dict__ }}", "unknown-field"),
        # slips
        ("{{ subscriber }}", "unknown-field"),
        ("{{ subscribers.x }}", "unknown-field"),
        ("{{ first_name }}", "unknown-field"),
        ("{{ issue.titel }}", "unknown-field"),
        ("{{ newsletter.adress }}", "unknown-field"),
        ("{{ unsubscribe }}", "unknown-field"),
        ("{{ subscriber.x", "merge-language"),
        ("{{ subscriber.x }", "merge-language"),
        ("{{", "merge-language"),
        ("{%", "merge-language"),
        ("{{ 'a }}", "merge-language"),
        ("{{ subscriber.x ` }}", "merge-language"),
        pytest.param("{{ " + "a" * 400 + " }}", "merge-language", id="long name"),
        pytest.param("{{ " + "(" * 100_000 + " }}", "merge-language", id="deep expression"),
        # defaults that would break a header or a document
        (r'{{ subscriber.x | default("a\nBcc: b@example.org") }}', "merge-language"),
        (r'{{ subscriber.x | default("a\x00") }}', "merge-language"),
        (r'{{ subscriber.x | default("\ud800") }}', "merge-language"),
        ('{{ subscriber.x | default("a\nb") }}', "merge-language"),
    ],
)
def test_everything_else_is_refused_with_its_line(text: str, rule: str) -> None:
    merged, findings = parsed(f"first line\nsecond line\n{text}")

    assert findings[0] == f"{rule}:7"
    assert not any(True for _ in merged.fields())


def test_each_fault_and_each_field_has_its_own_line() -> None:
    text = (
        "{{ subscriber.a }}\n\n{{ bad.b }} {{ subscriber.c }}\n`{{ d }}`\n\n"
        "{{ subscriber.e\n}}\n{{ f | upper }}\n{{ subscriber.g }}"
    )

    merged, findings = parsed(text)

    assert findings == ["unknown-field:7", "merge-language:12"]
    assert [(field.name, line) for field, line in merged.fields()] == [
        ("a", 5), ("c", 7), ("e", 10), ("g", 13),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("{{ subscribr.first_name }}", "subscriber"),
        ("{{ newsletter.nam }}", "name"),
        ("{{ issue.subjet }}", "subject"),
        ("{{ unsubscribe_link }}", "unsubscribe_url"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(text: str, meant: str) -> None:
    _, (finding,) = parse_merge_text(text, PLACE)

    assert f'Did you mean "{meant}"?' in finding.hint


def test_a_whole_megabyte_is_read_in_seconds() -> None:
    text = "`code` {{ subscriber.x }} " * 10_000
    started = time.monotonic()

    merged, findings = parsed(text)

    assert findings == []
    assert sum(1 for _ in merged.fields()) == 10_000
    assert time.monotonic() - started < 20


MARKS = st.sampled_from([*"{}%#` |-\\a'\n)", "{{", "}}", "{%", "subscriber.x", "default(", '"a"'])


@given(st.lists(MARKS, max_size=25).map("".join))
def test_any_text_is_either_refused_or_cut_without_loss(text: str) -> None:
    merged, findings = parsed(text)

    if not findings:
        fields = [piece for piece in merged.pieces if isinstance(piece, MergeField)]
        words = "".join(piece for piece in merged.pieces if isinstance(piece, str))
        literal = "".join(text[start:end] for start, end in code_ranges(text))
        assert all(field.namespace == "subscriber" for field in fields)
        assert len(words) + 4 * len(fields) <= len(text)
        assert ("{{" in words) <= ("{{" in literal)
        assert not fields or "subscriber" in text


def test_a_text_that_was_cut_before_is_told_with_the_lines_that_it_has_now() -> None:
    memory, text = Memory(), "Dear\n{{ subscriber.x }}"
    parse_merge_text(text, PLACE.at(5), cache=memory)

    merged, _ = parse_merge_text(text, PLACE.at(9), cache=memory)

    assert merged.lines == (9, 10)


def test_what_is_code_now_is_not_taken_for_the_field_that_it_was() -> None:
    memory, text = Memory(), "{{ subscriber.x }}"
    parse_merge_text(text, PLACE, cache=memory)

    merged, _ = parse_merge_text(text, PLACE, literal=[(0, len(text))], cache=memory)

    assert merged.pieces == (text,)
