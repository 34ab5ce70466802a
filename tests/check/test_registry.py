"""A rule that could never be asked as it says is refused when it registers, not passed by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from newsletter_mailer.check.page.page import Element
from newsletter_mailer.check.questions.registry import RULES, also, check
from newsletter_mailer.check.questions.rule import Ask, Question
from newsletter_mailer.check.rules import all_rules
from newsletter_mailer.check.text.passages import Passage
from newsletter_mailer.findings import Finding, Severity
from tests.newsroom import Newsroom


def ask_nothing(one: object, ask: Ask) -> Iterator[Finding]:
    """Never finds anything."""
    yield from ()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"each": str}, "The rule planted is asked of str: no kind of walks.py."),
        ({"tags": ("a",)}, "The rule planted names tags, which only an Element has."),
        ({"each": Passage, "tags": ("a",)}, "names tags, which only an Element has."),
        ({"language": "english!"}, 'is for the language "english!": not such as "en".'),
        ({"language": "EN"}, 'is for the language "EN": not such as "en".'),
    ],
)
def test_what_cannot_be_asked_is_refused(said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check("planted", Severity.INFO, **said)(ask_nothing)
    with pytest.raises(ValueError, match=why):
        also("planted", **{"each": Passage, **said})(ask_nothing)

    assert "planted" not in RULES


def test_a_further_question_needs_its_rule() -> None:
    with pytest.raises(ValueError, match="There is no rule planted that could ask this, too"):
        also("planted", each=Element, tags=("a",))(ask_nothing)


def test_a_name_is_taken_once() -> None:
    assert "vague-link" in all_rules()
    with pytest.raises(ValueError, match="There are two rules vague-link"):
        check("vague-link", Severity.INFO)(ask_nothing)


@pytest.mark.parametrize(
    ("of", "language", "is_asked"),
    [
        ("", "de-DE", True),
        ("en", "en", True),
        ("en", "en-GB", True),
        ("en", "EN-gb", True),
        ("en-gb", "en-GB", True),
        ("en-gb", "en-US", False),
        ("en", "de", False),
        ("en", "enm", False),  # Middle English
    ],
)
def test_which_issues_a_language_means(
    of: str, language: str, is_asked: bool, newsroom: Newsroom
) -> None:
    question = Question(each=Passage, ask=ask_nothing, language=of)

    assert question.is_asked_of(replace(newsroom.issue, language=language)) == is_asked
