"""Clarity: what readers may not understand."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from operator import attrgetter

from newsletter_mailer.check.context.audience_overlap import comes_with
from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.english.acronyms import acronyms, is_explained_at
from newsletter_mailer.check.english.readability import Measure, measure
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.text.passages import Passage
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.issue.model import Section

_LONG_TEXT = 100  #: words from which on a text's grade means something
_HARD = 12.0  #: grade: thirteen years of school
_OLDEST = 21  #: the age at which a degree is taken; beyond, the number means nothing


@check("unexplained-acronym", Severity.INFO)
def unexplained_acronym(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """An acronym that is not spelt out where it is first used.

    Write it out once: "multi-agency child protection teams (MACPTs)" or "MACPTs (multi-agency
    child protection teams)". What is explained in a section that only some readers get is not
    explained for the others; a title may be explained in its section's text. In newsletter.toml

        [check.acronyms]
        SEND = "special educational needs and disabilities"
        DCS = ""

    says what an acronym stands for (its first use then needs these words near it, and it is a
    warning if they are missing) or, with "", that your readers know it.
    """
    meanings = {**context.settings.check.acronyms, **context.issue.check.acronyms}
    known = context.vocabulary.words("known-acronyms")
    explained: dict[str, list[Section]] = {}
    told: set[str] = set()
    for section, passages in _by_section(context):
        first: dict[str, tuple[Passage, re.Match[str]]] = {}
        for passage in passages:
            for found in acronyms(passage.text, known):
                name = found["name"]
                first.setdefault(name, (passage, found))
                if is_explained_at(passage.text, found):
                    explained.setdefault(name, []).append(section)
        for name, (passage, found) in first.items():
            meaning = meanings.get(name)
            if name in told or meaning == "":
                continue
            if meaning and _says(passages, meaning):
                explained.setdefault(name, []).append(section)
            if not any(comes_with(one, section) for one in explained.get(name, ())):
                told.add(name)
                yield ask.finding(
                    passage.at(*found.span("name")),
                    f'"{name}" is used here before it is explained.',
                    f"Write {meaning or 'its long form'} ({name}) here. If all readers know it, "
                    f'write {name} = "" below [check.acronyms] in newsletter.toml.',
                    Severity.WARNING if meaning else None,
                )


@check("reading-age", Severity.INFO)
def reading_age(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """Texts that take more than thirteen years of school to read with ease.

    The Flesch-Kincaid grade (Kincaid et al., 1975) of all texts of 100 words and more together,
    plus 5, is the age. It counts words per sentence and syllables per word and knows nothing of
    sense, so it is information. GOV.UK writes for a reading age of 9, and its research found that
    specialists, too, prefer plain English: they have the most to read. Shorter sentences help most.
    """
    measured: list[tuple[Measure, Section]] = []
    for section, passages in _by_section(context):
        found = measure(one.text for one in passages if one.where == "body")
        if found.words >= _LONG_TEXT:
            measured.append((found, section))
    total = sum((found for found, _ in measured), Measure())
    if total.grade > _HARD:
        found, section = max(measured, key=lambda one: one[0].grade)
        yield ask.finding(
            section.source.at(section.body_line),
            f"The longer texts need a reading age of {_age(total)}; this one, the hardest, "
            f"{_age(found)}.",
            f"Its sentences have {found.words / found.sentences:.0f} words on average. Split the "
            "longest, and take shorter words.",
        )


def _by_section(context: CheckContext) -> Iterator[tuple[Section, list[Passage]]]:
    """The passages of each section, in reading order. The subject and the preheader have none."""
    for section, passages in itertools.groupby(context.passages, attrgetter("section")):
        if section is not None:
            yield section, [*passages]


def _age(found: Measure) -> str:
    return f"{found.age}" if found.age <= _OLDEST else f"more than {_OLDEST}"


def _says(passages: list[Passage], meaning: str) -> bool:
    wanted = " ".join(meaning.casefold().split())
    return any(wanted in " ".join(one.text.casefold().split()) for one in passages)
