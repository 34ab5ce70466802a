"""A fault in a compiled page is told at the line of the file that a person wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from newsletter_mailer.campaign.edition import Edition, read_edition
from newsletter_mailer.campaign.prepare import tracer
from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.check.page.page import Page, Seen, filled_page, parse_page
from newsletter_mailer.compose.composer import Composer
from newsletter_mailer.findings import Source
from newsletter_mailer.plan.variants import Variants
from newsletter_mailer.settings.newsletter import Settings
from tests.conftest import REPOSITORY
from tests.newsroom import Newsroom, text_section


def pages(edition: Edition, settings: Settings) -> list[Page]:
    """The full issue, and what a reader without region and role gets."""
    composer = Composer(edition.issue, edition.template, settings, edition.content.total)
    variants, seen = Variants(edition.issue), Seen()
    made = [variants.full(), variants.of(frozenset(), frozenset())]
    compiled = [composer.compose(variant) for variant in made]
    trace = tracer(edition, settings)
    return [Page(one, seen, trace) for one in compiled if one is not None]


def tags(tree: etree._Element) -> list[str]:
    return [str(one.tag) for one in tree.iter() if isinstance(one.tag, str)]


@pytest.mark.parametrize(
    ("root", "issue"),
    [
        (REPOSITORY, "2025-08"),
        (REPOSITORY, "2025-09"),
        (REPOSITORY / "tests/golden", "everything"),
        (REPOSITORY / "tests/golden", "targets"),
    ],
    ids=["2025-08", "2025-09", "everything", "targets"],
)
def test_a_marked_page_has_the_same_elements(root: Path, issue: str) -> None:
    project = open_project(root, {})
    edition = read_edition(project, issue)
    composers = [
        Composer(
            edition.issue, edition.template, project.settings, edition.content.total, marked=marked
        )
        for marked in (False, True)
    ]
    variant = Variants(edition.issue).full()
    plain, marked = (composer.compose(variant) for composer in composers)

    assert plain is not None
    assert marked is not None
    assert tags(parse_page(filled_page(plain))) == tags(parse_page(filled_page(marked)))


def lines(file: str) -> list[str]:
    return (REPOSITORY / file).read_text("utf-8").split("\n")


def test_every_element_is_traced_to_the_line_that_made_it() -> None:
    project = open_project(REPOSITORY, {})
    full, _ = pages(read_edition(project, "2025-08"), project.settings)

    traced = [(one, full.source(one)) for one in full.new_elements]
    written = {source.file for _, source in traced}

    assert all(0 < source.line <= len(lines(source.file)) for _, source in traced)
    assert {"templates/regional/sections/event.mjml", "templates/regional/parts/ui.mjml"} < written
    for element, source in traced:
        line = lines(source.file)[source.line - 1]
        words = (element.text or "").strip().split()
        if source.file.endswith(".md") and words and element.tag in ("p", "li", "strong"):
            assert words[0] in line
        if element.get("class") == "due":
            assert 'class="due"' in line
        if element.tag == "img" and "story" in element.get("src", ""):
            assert source.file.endswith("story.mjml")
            assert "<mj-image" in line


def test_a_part_that_two_variants_share_is_looked_at_once() -> None:
    project = open_project(REPOSITORY, {})
    full, everyone = pages(read_edition(project, "2025-08"), project.settings)

    headings = [one.text for page in (full, everyone) for one in page.elements("h2", "h3")]
    images = [one.get("src") for page in (full, everyone) for one in page.elements("img")]

    assert len(everyone.new_elements) < len(full.new_elements) / 4
    assert len(images) == len(set(images)) == 3
    # twice only what differs: the contents, and the group's heading with its numbered anchor
    assert {text for text in headings if headings.count(text) > 1} == {
        "In this issue",
        "Upcoming conferences and events",
    }


def test_a_heading_made_by_jinja_is_traced(newsroom: Newsroom) -> None:
    newsroom.use_plain_template()
    newsroom.write("10-hello.md", text_section("One\n\n- two\n- [three](https://example.org)\n"))
    project = open_project(newsroom.folder.root, {})

    page, *_ = pages(read_edition(project, "2030-01"), project.settings)

    def source(tag: str) -> Source:
        return page.source(page.elements(tag)[-1])

    assert source("h2") == Source("templates/regional/sections/text.mjml", 7)
    assert source("li") == Source("issues/2030-01/10-hello.md", 8)
    link = next(one for one in page.elements("a") if one.text == "three")
    assert page.source(link) == Source("issues/2030-01/10-hello.md", 8)
