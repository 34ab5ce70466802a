"""One compile per variant; a template's mistake is told with the template's file and line."""

from __future__ import annotations

import re
import socket

import pytest
from lxml import html as lxml_html

from newsletter_mailer.compose.composer import Composer
from newsletter_mailer.plan.variants import Variants
from tests.newsroom import LINKS, PLAIN_KIND, PLAIN_PAGE, Newsroom, text_section

KIND = """\
---
label: Odd
fields:
  title: {type: text}
  note: {type: text}
---
"""  # the template begins in line 7
FRAME = "<mj-section>\n<mj-column>\n<mj-text>\n%s\n</mj-text>\n</mj-column>\n</mj-section>\n"


@pytest.fixture
def plain(newsroom: Newsroom) -> Newsroom:
    """The least template, and a section of kind odd."""
    newsroom.use_plain_template()
    newsroom.write_kind("odd.mjml", KIND + FRAME % "{{ section.body }}")
    newsroom.write("20-odd.md", "---\nkind: odd\ntitle: Odd\nnote: N\n---\nThe body.\n")
    return newsroom


def text_of(page: str) -> str:
    texts = lxml_html.document_fromstring(page).xpath("//body//text()")
    return " ".join(" ".join(map(str, texts)).split())


@pytest.mark.parametrize(
    ("template", "line", "says"),
    [
        # Jinja2
        (FRAME % "{{ section.nothing }}", 10, "nothing"),
        (FRAME % "{{ nothing }}", 10, "nothing"),
        (FRAME % "{{ section.note.more }}", 10, "more"),
        (FRAME % "{{ 1 / 0 }}", 10, "division by zero"),
        (FRAME % "{{ 'a' + 1 }}", 10, "str"),
        (FRAME % "{{ section.note() }}", 10, "not callable"),
        (FRAME % "{% for i in range(10000000) %}{% endfor %}", 10, "range"),
        (FRAME % "{{ ''.__class__.__mro__ }}", 10, "unsafe"),
        (FRAME % "{% include 'sections/missing.mjml' %}", 10, "no file"),
        (FRAME % "{% include 'sections/odd.mjml' %}", 10, "recursion"),
        (FRAME % "{{ picture('images/no.png', 'x').src }}", 10, "no picture images/no.png"),
        (FRAME % "{% if section.note %}", 11, "nd of template"),
        (FRAME % "{{ section.note", 11, "unexpected"),
        (FRAME % "{% nothing %}", 10, "unknown tag"),
        (FRAME % "{{ section.note | nothing }}", 10, "no filter named"),
        # MJML
        (FRAME % "a</b>", 10, "not well-formed"),
        (FRAME % "<p>a", 11, "not well-formed"),
        (FRAME % "<p class=a>b</p>", 10, "not well-formed"),
        (FRAME % "a < b", 10, "not well-formed"),
        (FRAME % "&nothing;", 10, "not well-formed"),
        ("<mj-section>\n<mj-colum>\n</mj-colum></mj-section>", 8, "no <mj-colum>"),
        ("<mj-section>\n<mj-text>a</mj-text></mj-section>", 8, "directly in <mj-section>"),
        ("<mj-column><mj-text>a</mj-text></mj-column>", 7, "directly in <mj-body>"),
        ("<p>a</p>\n<p>b</p>", 7, "directly in <mj-body>"),
        (FRAME % "<mj-image src='a' />", 10, "cannot stand in <mj-text>"),
        ("<mj-wrapper>\n<mj-raw>a</mj-raw></mj-wrapper>", 8, "directly in <mj-wrapper>"),
        ("<mj-section><mj-column>\n<mj-image>a<p>b</p></mj-image></mj-column></mj-section>",
         8, "cannot hold"),
        ("<mj-section>\n", 8, "not well-formed"),
        ("</mj-section>", 7, "not well-formed"),
        ("", 1, "shows nothing"),
        ("just a text", 1, "shows nothing"),
        (FRAME % ("<div>" * 300 + "</div>" * 300), 10, "deep"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_kind_is_told_with_its_file_and_line(
    plain: Newsroom, template: str, line: int, says: str
) -> None:
    plain.write_kind("odd.mjml", KIND + template)

    (finding,) = plain.findings()

    assert (finding.rule, finding.source.file) == (
        "template",
        "templates/regional/sections/odd.mjml",
    )
    assert says in finding.message
    assert finding.source.line == line


def test_a_mistake_that_only_some_text_brings_out_names_the_section_too(plain: Newsroom) -> None:
    plain.write_kind("odd.mjml", KIND + "{% if section.note %}<mj-odd />{% endif %}" + FRAME % "a")

    (finding,) = plain.findings()

    assert "issues/2030-01/20-odd.md" in finding.message


@pytest.mark.parametrize(
    ("path", "content", "line"),
    [
        ("newsletter.mjml", PLAIN_PAGE.replace("</mj-body>", "{{ nothing }}</mj-body>"), 15),
        ("newsletter.mjml", PLAIN_PAGE.replace("</mj-body>", "</mj-bod>"), 15),
        ("newsletter.mjml", PLAIN_PAGE.replace("<mj-title>", "<mj-titel>"), 2),
        ("head.css", "a {}\n@media (width < 6px) {}", 2),
        ("head.css", "p { color: red }\n\np { color: {{ theme.nothing }} }\n", 3),
        ("inline.css", "p {}\n{% if %}", 2),
        ("sections/odd.txt", "a\n\n{{ section.nothing }}\n", 3),
        ("parts/ui.mjml", "{% macro a() %}\n\n{{ nothing }}{% endmacro %}", 3),
    ],
)
def test_a_mistake_in_any_other_file_too(
    plain: Newsroom, path: str, content: str, line: int
) -> None:
    plain.write_kind(
        "odd.mjml",
        KIND
        + "{% import 'parts/ui.mjml' as ui %}"
        + FRAME % ("{{ ui.a() }}" if path.startswith("parts") else "a"),
    )
    plain.write_template("parts/ui.mjml", "{% macro a() %}{% endmacro %}")
    plain.write_template(path, content)

    (finding,) = plain.findings()

    assert finding.rule == "template"
    assert (finding.source.file, finding.source.line) == (f"templates/regional/{path}", line)


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ("no front matter", 1, "does not begin"),
        ("---\nlable: x\n---\n", 2, 'Did you mean "label"?'),
        ("---\nfields: 3\n---\n", 2, "not a table"),
        ("---\nfields:\n  a: text\n---\n", 3, "not a table"),
        ("---\nfields:\n  a: {type: texxt}\n---\n", 3, 'Did you mean "text"?'),
        ("---\nfields:\n  a: {typ: text}\n---\n", 3, 'Did you mean "type"?'),
        ("---\nfields:\n  a: {required: maybe}\n---\n", 3, "true or false"),
        ("---\nfields:\n  A-b: {type: text}\n---\n", 3, "cannot be the name"),
        ("---\nfields:\n  kind: {type: text}\n---\n", 3, "cannot be the name"),
        ("---\nfields:\n  a: {type: [text]}\n---\n", 3, "does not understand"),
    ],
)
def test_a_kind_that_is_declared_wrongly_is_told(
    plain: Newsroom, content: str, line: int, says: str
) -> None:
    plain.write_kind("odd.mjml", content)

    finding = plain.findings()[0]

    assert finding.source.line == line
    assert finding.source.file == "templates/regional/sections/odd.mjml"
    assert says in f"{finding.message} {finding.hint}"


def test_a_new_kind_is_one_new_file(newsroom: Newsroom) -> None:
    newsroom.write_kind(
        "vacancy.mjml",
        "---\nlabel: Vacancy\nhelp: A post to be filled.\nfields:\n"
        "  title: {type: text, required: true}\n"
        "  salary: {type: text, label: Salary}\n"
        "  closes: {type: day, required: true, label: Apply by}\n"
        "  items: {type: text}\n"
        "  link: {type: url, label: Apply at}\n---\n"
        '{% import "parts/ui.mjml" as ui %}\n'
        "<mj-section><mj-column><mj-text>{{ ui.heading(section, 'mid') }}\n"
        "<p>{{ section.salary }}</p><p>{{ section.items }}</p>{{ section.body }}"
        "<p>{{ section.closes.text }}</p></mj-text></mj-column></mj-section>\n",
    )
    newsroom.write(
        "20-post.md",
        "---\nkind: vacancy\ntitle: Head of Service\nsalary: £60,000\nitems: Three\n"
        "closes: 2030-02-01\nlink: https://example.org/post\n---\nCome and *lead*.\n",
    )

    page, words = newsroom.page(), newsroom.words()

    assert "Head of Service £60,000 Three Come and lead . Friday 1 February 2030" in text_of(page)
    assert (
        "Head of Service\n---------------\n\n"
        "Salary    £60,000\nApply by  Friday 1 February 2030\n\n"
        "Come and _lead_.\n\nApply at: https://example.org/post\n"
    ) in words


def test_each_variant_has_its_own_sections_and_its_own_contents(newsroom: Newsroom) -> None:
    newsroom.write("20-dudley.md", text_section("For Dudley.", title="News", regions="dudley"))
    issue = newsroom.issue
    composer, variants = newsroom.composer(issue), Variants(issue)

    dudley = composer.compose(variants.of(frozenset({"dudley"}), frozenset()))
    walsall = composer.compose(variants.of(frozenset({"walsall"}), frozenset()))

    assert dudley is not None
    assert walsall is not None
    assert "For Dudley." in dudley.words({}, LINKS)
    assert "#s-20-dudley" in dudley.page({}, LINKS, dict.fromkeys(dudley.pictures, ""))
    assert "dudley" not in walsall.page({}, LINKS, dict.fromkeys(walsall.pictures, "")).lower()
    assert "dudley" not in walsall.words({}, LINKS).lower()


def test_a_text_that_looks_like_a_token_stays_a_text(newsroom: Newsroom) -> None:
    content = "0a1b2c3d" + "0" * 56
    newsroom.write(
        "10-hello.md", text_section("nlq0a1b2c3dx0000z nlq0a1b2c3dx0099z {{ subscriber.x }}")
    )
    issue = newsroom.issue

    compiled = Composer(issue, newsroom.template, newsroom.settings, content).compose(
        Variants(issue).full()
    )

    assert compiled is not None
    assert "nlq0a1b2c3dx0000z nlq0a1b2c3dx0099z word" in compiled.words({"x": "word"}, LINKS)


@pytest.mark.parametrize(
    "value",
    [
        "a\\b", "C:\\new\\table", "two  spaces", "non\u00a0breaking", "narrow\u202fspace",
        "soft\u00adhyphen", "zero\u200bwidth", "\U0001f469\u200d\U0001f467 family", "\u2764\ufe0f",
        "e\u0301 combining", "हिन्दी", "ภาษาไทย", "العربية", "“quotes”", "it's", 'say "hi"',
        "5 < 6 > 4", "a & b &amp; c", "\ue05c", "{curly}", "%20", "&#92;",
    ],
)  # fmt: skip
def test_words_in_attributes_arrive_as_they_were_written(
    newsroom: Newsroom, portrait: bytes, value: str
) -> None:
    newsroom.write("images/p.jpg", portrait)
    alt = re.sub(r"([\\&<\"{])", r"\\\1", value)
    newsroom.write(
        "10-hello.md",
        text_section(f'![{alt}](images/p.jpg)\n\n[a](https://example.org "{alt}")\n\n{alt}'),
    )
    newsroom.write(
        "20-story.md",
        f"---\nkind: story\ntitle: A\npicture: images/p.jpg\npicture_alt: |\n  {value}\n---\nB\n",
    )

    root = lxml_html.document_fromstring(newsroom.page())

    in_text, in_kind = (image.get("alt") for image in list(root.iter("img"))[1:])
    (in_link,) = (link.get("title") for link in root.iter("a") if link.get("title"))
    assert [in_text, in_kind, in_link] == [value.replace("  ", " ")] * 3


def test_a_line_break_in_an_attribute_is_a_space(newsroom: Newsroom, portrait: bytes) -> None:
    newsroom.write("images/p.jpg", portrait)
    newsroom.write("10-hello.md", text_section("![a\nb](images/p.jpg)"))

    assert 'alt="a b"' in newsroom.page()


def test_style_sheets_arrive_as_they_were_written(plain: Newsroom) -> None:
    plain.write_template(
        "head.css",
        "@media (prefers-color-scheme: dark) { .a > b { color: red !important } }\n"
        '.c::before { content: "\\201C" } .d { background: url(https://example.org/?a&b) }\n',
    )
    plain.write_template("inline.css", "h2 { color: #123456 !important; margin: 1px }\n")

    page = plain.page()

    assert ".a > b { color: red !important }" in page
    assert (
        '.c::before { content: "\\201C" } .d { background: url(https://example.org/?a&b) }' in page
    )
    assert '<h2 style="margin:1px;color:#123456">' in page.replace("; ", ";")
    assert "!important" not in re.sub(r"<style.*?</style>", "", page, flags=re.DOTALL)


def test_nothing_is_fetched(plain: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    plain.write_template("head.css", '@import url("https://example.org/a.css");\n')
    plain.write_template("inline.css", "p { background: url(https://example.org/b.png) }\n")
    plain.write_template(
        "newsletter.mjml",
        PLAIN_PAGE.replace(
            "<mj-style>",
            '<mj-raw><link rel="stylesheet" href="https://example.org/c.css" /></mj-raw><mj-style>',
        ),
    )

    assert "https://example.org/a.css" in plain.page()


def test_a_comment_of_the_template_stays_in_the_template(plain: Newsroom) -> None:
    wrapped = (FRAME % "a").replace("\n", "")
    plain.write_kind(
        "odd.mjml", KIND + f"<mj-wrapper><!-- a note > to self -->{wrapped}</mj-wrapper>"
    )

    page = plain.page()

    assert "to self" not in page
    assert "<![endif]" not in re.sub(r"<!--.*?-->", "", page, flags=re.DOTALL)


def test_a_template_reads_no_file_of_the_machine(plain: Newsroom) -> None:
    secret = plain.folder.write("secret.txt", "tr0ub4dor")
    plain.write_template(
        "newsletter.mjml",
        f'<!DOCTYPE mjml [<!ENTITY secret SYSTEM "{secret.as_uri()}">]>\n'
        + PLAIN_PAGE.replace("Leave", "Leave &secret;"),
    )

    issue = plain.issue
    composer = plain.composer(issue)
    compiled = composer.compose(Variants(issue).full())

    assert compiled is None or "tr0ub4dor" not in compiled.page({}, LINKS, {})


def test_the_page_says_its_language_and_direction(newsroom: Newsroom) -> None:
    newsroom.write(
        "issue.toml", newsroom.folder.read("issues/2030-01/issue.toml") + 'lang = "ar"\n'
    )

    page = newsroom.page()
    body = lxml_html.document_fromstring(page).find("body")

    assert page.startswith("<!DOCTYPE html>")
    assert re.search(r'<html lang="ar" dir="rtl"', page)
    assert body is not None
    assert [(child.get("lang"), child.get("dir")) for child in body if child.tag == "div"] == [
        ("ar", "rtl"), ("ar", "rtl"),
    ]  # fmt: skip


def test_the_preheader_comes_first_in_the_page_and_not_in_the_text(newsroom: Newsroom) -> None:
    body = lxml_html.document_fromstring(newsroom.page()).find("body")

    assert body is not None
    assert body.text_content().strip().startswith("What inboxes show after the subject")
    assert "What inboxes show" not in newsroom.words()


def test_a_group_has_one_heading_over_its_run(newsroom: Newsroom) -> None:
    toml = newsroom.folder.read("issues/2030-01/issue.toml")
    newsroom.write("issue.toml", f'{toml}[groups]\nevent = "Coming & up"\n')
    for name, kind in (("20-a", "event"), ("30-b", "event"), ("40-c", "text"), ("50-d", "event")):
        newsroom.write(
            f"{name}.md",
            f"---\nkind: {kind}\ntitle: T{name}\n"
            f"{'starts: tbc' if kind == 'event' else ''}\n---\nx\n",
        )

    root = lxml_html.document_fromstring(newsroom.page())
    headings = [
        (str(element.tag), " ".join(element.text_content().split()))
        for element in root.iter("h2", "h3")
    ]

    assert headings[-6:] == [
        ("h2", "Coming & up"), ("h3", "T20-a"), ("h3", "T30-b"), ("h2", "T40-c"),
        ("h2", "Coming & up"), ("h3", "T50-d"),
    ]  # fmt: skip
    assert newsroom.words().count("\nCOMING & UP\n===========\n") == 2


def test_a_readers_own_value_wins_over_the_default(newsroom: Newsroom) -> None:
    body = "Dear {{ subscriber.x | default('colleague') }}"
    newsroom.write("10-hello.md", text_section(body))

    for values, shown in (({"x": "Zoë"}, "Dear Zoë"), ({}, "Dear colleague")):
        assert shown in newsroom.words(values)
        assert shown in newsroom.page(values)


def test_what_all_readers_share_is_put_in_once(newsroom: Newsroom) -> None:
    newsroom.write(
        "10-hello.md",
        text_section(
            "{{ issue.subject }} {{ issue.id }} {{ issue.date }} {{ newsletter.name }} "
            "{{ newsletter.public_url | default('no site') }} "
            "[a](https://example.org/?{{ newsletter.name }}) {{ unsubscribe_url }}"
        ),
    )

    compiled = newsroom.compiled()

    for text in (compiled.words({}, LINKS), text_of(newsroom.page())):
        assert "The subject 2030-01 Tuesday 15 January 2030 Test News no site" in " ".join(
            text.split()
        )
    assert 'href="https://example.org/?Test%20News"' in newsroom.page()
    assert {field.name for field in compiled.fields()} == {"first_name", "last_name"}


def test_an_address_in_the_text_part_is_the_same_as_in_the_page(newsroom: Newsroom) -> None:
    newsroom.write(
        "10-hello.md",
        text_section(
            "[a](https://example.org/?q={{ subscriber.x }}&n={{ newsletter.name }}) "
            "{{ subscriber.x }} <https://example.org/{{ subscriber.x }}> [b]({{ subscriber.x }})"
        ),
    )
    newsroom.write(
        "20-notice.md",
        "---\nkind: notice\ntitle: N\nlink: https://example.org/n/{{ subscriber.x }}\n---\nB\n",
    )
    values = {"x": "a b https://evil.example/?c&d"}

    words, page = newsroom.words(values), newsroom.page(values)

    encoded = "a%20b%20https%3A%2F%2Fevil.example%2F%3Fc%26d"
    for address in (
        f"https://example.org/?q={encoded}&n=Test%20News",
        f"https://example.org/{encoded}",
        f"https://example.org/n/{encoded}",
    ):
        assert address in words
        assert f'href="{address.replace("&", "&amp;")}"' in page
    assert words.count("a b https://evil.example/?c&d") == 2


def test_every_type_of_field_reads_well_in_the_text_part(plain: Newsroom, portrait: bytes) -> None:
    plain.write("images/p.jpg", portrait)
    plain.write_kind(
        "odd.mjml",
        "---\nfields:\n  a: {type: text, label: Text}\n  b: {type: flag, label: Online}\n"
        "  c: {type: day, label: Day}\n  d: {type: picture, label: Picture}\n"
        "  e: {type: email, label: Write to}\n  f: {type: url, label: See}\n---\n" + FRAME % "x",
    )
    plain.write(
        "20-odd.md",
        "---\nkind: odd\na: T\nb: yes\nc: 2030-02-01\nd: images/p.jpg\nd_alt: A face\n"
        "e: a@example.org\nf: https://example.org\n---\n",
    )

    assert (
        "Text      T\nOnline    yes\nDay       Friday 1 February 2030\nPicture   A face\n"
        "Write to  a@example.org\n\nSee: https://example.org\n"
    ) in plain.words()


def test_the_text_part_is_laid_out_to_be_read(newsroom: Newsroom) -> None:
    newsroom.write(
        "20-event.md",
        "---\nkind: event\ntitle: A seminar\nstarts: 2030-02-05 10:00\nends: 12:00\n"
        "place: Town Hall\ncost: Free\nregister_by: 2030-02-01\n"
        "link: https://example.org/seminar\n---\nCome along.\n",
    )

    assert (
        "A seminar\n---------\n\n"
        "When     Tuesday 5 February 2030, 10am to midday\n"
        "Where    Town Hall\n"
        "Cost     Free\n"
        "Book by  Friday 1 February 2030\n\n"
        "Come along.\n\nBook at: https://example.org/seminar\n"
    ) in newsroom.words()
    assert PLAIN_KIND not in newsroom.words()
