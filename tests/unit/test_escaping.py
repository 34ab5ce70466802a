"""Whatever a list holds stays a word: no value becomes markup, an attribute or another link."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html

from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.escaping import Context, contexts, escape
from tests.newsroom import LINKS, Newsroom, text_section

SLOT = "nlq0a1b2c3dx0z"

#: Every place in which a slot may stand, with its name.
PAGE = f"""\
<!DOCTYPE html><html><head><title>T {SLOT}</title><style>p {{ color: red }}</style></head>
<body>
<!--[if mso]><p title="{SLOT}">{SLOT}</p><![endif]-->
<!--[if !mso]><!--><p>{SLOT}</p><!--<![endif]-->
<!-- an ordinary comment > with marks -->
<p title="{SLOT}" class='a {SLOT}'>before {SLOT} behind</p>
<a id="path" href="https://example.org/a/{SLOT}/b">x</a>
<a id="query" href="https://example.org?a=b&amp;c={SLOT}#d">x</a>
<a id="fragment" href="https://example.org/#{SLOT}">x</a>
<a id="whole" href="{SLOT}">x</a>
<a id="mailto" href="mailto:{SLOT}">x</a>
<a id="subject" href="mailto:a@example.org?subject={SLOT}">x</a>
<a id="anchor" href="#{SLOT}">x</a>
</body></html>
"""

VALUES = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=40),
    st.lists(
        st.sampled_from(
            ["<", ">", '"', "'", "&", "-->", "--!>", "<!--", "<![endif]-->", "<script>", "</title>",
             "</style>", " onclick=", "javascript:", "data:", "https://evil.example/", "//", "@",
             ":", "/", "\\", "?", "#", "%", "%0d%0a", "=", "`", " ", "&#x6a;", "a", "{{", SLOT]
        ),
        max_size=8,
    ).map("".join),
)  # fmt: skip
EVIL = [
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    "--><script>alert(1)</script><!--",
    "--!><script>alert(1)</script>",
    "<![endif]--><script>alert(1)</script>",
    "javascript:alert(1)",
    " java\tscript:alert(1)",
    "\x01javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "//evil.example/",
    "@evil.example/",
    "\\\\evil.example",
    "https://evil.example/",
    "a@evil.example?bcc=b@evil.example",
]


def filled(page: str, value: str) -> str:
    spans = [found.span() for found in re.finditer(SLOT, page)]
    pieces, at = [], 0
    for (start, end), context in zip(spans, contexts(page, spans), strict=True):
        pieces += [page[at:start], escape(value, context)]
        at = end
    return "".join([*pieces, page[at:]])


class Skeleton(HTMLParser):
    """What a page is made of without its texts: elements, names of attributes, comments."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.links: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append(f"<{tag} {' '.join(name for name, _ in attrs)}>")
        self.links.extend(value or "" for name, value in attrs if name == "href")

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(f"</{tag}>")

    def handle_comment(self, data: str) -> None:
        self.parts.append("<!-->")
        if data.startswith("[if mso]"):
            inside = Skeleton(data.removeprefix("[if mso]>").removesuffix("<![endif]"))
            self.parts.extend(inside.parts)

    def handle_decl(self, decl: str) -> None:
        self.parts.append(f"<!{decl}>")


def elements(page: str) -> list[tuple[str, tuple[str, ...]]]:
    """The same as lxml sees it."""
    return [
        (str(element.tag), tuple(map(str, element.attrib)))
        for element in lxml_html.document_fromstring(page).iter()
        if isinstance(element, etree._Element)
    ]


EXPECTED = Skeleton(filled(PAGE, "word"))
EXPECTED_ELEMENTS = elements(filled(PAGE, "word"))


def holds(value: str) -> None:
    page = filled(PAGE, value)
    found = Skeleton(page)

    assert found.parts == EXPECTED.parts
    if "\0" not in value:
        assert elements(page) == EXPECTED_ELEMENTS
    for target, expected in zip(found.links, EXPECTED.links, strict=True):
        if expected == "word":
            scheme = re.match(r"([a-zA-Z0-9+.-]+):", re.sub(r"[\x00-\x20]", "", target))
            assert scheme is None or scheme[1].lower() in ("http", "https", "mailto", "tel", "cid")
        else:
            assert (urlsplit(target).scheme, urlsplit(target).netloc) == (
                urlsplit(expected).scheme,
                urlsplit(expected).netloc,
            )
            assert unquote(target) == unquote(expected).replace("word", value)
    recipient, with_subject = found.links[4:6]  # no second address and no field is added
    assert not re.search(r"[?&,;]", recipient)
    assert not re.search(r"[&,;#]", with_subject)


@given(VALUES)
@settings(max_examples=300)
@example(EVIL[0])
@example(EVIL[2])
@example(EVIL[-1])
def test_no_value_becomes_markup_or_another_link(value: str) -> None:
    holds(value)


@pytest.mark.parametrize("value", EVIL)
def test_what_attackers_try(value: str) -> None:
    holds(value)


@pytest.mark.parametrize(
    ("page", "context"),
    [
        ("<p>{}</p>", Context.TEXT),
        ("{}", Context.TEXT),
        ('<p title="{}">', Context.TEXT),
        ("<p title='a {} b'>", Context.TEXT),
        ('<img alt="{}" src="cid:x">', Context.TEXT),
        ('<!--[if mso]><td title="{}"><![endif]-->', Context.TEXT),
        ("<!--[if mso]>{}<![endif]-->", Context.TEXT),
        ("<!--[if (gte mso 9)|(IE)]>{}<![endif]-->", Context.TEXT),
        ("<!--[if !mso]><!-->{}<!--<![endif]-->", Context.TEXT),
        ("<!-- x -->{}<!-- y -->", Context.TEXT),
        ("<style>a</style>{}<style>b</style>", Context.TEXT),
        ('<a href="{}">', Context.WHOLE_URL),
        ("<a href='{}'>", Context.WHOLE_URL),
        ('<A HREF = "{}">', Context.WHOLE_URL),
        ('<img src="{}">', Context.WHOLE_URL),
        ('<!--[if mso]><v:rect href="{}"><![endif]-->', Context.WHOLE_URL),
        ('<a href="https://example.org/{}">', Context.URL_PART),
        ('<a href="https://example.org?{}">', Context.URL_PART),
        ('<a href="https://example.org#{}">', Context.URL_PART),
        ('<a href="http://example.org/a?b={}&amp;c={}">', Context.URL_PART),
        ('<a href="#{}">', Context.URL_PART),
        ('<a href="mailto:{}">', Context.MAILTO),
        ('<a href="tel:{}">', Context.MAILTO),
        ('<a href="mailto:a@b.example?subject={}">', Context.URL_PART),
        ('<a href="https://{}">', Context.REFUSED_HOST),
        ('<a href="https://{}/a">', Context.REFUSED_HOST),
        ('<a href="https://a{}.example.org/">', Context.REFUSED_HOST),
        ('<a href="https://example.org:{}/">', Context.REFUSED_HOST),
        ('<a href="https://example.org\\{}/">', Context.REFUSED_HOST),
        # Browsers read a backslash as a slash, others as a part of the host.
        ('<a href="https://example.org\\@b.example/{}">', Context.REFUSED_HOST),
        ('<a href="https:///{}/">', Context.REFUSED_HOST),
        ('<a href="https:{}">', Context.REFUSED_HOST),
        ('<a href="http{}://example.org/">', Context.REFUSED_HOST),
        ('<a href="{}/a">', Context.REFUSED_HOST),
        ('<a href="{}{}">', Context.REFUSED_HOST),
        ('<a href="/{}">', Context.REFUSED_HOST),
        ('<a href="//{}">', Context.REFUSED_HOST),
        ('<a href="page.html?{}">', Context.REFUSED_HOST),
        ('<a href="javascript:{}">', Context.REFUSED_HOST),
        ('<a href="data:text/html,{}">', Context.REFUSED_HOST),
        ('<p style="color:{}">', Context.REFUSED_CODE),
        ('<p onclick="{}">', Context.REFUSED_CODE),
        ('<iframe srcdoc="{}">', Context.REFUSED_CODE),
        ("<style>a {{ color: {} }}</style>", Context.REFUSED_CODE),
        ("<STYLE>{}</STYLE>", Context.REFUSED_CODE),
        ("<style media='{}'>a</style>", Context.REFUSED_CODE),
        ("<script>{}</script>", Context.REFUSED_CODE),
        ("<!--[if mso]><style>{}</style><![endif]-->", Context.REFUSED_CODE),
        ("<!-- {} -->", Context.REFUSED_CODE),
        ("<!--[if {}]>x<![endif]-->", Context.REFUSED_CODE),
        ("<p {}>", Context.REFUSED_CODE),
        ("<p {}='a'>", Context.REFUSED_CODE),
        ("<p title={}>", Context.REFUSED_CODE),
        ("<{}>", Context.REFUSED_CODE),
        ("<p{}>", Context.REFUSED_CODE),
        ("</p{}>", Context.REFUSED_CODE),
    ],
)
def test_every_place_is_known_for_what_it_is(page: str, context: Context) -> None:
    page = page.format(SLOT, SLOT).replace("{{", "{").replace("}}", "}")
    spans = [found.span() for found in re.finditer(SLOT, page)]

    assert set(contexts(page, spans)) == {context}


@pytest.mark.parametrize(
    ("value", "context", "escaped"),
    [
        ("O'Neill & <Sons>", Context.TEXT, "O&#x27;Neill &amp; &lt;Sons&gt;"),
        ("a b/c?d=é", Context.URL_PART, "a%20b%2Fc%3Fd%3D%C3%A9"),
        ("a+b@example.org", Context.MAILTO, "a%2Bb@example.org"),
        ("https://example.org/?a=1&b=2", Context.WHOLE_URL, "https://example.org/?a=1&amp;b=2"),
        ("HTTPS://example.org/", Context.WHOLE_URL, "HTTPS://example.org/"),
        ("mailto:a@example.org", Context.WHOLE_URL, "mailto:a@example.org"),
        ("images/a.png", Context.WHOLE_URL, "images/a.png"),
        ("#anchor", Context.WHOLE_URL, "#anchor"),
        ("javascript:alert(1)", Context.WHOLE_URL, ""),
        (" JavaScript:alert(1)", Context.WHOLE_URL, ""),
        ("java\nscript:alert(1)", Context.WHOLE_URL, ""),
        ("vbscript:x", Context.WHOLE_URL, ""),
        ("data:text/html,x", Context.WHOLE_URL, ""),
        ("file:///etc/passwd", Context.WHOLE_URL, ""),
        ("", Context.WHOLE_URL, ""),
    ],
)
def test_values_as_they_stand_in_the_page(value: str, context: Context, escaped: str) -> None:
    assert escape(value, context) == escaped


BODY = """\
Dear {{ subscriber.text }}, *{{ subscriber.text }}* and **a {{ subscriber.text }} b**

- [words {{ subscriber.text }}](https://example.org/{{ subscriber.text }}/x?y={{ subscriber.text }})
- [a](https://example.org/#{{ subscriber.text }} "title {{ subscriber.text }}")
- [b]({{ subscriber.text }})
- [c](mailto:{{ subscriber.text }}?subject={{ subscriber.text }})

> ![alt {{ subscriber.text }}](images/portrait.jpg)

## {{ subscriber.text }}

`code` <https://example.org/{{ subscriber.text }}>
"""


@pytest.fixture
def everywhere(newsroom: Newsroom, portrait: bytes) -> CompiledVariant:
    """A section with a field in every place that Markdown and a kind's fields have."""
    newsroom.write("images/portrait.jpg", portrait)
    newsroom.write("10-hello.md", text_section(BODY, title="Hello {{ subscriber.text }}"))
    newsroom.write(
        "20-story.md",
        "---\nkind: story\ntitle: T {{ subscriber.text }}\ncaption: C {{ subscriber.text }}\n"
        "link: https://example.org/{{ subscriber.text }}\nlink_text: L {{ subscriber.text }}\n"
        "picture: images/portrait.jpg\npicture_alt: A {{ subscriber.text }}\n---\nB\n",
    )
    newsroom.write(
        "30-event.md",
        "---\nkind: event\ntitle: E {{ subscriber.text }}\nstarts: tbc\n"
        "place: P {{ subscriber.text }}\ncost: C {{ subscriber.text }}\n"
        "link: '{{ subscriber.text }}'\n---\nB\n",
    )
    newsroom.write(
        "40-letter.md",
        "---\nkind: letter\ntitle: L\nauthor: A {{ subscriber.text }}\n"
        "author_role: R {{ subscriber.text }}\n---\nB\n",
    )
    return newsroom.compiled()


@pytest.mark.parametrize("value", EVIL)
def test_a_whole_issue_holds_against_any_value(everywhere: CompiledVariant, value: str) -> None:
    addresses = dict.fromkeys(everywhere.pictures, "cid:a")

    def page(text: str) -> str:
        return everywhere.page({"text": text}, LINKS, addresses)

    harmless, hostile = Skeleton(page("word")), Skeleton(page(value))
    assert hostile.parts == harmless.parts
    assert elements(page(value)) == elements(page("word"))
    for target, expected in zip(hostile.links, harmless.links, strict=True):
        if expected == "word":
            assert not re.match(r"\s*(javascript|data)", target, re.IGNORECASE)
        else:
            assert urlsplit(target)[:2] == urlsplit(expected)[:2]
    assert html.escape(value) in page(value)


def test_a_field_stands_in_every_place_of_that_issue(everywhere: CompiledVariant) -> None:
    addresses = dict.fromkeys(everywhere.pictures, "cid:a")
    root = lxml_html.document_fromstring(everywhere.page({"text": "wörd"}, LINKS, addresses))

    assert [image.get("alt") for image in root.iter("img")][1:3] == ["alt wörd", "A wörd"]
    targets = [str(link.get("href")) for link in root.iter("a")]
    for expected in (
        "https://example.org/w%C3%B6rd/x?y=w%C3%B6rd",
        "https://example.org/#w%C3%B6rd",
        "wörd",
        "mailto:w%C3%B6rd?subject=w%C3%B6rd",
        "https://example.org/w%C3%B6rd",
    ):
        assert expected in targets
    assert "nlq" not in lxml_html.tostring(root).decode()


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ('<p style="color:{{ section.note }}">a</p>', "a style, script or comment"),
        ('<p onclick="{{ section.note }}">a</p>', "a style, script or comment"),
        ('<p title="a"><a href="https://{{ section.note }}.example.org/">a</a></p>', "host"),
    ],
)
def test_a_kind_that_puts_a_value_where_none_may_stand_is_told(
    newsroom: Newsroom, kind: str, says: str
) -> None:
    newsroom.write_kind(
        "odd.mjml",
        "---\nlabel: Odd\nfields:\n  title: {type: text}\n  note: {type: text}\n---\n"
        f"<mj-section><mj-column><mj-text>{kind}</mj-text></mj-column></mj-section>\n",
    )
    newsroom.write("20-odd.md", "---\nkind: odd\nnote: '{{ subscriber.x }}'\n---\nB\n")

    (finding,) = newsroom.findings()

    assert (finding.rule, finding.source.file, finding.source.line) == (
        "merge-place", "issues/2030-01/20-odd.md", 3,
    )  # fmt: skip
    assert says in finding.message
