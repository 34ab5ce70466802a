"""The rules: what each asks, and the manual that is its docstring."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from newsletter_mailer.check.subject import Subject
from newsletter_mailer.findings import Finding, Severity, Source

Question = Callable[["Subject", "Ask"], Iterator[Finding]]

#: What a rule may need that is gathered only when somebody asks for it; names of Evidence.
Need = Literal["", "spelling", "reached", "axe", "spam"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that can be wrong. Its manual is its docstring.

    `ask` is None for what is found while files are read, before there is anything to ask.
    """

    id: str
    severity: Severity
    manual: str
    group: str  #: the chapter of the manual
    ask: Question | None = None
    needs: Need = ""
    adjustable: bool = True  #: whether its severity may be changed and whether it may be ignored
    guards: bool = False  #: against fraud: what comes with an issue can neither ignore nor lower it

    @property
    def summary(self) -> str:
        """The manual's first sentence."""
        return self.manual.partition("\n\n")[0].replace("\n", " ")


class Ask:
    """Makes the findings of one rule."""

    def __init__(self, rule: str, severity: Severity) -> None:
        self._rule, self._severity = rule, severity

    def finding(
        self,
        source: Source,
        message: str,
        hint: str = "",
        severity: Severity | None = None,
        gist: str = "",
    ) -> Finding:
        return Finding(
            rule=self._rule,
            severity=severity or self._severity,
            source=source,
            message=message,
            hint=hint,
            gist=gist,
        )


RULES: dict[str, Rule] = {}


def check(
    rule: str,
    severity: Severity,
    *,
    needs: Need = "",
    appendix: str = "",
    guards: bool = False,
) -> Callable[[Question], Question]:
    """Registers a question. One function, one line, one entry in the manual.

    `appendix` ends the manual with a list that the code itself goes by.
    """

    def register(question: Question) -> Question:
        module = inspect.getmodule(question)
        _add(
            Rule(
                id=rule,
                severity=severity,
                manual="\n\n".join(filter(None, (inspect.getdoc(question), appendix))),
                group=(inspect.getdoc(module) or "").partition("\n")[0].rstrip("."),
                ask=question,
                needs=needs,
                guards=guards,
            )
        )
        return question

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


def _add(rule: Rule) -> None:
    if rule.id in RULES:
        raise ValueError(f"There are two rules {rule.id}.")
    RULES[rule.id] = rule
