"""The documentation as pages of HTML: links and headings meet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import html

from newsletter_mailer.manual.files import page_of, topics, write_pages
from newsletter_mailer.manual.page import anchor, page

LINKS = [
    ("[a](lists.md)", '<a href="lists.html">a</a>'),
    ("[a](lists.md#who-is-skipped)", '<a href="lists.html#who-is-skipped">a</a>'),
    ("[a](#here)", '<a href="#here">a</a>'),
    ("[a](ci/gitlab-ci.yml)", '<a href="ci/gitlab-ci.yml">a</a>'),
    ("[a](https://example.org/x.md)", '<a href="https://example.org/x.md">a</a>'),
    ("[a](../code/README.md)", "<a>a</a>"),
    ("![a](states.svg)", '<img src="states.svg" alt="a" />'),
]


@pytest.mark.parametrize(("written", "shown"), LINKS)
def test_links_lead_to_the_other_pages(written: str, shown: str) -> None:
    assert shown in page(written, lambda target: not target.startswith("../code"))


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Who is skipped", "who-is-skipped"),
        ("What to do about `unknown` messages", "what-to-do-about-unknown-messages"),
        ("Two computers, one list?", "two-computers-one-list"),
    ],
)
def test_a_heading_has_the_name_that_links_use(heading: str, name: str) -> None:
    assert anchor(heading) == name
    assert f'<h2 id="{name}">' in page(f"## {heading}", lambda _: True)


def test_what_is_written_stays_words() -> None:
    shown = page("# A & B\n\n<script>x</script> {{ issue.x }}", lambda _: True)

    assert "<title>A &amp; B – newsletter-mailer</title>" in shown
    assert "<script>" not in shown
    assert "{{ issue.x }}" in shown


def test_every_link_of_the_written_pages_leads_to_a_page_and_a_heading(tmp_path: Path) -> None:
    write_pages(tmp_path)
    pages = {file: html.fromstring(file.read_bytes()) for file in tmp_path.rglob("*.html")}

    assert len(pages) == len(topics()) + 1
    assert page_of(None, tmp_path) in pages
    assert {page_of(topic, tmp_path) for topic in topics()} < pages.keys()
    for file, tree in pages.items():
        for target in [*tree.xpath("//a/@href"), *tree.xpath("//img/@src")]:
            if re.match(r"\w+:", target):
                continue
            path, _, name = target.partition("#")
            led_to = (file.parent / path).resolve() if path else file
            assert led_to.exists(), target
            assert not name or pages[led_to].xpath("//*[@id=$name]", name=name), target
