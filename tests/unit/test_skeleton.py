"""A new issue begins with the last one's bones; a new section with its kind's fields."""

from __future__ import annotations

from datetime import date

import pytest

from newsletter_mailer.issue.kinds import parse_kind
from newsletter_mailer.issue.skeleton import (
    dated_issue_toml,
    day_of,
    new_section,
    next_issue_toml,
    next_section,
    section_file_name,
)
from newsletter_mailer.toml_text import parse_toml
from tests.newsroom import Newsroom

DAY = date(2030, 2, 1)
KINDS = {
    kind.name: kind
    for kind, findings in (
        parse_kind("---\nlabel: Event\nfields: {starts: {type: moment}}\n---\n", "event.mjml"),
        parse_kind("---\nlabel: Story\nfields: {title: {required: true}}\n---\n", "story.mjml"),
    )
    if not findings
}


def test_the_next_issue_keeps_what_stays_and_asks_for_the_rest() -> None:
    text = next_issue_toml(
        'subject = "Old"\npreheader = "Old"\ndate = 2030-01-15 # x\nlists = ["readers"]\n', DAY
    )

    table, findings = parse_toml(text, "issue.toml")
    assert not findings
    assert (table["date"], table["lists"]) == (DAY, ["readers"])
    assert "TODO" in table["subject"]
    assert "TODO" in table["preheader"]
    assert dated_issue_toml("date = 2030-01-15\n", DAY) == "date = 2030-02-01\n"


@pytest.mark.parametrize(
    ("fields", "stays"),
    [
        ("starts: 2030-01-31", False),
        ("starts: 2030-02-01", True),
        ("starts: 2030-01-31\nends: 2030-02-02", True),
        ("starts: 2030-01-31 10:00\nends: 11:00", False),
        ("starts: tbc", True),
        ("starts: soon", True),
        ("title: no date", True),
    ],
)
def test_an_event_that_is_past_is_left_behind(fields: str, stays: bool) -> None:
    text = f"---\nkind: event\n{fields}\n---\nBody\n"

    assert next_section(text, "a.md", KINDS, DAY) == (text if stays else None)


@pytest.mark.parametrize(
    "title", ["title: Old", 'title: "Old: one"', "title: >\n  Old\n  one", "title: |\n  Old\n"]
)
def test_another_section_keeps_its_fields_and_loses_its_words(title: str) -> None:
    text = f"---\nkind: story\n{title}\nregions: [dudley]\n---\nOld words\n"

    made = next_section(text, "a.md", KINDS, DAY)

    assert made is not None
    assert "Old" not in made
    assert "regions: [dudley]" in made
    assert "title: TODO" in made


@pytest.mark.parametrize(
    "text", ["no front matter", "---\nkind: unknown\n---\nx", "---\na: [\n---\n"]
)
def test_what_cannot_be_read_is_kept_for_its_author(text: str) -> None:
    assert next_section(text, "a.md", KINDS, DAY) == text


@pytest.mark.parametrize(
    "title",
    ["A title", "A: title", "# A", "[A] & 'B' \"C\"", "Zoë – 100%", "yes", "{{ x }}", "a\tb"],
)
def test_a_new_section_of_every_kind_can_be_read(newsroom: Newsroom, title: str) -> None:
    for kind in newsroom.template.kinds.values():
        newsroom.write("20-new.md", new_section(kind, title))

        rules = {rule.split(" ")[0] for rule in newsroom.wrong()}
        assert rules <= {
            "bad-date",  # TODO is no date: `check` waits for the real one
            "bad-picture",
            "missing-alt",
            "bad-value",
            "missing-field",
            "unknown-field",
        }
        assert ("unknown-field" in rules) == ("{{" in title)


def test_a_new_section_makes_nothing_up(newsroom: Newsroom) -> None:
    """An example of a field is help, never a value that could be mailed by mistake."""
    for kind in newsroom.template.kinds.values():
        front_matter = new_section(kind, "T").split("---\n")[1].splitlines()[2:]
        values = [line for line in front_matter if not line.startswith("#")]

        assert all(line.partition(": ")[2].startswith("TODO") for line in values), values


STORY = """\
---
kind: letter
title: Last month's
author: Ann Example
author_role: Director
roles: [director]
---

Last month's words.
"""


def test_who_writes_stays_and_what_was_news_goes(newsroom: Newsroom) -> None:
    kinds = newsroom.template.kinds
    letter = next_section(STORY, "10-letter.md", kinds, DAY)
    notice = next_section(
        "---\nkind: notice\ntitle: Old\nlink: https://example.org/old\nlink_text: Old\n---\nOld",
        "20-notice.md",
        kinds,
        DAY,
    )

    assert letter is not None
    assert "author: Ann Example\nauthor_role: Director\nroles: [director]\n---" in letter
    assert "Last month" not in letter
    assert notice == "---\nkind: notice\ntitle: TODO, the title\n---\n\nTODO: write the notice.\n"


@pytest.mark.parametrize(
    ("title", "existing", "name"),
    [
        ("A Title!", [], "10-a-title.md"),
        ("Zoë & Søn", ["10-a.md", "75-b.md"], "80-zoe-sn.md"),
        ("日本", ["notes.md"], "10-section.md"),
        ("../../etc", [], "10-etc.md"),
        ("x" * 200, [], f"10-{'x' * 50}.md"),
    ],
)
def test_a_new_section_comes_last_under_a_safe_name(
    title: str, existing: list[str], name: str
) -> None:
    assert section_file_name(title, existing) == name


@pytest.mark.parametrize(
    ("issue_id", "day"),
    [
        ("2025-08", date(2025, 8, 1)),
        ("2025-08-29", date(2025, 8, 29)),
        ("2025-13", DAY),
        ("2025-02-30", DAY),
        ("spring", DAY),
    ],
)
def test_an_issues_day_follows_from_its_id(issue_id: str, day: date) -> None:
    assert day_of(issue_id, DAY) == day
