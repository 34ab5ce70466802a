"""What was approved is what is sent: the content hash sees all that readers see, and no more."""

from __future__ import annotations

import pytest

from tests.newsroom import Newsroom, text_section

ISSUE = "issues/2030-01"
STORY = """\
---
kind: story
title: Title
caption: Caption
picture: images/p.jpg
picture_alt: Alt
link: https://example.org
link_text: Words
regions: [dudley]
---
Body {{ subscriber.x | default("you") }}.
"""
EVENT = "---\nkind: event\ntitle: E\nstarts: 2030-02-01 10:00\nends: 12:00\n---\nBody\n"


@pytest.fixture
def press(newsroom: Newsroom, portrait: bytes) -> Newsroom:
    newsroom.write("images/p.jpg", portrait)
    newsroom.write("20-story.md", STORY)
    newsroom.write("30-event.md", EVENT)
    return newsroom


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (f"{ISSUE}/issue.toml", "The subject", "Another"),
        (f"{ISSUE}/issue.toml", "What inboxes", "What else inboxes"),
        (f"{ISSUE}/issue.toml", "2030-01-15", "2030-01-16"),
        (f"{ISSUE}/issue.toml", "date =", 'lang = "ar"\ndate ='),
        (f"{ISSUE}/issue.toml", '["readers"]', '["readers"]\n[groups]\nevent = "Events"'),
        (f"{ISSUE}/20-story.md", "Title", "Titel"),
        (f"{ISSUE}/20-story.md", "Caption", "Captoin"),
        (f"{ISSUE}/20-story.md", "Alt", "Atl"),
        (f"{ISSUE}/20-story.md", "Words", "Wrods"),
        (f"{ISSUE}/20-story.md", "example.org", "example.net"),
        (f"{ISSUE}/20-story.md", "Body", "Bdoy"),
        (f"{ISSUE}/20-story.md", "subscriber.x", "subscriber.y"),
        (f"{ISSUE}/20-story.md", '"you"', '"one"'),
        (f"{ISSUE}/20-story.md", "[dudley]", "[walsall]"),
        (f"{ISSUE}/20-story.md", "regions: [dudley]\n", ""),
        (f"{ISSUE}/20-story.md", "regions: [dudley]", "regions: [dudley]\nroles: [director]"),
        (f"{ISSUE}/30-event.md", "10:00", "10:01"),
        (f"{ISSUE}/30-event.md", "10:00", "10:00+01:00"),
        (f"{ISSUE}/30-event.md", "2030-02-01 10:00\nends: 12:00", "tbc"),
        (f"{ISSUE}/30-event.md", "2030-02-01 10:00\nends: 12:00", "2030-02-01"),
        ("templates/regional/theme.toml", "#0b616a", "#0b616b"),
        ("templates/regional/head.css", "34px", "35px"),
        ("templates/regional/inline.css", "40px", "41px"),
        ("templates/regional/newsletter.mjml", "28px 40px", "28px 41px"),
        ("templates/regional/sections/letter.txt", "78", "77"),
        ("newsletter.toml", "1 Sample Street", "2 Sample Street"),
        ("newsletter.toml", "Test News <", "Best News <"),
        ("newsletter.toml", "news@example.org", "new@example.org"),
        ("newsletter.toml", "Europe/London", "Europe/Paris"),
        (
            "newsletter.toml",
            "[regions]",
            'images = "host"\nimage_base_url = "https://a.b"\n[regions]',
        ),
    ],
)
def test_whatever_a_reader_sees_changes_the_hash(
    press: Newsroom, path: str, old: str, new: str
) -> None:
    before = press.content

    press.replace(path, old, new)

    after = press.content
    assert after.total != before.total
    assert path in after.changed(before.files)


def test_a_change_is_told_with_the_file_it_is_in(press: Newsroom, portrait: bytes) -> None:
    before = press.content
    press.write("20-story.md", STORY.replace("Body", "Text"))
    press.write("images/p.jpg", portrait + b"\0")
    press.write("40-new.md", text_section("New"))
    press.drop("30-event.md")

    assert press.content.changed(before.files) == [
        f"{ISSUE}/20-story.md", f"{ISSUE}/30-event.md", f"{ISSUE}/40-new.md",
        f"{ISSUE}/images/p.jpg",
    ]  # fmt: skip


def test_the_order_of_sections_is_part_of_it(press: Newsroom) -> None:
    before = press.content
    press.write("40-story.md", STORY)
    press.drop("20-story.md")

    assert press.content.total != before.total


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (f"{ISSUE}/issue.toml", '["readers"]', '["others"]'),
        (f"{ISSUE}/issue.toml", "date", "# a note\ndate"),
        (f"{ISSUE}/issue.toml", "date = ", "date    = "),
        (f"{ISSUE}/issue.toml", "\n", "\r\n"),
        (f"{ISSUE}/20-story.md", "title: Title", "title: 'Title' # the title"),
        (f"{ISSUE}/20-story.md", "\n", "\r\n"),
        (f"{ISSUE}/20-story.md", "---\nkind", "\ufeff---\nkind"),
        (f"{ISSUE}/20-story.md", "kind", "ignore: missing-alt\nkind"),
        ("templates/regional/head.css", "\n", "\r\n"),
        ("newsletter.toml", "\n", "\r\n"),
        ("newsletter.toml", "[roles]", "[check]\npreheader = 'info'\n[roles]"),
        ("newsletter.toml", "[roles]", "x = 'X'\n[roles]"),
        ("newsletter.toml", "[regions]", "require_approval = true\n[regions]"),
        ("recipients/readers.csv", "Ann", "Anna"),
    ],
)
def test_what_no_reader_sees_does_not_change_the_hash(
    press: Newsroom, path: str, old: str, new: str
) -> None:
    before = press.content

    press.replace(path, old, new)

    assert press.content == before


@pytest.mark.parametrize("path", ["images/unused.jpg", "approval.toml", "sent.toml", "notes.txt"])
def test_files_that_are_no_part_of_the_issue_do_not_count(press: Newsroom, path: str) -> None:
    before = press.content

    press.write(path, "x")

    assert press.content == before
