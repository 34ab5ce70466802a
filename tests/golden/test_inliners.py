"""Whoever copies the rules into the style attributes: readers see the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import tinycss2
from lxml import etree, html
from tinycss2.ast import Declaration

from newsletter_mailer.compose import inline, inline_css_inline, inline_premailer
from newsletter_mailer.compose.inline import Inliner
from tests.conftest import REPOSITORY, ProjectFolder
from tests.golden.test_golden import EXPECTED, HERE, ISSUES, files_of, read
from tests.newsroom import Newsroom

INLINERS: dict[str, Inliner] = {
    "premailer": inline_premailer.inline_css,
    "css_inline": inline_css_inline.inline_css,
}
#: Properties of which one may stand for another, so that their order counts.
FAMILIES = {"line-height": "font"}


def declarations(style: str) -> list[tuple[str, str]]:
    """Those of one family in their order, with the shortest of equal values."""
    found = []
    for node in tinycss2.parse_blocks_contents(style, True, True):
        assert isinstance(node, Declaration), style
        value = re.sub(r"\s*,\s*", ",", tinycss2.serialize(node.value).strip())
        value = re.sub(r"#(.)\1(.)\2(.)\3\b", r"#\1\2\3", value)
        found.append((node.lower_name, value + " !important" * node.important))
    return sorted(found, key=lambda one: FAMILIES.get(one[0], one[0].partition("-")[0]))


def seen(page: str) -> Iterator[object]:
    """What a browser makes of a page: its order of attributes and its own `tbody` do not count."""
    tree = html.document_fromstring(page)
    etree.strip_tags(tree, "tbody")
    for node in tree.iter():
        words = (node.text or "").split(), (node.tail or "").split()
        attributes = {str(name): str(value) for name, value in node.items()}
        style = declarations(attributes.pop("style", ""))
        yield node.tag if isinstance(node.tag, str) else "comment", attributes, style, words


def composed_by(name: str, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setattr(inline, "INLINED_BY", name)
    return files_of(newsroom)


@pytest.mark.parametrize("issue", ISSUES)
@pytest.mark.parametrize("name", INLINERS)
def test_readers_see_what_is_kept_here(
    name: str, issue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = composed_by(name, Newsroom(ProjectFolder(HERE), issue_id=issue), monkeypatch)
    expected = read(EXPECTED / issue)

    assert made.keys() == expected.keys()
    for file, text in expected.items():
        if file.endswith(".html"):
            assert [*seen(made[file])] == [*seen(text)]
        else:
            assert made[file] == text


def test_readers_of_the_sample_issue_see_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    newsroom = Newsroom(ProjectFolder(REPOSITORY), issue_id="2025-08")
    one, other = (composed_by(name, newsroom, monkeypatch) for name in INLINERS)

    assert one.keys() == other.keys()
    for file, text in one.items():
        assert [*seen(other[file])] == [*seen(text)]


PAGE = """\
<!doctype html><html><head><style>p { color: #123 !important }</style></head><body>
<!--[if mso]><table><tr><td style="width:600px"><![endif]-->
<p class="c" id="i" style="margin:0">t</p>
<!--[if mso]></td></tr></table><![endif]-->
</body></html>
"""


@pytest.mark.parametrize("name", INLINERS)
@pytest.mark.parametrize(
    ("css", "style"),
    [
        ("", "margin:0"),
        ("p { color: red }", "color:red; margin:0"),
        (".c { color: red } p { color: blue }", "color:red; margin:0"),
        (".c { color: red } #i { color: blue }", "color:blue; margin:0"),
        ("html > body p.c, h1 { color: red }", "color:red; margin:0"),
        ("p[class] { color: red }", "color:red; margin:0"),
        ("h1.c, .c .c, .C, .i { color: red }", "margin:0"),
        ("p { margin: 8px }", "margin:0"),
        ("p { margin: 8px !important; color: red !important }", "color:red; margin:0"),
        ("body > p:first-child { color: red }", "color:red; margin:0"),
        ("p { color: red; ", "color:red; margin:0"),
        ("p..c { color: blue } p { color: red }", "color:red; margin:0"),
        ("{{{", "margin:0"),
        ("p:hover { color: red }", "margin:0"),
        ("p::before { color: red }", "margin:0"),
        ("* { color: red }", "margin:0"),
        ("body *, p { color: red }", "color:red; margin:0"),
        ("@media (max-width: 480px) { p { color: red } }", "margin:0"),
        ("@import url(http://127.0.0.1:9/a.css); p { color: red }", "color:red; margin:0"),
    ],
)
def test_a_rule_becomes_a_style(name: str, css: str, style: str) -> None:
    page = INLINERS[name](PAGE, css)
    found = html.document_fromstring(page).find(".//p")

    assert found is not None
    assert declarations(found.get("style", "")) == declarations(style)
    assert "p { color: #123 !important }" in page
    assert page.startswith("<!DOCTYPE html>")
    assert '<!--[if mso]><table><tr><td style="width:600px"><![endif]-->' in page
    assert " style=" not in page.partition("<p")[0].replace('<td style="', "")
