"""Manner: how it is said, how much of it, and what spam filters make of that."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter_mailer.check.english.dashes import DASHES, Dash, dashes
from newsletter_mailer.check.passages import Passage
from newsletter_mailer.check.registry import Ask, check
from newsletter_mailer.check.subject import Subject
from newsletter_mailer.check.template.words import template_words
from newsletter_mailer.findings import Finding, Severity

_MANY_SECTIONS = 15
#: SpamAssassin 4.0.1, 20_phrases.cf and 72_active.cf: what it scores with a point or more however
#: it is set up, with the points that it gives offline (50_scores.cf, set 0). Its rules' names are
#: GUARANTEED_100_PERCENT, BANG_GUAR, DEAR_FRIEND, DEAR_SOMETHING, DEAR_WINNER, EXCUSE_4,
#: EXCUSE_REMOVE, UNCLAIMED_MONEY, FREE_QUOTE_INSTANT.
_SPAM = (
    (r"100%\sguaranteed", 2.7),
    (r"\bguaranteed?!", 1.0),
    (r"\A\s*dear\sfriend\b", 2.7),
    (r"\bdear\s(?:candidate|sirs?|madam|investor|travell?er|internet|web)\b", 2.0),
    (r"\bdear\b.{1,20}\bwinner", 3.1),
    (r"\bto\sbe\sremoved,?\splease", 2.4),
    (r"\bto\sbe\sremoved\sfrom\b.{0,20}(?:mailings|offers)", 2.9),
    (r"\bunclaimed\s(?:assets?|accounts?|money|monies|funds?|prizes?|payments?|deposits?)\b", 2.7),
    (r"\bfree.{0,12}(?:instant|express|online|no.?obligation).{0,32}\bquote", 2.7),
)
_SPAM_PHRASE = re.compile(
    "|".join(f"(?P<n{number}>{phrase})" for number, (phrase, _) in enumerate(_SPAM)),
    re.IGNORECASE | re.DOTALL,
)


@check("mixed-dashes", Severity.INFO)
def mixed_dashes(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """Hyphens, en dashes and em dashes side by side for the same thing: a break in a sentence.

    Texts by several hands show it - like this – or this — and look unfinished. The kind that the
    issue uses most is taken for the one that is meant, an en dash where two are used alike. Ranges
    (09:30–11:00, Monday - Friday) and joined words (parent–child) are not meant.
    """  # noqa: RUF002  # dashes are what it is about
    found = [(passage, dash) for passage in subject.passages for dash in dashes(passage.text)]
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


@check("spam-phrase", Severity.WARNING)
def spam_phrase(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A phrase that alone costs a point or more at SpamAssassin: "Dear friend", "100% guaranteed".

    With 5 points a mail is spam, and an honest newsletter has spent one or two on other things. The
    list is short, for what counts today is who sends and who complains: "act now", "click below"
    and "free", which old lists warn of, cost next to nothing (SpamAssassin 4.0.1, 50_scores.cf).
    """
    written = set()
    for passage in subject.passages:
        for found in _SPAM_PHRASE.finditer(passage.text):
            written.add(found[0])
            yield ask.finding(passage.at(*found.span()), _price(found), "Say it in other words.")
    for found, source in template_words(subject, _SPAM_PHRASE):
        if found[0] not in written:
            yield ask.finding(source, _price(found), "Say it in other words, in the template.")


@check("many-sections", Severity.INFO)
def many_sections(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """More than fifteen sections in what one reader gets.

    Few people read so far. Some sections may be for some regions or roles only, or wait for the
    next issue; what matters to most belongs at the top.
    """
    most = max((len(one.sections) for one in subject.plan.variants.values()), default=0)
    if most > _MANY_SECTIONS:
        yield ask.finding(
            subject.issue.source,
            f"Some readers get {most} sections in one mail.",
            "Give sections to those whom they concern (regions and roles), or keep some for later.",
        )


@dataclass(slots=True)
class _Odd:
    """The first dash of a kind in a file, and how many there are."""

    passage: Passage
    dash: Dash
    times: int = 0


def _price(found: re.Match[str]) -> str:
    _, points = _SPAM[int((found.lastgroup or "n0")[1:])]
    phrase = " ".join(found[0].split())
    return f'"{phrase}" costs {points:g} of the 5 points that make a mail spam for SpamAssassin.'
