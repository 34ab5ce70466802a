"""The words of a message's two parts are compared as a reader would compare them."""

from __future__ import annotations

from datetime import date

import pytest
from lxml import html

from newsletter_mailer.check.english.words import BLANK
from newsletter_mailer.check.page.visible_text import ComparableText, visible_text
from newsletter_mailer.issue.moments import Moment


@pytest.mark.parametrize(
    ("shown", "written"),
    [
        ("A *strong*, _stressed_ word", "a strong stressed word"),
        ("*W*ord", "Word"),
        ("Read the plan (https://example.org/plan), please", "Read the plan, please"),
        ("Read (https://example.org/a_(b)) it", "Read it"),
        ("write to us (team@example.org).", "write to us."),
        ("see https://www.example.org for", "see www.example.org for"),
        ("> quoted\n> words", "quoted words"),
        ("UPCOMING EVENTS", "Upcoming events"),
        ("Dear Sam, welcome", f"Dear {BLANK}, welcome"),
        ("Dear Sams friend", f"Dear {BLANK}s friend"),
        ("the snake_case name", "the snake_case name"),
        ("anything", BLANK),
        ("Über die Brücke", "über die BRÜCKE"),
    ],
)
def test_a_text_says_it(shown: str, written: str) -> None:
    assert ComparableText(shown).has(written)


@pytest.mark.parametrize(
    ("shown", "written"),
    [
        ("Freedom for all", "Free"),
        ("the words in another order", "the order in other words"),
        ("Dear Sam", f"Dear {BLANK}, welcome"),
        ("", "word"),
    ],
)
def test_a_text_does_not_say_it(shown: str, written: str) -> None:
    assert not ComparableText(shown).has(written)


@pytest.mark.parametrize(
    "shown",
    [
        "Thursday 5 September 2030",
        "on 5th September",
        "5 Sept",
        "05 Sep 2030",
        "5th and 6th September",
        "5 to 7 September",
        "September 5",
        "05/09/2030",
        "5.9.2030",
        "2030-09-05",
    ],
)
def test_a_day_is_named_in_many_ways(shown: str) -> None:
    assert ComparableText(shown).has_day(Moment(date(2030, 9, 5)))


@pytest.mark.parametrize(
    "shown", ["15 September 2030", "5 October 2030", "September", "2030-05-09", "room 5, 9 people"]
)
def test_another_day_is_not_that_day(shown: str) -> None:
    assert not ComparableText(shown).has_day(Moment(date(2030, 9, 5)))


def test_an_open_date_need_not_be_named() -> None:
    assert ComparableText("").has_day(Moment())


def test_what_a_reader_sees_of_the_html() -> None:
    body = html.document_fromstring(
        "<body><div style='display: none'>preheader</div><p>One <b>b</b>old,<br>two</p>tail"
        "<!-- comment --><table><tr><td>a</td><td>b</td></tr></table><style>p {}</style>"
        "<div aria-hidden=true>SEP</div>end</body>"
    ).find("body")

    assert body is not None
    assert visible_text(body).split() == ["One", "bold,", "two", "tail", "a", "b", "end"]


def test_how_much_of_a_text_another_says() -> None:
    assert ComparableText("a b c d").share_in(ComparableText("d c b b")) == 0.75
    assert ComparableText("a a a a").share_in(ComparableText("a")) == 0.25
    assert ComparableText("").share_in(ComparableText("a")) == 0
