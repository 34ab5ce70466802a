"""Where rules register: `@check` above a question makes a rule of it.

    @check("emoji-run", Severity.INFO, each=Passage)
    def emoji_run(passage: Passage, ask: Ask) -> Iterator[Finding]:
        \"""Three or more emoji in a row: a screen reader says the name of each.\"""

One function, one line, one entry in the manual. `each` says what it is asked of, one after the
other: a kind of `context/walks.py`, or the issue as a whole (`CheckContext`, the usual).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar  # Any: whatever the evidence is

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.context.walks import KINDS
from newsletter_mailer.check.evidence.registry import Evidence
from newsletter_mailer.check.page.page import Element
from newsletter_mailer.check.questions.rule import Ask, Question, Rule
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.settings.newsletter import is_language

RULES: dict[str, Rule] = {}

Kind = TypeVar("Kind")
Asking = Callable[[Kind, Ask], Iterator[Finding]]


def check(
    rule: str,
    severity: Severity,
    *,
    each: type[Kind] = CheckContext,  # type: ignore[assignment]  # mypy knows no defaults of type variables
    tags: tuple[str, ...] = (),
    language: str = "",
    needs: Evidence[Any] | None = None,
    appendix: str = "",
    guards: bool = False,
    finds_past_dates: bool = False,
) -> Callable[[Asking[Kind]], Asking[Kind]]:
    """Registers a question, and the rule that it asks for.

    `tags`: of the elements (`each=Element`) that it is asked of. `language`: of the issues that it
    is asked of, a language range such as "en" in small letters. `appendix` ends the manual with a
    list that the code itself goes by. Raises ValueError if there is such a rule already, or if
    nothing can be asked that way.
    """
    question_of = _asked(rule, each, tags, language)

    def register(asking: Asking[Kind]) -> Asking[Kind]:
        module = inspect.getmodule(asking)
        _add(
            Rule(
                id=rule,
                severity=severity,
                manual="\n\n".join(filter(None, (inspect.getdoc(asking), appendix))),
                group=(inspect.getdoc(module) or "").partition("\n")[0].rstrip("."),
                questions=(question_of(asking),),
                needs=needs,
                guards=guards,
                finds_past_dates=finds_past_dates,
            )
        )
        return asking

    return register


def also(
    rule: str, *, each: type[Kind], tags: tuple[str, ...] = (), language: str = ""
) -> Callable[[Asking[Kind]], Asking[Kind]]:
    """A further question of a rule that is registered already, asked of something else.

    Raises ValueError if there is no such rule, or if nothing can be asked that way.
    """
    question_of = _asked(rule, each, tags, language)
    if rule not in RULES:
        raise ValueError(f"There is no rule {rule} that could ask this, too.")

    def register(asking: Asking[Kind]) -> Asking[Kind]:
        questions = (*RULES[rule].questions, question_of(asking))
        RULES[rule] = replace(RULES[rule], questions=questions)
        return asking

    return register


def found_while_reading(
    rule: str,
    severity: Severity,
    manual: str,
    *,
    group: str,
    adjustable: bool = False,
    guards: bool = False,
) -> None:
    """Registers a rule that no question asks: readers and the composer find it themselves."""
    _add(
        Rule(
            id=rule,
            severity=severity,
            manual=inspect.cleandoc(manual),
            group=group,
            adjustable=adjustable,
            guards=guards,
        )
    )


def _asked(
    rule: str, each: type[Kind], tags: tuple[str, ...], language: str
) -> Callable[[Asking[Kind]], Question]:
    """Makes questions that are asked so. Raises ValueError for what would never be asked."""
    if each not in KINDS:
        raise ValueError(f"The rule {rule} is asked of {each.__name__}: no kind of walks.py.")
    if tags and each is not Element:
        raise ValueError(f"The rule {rule} names tags, which only an Element has.")
    if language and not (is_language(language) and language.islower()):
        raise ValueError(f'The rule {rule} is for the language "{language}": not such as "en".')
    return lambda asking: Question(each=each, ask=asking, tags=tags, language=language)


def _add(rule: Rule) -> None:
    if rule.id in RULES:
        raise ValueError(f"There are two rules {rule.id}.")
    RULES[rule.id] = rule
