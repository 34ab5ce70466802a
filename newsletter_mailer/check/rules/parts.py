"""Parts: the HTML and the plain text say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from lxml import etree

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.english.words import BLANK
from newsletter_mailer.check.look.styles import own_words
from newsletter_mailer.check.page.page import Page
from newsletter_mailer.check.page.visible_text import ComparableText, visible_text
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.template.kind_files import (
    add_to_text,
    declared,
    has_text_file,
    shown_as,
    text_file,
)
from newsletter_mailer.check.text.passages import Passage
from newsletter_mailer.findings import Finding, Severity, Source
from newsletter_mailer.issue.model import Section
from newsletter_mailer.issue.moments import Moment

LEAST_SHARE = 0.7  #: of the words of the HTML
_TOO_FEW = 30  #: words that say nothing about a share


class _Lost(NamedTuple):
    """What one part says and the other does not."""

    words: str
    source: Source


class _Pair(NamedTuple):
    """The two parts of a version, and those of its sections that they are looked at for."""

    page: Page
    sections: Sequence[Section]
    html: ComparableText
    text: ComparableText


@check("text-differs", Severity.WARNING)
def text_differs(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """The plain text leaves out what the HTML says, or the other way round.

    Some readers, watches and screen readers show the plain text, and spam filters compare the two
    (SpamAssassin: MPART_ALT_DIFF, up to 2.8 points). Mostly a kind's .txt file forgets a field or
    the whole text, or a field has no label. What a section says is looked for in both; besides,
    seven words in ten of the HTML must be in the plain text. What the template hides, what a
    button says and what a picture shows need not be there.
    """
    pages = [*_pages(context)]
    lost = [*_lost(context, pages)]
    for section, where, in_html, what in lost:
        yield _told(context, ask, section, where, what, is_in_html=in_html)
    if not lost:
        yield from _scarce(pages, ask)


def _pages(context: CheckContext) -> Iterator[_Pair]:
    """Versions with sections that no earlier one has: a section reads the same in all of them."""
    known: set[str] = set()
    for page in context.pages:
        new = [one for one in page.variant.sections if one.slug not in known]
        known.update(one.slug for one in new)
        if new:
            yield _Pair(
                page, new, ComparableText(visible_text(page.body)), ComparableText(page.text)
            )


def _lost(
    context: CheckContext, pages: Sequence[_Pair]
) -> Iterator[tuple[Section, str, bool, _Lost]]:
    """What only one part says, of each field of a kind once; and whether the HTML says it."""
    told: set[tuple[str, str, bool]] = set()
    passages = _by_section(context.passages)
    for page in pages:
        for section in page.sections:
            own = passages.get(section.slug, ())
            for where, in_html, in_text, what in _compared(section, own, page):
                key = (section.kind.name, where, in_html)
                if in_html == in_text or key in told:
                    continue
                if (
                    in_html
                    and where in ("title", "body")
                    and not has_text_file(context.template, section)
                ):
                    continue  # the general layout has both
                told.add(key)
                yield section, where, in_html, what


def _compared(
    section: Section, passages: Sequence[Passage], page: _Pair
) -> Iterator[tuple[str, bool, bool, _Lost]]:
    """Each thing that a section says: where, and whether each part says it."""
    for passage in passages:
        if not _is_of_a_button(passage, section):
            words = " ".join(passage.text.replace(BLANK, "{{ ... }}").split())
            lost = _Lost(words, passage.source)
            yield passage.where, page.html.has(passage.text), page.text.has(passage.text), lost
    for name, value in section.fields.items():
        if isinstance(value, Moment) and name != "ends":  # `when` names both
            lost = _Lost(value.date_text, section.source.at(section.field_lines.get(name, 1)))
            yield name, page.html.has_day(value), page.text.has_day(value), lost


def _by_section(passages: Sequence[Passage]) -> Mapping[str, Sequence[Passage]]:
    by_section: dict[str, list[Passage]] = {}
    for passage in passages:
        if passage.section is not None:
            by_section.setdefault(passage.section.slug, []).append(passage)
    return by_section


def _is_of_a_button(passage: Passage, section: Section) -> bool:
    """The words of a button, or of a picture: the parts show those in ways of their own."""
    name, _, ending = passage.where.rpartition("_")
    spec = section.kind.fields.get(name)
    return spec is not None and (ending, spec.type) in (("text", "url"), ("alt", "picture"))


def _told(
    context: CheckContext, ask: Ask, section: Section, where: str, lost: _Lost, *, is_in_html: bool
) -> Finding:
    what = "the text" if where == "body" else f'the field "{where}"'
    words = lost.words if len(lost.words) <= 60 else f"{lost.words[:57]}..."
    said = f'"{words}" ({lost.source.file}, line {lost.source.line})'
    if is_in_html:
        return ask.finding(
            text_file(context.template, section, where),
            f"The plain text leaves out {what} of the kind {section.kind.name}: {said} is only in "
            "the HTML.",
            add_to_text(context.template, section, where),
        )
    return ask.finding(
        declared(context.template, section, where),
        f"The HTML leaves out {what} of the kind {section.kind.name}: {said} is only in the plain "
        "text.",
        f"Show {{{{ section.{shown_as(section, where)} }}}} there.",
    )


def _scarce(pages: Sequence[_Pair], ask: Ask) -> Iterator[Finding]:
    """The version whose plain text has the least of its HTML, if that is too little."""
    shares = {
        pair.html.share_in(pair.text): pair for pair in pages if len(pair.html.words) >= _TOO_FEW
    }
    share = min(shares, default=1.0)
    if share < LEAST_SHARE:
        page, said = shares[share].page, {*shares[share].text.words}
        yield ask.finding(
            page.source(_wordiest(page, said)),
            f"The plain text has {share:.0%} of the words of the HTML; most that are missing "
            "stand here.",
            "Put what readers need into the sections: the plain text is made of them.",
        )


def _wordiest(page: Page, said: set[str]) -> etree._Element:
    """The element with most words that the plain text does not have."""
    elements = [one for one in page.body.iter() if isinstance(one.tag, str)]
    return max(elements, key=lambda one: len({*ComparableText(own_words(one)).words} - said))
