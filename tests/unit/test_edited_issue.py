"""An issue composed again after an edit: the same mail as composed from nothing, in less work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.composer import Composer
from newsletter_mailer.issue.model import Issue
from newsletter_mailer.plan.variants import Variants
from newsletter_mailer.text_cache import Memory
from tests.newsroom import LINKS, PLAIN_KIND, Newsroom, text_section

STORY = """\
---
kind: story
title: A story of {{ subscriber.first_name | default("you") }}
picture: images/p.jpg
picture_alt: People in a hall
---
Of {{ issue.subject }}, with a picture:

![A hall](images/q.jpg)
"""


def compose(
    newsroom: Newsroom, *, marked: bool, memory: Memory | None = None
) -> tuple[Composer, list[CompiledVariant | None]]:
    """The whole, and what a reader in Walsall gets; from nothing unless there is a memory."""
    issue: Issue = newsroom.issue
    total = newsroom.content.total
    cache = Memory() if memory is None else memory
    composer = Composer(
        issue, newsroom.template, newsroom.settings, total, marked=marked, cache=cache
    )
    variants = Variants(issue)
    walsall = variants.of(frozenset({"walsall"}), frozenset())
    return composer, [composer.compose(variants.full()), composer.compose(walsall)]


@dataclass
class EditedIssue:
    """An issue that is edited, and composed after each edit."""

    newsroom: Newsroom
    marked: bool
    rendered: list[str]  #: slugs, since the last edit
    memory: Memory = field(default_factory=Memory)

    def compose(self) -> list[CompiledVariant | None]:
        self.rendered.clear()
        composer, made = compose(self.newsroom, marked=self.marked, memory=self.memory)
        assert composer.findings == []
        return made


@pytest.fixture(params=[False, True], ids=["mailed", "marked"])
def edited(
    newsroom: Newsroom,
    portrait: bytes,
    rendered: list[str],
    request: pytest.FixtureRequest,
) -> EditedIssue:
    newsroom.write("images/p.jpg", portrait)
    newsroom.write("images/q.jpg", portrait)
    newsroom.write("20-story.md", STORY)
    newsroom.write("30-dudley.md", text_section("For *Dudley*.", title="News", regions="dudley"))
    edited = EditedIssue(newsroom, request.param, rendered)
    edited.compose()
    return edited


Edit = Callable[[Newsroom], None]


def _replace(path: str, old: str, new: str) -> Edit:
    return lambda newsroom: newsroom.replace(path, old, new)


def _in_issue(path: str, old: str, new: str) -> Edit:
    return _replace(f"issues/2030-01/{path}", old, new)


def _other_picture(newsroom: Newsroom) -> None:
    """As many octets under the same name."""
    old = (newsroom.folder.root / "issues/2030-01/images/q.jpg").read_bytes()
    newsroom.write("images/q.jpg", old[:-3] + bytes([old[-3] ^ 1]) + old[-2:])


EVERY = ["10-hello", "20-story", "30-dudley"]
EDITS: dict[str, tuple[Edit, list[str]]] = {
    "nothing": (lambda newsroom: None, []),
    "a text": (_in_issue("30-dudley.md", "For", "All for"), ["30-dudley"]),
    "a field": (_in_issue("20-story.md", '"you"', '"all"'), ["20-story"]),
    "a line further down": (_in_issue("30-dudley.md", "For", "\n\nFor"), ["30-dudley"]),
    "a region": (_in_issue("30-dudley.md", "dudley", "walsall"), []),
    "a new section": (lambda n: n.write("15-new.md", text_section("New.")), ["15-new"]),
    "a section less": (lambda newsroom: newsroom.drop("10-hello.md"), []),
    "a picture": (_other_picture, ["20-story"]),
    "the subject": (_in_issue("issue.toml", "The subject", "Another subject"), EVERY),
    "the date": (_in_issue("issue.toml", "2030-01-15", "2030-01-16"), EVERY),
    "the settings": (_replace("newsletter.toml", "Test News", "Our News"), EVERY),
}


@pytest.mark.parametrize(("edit", "anew"), EDITS.values(), ids=EDITS)
def test_an_edit_renders_what_it_touched_and_makes_the_same_mail(
    edited: EditedIssue, edit: Edit, anew: list[str]
) -> None:
    edit(edited.newsroom)

    made = edited.compose()

    assert sorted(edited.rendered) == anew
    assert made == compose(edited.newsroom, marked=edited.marked)[1]


def test_edit_after_edit_makes_the_same_mail(edited: EditedIssue) -> None:
    names = ["a region", "a new section", "a picture", "a text", "the subject", "a field"]
    for name in (*names, "a section less", "the date"):
        edit, _ = EDITS[name]
        edit(edited.newsroom)

        assert edited.compose() == compose(edited.newsroom, marked=edited.marked)[1]


def test_a_text_that_holds_a_token_of_before_stays_a_text(edited: EditedIssue) -> None:
    token = f"nlq{edited.newsroom.content.total[:8]}x0000z"
    edited.newsroom.write("15-new.md", text_section(f"See {token}."))

    whole, _ = edited.compose()

    assert whole is not None
    assert f"See {token}." in whole.words({}, LINKS)
    assert edited.rendered == ["15-new"]
    assert [whole] == compose(edited.newsroom, marked=edited.marked)[1][:1]


def test_a_section_with_a_mistake_is_rendered_when_it_is_mended(edited: EditedIssue) -> None:
    kind = "sections/text.mjml"
    sound = edited.newsroom.folder.read(f"templates/regional/{kind}")
    edited.newsroom.write_template(kind, sound.replace("{{ section.body }}", "{{ section.bodi }}"))
    _, [whole, _] = compose(edited.newsroom, marked=edited.marked, memory=edited.memory)
    assert whole is None
    edited.newsroom.write_template(kind, sound)

    assert edited.compose() == compose(edited.newsroom, marked=edited.marked)[1]


def test_the_size_of_another_picture_of_the_template_is_seen(edited: EditedIssue) -> None:
    """By a kind that shows nothing else of it."""
    root = edited.newsroom.folder.root
    small, wide = (
        (root / path).read_bytes()
        for path in ("issues/2030-01/images/p.jpg", "templates/regional/images/masthead.jpg")
    )
    kind = PLAIN_KIND.replace("{{ section.body }}", "{{ picture('images/own.jpg', '').width }}")
    edited.newsroom.write_kind("text.mjml", kind)
    edited.newsroom.write_template("images/own.jpg", small)
    edited.compose()
    edited.newsroom.write_template("images/own.jpg", wide)

    assert edited.compose() == compose(edited.newsroom, marked=edited.marked)[1]
