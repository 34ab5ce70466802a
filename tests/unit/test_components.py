"""A page that is put together of its components is the page that is compiled as a whole."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from lxml import etree

from newsletter_mailer.compose import inline, mjml_components
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.component_inliner import ComponentInliner
from newsletter_mailer.compose.composer import Composer
from newsletter_mailer.compose.mjml import compile_serialised, parse_xml
from newsletter_mailer.compose.mjml_components import CannotCut, ComponentCompiler, CutPage
from newsletter_mailer.compose.style_scope import hangs_on_neighbours
from newsletter_mailer.plan.variants import Variant, Variants, every_combination
from newsletter_mailer.slot_tokens import TokenMint
from newsletter_mailer.text_cache import Memory
from tests.conftest import REPOSITORY, ProjectFolder
from tests.golden.test_golden import HERE as GOLDEN
from tests.newsroom import Newsroom, text_section

FIELDS = """\
Dear {{ subscriber.first_name | default("colleague") }}, see
[yours](https://example.org/{{ subscriber.organisation }}?of={{ issue.subject }}) and
[all]({{ subscriber.link | default("https://example.org/") }}).

- one
- two

> A quotation, with `code`.
"""
ODD_KIND = """\
---
label: Odd
fields:
  title: {type: text}
---
"""
BODY, TITLE = "{{ section.body }}", "{{ section.title }}"
COLUMN = "<mj-section><mj-column>%s</mj-column></mj-section>"
#: What a kind of a stranger's template may be.
ODD = {
    "a text": COLUMN % f"<mj-text>{BODY}</mj-text>",
    "columns with a picture": (
        '<mj-section background-color="#eeeeee"><mj-column width="30%">'
        '<mj-image src="https://example.org/a.png" alt="A" width="100px" /></mj-column>'
        f"<mj-column><mj-text>{BODY}</mj-text></mj-column></mj-section>"
    ),
    "a hero": (
        f'<mj-hero background-url="https://example.org/{TITLE}.png" background-width="600px" '
        f'background-height="200px"><mj-text>{BODY}</mj-text></mj-hero>'
    ),
    "an accordion": COLUMN
    % (
        f"<mj-accordion><mj-accordion-element><mj-accordion-title>{TITLE}</mj-accordion-title>"
        f"<mj-accordion-text>{BODY}</mj-accordion-text></mj-accordion-element></mj-accordion>"
    ),
    "a carousel": COLUMN
    % '<mj-carousel><mj-carousel-image src="https://example.org/a.png" alt="A" /></mj-carousel>',
    "a menu": COLUMN
    % (
        f'<mj-navbar hamburger="hamburger"><mj-navbar-link href="https://example.org/">{TITLE}'
        "</mj-navbar-link></mj-navbar>"
    ),
    "a conditional comment": f"<mj-raw><!--[if mso]><p>{TITLE}</p><![endif]-->{BODY}</mj-raw>",
    "rows without a table": f"<mj-raw><tr><td>{TITLE}</td></tr></mj-raw>",
    "a division in a paragraph": f"<mj-raw><p><div>{TITLE}</div></p></mj-raw>",
}
#: Those that style sheets are tried with.
STYLED = {
    "a text": ODD["a text"],
    "a paragraph": f"<mj-raw><p>{TITLE}</p></mj-raw>",
    "a table in a paragraph": f"<mj-raw><p>a<table><tr><td>{TITLE}</td></tr></table>b</p></mj-raw>",
    "a link in a link": (
        f'<mj-raw><a href="https://example.org/"><div><a href="#s">{TITLE}</a></div></a></mj-raw>'
    ),
}
PLAIN_STYLE = "p { color: #111111 } .x p { margin: 0 } a { color: #222222 !important }"
STYLES = {
    "elements and classes": PLAIN_STYLE,
    "within a class": ".strip p:last-child { color: #333333 } .strip > p + p { margin: 1px }",
    "the first of its siblings": "p:first-child { color: #444444 }",
    "the last of its siblings": "div:last-child { padding: 1px } table:last-child { margin: 2px }",
    "behind a sibling": "div + div { padding: 3px } p ~ p { color: #555555 }",
}
EACH = "{% for b in blocks %}{% for s in b.sections %}{{ s.mjml }}{% endfor %}{% endfor %}"
PAGES = {
    "each": EACH,
    "in a wrapper": f"<mj-wrapper>{EACH}</mj-wrapper>",
    "behind a menu": ODD["a menu"].replace(TITLE, "Us") + EACH,
    "the first": EACH.replace("b.sections", "b.sections if loop.first"),
    "twice": EACH.replace("{{ s.mjml }}", "{{ s.mjml }}{{ s.mjml }}"),
    "backwards": EACH.replace("in blocks", "in blocks|reverse"),
    "changed": EACH.replace("s.mjml", "s.mjml|replace('Odd', 'Even')"),
    "in a comment": f"<!-- {EACH} -->{EACH}",
    "in a comment at last": f"{EACH}<!-- {EACH} -->",
    "beside a text": EACH.replace("}}{%", "}}and{%"),
    "between others": EACH.replace("{{ s", "<mj-raw><p>{{ contents|length }}</p></mj-raw>{{ s"),
    "beside a mark": EACH.replace("{{ s", "<mj-raw>nlcomponentmark</mj-raw>{{ s"),
}


def composer_of(newsroom: Newsroom) -> Composer:
    issue, template, settings = newsroom.issue, newsroom.template, newsroom.settings
    return Composer(issue, template, settings, newsroom.content.total, cache=Memory())


def as_a_whole(
    newsroom: Newsroom, variants: Iterable[Variant], monkeypatch: pytest.MonkeyPatch
) -> list[CompiledVariant | None]:
    """Each compiled in one piece by a composer of its own."""

    def cannot(self: ComponentCompiler, document: str, sections: Sequence[str]) -> CutPage:
        raise CannotCut

    with monkeypatch.context() as patched:
        patched.setattr(ComponentCompiler, "page", cannot)
        return [composer_of(newsroom).compose(variant) for variant in variants]


def choices(newsroom: Newsroom) -> list[Variant]:
    """Every choice of the issue's sections, the largest first."""
    sections = newsroom.issue.sections
    return [
        Variant("-".join(one.slug for one in chosen), chosen)
        for size in range(len(sections), 0, -1)
        for chosen in itertools.combinations(sections, size)
    ]


def assembled(newsroom: Newsroom, variants: Sequence[Variant]) -> list[CompiledVariant | None]:
    """All by one composer, which knows more from page to page."""
    composer = composer_of(newsroom)
    return [composer.compose(variant) for variant in variants]


@pytest.fixture
def inlined(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The HTML into which styles were copied, piece by piece."""
    pages: list[str] = []
    inline_css = inline.inline_css

    def noted(html: str, css: str) -> str:
        pages.append(html)
        return inline_css(html, css) if css else html

    monkeypatch.setattr(inline, "inline_css", noted)
    return pages


@pytest.fixture
def odd(newsroom: Newsroom) -> Newsroom:
    """Three sections, two of them of a kind that a test writes."""
    newsroom.use_plain_template()
    for slug in ("20-odd", "30-odd"):
        newsroom.write(f"{slug}.md", f"---\nkind: odd\ntitle: Odd {slug}\n---\n{FIELDS}")
    return newsroom


def assert_that_no_way_matters(odd: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """Composed as a whole or put together, whatever was composed before."""
    variants = choices(odd)
    whole = as_a_whole(odd, variants, monkeypatch)

    assert assembled(odd, variants) == whole
    assert assembled(odd, variants[::-1]) == whole[::-1]


@pytest.mark.parametrize("kind", ODD.values(), ids=ODD)
def test_any_kind(odd: Newsroom, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    odd.write_kind("odd.mjml", ODD_KIND + kind)
    odd.write_template("inline.css", PLAIN_STYLE)

    assert_that_no_way_matters(odd, monkeypatch)


@pytest.mark.parametrize("css", STYLES.values(), ids=STYLES)
@pytest.mark.parametrize("kind", STYLED.values(), ids=STYLED)
def test_any_style_sheet(
    odd: Newsroom, kind: str, css: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd.write_kind("odd.mjml", ODD_KIND + kind)
    odd.write_template("inline.css", css)

    assert_that_no_way_matters(odd, monkeypatch)


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("kind", [ODD["a text"], ODD["a menu"]], ids=["a text", "a menu"])
def test_any_page(odd: Newsroom, page: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    odd.write_kind("odd.mjml", ODD_KIND + kind)
    odd.write_template("inline.css", PLAIN_STYLE)
    odd.write_template("newsletter.mjml", f"<mjml><mj-body>{page}</mj-body></mjml>")

    assert_that_no_way_matters(odd, monkeypatch)


def test_a_section_within_a_component_is_part_of_it(
    odd: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it looks like hangs on where it stands."""
    odd.drop("10-hello.md")
    odd.write_kind("odd.mjml", ODD_KIND + STYLED["a paragraph"])
    odd.write_template("inline.css", ".w p { color: #666666 }")
    within = '<mj-section css-class="w"><mj-column>{{ s.mjml }}</mj-column></mj-section>'
    page = EACH.replace(
        "{{ s.mjml }}", "{% if loop.first %}" + within + "{% else %}{{ s.mjml }}{% endif %}"
    )
    issue = odd.folder.read("issues/2030-01/issue.toml")
    odd.write("issue.toml", f'{issue}\n[groups]\nodd = "Odd"\n')
    odd.write_template("newsletter.mjml", f"<mjml><mj-body>{page}</mj-body></mjml>")

    assert_that_no_way_matters(odd, monkeypatch)


def test_a_component_that_closes_what_is_around_it_is_not_kept(inlined: list[str]) -> None:
    inliner = ComponentInliner(Memory(), TokenMint("0123abcd"), "")
    page = CutPage("<body><div>", ("<b>one</div>", "<i>two</i>"), "</body>")
    for _ in range(2):
        assert "".join(inliner.pieces(page)) == "<body><div><b>one</div><i>two</i></body>"

    assert [html.count("two") for html in inlined] == [1, 1, 1, 1]


def test_a_section_is_read_once_whatever_pages_have_it(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def noted(text: str) -> etree._Element:
        read.append(text)
        return parse_xml(text)

    monkeypatch.setattr(mjml_components, "parse_xml", noted)
    slugs = ("20-two", "30-three")
    for slug in slugs:
        newsroom.write(f"{slug}.md", text_section(f"The words of {slug}."))

    assembled(newsroom, choices(newsroom))

    assert [sum(f"The words of {slug}." in text for text in read) for slug in slugs] == [1, 1]


@pytest.mark.parametrize(
    ("css", "body"),
    [
        ("b { color: #222222 } .dark b { margin: 0 }", '<body class="light">'),
        ("b { color: #111111 } .dark b { margin: 0 }", '<body class="dark">'),
    ],
    ids=["another style sheet", "within another element"],
)
def test_what_was_inlined_before_is_not_taken_for_another(css: str, body: str) -> None:
    def inlined(css: str, body: str, memory: Memory) -> list[str]:
        page = CutPage(body, ("<p><b>one</b></p>",), "</body>")
        return ComponentInliner(memory, TokenMint("0123abcd"), css).pieces(page)

    memory = Memory()
    before = inlined("b { color: #111111 } .dark b { margin: 0 }", '<body class="light">', memory)

    assert inlined(css, body, memory) == inlined(css, body, Memory())
    assert inlined(css, body, memory)[1] != before[1]


def test_the_text_of_a_mark_or_token_is_a_text(
    odd: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd.write_kind("odd.mjml", ODD_KIND + ODD["a text"])
    odd.write("50-text.md", text_section("It says nlcomponentmark, nlq00000000x0000z."))

    assert_that_no_way_matters(odd, monkeypatch)


@pytest.mark.parametrize(
    ("folder", "issue"),
    [(GOLDEN, "everything"), (GOLDEN, "targets"), (REPOSITORY, "2025-08"), (REPOSITORY, "2025-09")],
)
def test_whole_issues(folder: Path, issue: str, monkeypatch: pytest.MonkeyPatch) -> None:
    newsroom = Newsroom(ProjectFolder(folder), issue_id=issue)
    readers = every_combination(newsroom.settings.regions, newsroom.settings.roles)
    plan = Variants(newsroom.issue)
    variants = {one.id: one for one in [plan.full(), *(plan.of(*reader) for reader in readers)]}

    made = assembled(newsroom, [*variants.values()])

    assert made == as_a_whole(newsroom, variants.values(), monkeypatch)


def test_a_further_variant_of_the_sample_inlines_what_only_it_has(
    inlined: list[str],
) -> None:
    newsroom = Newsroom(ProjectFolder(REPOSITORY), issue_id="2025-08")
    composer = composer_of(newsroom)
    composer.compose(Variants(newsroom.issue).full())
    inlined.clear()

    composer.compose(Variants(newsroom.issue).of(frozenset(), frozenset()))

    assert [page.count("<h2") for page in inlined] == [2]  # the contents and the group's heading


@pytest.mark.parametrize(
    ("css", "around", "hangs"),
    [
        ("p { color: red }", "", False),
        (".a .b > p { color: red }", "", False),
        (".a p:first-child { color: red }", "", False),
        (".a p:first-child { color: red }", '<div class="b a">', True),
        (".a > p + p, p { color: red }", '<div class="b">', False),
        ("#a p ~ p { color: red }", '<div id="a">', True),
        ("p:first-child { color: red }", "", True),
        ("p + p { color: red }", "", True),
        ("p+p{color:red}", "", True),
        (".a + .b p { color: red }", "", True),
        (".a  +  .b p { color: red }", "", True),
        (".a>p:last-child { color: red }", "", False),
        (".a:first-child p { color: red }", "", True),
        ("div p:first-child { color: red }", "", True),
        ("/* p + p */ p { color: red }", "", False),
        ('p[title="a + b"] { color: red }', "", False),
        ("p[class~=b] { color: red }", "", False),
        ('.a p[title="it\\"s, {"]:first-child { color: red }', "", False),
        ('.a[class="a b"] + p { color: red }', "", True),
        (".a[title='it~s more'] ~ p { color: red }", "", True),
        ('[class="a b"] p + p { color: red }', "", True),
        (r".a\ b + p { color: red }", "", True),
        (r".a\:b p + p { color: red }", "", True),
        ("/* it's */ p + p { color: red } /* it's */", "", True),
    ],
)
def test_which_rules_hang_on_neighbours(css: str, around: str, hangs: bool) -> None:
    assert hangs_on_neighbours(css, around) is hangs


def test_a_page_is_cut_at_its_components() -> None:
    one, two = (f"<mj-raw><p>{word}</p></mj-raw>" for word in ("one", "two"))

    page = ComponentCompiler().page(f"<mjml><mj-body>{one}\n<!-- and -->{two}</mj-body></mjml>")

    assert page.components == ("<p>one</p>", "<p>two</p>")
    assert page.before.startswith("<!doctype html>")
    assert page.after.endswith("</html>")


@pytest.mark.parametrize(
    "body", ["%s", "%s%s", "<!-- %s -->%s", "<mj-wrapper>%s</mj-wrapper>", "%s<mj-raw>a</mj-raw>"]
)
def test_a_section_is_where_it_stands(body: str) -> None:
    section = COLUMN % "<mj-text>one</mj-text>"
    document = f"<mjml><mj-body>{body.replace('%s', section)}</mj-body></mjml>"

    page = ComponentCompiler().page(document)
    assert ComponentCompiler().page(document, [section]) == page


SHARED = COLUMN % "<mj-text>first</mj-text>"
WIDE = SHARED.replace(
    "<mj-column>", '<mj-column width="40%"><mj-raw>a</mj-raw></mj-column><mj-column>'
)
GREY = '<mj-head><mj-attributes><mj-text color="grey" /></mj-attributes></mj-head>'
MENU = ODD["a menu"].replace(TITLE, "first")
#: Heads and bodies of two pages with a component in common; how often its words are compiled.
KNOWN = {
    "another beside it": (("", SHARED), ("", WIDE.replace("first", "second") + SHARED), 1),
    "another gone": (("", WIDE.replace("first", "second") + SHARED), ("", SHARED), 1),
    "other attributes": (("", SHARED), (GREY, SHARED), 2),
    "a menu that gets another number": (("", ODD["a menu"] + MENU), ("", MENU), 2),
}


@pytest.mark.parametrize(("before", "page", "times"), KNOWN.values(), ids=KNOWN)
def test_what_a_component_shows_is_compiled_once(
    before: tuple[str, str], page: tuple[str, str], times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []

    def noted(document: str) -> str:
        compiled.append(document)
        return compile_serialised(document)

    compiler = ComponentCompiler()
    pages = [f"<mjml>{head}<mj-body>{body}</mj-body></mjml>" for head, body in (before, page)]
    with monkeypatch.context() as patched:
        patched.setattr(mjml_components, "compile_serialised", noted)
        made = [compiler.page(one) for one in pages]

    assert sum("first" in document for document in compiled) == times
    assert made == [ComponentCompiler().page(one) for one in pages]


@pytest.mark.parametrize(
    "document",
    [
        "<mj-body />",
        "<mjml><mj-head /></mjml>",
        "<mjml><mj-body>A text</mj-body></mjml>",
        "<mjml><mj-body><mj-raw>a</mj-raw>, b</mj-body></mjml>",
        "<mjml><mj-body><mj-raw>nlcomponentmark</mj-raw></mj-body></mjml>",
        '<mjml xmlns:v="urn:v"><mj-body><mj-raw><v:rect /></mj-raw></mj-body></mjml>',
        '<mjml><mj-body xmlns:v="urn:v"><mj-raw><v:rect /></mj-raw></mj-body></mjml>',
    ],
)
def test_what_cannot_be_cut_is_compiled_in_one_piece(document: str) -> None:
    with pytest.raises(CannotCut):
        ComponentCompiler().page(document)
