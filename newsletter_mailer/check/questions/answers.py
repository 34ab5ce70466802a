"""What one rule says of an issue, for another that would say it again."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.context.walks import walk
from newsletter_mailer.check.questions.rule import Ask, Rule
from newsletter_mailer.findings import Finding


def answers(rule: Rule, context: CheckContext) -> Iterator[Finding]:
    """Raises whatever the rule does."""
    ask = Ask(rule, context)
    for question in rule.questions:
        if question.is_asked_of(context.issue):
            for one in walk(question.each, context, question.tags):
                yield from question.ask(one, ask)
