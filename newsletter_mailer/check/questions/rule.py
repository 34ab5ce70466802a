"""A rule: one thing that can be wrong, what it is asked of, and the findings that it makes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any  # what a question is asked of or needs, which it says itself

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.evidence.registry import Evidence
from newsletter_mailer.findings import Finding, Severity, Source
from newsletter_mailer.issue.model import Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Asked of each of its kind, one after the other. Yields everything that is wrong with it.

    What it raises is a mistake of ours: the runner tells it, and goes on with the next.
    """

    each: type  #: what it is asked of, one of `context/walks.py`
    ask: Callable[[Any, Ask], Iterator[Finding]]
    tags: tuple[str, ...] = ()  #: of elements: those of these tags only
    language: str = ""  #: the issue's, a basic language range of RFC 4647 ("en"); empty for any

    def is_asked_of(self, issue: Issue) -> bool:
        """Whether issues in its language are asked."""
        return not self.language or issue.is_in(self.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that can be wrong. Its manual is its docstring.

    `questions` is empty for what is found while files are read, before there is anything to ask.
    """

    id: str
    severity: Severity
    manual: str
    group: str  #: the chapter of the manual
    questions: tuple[Question, ...] = ()
    needs: Evidence[Any] | None = None  #: it is asked only where there is that evidence
    adjustable: bool = True  #: whether its severity may be changed and whether it may be ignored
    guards: bool = False  #: against fraud: what comes with an issue can neither ignore nor lower it
    #: It tells only that something is past when the issue is sent; `--past-dates` sends it so.
    finds_past_dates: bool = False

    @property
    def option(self) -> str:
        """Of `check`, without which it is not asked; empty where there is none."""
        return self.needs.option if self.needs is not None else ""

    @property
    def summary(self) -> str:
        """The manual's first sentence."""
        return self.manual.partition("\n\n")[0].replace("\n", " ")

    def is_asked_of(self, context: CheckContext) -> bool:
        """Whether what it needs from outside was gathered."""
        return self.needs is None or self.needs.was_asked_for(context)


class Ask:
    """One rule in one run: what it looks at, and the findings that it makes."""

    def __init__(self, rule: Rule, context: CheckContext) -> None:
        self.rule = rule
        self.context = context
        self._told: dict[Hashable, None] = {}  # in the order in which they were told

    def finding(
        self,
        source: Source,
        message: str,
        hint: str = "",
        severity: Severity | None = None,
        gist: str = "",
    ) -> Finding:
        """`severity` None: the rule's own."""
        return Finding(
            rule=self.rule.id,
            severity=severity or self.rule.severity,
            source=source,
            message=message,
            hint=hint,
            gist=gist,
        )

    def is_first(self, cause: Hashable) -> bool:
        """Whether the rule has not yet told of that cause in this run. From now on it has."""
        if cause in self._told:
            return False
        self._told[cause] = None
        return True

    @property
    def causes_told(self) -> int:
        """How many causes were the first of their kind so far."""
        return len(self._told)

    def take_back(self, causes_told: int) -> None:
        """Forgets the causes since there were so many: what was found of them is lost."""
        while len(self._told) > causes_told:
            self._told.popitem()
