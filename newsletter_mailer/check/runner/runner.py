"""Asks every question: what they are asked of is walked through once, kind by kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.context.walks import walk
from newsletter_mailer.check.evidence.gathering import stop_if_gathering_did
from newsletter_mailer.check.questions.rule import Ask, Question, Rule
from newsletter_mailer.check.rules import all_rules
from newsletter_mailer.check.runner.failures import Failures
from newsletter_mailer.check.runner.timings import WALKING, Timings
from newsletter_mailer.findings import Finding

_Asked = Sequence[tuple[Question, Ask]]


def ask_all(context: CheckContext, timings: Timings | None = None) -> Iterator[Finding]:
    """What every question finds; of those that need evidence, where there is some.

    A rule that fails on one thing is told, and asked of the next all the same. Raises the
    NewsletterError that gathering evidence raised.
    """
    return _Run(context, timings).findings()


class _Run:
    """Every question asked once of everything that it is asked of."""

    def __init__(self, context: CheckContext, timings: Timings | None) -> None:
        self._context = context
        self._timings = timings
        self._failures = Failures(context.issue.source)

    def findings(self) -> Iterator[Finding]:
        """Rules that need evidence are asked last: it may still be under way."""
        rules = all_rules().values()
        yield from self._found_by([rule for rule in rules if rule.needs is None])
        stop_if_gathering_did(self._context)
        yield from self._found_by([rule for rule in rules if rule.needs is not None])
        yield from self._failures.findings()

    def _found_by(self, rules: Iterable[Rule]) -> Iterator[Finding]:
        for (each, tags), asked in _by_kind(rules, self._context).items():
            for one in self._walked(each, tags, asked):
                for question, ask in asked:
                    yield from self._answers(question, ask, one)

    def _walked(self, each: type, tags: tuple[str, ...], asked: _Asked) -> Iterator[object]:
        """What cannot be walked through fails every rule that is asked of it."""
        walking = iter(())  # type: Iterator[object]
        try:
            with self._timed(WALKING):
                walking = iter(walk(each, self._context, tags))
            while True:
                with self._timed(WALKING):
                    one = next(walking, _END)
                if one is _END:
                    return
                yield one
        except Exception as fault:  # noqa: BLE001  # a mistake of ours must not hide other findings
            for _, ask in asked:
                self._failures.add(ask.rule.id, self._context.issue, fault)

    def _answers(self, question: Question, ask: Ask, one: object) -> Sequence[Finding]:
        """Nothing of what fails halfway: half its answers would pass for all of them."""
        causes_told = ask.causes_told
        try:
            with self._timed(ask.rule.id):
                return [*question.ask(one, ask)]
        except Exception as fault:  # noqa: BLE001  # a mistake of ours must not hide other findings
            ask.take_back(causes_told)
            self._failures.add(ask.rule.id, one, fault)
            return ()

    def _timed(self, rule: str) -> AbstractContextManager[None]:
        return nullcontext() if self._timings is None else self._timings.of(rule)


_END = object()


def _by_kind(
    rules: Iterable[Rule], context: CheckContext
) -> Mapping[tuple[type, tuple[str, ...]], _Asked]:
    """The questions that can be asked here, by what they are asked of."""
    by_kind: dict[tuple[type, tuple[str, ...]], list[tuple[Question, Ask]]] = {}
    for rule in rules:
        if rule.is_asked_of(context):
            ask = Ask(rule, context)
            for question in rule.questions:
                if question.is_asked_of(context.issue):
                    kind = (question.each, question.tags)
                    by_kind.setdefault(kind, []).append((question, ask))
    return by_kind
