"""Markdown becomes HTML that steps down one heading at a time, and text that is good to read."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from newsletter_mailer.compose.line_wrapping import COLUMNS, wrapped
from newsletter_mailer.compose.markdown_html import markdown_html
from newsletter_mailer.compose.markdown_text import markdown_text
from newsletter_mailer.issue.markdown import code_ranges, parse_markdown

LONG = "https://example.org/" + "a" * 100
TOKEN = "nlq0a1b2c3dx7z"


def plain(text: str) -> str:
    return markdown_text(parse_markdown(text))


def shown(text: str, below: int = 2) -> str:
    return markdown_html(
        parse_markdown(text), below=below, picture=lambda path: {"src": f"cid:{path}", "width": 9}
    )


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("a *b* **c** `d`",
         "<p>a <em>b</em> <strong>c</strong> <code>d</code></p>"),
        ("a  \nb", "<p>a<br />\nb</p>"),
        ("a\\\nb", "<p>a<br />\nb</p>"),
        ("a\nb", "<p>a\nb</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("- a\n\n- b", "<ul>\n<li>\n<p>a</p>\n</li>\n<li>\n<p>b</p>\n</li>\n</ul>"),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>'),
        ("> a", "<blockquote>\n<p>a</p>\n</blockquote>"),
        ("---", "<hr />"),
        ("```py\na < b\n```", '<pre><code class="py">a &lt; b\n</code></pre>'),
        ("[a](https://example.org?b=1&c=2)", '<p><a href="https://example.org?b=1&amp;c=2">a</a></p>'),
        ('[a](https://example.org "b \'c\'")',
         '<p><a href="https://example.org" title="b \'c\'">a</a></p>'),
        ("[a](https://STRA\u1e9eE.de:8080/\u00e4)",
         '<p><a href="https://xn--strae-oqa.de:8080/%C3%A4">a</a></p>'),
        ("[a](mailto:ann@B\u00dcCHER.example)",
         '<p><a href="mailto:ann@xn--bcher-kva.example">a</a></p>'),
        ("[a](https://\ue000.de)", '<p><a href="https://xn--0y0c.de">a</a></p>'),
        ("<https://example.org>", '<p><a href="https://example.org">https://example.org</a></p>'),
        ("![a picture](b.png)", '<p><img src="cid:b.png" alt="a picture" width="9" /></p>'),
        ("![a *b* c](b.png)", '<p><img src="cid:b.png" alt="a b c" width="9" /></p>'),
        ("[![a](b.png)](https://example.org)",
         '<p><a href="https://example.org"><img src="cid:b.png" alt="a" width="9" /></a></p>'),
        ("<b>a</b> & <!-- c -->", "<p>&lt;b&gt;a&lt;/b&gt; &amp; &lt;!-- c --&gt;</p>"),
        ("&copy; &nbsp;", "<p>© \u00a0</p>"),
        (r"\*a\* \[b\]", "<p>*a* [b]</p>"),
        ("", ""),
    ],
)  # fmt: skip
def test_markdown_as_html(markdown: str, html: str) -> None:
    assert shown(markdown) == html


@pytest.mark.parametrize(
    ("markdown", "below", "levels"),
    [
        ("# a", 2, [3]),
        ("###### a", 2, [3]),
        ("# a\n## b\n### c", 2, [3, 4, 5]),
        ("# a\n### b\n# c", 2, [3, 4, 3]),
        ("### a\n# b", 2, [3, 3]),
        ("### a\n## b\n# c\n###### d", 2, [3, 3, 3, 4]),
        ("# a\n## b\n# c\n## d", 1, [2, 3, 2, 3]),
        ("a\n===\nb\n---", 2, [3, 4]),
        ("# a\n## b\n### c\n#### d\n##### e\n###### f", 3, [4, 5, 6, 6, 6, 6]),
        ("> # a\n\n- ## b", 2, [3, 4]),
    ],
)
def test_headings_follow_on_from_the_section_and_skip_no_level(
    markdown: str, below: int, levels: list[int]
) -> None:
    assert [int(level) for level in re.findall(r"<h(\d)>", shown(markdown, below))] == levels


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("a *b* **c** `d`", "a _b_ *c* d"),
        ("a\nb", "a b"),
        ("a  \nb", "a\nb"),
        ("a\n\nb", "a\n\nb"),
        ("# a\n\nb", "a\n\nb"),
        ("- a\n- b", "- a\n- b"),
        ("- a\n\n- b", "- a\n\n- b"),
        ("- a\n\n  b\n- c", "- a\n\n  b\n\n- c"),
        ("- a\n  - b\n    - c", "- a\n  - b\n    - c"),
        ("9. a\n10. b", "9. a\n10. b"),
        ("1. a\n   - b", "1. a\n   - b"),
        ("> a\n>\n> b", "> a\n>\n> b"),
        ("> - a\n> - b", "> - a\n> - b"),
        ("- > a", "- > a"),
        ("---", "* * *"),
        ("```\na\n  b\n```", "    a\n      b"),
        ("    a", "    a"),
        ("- a\n\n  ```\n  b\n  ```", "- a\n\n      b"),
        ("[a](https://example.org)", "a (https://example.org)"),
        ("[*a*](https://example.org)", "_a_ (https://example.org)"),
        ("[https://example.org](https://example.org)", "https://example.org"),
        ("[example.org](https://example.org)", "https://example.org"),
        ("<https://example.org>", "https://example.org"),
        ("<name@example.org>", "name@example.org"),
        ("[write](mailto:name@example.org)", "write (name@example.org)"),
        ("[below](#s-20)", "below"),
        (f"[a]({TOKEN})", f"a ({TOKEN})"),
        (f"[{TOKEN}](https://example.org/?{TOKEN})", f"{TOKEN} (https://example.org/?{TOKEN})"),
        ("![a picture](b.png)", "[Picture: a picture]"),
        ("[![a](b.png)](https://example.org)", "[Picture: a] (https://example.org)"),
        ("&copy; &amp; <b>", "© & <b>"),
        (r"\*a\*", "*a*"),
        ("a -- b...", "a -- b..."),
        ("", ""),
    ],
)
def test_markdown_as_text(markdown: str, text: str) -> None:
    assert "\n".join(line.rstrip() for line in plain(markdown).split("\n")) == text


def test_long_lines_are_wrapped_within_their_lists_and_quotes() -> None:
    words = "word " * 40

    text = plain(f"{words}\n\n- {words}\n  - {words}\n\n> {words}\n\n12. {words}")

    assert all(len(line) <= COLUMNS for line in text.split("\n"))
    assert text.count("word") == 200
    for begins in ("word", "- word", "  word", "  - word", "    word", "> word", "12. word"):
        assert f"\n{begins}" in f"\n{text}"


@pytest.mark.parametrize(
    "frame", ["{}", "words before {} and words behind", "- {}", "> {}", "# {}"]
)
def test_an_address_stays_whole(frame: str) -> None:
    assert any(LONG in line for line in plain(frame.format(f"[a]({LONG})")).split("\n"))


def test_a_hyphen_is_no_place_to_break_an_address() -> None:
    address = "https://example.org/" + "-".join(["part"] * 30)

    assert address in plain(f"see <{address}> please")
    assert address in wrapped(f"x {address} y", first="When  ", rest="      ")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a `b` c", ["`b`"]),
        ("``a ` b``", ["``a ` b``"]),
        ("`a``b`", ["`a``b`"]),
        ("`a", []),
        ("`a``", []),
        (r"\`a`", []),
        (r"\\`a`", ["`a`"]),
        (r"`a\`b`", [r"`a\`"]),
        (r"\``a`", ["`a`"]),
        ("`a\nb` c `d`", ["`a\nb`", "`d`"]),
        ("`a\n\nb`", []),
        ("# `a`\n\n- `b`\n\n> `c`", ["`a`", "`b`", "`c`"]),
        ("```\na\n```\nb", ["```\na\n```\n"]),
    ],
)
def test_code_is_found_where_commonmark_finds_it(text: str, code: list[str]) -> None:
    assert [text[start:end] for start, end in code_ranges(text)] == code


MARKDOWN = st.lists(
    st.sampled_from(
        ["*", "**", "_", "`", "``", "[a]", "(https://example.org/b-c)", "![p](q.png)", "\n", "\n\n",
         "- ", "1. ", "> ", "# ", "    ", "<b>", "&", "&amp;", "word ", "a", "\\", "---\n", "“é”",
         TOKEN, "{", "}", "|", "<https://example.org>"]
    ),
    max_size=30,
).map("".join).filter(lambda text: "```" not in text)  # fmt: skip


@given(MARKDOWN)
def test_any_markdown_is_well_formed_and_keeps_its_tokens(text: str) -> None:
    html = shown(text)

    root = etree.fromstring(f"<body>{html}</body>")
    levels = [int(str(element.tag)[1]) for element in root.iter("h3", "h4", "h5", "h6")]
    assert all(after - before <= 1 for before, after in zip([2, *levels], levels, strict=False))
    visible = "".join(root.itertext()) + "".join(
        str(image.get("alt")) for image in root.iter("img")
    )
    assert visible.count(TOKEN) == text.count(TOKEN)


@given(MARKDOWN)
def test_any_markdown_as_text_keeps_its_words_within_the_columns(text: str) -> None:
    laid_out = plain(text)

    assert laid_out.count("word") == text.count("word")
    assert laid_out.count(TOKEN) == text.count(TOKEN)
    for line in laid_out.split("\n"):
        assert len(line) <= COLUMNS or len(line.split()) < 3 or line.startswith("    ")
