"""The tags of a template's files are read where they stand, and their values are judged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mjml import mjml2html

from newsletter_mailer.check.clients.tables import mjml_attributes
from newsletter_mailer.check.template.mjml_tags import tags
from newsletter_mailer.check.template.mjml_values import IGNORED, PADDED, complaint, wrong_padding
from newsletter_mailer.compose.inline import inline_css
from newsletter_mailer.compose.mjml import COMPONENTS, compile_mjml, parse_mjml

_COLUMN = "<mj-section><mj-column>{}</mj-column></mj-section>"
_ACCORDION = (
    "<mj-accordion><mj-accordion-element><mj-accordion-title {}>t</mj-accordion-title>"
    "<mj-accordion-text>t</mj-accordion-text></mj-accordion-element></mj-accordion>"
)
#: Each component where it may stand, with room for an attribute.
FRAMES = {
    "mj-accordion-title": _COLUMN.format(_ACCORDION),
    "mj-button": _COLUMN.format('<mj-button href="https://example.org" {}>t</mj-button>'),
    "mj-column": "<mj-section><mj-column {}><mj-image src='a.png' /></mj-column></mj-section>",
    "mj-divider": _COLUMN.format("<mj-divider {} />"),
    "mj-hero": "<mj-hero background-height='300px' background-width='600px' {}></mj-hero>",
    "mj-image": _COLUMN.format("<mj-image src='a.png' {} />"),
    "mj-section": "<mj-section {}><mj-column><mj-image src='a.png' /></mj-column></mj-section>",
    "mj-social": _COLUMN.format(
        "<mj-social {}><mj-social-element>t</mj-social-element></mj-social>"
    ),
    "mj-spacer": _COLUMN.format("<mj-spacer {} />"),
    "mj-table": _COLUMN.format("<mj-table {}><tr><td>t</td></tr></mj-table>"),
    "mj-text": _COLUMN.format("<mj-text {}>t</mj-text>"),
    "mj-wrapper": "<mj-wrapper {}>" + _COLUMN.format("<mj-image src='a.png' />") + "</mj-wrapper>",
}
_VALUES = ("3px", "3px solid #123456", "none", "fixed", "fixed-height", "#123456", "bold", "words")


def compiled(component: str, attributes: str) -> str:
    body = FRAMES[component].replace("{}", attributes)
    return str(mjml2html(f"<mjml><mj-body>{body}</mj-body></mjml>"))


@pytest.mark.parametrize(
    ("component", "attribute"),
    [
        (component, attribute)
        for component, names in IGNORED.items()
        if component in FRAMES
        for attribute in sorted(names)
    ],
)
def test_the_compiler_ignores_what_we_say_it_ignores(component: str, attribute: str) -> None:
    without = compiled(component, "")

    assert {compiled(component, f'{attribute}="{value}"') for value in _VALUES} == {without}


def test_an_inline_style_stays_in_the_head() -> None:
    style = '<mj-style inline="inline">.a { color: red }</mj-style>'
    body = _COLUMN.format('<mj-text><p class="a">t</p></mj-text>')
    page = mjml2html(f"<mjml><mj-head>{style}</mj-head><mj-body>{body}</mj-body></mjml>")

    assert '<p class="a">' in page


@pytest.mark.parametrize("construct", ["<![CDATA[t]]>", "<?php t ?>"])
def test_the_compiler_stops_at(construct: str) -> None:
    with pytest.raises(ValueError, match="template"):
        mjml2html(f"<mjml><mj-body>{construct}</mj-body></mjml>")


def test_a_table_leaves_the_link_around_it() -> None:
    link = "<a href='x'><table><tr><td>t</td></tr></table></a>"
    page = inline_css(f"<!doctype html><html><body>{link}</body></html>", "")

    assert '<a href="x"></a>' in page


@pytest.mark.parametrize("block", ["div", "h2", "p", "pre", "table", "ul"])
def test_a_paragraph_ends_before_a_block(block: str) -> None:
    page = inline_css(f"<!doctype html><html><body><p>t<{block}></{block}></p></body></html>", "")

    assert f"<p>t</p><{block}>" in page


@pytest.mark.parametrize("block", ["p", "table"])
def test_a_heading_ends_before_a_paragraph_and_a_table(block: str) -> None:
    page = inline_css(f"<!doctype html><html><body><h2>t<{block}></{block}></h2></body></html>", "")

    assert f"<h2>t</h2><{block}>" in page


def test_spaces_around_a_link_s_target_do_not_become_part_of_it() -> None:
    """The inliner would write them as %20."""
    text = '<mj-text><a href=" https://example.org/a ">t</a></mj-text>'
    page = compile_mjml(parse_mjml(f"<mjml><mj-body>{_COLUMN.format(text)}</mj-body></mjml>"))

    assert '<a href="https://example.org/a">' in inline_css(page, "")


def test_an_uncommented_conditional_is_destroyed() -> None:
    page = inline_css("<!doctype html><html><body><![if !mso]><p>t</p><![endif]></body></html>", "")

    assert "<![if !mso]>" not in page


PADDINGS = (
    ("padding", "10px", "10px"),
    ("padding", "10px 20px", "20px"),
    ("padding", "20px 0", "0px"),
    ("padding", "0", "0px"),
    ("padding", "0 0 20px", "0px"),
    ("padding", "0 20px", "20px"),
    ("padding", "0 20px 10px", "20px"),
    ("padding", "0 20px 0 20px", "20px"),
    ("padding", "10px 5%", "5px"),
    ("padding-left", "20px", "20px"),
    ("padding-left", "0px", "0px"),
    ("padding-left", "0", "0px"),
    ("padding-left", "20", "20px"),
)


@pytest.mark.parametrize(("name", "value", "meant"), PADDINGS)
@pytest.mark.parametrize("component", sorted(PADDED))
def test_a_padding_is_called_wrong_where_widths_come_out_wrong(
    component: str, name: str, value: str, meant: str
) -> None:
    def widths(attributes: str) -> list[str]:
        page = compiled(component, attributes).partition("<body")[2]
        return [piece.partition(";")[0] for piece in page.split('width="')[1:]] + [
            piece.partition(";")[0] for piece in page.split(";width:")[1:]
        ]

    right = f'padding-left="{meant}"'
    if name == "padding":
        right += f' padding-right="{meant}"'
    is_wrong = [w[:3] for w in widths(f'{name}="{value}"')] != [w[:3] for w in widths(right)]

    assert wrong_padding(component, name, value) == is_wrong


@pytest.mark.parametrize(
    ("takes", "value"),
    [
        ("color", "#1d5c5c"),
        ("color", "#FFF"),
        ("color", "rgba(0, 0, 0, 0.5)"),
        ("color", "RebeccaPurple"),
        ("color", "transparent"),
        ("unit(px,%)", "20px"),
        ("unit(px,%)", "33.33%"),
        ("unit(px,%)", "0"),
        ("unit(px,%){1,4}", "10px  20px"),
        ("unit(px,%){1,4}", "0 20px 5% 1.5px"),
        ("unit(px,auto)", "auto"),
        ("unit(px,%,)", "1.5"),
        ("unitWithNegative(px,em)", "-0.5px"),
        ("enum(left,right)", "right"),
        ("enum(full-width,false,)", ""),
        ("integer", "12"),
        ("boolean", "true"),
        ("string", "whatever you like"),
    ],
)
def test_a_value_that_is_taken(takes: str, value: str) -> None:
    assert complaint(takes, value) is None


@pytest.mark.parametrize(
    ("takes", "value", "should_be"),
    [
        ("color", "#12", "a colour"),
        ("color", "reddish", "a colour"),
        ("unit(px,%)", "20", "20px or 20%"),
        ("unit(px,%)", "20pt", "20px or 20%"),
        ("unit(px,%)", "-5px", "20px or 20%"),
        ("unit(px,%){1,4}", "1px 2px 3px 4px 5px", "up to 4"),
        ("unit(px,%){1,4}", "", "up to 4"),
        ("unit(px,auto)", "automatic", "20px or auto"),
        ("enum(left,right)", "centre", '"left" or "right"'),
        ("integer", "1.5", "whole number"),
        ("boolean", "yes", "true or false"),
    ],
)
def test_a_value_that_is_not_taken(takes: str, value: str, should_be: str) -> None:
    assert should_be in (complaint(takes, value) or "")


def test_the_table_knows_the_components_and_no_type_that_we_cannot_judge() -> None:
    table = mjml_attributes()
    types = {takes for known in table.values() for takes in known.values()}

    assert {*table} - COMPONENTS == {"mj-html-attributes"}
    assert {takes.partition("(")[0] for takes in types} == {
        "boolean", "color", "enum", "integer", "string", "unit", "unitWithNegative",
    }  # fmt: skip
    assert all({*names} <= {*table[component]} for component, names in IGNORED.items())


@pytest.mark.parametrize(
    ("source", "read"),
    [
        ("<mj-text>a</mj-text>", [("mj-text", None)]),
        ("<mj-a><mj-b /><mj-c></mj-c>", [("mj-a", None), ("mj-b", "mj-a"), ("mj-c", "mj-a")]),
        ("<mj-a><p></mj-a><mj-b>", [("mj-a", None), ("p", "mj-a"), ("mj-b", None)]),
        ("{% if x %}<mj-a>{% else %}<i>{% endif %}<p>", [("mj-a", None), ("i", None), ("p", None)]),
        ("{% for x in y %}<mj-a>{% else %}<p>{% endfor %}", [("mj-a", None), ("p", None)]),
        ("<mj-a>{% macro m() %}<p></p>{% endmacro %}", [("mj-a", None), ("p", None)]),
        ("{# <mj-a> #}{{ '<mj-b>' }}<p>", [("p", None)]),
        ("<!-- <mj-a> --><p>", [("comment", None), ("p", None)]),
        ("a < b <3 <p", []),
    ],
)  # fmt: skip
def test_tags_are_read_branch_by_branch(source: str, read: list[tuple[str, str | None]]) -> None:
    assert [(tag.name, tag.inside) for tag in tags(source)] == read


@pytest.mark.parametrize(
    ("source", "closed"),
    [
        ("<p><b>a</b><br /><img /></p><p>", ["", "", "", "", ""]),
        ("<p><div>", ["", "p"]),
        ("<p><table><tr><td><p>", ["", "p", "", "", ""]),
        ("<h2><div></div></h2><p>", ["", "", ""]),
        ("<h2><p>", ["", "h2"]),
        ("{% if x %}<p>{% else %}<p class=''>{% endif %}</p>", ["", ""]),
        ("{% if x %}<p>{% endif %}<hr />", ["", "p"]),
        ("{% macro m() %}<p>{% endmacro %}<p>", ["", ""]),
    ],
)
def test_what_ends_a_paragraph_is_told(source: str, closed: list[str]) -> None:
    assert [tag.closes for tag in tags(source)] == closed


def test_an_attribute_that_jinja_writes_is_not_judged() -> None:
    (tag,) = tags("<mj-text align=\"{{ 'a' }}\" color='red' {% if x %} padding=\"1px\"{% endif %}>")

    assert {name: one.is_known for name, one in tag.attributes.items()} == {
        "align": False,
        "color": True,
        "padding": True,
    }


@given(st.text(alphabet="<>/!-[]{}%#\"'= \nabmj", max_size=80))
def test_no_text_stops_the_reading(source: str) -> None:
    for tag in tags(source):
        assert source[tag.start] == "<"
        assert tag.start < tag.end <= len(source)
