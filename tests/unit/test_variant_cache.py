"""A variant that was composed before is the same variant, and no work."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.composer import Composer
from newsletter_mailer.plan.variants import Variants
from newsletter_mailer.text_cache import Memory
from tests.conftest import ProjectFolder
from tests.golden.test_golden import HERE, ISSUES
from tests.newsroom import Newsroom, text_section


def composed(newsroom: Newsroom, cache: Memory, *, marked: bool = False) -> CompiledVariant:
    composer = Composer(
        newsroom.issue,
        newsroom.template,
        newsroom.settings,
        newsroom.content.total,
        marked=marked,
        cache=cache,
    )
    made = composer.compose(Variants(newsroom.issue).full())
    assert made is not None, composer.findings
    return made


@pytest.mark.parametrize("issue", ISSUES)
def test_what_is_kept_is_what_was_composed(issue: str, rendered: list[str]) -> None:
    newsroom, memory = Newsroom(ProjectFolder(HERE), issue_id=issue), Memory()
    made = composed(newsroom, memory)
    rendered.clear()

    assert composed(newsroom, memory) == made
    assert rendered == []


class Damaged(Memory):
    """What it keeps in JSON is not what was written."""

    Damage = Callable[[str], str]

    def __init__(self, damage: Damage) -> None:
        super().__init__()
        self._damage = damage

    def get(self, key: str) -> str | None:
        text = super().get(key)
        return self._damage(text) if text is not None and text.startswith(("[", "{")) else text


DAMAGES: dict[str, Damaged.Damage] = {
    "empty": lambda text: "",
    "cut": lambda text: text[:-1],
    "a list": lambda text: "[]",
    "a table": lambda text: "{}",
    "numbers": lambda text: "[1, 2, 3, 4, 5]",
    "nested": lambda text: "[" * 100_000 + "]" * 100_000,
    "texts for lists": lambda text: '["a", "b", "c", "d", "e"]',
    "more pieces than lines": lambda text: '[["a"], [1, 2]]',
    "a field of numbers": lambda text: "[[[1, 2, 3]], [1]]",
    "a line in words": lambda text: '[["a"], ["q"]]',
    "a value that is a number": lambda text: '[{"kind": 3}, []]',
    "a line of nothing": lambda text: '[{"kind": "text"}, [["kind", "q"]]]',
    "a picture without size": lambda text: text.replace('"width": ', '"width": null, "w": '),
    "a slot of numbers": lambda text: text.replace('["field", "subscriber", ', '["field", 7, '),
    "other slots": lambda text: text.replace('"picture"', '"url"'),
    "other places": lambda text: text.replace('"TEXT"', '"text"'),
    "gone": lambda text: text.replace("-images", "-pictures"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_what_is_damaged_is_composed_again(
    newsroom: Newsroom, portrait: bytes, damage: Damaged.Damage
) -> None:
    newsroom.write("images/p.jpg", portrait)
    newsroom.write("20-more.md", text_section("![P](images/p.jpg) {{ subscriber.x }}"))
    damaged = Damaged(damage)
    made = composed(newsroom, damaged)

    assert composed(newsroom, damaged) == made


def test_the_marks_of_a_text_that_moved_are_made_again(newsroom: Newsroom) -> None:
    memory = Memory()
    composed(newsroom, memory, marked=True)
    newsroom.replace("issues/2030-01/10-hello.md", "kind: text", "# a remark\nkind: text")

    assert composed(newsroom, memory, marked=True) == composed(newsroom, Memory(), marked=True)


def test_marks_name_the_line_behind_a_field_of_several_lines(newsroom: Newsroom) -> None:
    memory = Memory()
    for breaks in (0, 2):
        field = "{{ subscriber.first_name" + breaks * "\n" + " }}"
        newsroom.write("10-hello.md", text_section(f"Dear {field}, *look*\n\nat it"))
        body_line = newsroom.issue.sections[0].body_line

        page = "".join(map(str, composed(newsroom, memory, marked=True).html))

        behind = body_line + breaks
        assert re.search(rf'<em data-at="[^"]*10-hello\.md:{behind}">', page)
        assert re.search(rf'<p data-at="[^"]*10-hello\.md:{behind + 2}"', page)
