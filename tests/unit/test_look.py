"""The default template's promises, on the real issue and on one as long as issues get."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from lxml import etree
from lxml import html as lxml_html

from newsletter_mailer.compose.composer import Composer
from newsletter_mailer.compose.sample_reader import sample_values
from newsletter_mailer.plan.variants import Variants
from tests.conftest import REPOSITORY, ProjectFolder
from tests.newsroom import LINKS, Newsroom

WORDS = (
    "Children, young people and their families across the region will notice the difference when "
    "agencies plan together, listen early and share what they have learned with each other. "
)
GMAIL_CLIPS_AT = 104_448


def big_issue(folder: ProjectFolder, picture: bytes) -> None:
    """1 letter, 4 stories, 15 notices and 10 events."""

    def write(name: str, kind: str, body: str, *fields: str) -> None:
        head = "\n".join([f"kind: {kind}", f"title: The {kind} number {name}", *fields])
        folder.write(f"issues/2030-01/{name}-{kind}.md", f"---\n{head}\n---\n{body}\n")

    folder.write("issues/2030-01/images/p.jpg", picture)
    write(
        "10",
        "letter",
        f"Dear {{{{ subscriber.first_name | default('all') }}}},\n\n{WORDS * 3}\n\n"
        f"## A heading\n\n- {WORDS}\n- {WORDS}\n\n{WORDS * 2}",
        "author: Ann Example",
        "author_role: Director",
        "portrait: images/p.jpg",
        "portrait_alt: Ann Example",
    )
    for number in range(20, 24):
        write(
            str(number),
            "story",
            f"{WORDS * 2}\n\n# One\n\n{WORDS}\n\n### Two\n\n{WORDS}",
            "picture: images/p.jpg",
            "picture_alt: Two people read",
            "caption: A caption",
            "link: https://example.org/story",
            "link_text: Read the whole story",
        )
    for number in range(30, 45):
        write(
            str(number), "notice", WORDS, "closes: 2030-02-01", "link: https://example.org/notice"
        )
    for number in range(50, 60):
        starts = "tbc" if number % 3 == 0 else f"2030-02-{number - 40} 10:00"
        write(
            str(number),
            "event",
            WORDS,
            f"starts: {starts}",
            "place: Town Hall, Birmingham",
            "cost: Free",
            "register_by: 2030-02-01",
            "link: https://example.org/event",
        )
    toml = folder.read("issues/2030-01/issue.toml")
    folder.write("issues/2030-01/issue.toml", f'{toml}[groups]\nevent = "Coming up"\n')
    (folder.root / "issues/2030-01/10-hello.md").unlink()  # fmt: skip


PAGES: dict[str, str] = {}


@pytest.fixture(params=["2025-08", "2025-09", "big"])
def page(request: pytest.FixtureRequest, newsroom: Newsroom, portrait: bytes) -> str:
    """The full variant of an issue as a reader gets it."""
    name = str(request.param)
    if name not in PAGES:
        if name == "big":
            big_issue(newsroom.folder, portrait)
        else:
            newsroom = Newsroom(ProjectFolder(REPOSITORY), issue_id=name)
        issue, findings = newsroom.read()
        assert issue is not None, findings
        composer = Composer(issue, newsroom.template, newsroom.settings, newsroom.content.total)
        compiled = composer.compose(Variants(issue).full())
        assert compiled is not None, composer.findings
        addresses = {key: f"cid:{number}" for number, key in enumerate(compiled.pictures)}
        PAGES[name] = compiled.page(sample_values(compiled.fields()), LINKS, addresses)
    return PAGES[name]


@pytest.fixture
def root(page: str) -> etree._Element:
    return lxml_html.document_fromstring(page)


def test_gmail_shows_all_of_it(page: str) -> None:
    assert len(page.encode()) < GMAIL_CLIPS_AT


def test_one_first_heading_and_no_skipped_level(root: etree._Element) -> None:
    levels = [int(str(one.tag)[1]) for one in root.iter("h1", "h2", "h3", "h4", "h5", "h6")]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(
        "".join(map(str, one.itertext())).strip()
        for one in root.iter("h1", "h2", "h3", "h4", "h5", "h6")
    )


def test_layout_tables_are_no_tables_to_a_screen_reader(page: str, root: etree._Element) -> None:
    assert {table.get("role") for table in root.iter("table")} == {"presentation"}
    conditional = "".join(re.findall(r"<!--\[if[^\]]*\]>(.*?)<!\[endif\]-->", page, re.DOTALL))
    assert all('role="presentation"' in table for table in re.findall(r"<table[^>]*>", conditional))


def test_language_and_direction_are_said_wherever_a_client_may_cut(root: etree._Element) -> None:
    body = root.find("body")
    assert body is not None
    outermost = [root, *(child for child in body if isinstance(child.tag, str))]

    assert {(one.get("lang"), one.get("dir")) for one in outermost} == {("en-GB", "ltr")}


def test_every_picture_has_words_and_a_width(root: etree._Element) -> None:
    for image in root.iter("img"):
        assert image.get("alt"), image.get("src")
        assert str(image.get("width")).isdigit()


def test_nothing_is_asked_of_the_net_when_it_is_opened(page: str, root: etree._Element) -> None:
    assert not re.search(r"@import|@font-face|url\(\s*['\"]?http|<link|<script|<iframe", page)
    for name in ("src", "background", "srcset", "poster"):
        for element in root.iter():
            assert str(element.get(name) or "cid:").startswith("cid:")
    assert not re.search(r"(?:src|background)=\"https?:", page)


def test_every_link_of_the_contents_leads_to_its_section(root: etree._Element) -> None:
    targets = [
        str(link.get("href"))[1:]
        for link in root.iter("a")
        if str(link.get("href")).startswith("#")
    ]
    places = [str(one.get("id")) for one in root.iter() if one.get("id")]

    assert set(targets) <= set(places)
    assert len(places) == len(set(places))
    assert len(targets) > 1


def test_every_link_says_where_it_leads(root: etree._Element) -> None:
    for link in root.iter("a"):
        words = "".join(map(str, link.itertext())).strip()
        assert words.casefold() not in ("", "here", "click here", "read more", "more", "link")
        assert re.match(r"https://|mailto:|#", str(link.get("href")))


def test_the_doctype_keeps_browsers_out_of_quirks_mode(page: str) -> None:
    assert page.startswith("<!DOCTYPE html>")


def test_dark_mode_can_win(page: str) -> None:
    head, _, body = page.partition("</head>")

    assert "@media (prefers-color-scheme: dark)" in head
    assert "!important" in head
    assert "!important" not in re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)


def test_outlooks_conditionals_are_all_closed(page: str) -> None:
    assert page.count("<!--[if") == page.count("<![endif]-->")
    visible = re.sub(r"<!--.*?-->", "", page, flags=re.DOTALL)
    assert "<![endif]" not in visible
    assert "[if " not in visible


def test_the_reader_can_leave_and_knows_who_writes(root: etree._Element) -> None:
    assert [link.get("href") for link in root.iter("a")].count(LINKS["unsubscribe_url"]) == 1
    text = " ".join(" ".join(map(str, root.itertext())).split())
    assert "You receive this because" in text
    assert "Street" in text
