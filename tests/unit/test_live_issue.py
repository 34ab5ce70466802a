"""A live issue: only what changed is made again, and what is looked at comes first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any  # Jinja2's own signature

import pytest
from jinja2 import Environment

from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.preview.live.live_issue import LiveIssue
from newsletter_mailer.preview.live.snapshot import Snapshot
from tests.acceptance.scene import Newsletter, newsletter

HELLO, DUDLEY = "issues/2030-01/10-hello.md", "issues/2030-01/20-dudley.md"
LETTER = "templates/regional/sections/text.mjml"


class Work:
    """A live issue, and what it told."""

    def __init__(self, press: Newsletter) -> None:
        self.press = press
        self.told: list[str] = []
        self.live = LiveIssue("2030-01", lambda: open_project(press.root, {}), self.told.append)
        self.live.refresh()

    @property
    def snapshot(self) -> Snapshot:
        assert self.live.snapshot is not None
        return self.live.snapshot

    def change(self, path: str, old: str, new: str) -> None:
        text = self.press.read(path)
        assert old in text
        self.press.write(path, text.replace(old, new))
        self.live.refresh()


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Work]:
    """Four versions: the whole, one with Dudley's section, one for directors, one without both."""
    made = Work(newsletter(tmp_path / "press"))
    yield made
    made.live.close()


def test_all_versions_are_composed_once(work: Work) -> None:
    assert len(work.snapshot.shown) == 4
    assert work.snapshot.composed == 4


def test_a_section_composes_the_versions_that_have_it(work: Work) -> None:
    work.change(DUDLEY, "for Dudley", "for all of Dudley")

    assert work.snapshot.composed == 2


def test_saving_without_a_change_composes_nothing(work: Work) -> None:
    work.change(DUDLEY, "Dudley", "Dudley")

    assert work.snapshot.composed == 0


def test_a_template_composes_all_and_reads_no_list(work: Work) -> None:
    readers = work.live.readers

    work.change(LETTER, "{{ section.body }}", "<p>More</p>{{ section.body }}")

    assert work.snapshot.composed == 4
    assert work.live.readers is readers


def test_a_list_composes_nothing_and_reads_no_template(work: Work) -> None:
    template, readers = work.snapshot.edition.template, work.live.readers

    work.change("recipients/readers.csv", "Ben,O'Neill", "Benjamin,O'Neill")

    assert work.snapshot.composed == 0
    assert work.snapshot.edition.template is template
    assert work.live.readers is not readers


def test_settings_that_readers_see_compose_all(work: Work) -> None:
    work.change("newsletter.toml", "Test News", "Our News")

    assert work.snapshot.composed == 4


def test_what_is_looked_at_is_shown_before_the_rest_is_composed(work: Work) -> None:
    least = [*work.snapshot.shown.values()][-1]
    work.live.look_at(work.snapshot, least)
    work.press.write(HELLO, work.press.read(HELLO).replace("everyone", "each of you"))
    work.told.clear()
    seen: list[tuple[list[str], int]] = []

    work.live.refresh(rest=lambda: seen.append(([*work.told], work.snapshot.composed)))

    assert seen == [(["shown"], 1)]
    assert work.snapshot.composed == 4
    assert work.told == ["shown", "checked"]


def test_nobody_waits_for_a_page_that_is_not_open(work: Work) -> None:
    waited: list[bool] = []

    work.live.refresh(rest=lambda: waited.append(True))

    assert waited == []


def test_what_changes_once_more_is_not_composed_to_its_end(work: Work) -> None:
    work.press.write(HELLO, work.press.read(HELLO).replace("everyone", "each of you"))

    work.live.refresh(lambda: True)

    assert work.snapshot.composed == 1
    assert not work.live.state.is_checked


def test_a_section_compiles_no_template_anew(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    least = [*work.snapshot.shown.values()][-1]
    work.live.look_at(work.snapshot, least)
    compiled: list[object] = []
    generate = Environment._generate

    def counted(environment: Environment, *words: Any, **more: Any) -> str:
        compiled.append(words)
        return generate(environment, *words, **more)

    monkeypatch.setattr(Environment, "_generate", counted)

    work.change(HELLO, "everyone", "each of you")

    assert work.snapshot.composed == 4
    assert compiled == []


def test_a_section_is_rendered_without_the_others(work: Work, rendered: list[str]) -> None:
    """Twice, as the places of its elements are asked for as well; not when an edit is undone."""
    rendered.clear()
    for words in ("the first of you", "the second of you", "the third of you"):
        work.change(HELLO, "everyone", words)
        work.change(HELLO, words, "everyone")

    assert {*rendered} == {"10-hello"}
    assert len(rendered) == 2 * 3
