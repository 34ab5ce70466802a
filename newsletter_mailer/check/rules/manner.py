"""Manner: how it is said, how much of it, and what spam filters make of that."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.context.template_words import template_words
from newsletter_mailer.check.english.dashes import DASHES, Dash, dashes
from newsletter_mailer.check.english.list_lines import POINTS
from newsletter_mailer.check.english.phrases import Phrases
from newsletter_mailer.check.english.vocabulary import Vocabulary
from newsletter_mailer.check.questions.registry import also, check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.text.passages import Passage
from newsletter_mailer.findings import Finding, Severity

_MANY_SECTIONS = 15


@check("mixed-dashes", Severity.INFO)
def mixed_dashes(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """Hyphens, en dashes and em dashes side by side for the same thing: a break in a sentence.

    Texts by several hands show it - like this – or this — and look unfinished. The kind that the
    issue uses most is taken for the one that is meant, an en dash where two are used alike. Ranges
    (09:30–11:00, Monday - Friday) and joined words (parent–child) are not meant.
    """  # noqa: RUF002  # dashes are what it is about
    found = [(passage, dash) for passage in context.passages for dash in dashes(passage.text)]
    counts = Counter(dash.mark for _, dash in found)
    if len(counts) < 2:
        return
    usual = max(counts, key=lambda mark: (counts[mark], mark == "–"))
    told: dict[tuple[str, str], _Odd] = {}
    for passage, dash in found:
        if dash.mark != usual:
            key = (passage.source.file, dash.mark)
            told.setdefault(key, _Odd(passage, dash)).times += 1
    for odd in told.values():
        more = f" here, and {odd.times - 1} more in this file" if odd.times > 1 else " here"
        yield ask.finding(
            odd.passage.at(odd.dash.start, odd.dash.end),
            f"{DASHES[odd.dash.mark].capitalize()} ({odd.dash.mark}) stands for a break{more}; "
            f"others in this issue have {DASHES[usual]} ({usual}).",
            f"Write {usual} here too, or split the sentence.",
        )


@check("spam-phrase", Severity.WARNING, each=Passage)
def spam_phrase(passage: Passage, ask: Ask) -> Iterator[Finding]:
    """A phrase that alone costs a point or more at SpamAssassin: "Dear friend", "100% guaranteed".

    With 5 points a mail is spam, and an honest newsletter has spent one or two on other things. The
    list is short, for what counts today is who sends and who complains: "act now", "click below"
    and "free", which old lists warn of, cost next to nothing (SpamAssassin 4.0.1, 50_scores.cf).
    """
    phrases = _spam_phrases(ask.context.vocabulary)
    for found in phrases.finditer(passage.text):
        price = phrases.price(found)
        yield ask.finding(passage.at(*found.span()), price, "Say it in other words.")


@also("spam-phrase", each=CheckContext)
def spam_phrase_of_template(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    phrases = _spam_phrases(context.vocabulary)
    for found, source in template_words(context, phrases.finditer):
        price = phrases.price(found)
        yield ask.finding(source, price, "Say it in other words, in the template.")


@check("many-sections", Severity.INFO)
def many_sections(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """More than fifteen sections in what one reader gets.

    Few people read so far. Some sections may be for some regions or roles only, or wait for the
    next issue; what matters to most belongs at the top.
    """
    most = max((len(one.sections) for one in context.plan.variants.values()), default=0)
    if most > _MANY_SECTIONS:
        yield ask.finding(
            context.issue.source,
            f"Some readers get {most} sections in one mail.",
            "Give sections to those whom they concern (regions and roles), or keep some for later.",
        )


@dataclass(slots=True)
class _Odd:
    """The first dash of a kind in a file, and how many there are."""

    passage: Passage
    dash: Dash
    times: int = 0


class _SpamPhrases(Phrases):
    """The phrases of the newsletter's list, and what SpamAssassin asks for each."""

    def __init__(self, points: Mapping[str, str]) -> None:
        super().__init__([*points])
        self._points = points

    def price(self, found: re.Match[str]) -> str:
        points = self._points[self.which(found)]
        costs = points if POINTS.fullmatch(points) else "1"
        phrase = " ".join(found[0].split())
        return f'"{phrase}" costs {costs} of the 5 points that make a mail spam for SpamAssassin.'


@lru_cache(maxsize=1)
def _spam_phrases(vocabulary: Vocabulary) -> _SpamPhrases:
    """Made once for an issue's many passages."""
    return _SpamPhrases(vocabulary.table("spam-phrases"))
