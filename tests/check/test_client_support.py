"""What a style, a sheet or an element uses, and which mail clients know it."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from mjml import mjml2html

from newsletter_mailer.check.clients import elements, feature_patterns, features
from newsletter_mailer.check.clients.classification import (
    LAYOUT,
    LOST,
    MJML_EMITS,
    NOT_LOOKED_FOR,
    ONLY_ASKS,
    PLAINER,
    matters,
)
from newsletter_mailer.check.clients.elements import uses_of_element
from newsletter_mailer.check.clients.features import uses_of_sheet, uses_of_style
from newsletter_mailer.check.clients.support import (
    USUAL_CLIENTS,
    known_clients,
    named,
    unknown_clients,
    weaknesses,
)
from newsletter_mailer.check.clients.tables import client_table
from newsletter_mailer.check.page.page import parse_page

USUAL = weaknesses(USUAL_CLIENTS)
#: One of every component.
EVERY_COMPONENT = """
<mjml lang="en" dir="ltr"><mj-head><mj-preview>p</mj-preview><mj-title>t</mj-title></mj-head>
<mj-body><mj-wrapper><mj-section><mj-column>
  <mj-text><p>t</p><h1>t</h1><ul><li>t</li></ul><a href="x">t</a></mj-text>
  <mj-button href="x">t</mj-button><mj-image src="a.png" alt="" href="x" /><mj-divider /><mj-spacer />
  <mj-table><tr><td>t</td></tr></mj-table>
  <mj-social><mj-social-element name="facebook" href="x">t</mj-social-element></mj-social>
  <mj-navbar hamburger="hamburger"><mj-navbar-link href="x">t</mj-navbar-link></mj-navbar>
  <mj-accordion><mj-accordion-element><mj-accordion-title>t</mj-accordion-title>
    <mj-accordion-text>t</mj-accordion-text></mj-accordion-element></mj-accordion>
  <mj-carousel><mj-carousel-image src="a.png" /><mj-carousel-image src="b.png" /></mj-carousel>
</mj-column></mj-section></mj-wrapper>
<mj-section full-width="full-width" background-color="red" border-radius="3px">
  <mj-group><mj-column><mj-text>t</mj-text></mj-column><mj-column></mj-column></mj-group>
</mj-section>
<mj-hero background-url="x.png" background-height="300px" background-width="600px"></mj-hero>
</mj-body></mjml>
"""  # noqa: E501


def slugs(style: str) -> set[str]:
    """What of a style is not known everywhere."""
    return {use.slug for use in uses_of_style(style)} & USUAL.keys()


def test_mjml_emits_what_we_say_it_emits() -> None:
    page = parse_page(mjml2html(EVERY_COMPONENT))
    found = {"css-at-media"}  # around its own classes only, which are left out
    for element in page.iter():
        if isinstance(element.tag, str) and not element.get("class", "").startswith("mj-"):
            found |= {use.slug for use in uses_of_element(element)}
            found |= {use.slug for use in uses_of_style(element.get("style", ""))}
        if element.tag == "style":
            found |= {use.slug for use in uses_of_sheet(element.text or "")}
    features = client_table().features
    somewhere_weak = {slug for slug in found if {"n", "a"} & {*features[slug].support.values()}}

    assert "@media" in "".join(element.text or "" for element in page.iter("style"))
    assert somewhere_weak == MJML_EMITS


@pytest.mark.parametrize(
    ("style", "feature"),
    [
        ("display: flex", "css-display-flex"),
        ("display:inline-grid", "css-display-grid"),
        ("position: absolute", "css-position"),
        ("float:right", "css-float"),
        ("width: calc(100% - 20px)", "css-unit-calc"),
        ("width: MIN(10px, 5%)", "css-function-min"),
        ("color: var(--ink)", "css-variables"),
        ("--ink: #112233", "css-variables"),
        ("font-size: 1.5rem", "css-unit-rem"),
        ("background-image: url(a.png)", "css-background-image"),
        ("background: url(a.png) no-repeat", "css-background-image"),
        ("background: linear-gradient(red, blue)", "css-linear-gradient"),
        ("box-shadow: 0 1px 2px red", "css-box-shadow"),
        ("margin-inline: 10px", "css-margin-inline-block"),
        ("color: oklch(40% 0.2 90)", "css-modern-color"),
        ("visibility: hidden", "css-visibility"),
        ("transform: rotate(3deg)", "css-transform"),
        ("width: max-content", "css-intrinsic-size"),
        ("grid-template-columns: 1fr 1fr", "css-grid-template"),
        ("flex-flow: column nowrap", "css-flex-direction"),
        ("top: 3px", "css-left-right-top-bottom"),
        ("color: red; float: left; color: blue", "css-float"),
    ],
)
def test_what_a_style_uses(style: str, feature: str) -> None:
    assert feature in slugs(style)


@pytest.mark.parametrize(
    "style",
    [
        "",
        "color: #112233; font-size: 16px; line-height: 1.5",
        "padding: 10px 20px; margin: 0 auto; border-radius: 6px",
        "display: block",
        "display: none",
        "position: static; float: none; transform: none; visibility: visible",
        "width: 90%; width: calc(100% - 20px)",
        "display: block; display: flex",
        "background: #ffffff url(a.png)",
        "background-color: #ffffff; background-image: url(a.png)",
        "background-color: white; background: linear-gradient(red, blue)",
        "font-family: 'Max(imal)', initialled, var",
        "mso-padding-alt: 10px",
        "/* float: left */ color: red",
        "content-of-nothing",
        "color: ;;; : red",
    ],
)
def test_what_every_client_can_show(style: str) -> None:
    assert slugs(style) == set()


@pytest.mark.parametrize(
    ("sheet", "used"),
    [
        (".a:hover { color: red }", {"css-pseudo-class-hover"}),
        (".a::before { color: red }", {"css-pseudo-element-before"}),
        (".a > .b { color: red }", {"css-selector-child"}),
        (".a + .b { color: red }", {"css-selector-adjacent-sibling"}),
        (".a ~ .b { color: red }", {"css-selector-general-sibling"}),
        ('a[href^="x>y"] { color: red }', {"css-selector-attribute"}),
        (".a { .b { color: red } }", {"css-nesting"}),
        ("@supports (display: grid) { .a { color: red } }", set()),
        (":root { color-scheme: light dark }", set()),
        ("@media (prefers-color-scheme: dark) { .a { color: red } }", set()),
        ("@font-face { font-family: x }", {"css-at-font-face"}),
        ("@media (orientation: portrait) { .a { color: red } }", {"css-at-media-orientation"}),
        ("@media (max-width: 400px) { .a { float: left } }", {"css-float"}),
        ("@media (prefers-color-scheme: dark) { [data-ogsc] .a { color: red } }", set()),
        ("[data-ogsc] .a { float: left }", set()),
        ("u + .body .a { float: left }", set()),
        (".mj-column-per-100 { float: left }", set()),
        (".a { color: red } p.b #c { margin: 0 }", set()),
        ("/* .a:hover { float: left } */", set()),
        ("@charset 'utf-8'; @unknown { }", set()),
        (".a { color: red", set()),
    ],
)  # fmt: skip
def test_what_a_style_sheet_uses(sheet: str, used: set[str]) -> None:
    assert {use.slug for use in uses_of_sheet(sheet)} & USUAL.keys() == used


@pytest.mark.parametrize(
    ("markup", "used"),
    [
        ('<img src="https://x.org/a.webp?w=1">', {"image-webp"}),
        ('<img src="https://x.org/a.SVG">', {"image-svg"}),
        ('<img src="https://x.webp/a.png" srcset="b.png 2x">', {"html-srcset"}),
        ("<svg></svg>", {"html-svg"}),
        ("<nav></nav>", {"html-semantics"}),
        ("<p hidden></p>", {"html-hidden"}),
        ('<p class="x" dir="ltr" lang="en"></p>', set()),
        ('<table role="presentation" width="1" align="left"></table>', set()),
    ],
)
def test_what_an_element_uses(markup: str, used: set[str]) -> None:
    element = html.fragment_fromstring(markup)

    assert {use.slug for use in uses_of_element(element)} & USUAL.keys() == used


def test_only_the_chosen_clients_count() -> None:
    assert "css-float" not in weaknesses(("apple-mail-ios",))
    assert weaknesses(("outlook-classic", "apple-mail-ios"))["css-float"].missing == (
        "outlook-classic",
    )
    assert weaknesses(()) == {}


def test_who_reads_no_media_query_misses_nothing_in_it() -> None:
    weakness = USUAL["css-float"]

    assert "outlook-classic" in weakness.missing
    assert "outlook-classic" not in weakness.where_read("css-at-media").missing
    assert weakness.where_read("") is weakness


def test_a_family_is_named_by_itself_where_all_of_it_is_meant() -> None:
    gmail = ("gmail-web", "gmail-ios", "gmail-android")

    assert named(gmail, USUAL_CLIENTS) == "Gmail"
    assert named(gmail[1:], USUAL_CLIENTS) == "Gmail (iOS, Android)"
    assert named(("outlook-classic", *gmail), USUAL_CLIENTS) == "Outlook (classic) and Gmail"
    assert named(("gmail-web",), ("gmail-web",)) == "Gmail (web)"
    assert named(("thunderbird",), ("thunderbird",)) == "Thunderbird"


def test_the_table_is_whole() -> None:
    table = client_table()

    assert len(table.features) > 300
    assert {*USUAL_CLIENTS} <= {*table.clients}
    assert unknown_clients([*USUAL_CLIENTS, "outlook-2003"]) == ["outlook-2003"]
    assert known_clients(["outlook-2003", "thunderbird"]) == ("thunderbird",)
    assert table.features["css-float"].support["outlook-classic"] == "n"
    assert table.features["css-float"].support["apple-mail-macos"] == "y"


def recognised() -> set[str]:
    """The features that some style, sheet or element is seen to use."""
    in_values = {slug for values in feature_patterns.VALUES.values() for _, slug in values}
    patterns = (*feature_patterns.ANYWHERE, *feature_patterns.MEDIA, *feature_patterns.SELECTORS)
    by_name = {
        slug
        for slug in client_table().features
        if slug.startswith(("css-at-", "css-pseudo-")) and not slug.startswith("css-at-media-")
    }
    return {
        *elements.features_of_tags().values(),
        *elements.features_of_attributes().values(),
        *elements._PICTURES.values(),
        *features._properties().values(),
        *in_values,
        *(slug for _, slug in patterns),
        *by_name,
        "css-nesting",
    }


def test_every_feature_of_the_table_is_classified() -> None:
    """One that caniemail adds or renames would otherwise be passed over in silence."""
    left_out = [slug for slugs in NOT_LOOKED_FOR.values() for slug in slugs]
    classified = [*LOST, *LAYOUT, *PLAINER, *left_out]

    assert Counter(classified) == Counter([*client_table().features])
    assert {*classified} >= MJML_EMITS | ONLY_ASKS


def test_what_is_classified_as_looked_for_is_looked_for() -> None:
    assert {*matters()} == recognised()


@given(st.text(max_size=200))
def test_no_text_stops_the_reading(text: str) -> None:
    assert {use.slug for use in uses_of_style(text)} <= client_table().features.keys()
    assert {use.slug for use in uses_of_sheet(text)} <= client_table().features.keys()


@given(st.text(alphabet="{}()[]@:;.#>+~*-!/ \"'\\\nabmedia", max_size=120))
def test_no_sheet_stops_the_reading(text: str) -> None:
    assert {use.slug for use in uses_of_style(text)} <= client_table().features.keys()
    assert {use.slug for use in uses_of_sheet(text)} <= client_table().features.keys()


@pytest.mark.parametrize("bracket", ["(", "{", "[", "calc(", "@media{", "a{"])
def test_a_thousandfold_bracket_stops_nothing(bracket: str) -> None:
    uses_of_style("color:" + bracket * 20_000)
    uses_of_sheet(bracket * 20_000)
