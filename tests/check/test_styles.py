"""What a mail client computes: the cascade, in light, in dark and on a phone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from newsletter_mailer.check.look.looks import Look
from newsletter_mailer.check.look.style_sheets import DARK, LIGHT, PHONE, Medium, media_matches
from newsletter_mailer.check.look.styles import Node, Styles
from newsletter_mailer.check.page.page import parse_page


def node(page: str) -> Node:
    """Of the element with the attribute `here`."""
    tree = parse_page(page)
    [element] = tree.xpath("//*[@here]")
    return Styles(tree).of(element)


def page(css: str, body: str, meta: str = "") -> str:
    whole = body if body.startswith("<body") else f"<body>{body}"
    return f"<!DOCTYPE html><html><head>{meta}<style>{css}</style></head>{whole}</html>"


def colours(look: Look) -> str:
    seen = look.seen_colours()
    return "unknown" if seen is None else f"{seen[0]} on {seen[1]}"


@pytest.mark.parametrize(
    ("css", "body", "expected"),
    [
        ("", "<p here>", "#000000 on #ffffff"),
        ("p { color: red }", "<p here>", "#ff0000 on #ffffff"),
        ("p { color: red } p { color: blue }", "<p here>", "#0000ff on #ffffff"),
        # Specificity before order.
        (".a { color: red } p { color: blue }", '<p here class="a">', "#ff0000 on #ffffff"),
        (
            "#x { color: red } .a.b { color: blue }",
            '<p here id="x" class="a b">',
            "#ff0000 on #ffffff",
        ),
        ("div p { color: red } p { color: blue }", "<div><p here></div>", "#ff0000 on #ffffff"),
        # The attribute before the sheet, !important before the attribute.
        ("p { color: red }", '<p here style="color: blue">', "#0000ff on #ffffff"),
        ("p { color: red !important }", '<p here style="color: blue">', "#ff0000 on #ffffff"),
        (
            "p { color: red !important }",
            '<p here style="color: blue !important">',
            "#0000ff on #ffffff",
        ),
        ("p { color: red ! important; }", '<p here style="color: blue">', "#ff0000 on #ffffff"),
        # What is not valid does not count.
        ("p { color: red; color: bluish }", "<p here>", "#ff0000 on #ffffff"),
        ("p, ??? { color: red }", "<p here>", "#000000 on #ffffff"),
        ("p { color: }", "<p here>", "#000000 on #ffffff"),
        # Combinators.
        ("div > i { color: red }", "<div><b><i here></i></b></div>", "#000000 on #ffffff"),
        ("div > p { color: red }", "<div><p here></div>", "#ff0000 on #ffffff"),
        (
            ".a > .b .c { color: red }",
            '<div class="a"><div class="b"><div class="b"><p here class="c">',
            "#ff0000 on #ffffff",
        ),
        ("h2 + p { color: red }", "<h2>x</h2><p here>", "#ff0000 on #ffffff"),
        ("h2 ~ p { color: red }", "<h2>x</h2><div><p here></div>", "#000000 on #ffffff"),
        ("p:first-child { color: red }", "<div><p here><p></div>", "#ff0000 on #ffffff"),
        ("p:first-child { color: red }", "<div><p><p here></div>", "#000000 on #ffffff"),
        ("p:nth-child(2) { color: red }", "<div><p><p here></div>", "#ff0000 on #ffffff"),
        ("p:not(.a) { color: red }", "<p here>", "#ff0000 on #ffffff"),
        ("p:not(.a) { color: red }", '<p here class="a">', "#000000 on #ffffff"),
        (":is(h1, p) { color: red }", "<p here>", "#ff0000 on #ffffff"),
        (":where(#x) { color: red } p { color: blue }", '<p here id="x">', "#0000ff on #ffffff"),
        ("div:has(> p) { color: red }", "<div><p here></div>", "#ff0000 on #ffffff"),
        ("p, p::-webkit-x, i:odd { color: red }", "<p here>", "#000000 on #ffffff"),
        ("P.A { color: red }", '<p here class="a">', "#000000 on #ffffff"),
        ("P { color: red }", "<p here>", "#ff0000 on #ffffff"),
        # Attributes.
        ("[align] { color: red }", '<p here align="left">', "#ff0000 on #ffffff"),
        ('[data-x="1"] { color: red }', '<p here data-x="1">', "#ff0000 on #ffffff"),
        ('[data-x="1"] { color: red }', '<p here data-x="2">', "#000000 on #ffffff"),
        ('[data-x~="b"] { color: red }', '<p here data-x="a b">', "#ff0000 on #ffffff"),
        ('[data-x^="a"] { color: red }', '<p here data-x="ab">', "#ff0000 on #ffffff"),
        ('[data-x$="a"] { color: red }', '<p here data-x="ab">', "#000000 on #ffffff"),
        ('[lang|="en"] p { color: red }', '<div lang="en-GB"><p here></div>', "#ff0000 on #ffffff"),
        # What a reader does, what Outlook adds and what is not there.
        ("p:hover { color: red }", "<p here>", "#000000 on #ffffff"),
        ("[data-ogsc] p { color: red }", "<p here>", "#000000 on #ffffff"),
        ("p::first-line { color: red }", "<p here>", "#000000 on #ffffff"),
        # Links.
        ("", '<a here href="x">', "#0000ee on #ffffff"),
        ("", "<a here>", "#000000 on #ffffff"),
        ("a:link { color: red }", '<a here href="x">', "#ff0000 on #ffffff"),
        (":root { color: red }", "<p here>", "#ff0000 on #ffffff"),
        # Backgrounds lie under what stands in them.
        ("", '<table bgcolor="#123456"><tr><td here>', "#000000 on #123456"),
        ("", '<body bgcolor="#123456" text="#ffffff"><p here>', "#ffffff on #123456"),
        ("", '<font here color="red">', "#ff0000 on #ffffff"),
        (
            "table { background-color: #fff }",
            '<table bgcolor="#123456"><tr><td here>',
            "#000000 on #ffffff",
        ),
        (
            "",
            '<div style="background:#111"><p here style="background: transparent">',
            "#000000 on #111111",
        ),
        (
            "",
            '<div style="background:#111"><p here style="background: none">',
            "#000000 on #111111",
        ),
        ("", '<p here style="background: rgba(0,0,0,.5)">', "#000000 on #808080"),
        ("", '<p here style="color: rgba(0,0,0,.5)">', "#808080 on #ffffff"),
        ("", '<div style="opacity:.5"><p here>', "#808080 on #ffffff"),
        ("", '<div style="opacity:50%;background:#000;color:#fff"><p here>', "#ffffff on #808080"),
        ("", '<p here style="color: currentColor">', "#000000 on #ffffff"),
        ("", '<div style="color:red"><p here style="color: initial">', "#000000 on #ffffff"),
        ("", '<p here style="COLOR: RED">', "#ff0000 on #ffffff"),
        ("", "<p here style=\"font-family:'a;b';color:red\">", "#ff0000 on #ffffff"),
        # A picture may be anything.
        ("", '<p here style="background: #fff url(x.png) top / cover no-repeat">', "unknown"),
        ("", "<p here style=\"background: #fff url('x.png') no-repeat\">", "unknown"),
        ("", '<p here style="background-image: linear-gradient(red, blue)">', "unknown"),
        ("", '<table background="x.png"><tr><td here>', "unknown"),
        (
            "",
            '<div style="background: url(x.png)"><p here style="background: #fff">',
            "#000000 on #ffffff",
        ),
        ("", '<p here style="color: var(--ink)">', "unknown"),
        # Media.
        ("@media print { p { color: red } }", "<p here>", "#000000 on #ffffff"),
        ("@media screen { p { color: red } }", "<p here>", "#ff0000 on #ffffff"),
        ("@supports (x: y) { p { color: red } }", "<p here>", "#000000 on #ffffff"),
    ],
)
def test_colours_are_those_that_a_client_shows(css: str, body: str, expected: str) -> None:
    assert colours(node(page(css, body)).light) == expected


META = '<meta name="color-scheme" content="light dark">'


@pytest.mark.parametrize(
    ("css", "body", "meta", "expected"),
    [
        ("", "<p here>", "", "#000000 on #ffffff"),
        ("", "<p here>", META, "#ffffff on #121212"),
        (":root { color-scheme: light dark }", "<p here>", "", "#ffffff on #121212"),
        (":root { color-scheme: light }", "<p here>", "", "#000000 on #ffffff"),
        ("", '<a here href="x">', META, "#9e9eff on #121212"),
        (
            "@media (prefers-color-scheme: dark) { p { color: #eee !important } }",
            '<p here style="color: #111; background: #222">',
            "",
            "#eeeeee on #222222",
        ),
        (
            "@media (prefers-color-scheme: dark) { p { color: #eee } }",
            '<p here style="color: #111">',
            "",
            "#111111 on #ffffff",
        ),
        (
            "@media (prefers-color-scheme: light) { p { color: red } }",
            "<p here>",
            "",
            "#000000 on #ffffff",
        ),
        (
            (
                "@media screen { @media (prefers-color-scheme: dark)"
                " { p { background: #000; color: #fff } } }"
            ),
            "<p here>",
            "",
            "#ffffff on #000000",
        ),
        # A picture that the dark sheet takes away is gone.
        (
            "@media (prefers-color-scheme: dark) { p { background: #222 !important } }",
            '<p here style="background: url(x.png); color: #fff">',
            "",
            "#ffffff on #222222",
        ),
    ],
)
def test_dark_is_what_the_sheet_makes_of_it(css: str, body: str, meta: str, expected: str) -> None:
    assert colours(node(page(css, body, meta)).dark) == expected


@pytest.mark.parametrize(
    ("css", "body", "size", "weight"),
    [
        ("", "<p here>", 16, 400),
        ("", "<h1 here>", 32, 700),
        ("", "<p><strong here>", 16, 700),
        ("", '<p here style="font-size: 12pt">', 16, 400),
        ("", '<div style="font-size:20px"><p here style="font-size: 0.8em">', 16, 400),
        ("", '<p here style="font-size: 1.5rem">', 24, 400),
        ("", '<p here style="font-size: 150%">', 24, 400),
        ("", '<p here style="font-size: small">', 13, 400),
        ("", '<p here style="font: bold 12px/20px Georgia">', 12, 700),
        ("", '<p here style="font: 12px Georgia">', 12, 400),
        ("", '<p here style="font-weight: 600">', 16, 600),
        ("", '<p here style="font-size: huge">', 16, 400),
        ("", '<p here style="font-size: -3px">', 16, 400),
    ],
)
def test_sizes_are_counted_in_pixels(css: str, body: str, size: float, weight: int) -> None:
    look = node(page(css, body)).light

    assert look.size == pytest.approx(size)
    assert look.weight == weight


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("<p here>", 19.2),
        ('<p here style="line-height: 1.5">', 24),
        ('<p here style="line-height: 150%">', 24),
        ('<div style="line-height: 1.5"><p here style="font-size: 20px">', 30),
        ('<div style="line-height: 150%"><p here style="font-size: 20px">', 24),
        ('<div style="line-height: 25px"><p here style="font-size: 20px">', 25),
        ('<div style="font: 10px/2 Georgia"><p here>', 20),
    ],
)
def test_lines_are_as_high_as_css_inherits_them(body: str, line: float) -> None:
    assert node(page("", body)).light.line == pytest.approx(line)


def test_a_phone_has_its_own_sizes() -> None:
    one = node(page("@media (max-width: 479px) { p { font-size: 12px !important } }", "<p here>"))

    assert (one.light.size, one.dark.size, one.phone.size) == (16, 16, 12)


@pytest.mark.parametrize(
    "hidden",
    [
        'style="display:none"',
        'style="visibility: hidden"',
        'style="opacity: 0"',
        'style="font-size:0"',
        'style="font-size:1px"',
        "hidden",
    ],
)
def test_what_is_hidden_is_not_seen(hidden: str) -> None:
    assert not node(page("", f"<div {hidden}><b><i here>x")).light.is_seen
    assert node(page("", "<div><b><i here>x")).light.is_seen


def test_a_link_is_underlined_unless_it_says_no() -> None:
    assert node(page("", '<a here href="x">')).light.is_underlined
    assert not node(page("", '<a here href="x" style="text-decoration: none">')).light.is_underlined
    assert not node(page("a { text-decoration: none }", '<a here href="x">')).light.is_underlined


def test_a_thousand_siblings_are_looked_through() -> None:
    one = node(page("h2 ~ p { color: red }", f"<h2>x</h2>{'<i>x</i>' * 3000}<p here>"))

    assert colours(one.light) == "#ff0000 on #ffffff"


def test_like_elements_in_like_places_are_computed_once() -> None:
    tree = parse_page(
        page("b { color: red }", "<p><b>one</b> <b>two</b></p><div><b>three</b></div>")
    )
    styles = Styles(tree)
    one, two, three = (styles.of(element) for element in tree.iter("b"))

    assert one is two
    assert one is not three


@pytest.mark.parametrize(
    ("query", "medium", "holds"),
    [
        ("", LIGHT, True),
        ("screen", LIGHT, True),
        ("all", DARK, True),
        ("print", LIGHT, False),
        ("not print", LIGHT, True),
        ("not screen", LIGHT, False),
        ("only screen and (min-width:480px)", LIGHT, True),
        ("only screen and (min-width:480px)", PHONE, False),
        ("(max-width: 479px)", PHONE, True),
        ("(max-width: 30em)", PHONE, True),
        ("(max-width: 20rem)", PHONE, False),
        ("screen and (max-device-width: 400px)", PHONE, True),
        ("(prefers-color-scheme: dark)", DARK, True),
        ("(prefers-color-scheme: dark)", LIGHT, False),
        ("(prefers-color-scheme:light)", LIGHT, True),
        ("print, (prefers-color-scheme: dark)", DARK, True),
        ("(prefers-color-scheme: dark) and (max-width: 400px)", DARK, False),
        ("(-webkit-min-device-pixel-ratio: 0)", LIGHT, False),
        ("(hover)", LIGHT, False),
        ("screen yahoo", LIGHT, False),
    ],
)
def test_media_queries(query: str, medium: Medium, holds: bool) -> None:
    assert media_matches(query, medium) is holds


HOSTILE = [
    "p { color: red", "}}}}", "@media {", "@media (", "/*", "p { color: '", "p{" * 3000,
    "p { color: " + "(" * 3000, ":not(" * 2000, "@media x {" * 2000, "\x00", "p { font: / / / }",
    "* " * 300 + "{ color: red }", "[*|a] { color: red }", "a|b { color: red }",
    "p { font-size: 1e999px; line-height: 99999999999999999999 }",
]  # fmt: skip


@pytest.mark.parametrize("css", HOSTILE, ids=range(len(HOSTILE)))
def test_no_style_sheet_breaks_it(css: str) -> None:
    assert node(
        page(css.replace("\x00", ""), f"<p here style='{css[:2000].replace(chr(0), '')}'>x")
    )


NAMES = st.sampled_from(
    ["color", "background", "font", "font-size", "line-height", "opacity", "padding", "border"]
)
VALUES = st.one_of(
    st.text(max_size=20),
    st.from_regex(r"[0-9.]{1,6}(px|em|%|pt|)( [a-z]{1,8}){0,2}", fullmatch=True),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(NAMES, VALUES), max_size=4), st.text(max_size=60))
def test_no_declaration_breaks_it(declared: list[tuple[str, str]], css: str) -> None:
    style = ";".join(f"{name}:{value}" for name, value in declared)
    tree = etree.fromstring(
        "<html><head><style/></head><body><div><p>words</p></div></body></html>"
    )
    allowed = "".join(char for char in css + style if char.isprintable())
    tree.find("head/style").text = f"{allowed} div > p {{ {allowed} }}"  # type: ignore[union-attr]  # it is there
    paragraph = tree.find("body/div/p")
    assert paragraph is not None
    paragraph.set("style", "".join(char for char in style if char.isprintable()))

    look = Styles(tree).of(paragraph).dark
    assert look.size >= 0
    assert look.is_large in (True, False)
    look.seen_colours()
