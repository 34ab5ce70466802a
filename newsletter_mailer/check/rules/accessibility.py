"""Accessibility, structure: what a screen reader tells of a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from lxml import etree

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.page.page import Element, Page
from newsletter_mailer.check.questions.registry import also, check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.findings import Finding, Severity, Source
from newsletter_mailer.lazy_patterns import lazy_pattern

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_LANGUAGE = lazy_pattern(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_UNDETERMINED = "und"  #: what MJML writes where no language is given (ISO 639-2)
_NO_TABLE = ("presentation", "none")
_GIVE_A_ROLE = 'Add role="presentation" to a table of layout, and <th> to a table of data.'
_BARE_TABLE = lazy_pattern(r"<table\b(?![^>]*\brole\s*=)[^>]*>", re.I)


@check("one-main-heading", Severity.WARNING, each=Page)
def one_main_heading(page: Page, ask: Ask) -> Iterator[Finding]:
    """A page without a first heading (h1), or with several.

    The one h1 says what this is, as a title page does; people who use a screen reader look for it
    first. Titles of sections are h2 (WCAG 1.3.1; Email Markup Consortium: missing in 74 % of
    376,000 mails).
    """
    found = list(page.tree.iter("h1"))
    if not found:
        yield ask.finding(
            ask.context.in_template("mj-body"),
            "The page has no first heading.",
            "Make the newsletter's name an <h1> in newsletter.mjml.",
        )
    for heading in found[1:]:
        yield ask.finding(
            page.source(heading),
            f'The page has a second first heading: "{_words(heading)}".',
            "Make it an <h2>; there is one <h1>, the newsletter's name.",
        )


@check("skipped-heading", Severity.WARNING, each=Page)
def skipped_heading(page: Page, ask: Ask) -> Iterator[Finding]:
    """A heading two or more levels below the one before: an h4 that follows an h2.

    Screen readers tell the level, and a gap sounds as if something was left out (WCAG 1.3.1, axe's
    heading-order). In a section's own text the levels are always put right.
    """
    headings = [(int(str(one.tag)[1]), one) for one in page.tree.iter(*_HEADINGS)]
    for (above, _), (level, heading) in pairwise(headings):
        if level - above > 1:
            yield ask.finding(
                page.source(heading),
                f'The heading "{_words(heading)}" is an h{level} and follows an h{above}.',
                f"Make it an h{above + 1}; how large it looks is up to the style.",
            )


@check("empty-heading", Severity.ERROR, each=Element, tags=_HEADINGS)
def empty_heading(heading: Element, ask: Ask) -> Iterator[Finding]:
    """A heading without words, which a screen reader announces and then says nothing (WCAG 2.4.6).

    Leave space with padding, not with headings.
    """
    images = heading.node.iter("img")
    if not _words(heading.node) and not any(one.get("alt", "").strip() for one in images):
        yield ask.finding(
            heading.source,
            f"There is a heading ({heading.tag}) without words.",
            "Remove it, or leave it out where there is no title: {% if section.title %}.",
        )


@check("language", Severity.ERROR, each=Page)
def language(page: Page, ask: Ask) -> Iterator[Finding]:
    """A page that does not say its language (lang) and its direction of writing (dir).

    Without lang a screen reader reads English with the voice of whatever country it was set up in
    (WCAG 3.1.1). Webmail takes the <html> tag away, so that both must stand again on everything
    directly in <body>, the hidden preheader too (Email Markup Consortium: missing in 96 % of
    mails). MJML writes them everywhere if they are in the template's first line:
    <mjml lang="{{ newsletter.language }}" dir="{{ newsletter.direction }}">.
    """
    boxes = [page.tree, *(child for child in page.body if isinstance(child.tag, str))]
    for name in dict.fromkeys(name for box in boxes for name in _unsaid(box)):
        yield ask.finding(
            ask.context.in_template("mjml"),
            f"The page does not say its {name}.",
            'Write <mjml lang="{{ newsletter.language }}" dir="{{ newsletter.direction }}">.',
        )


def _unsaid(element: etree._Element) -> Iterator[str]:
    given = element.get("lang", "")
    if not _LANGUAGE.fullmatch(given) or given.lower() == _UNDETERMINED:
        yield "language (lang)"
    if element.get("dir", "").lower() not in ("ltr", "rtl", "auto"):
        yield "direction (dir)"


@check("page-title", Severity.ERROR, each=Page)
def page_title(page: Page, ask: Ask) -> Iterator[Finding]:
    """A page without a title, or with the template's name for one.

    It is the first thing that is heard when the mail is opened in a browser, and it names the tab
    (WCAG 2.4.2). In MJML: <mj-title>{{ issue.subject }}</mj-title>.
    """
    template = ask.context.template.name.casefold()
    names = {*ask.context.vocabulary.words("placeholder-titles"), template}
    title = " ".join((page.tree.findtext("head/title") or "").split())
    if not title:
        yield ask.finding(
            ask.context.in_template("mj-title", "mj-head"),
            "The page has no title.",
            "Add <mj-title>{{ issue.subject }}</mj-title> to mj-head.",
        )
    elif title.casefold() in names:
        yield ask.finding(
            ask.context.in_template("mj-title"),
            f'The page\'s title is only "{title}".',
            "Write <mj-title>{{ issue.subject }}</mj-title>.",
            Severity.WARNING,
        )


@check("layout-table", Severity.ERROR, each=Element, tags=("table",))
def layout_table(table: Element, ask: Ask) -> Iterator[Finding]:
    """A table that only arranges things, without role="presentation".

    A screen reader announces every such table with its rows and columns; mails have dozens (WCAG
    1.3.1; Email Markup Consortium: in 84 % of mails). A table with headings (<th>) or a caption is
    taken for a table of data. In what only Outlook sees it is a warning.
    """
    if table.get("role").lower() not in _NO_TABLE and not _has_data(table.node):
        yield ask.finding(
            table.source, 'A table of layout lacks role="presentation".', _GIVE_A_ROLE
        )


@also("layout-table", each=Page)
def outlooks_layout_table(page: Page, ask: Ask) -> Iterator[Finding]:
    if not _BARE_TABLE.search(page.html):
        return
    for comment in page.body.iter(etree.Comment):
        for table in _BARE_TABLE.findall(comment.text or ""):
            yield ask.finding(
                _source_of(ask.context, page, comment, table),
                'A table of layout for Outlook lacks role="presentation".',
                _GIVE_A_ROLE,
                Severity.WARNING,
            )


def _source_of(context: CheckContext, page: Page, comment: etree._Element, tag: str) -> Source:
    """Where a tag that only Outlook sees was written; else what stands next to its comment."""
    for file, text in context.template.texts.items():
        start = text.find(tag)
        if start >= 0:
            column = start - text.rfind("\n", 0, start)
            line = text.count("\n", 0, start) + 1
            return Source(f"{context.template.folder}/{file}", line, column, len(tag))
    after = (one for one in comment.itersiblings() if isinstance(one.tag, str))
    near = next(after, comment.getparent())
    return page.source(page.body if near is None else near)


@check("data-table", Severity.ERROR, each=Element, tags=("table",))
def data_table(table: Element, ask: Ask) -> Iterator[Finding]:
    """A table of data with role="presentation": its headings are not told.

    With that role a screen reader says the cells one after the other, without what row and column
    each belongs to (WCAG 1.3.1).
    """
    if table.get("role").lower() in _NO_TABLE and _has_data(table.node):
        yield ask.finding(
            table.source,
            f'A table with headings has role="{table.get("role")}", which hides them.',
            "Remove the role, or make the headings ordinary cells if it is mere layout.",
        )


def _has_data(table: etree._Element) -> bool:
    """Whether it has headings or a caption of its own, not those of a table within."""
    return any(
        next(one.iterancestors("table")) is table for one in table.iter("th", "caption", "thead")
    )


_VML_SHAPE = lazy_pattern(r"<v:(?:image|rect|roundrect|oval|shape|line)\b[^>]*>", re.I)
_IN_VML = lazy_pattern(r"<v:(\w+)\b[^>]*>(?:(?!</v:\1>).)*?(<(?:a\s|h[1-6]\b)[^>]*>)", re.I | re.S)
#: What MJML itself writes for the background picture of a section, a wrapper or a hero.
_BY_MJML = lazy_pattern(
    r'fill="true" stroke="false" style="(?:width:\d+px|mso-width-percent:1000);">|z-index:-3;" />'
)


@check("vml", Severity.WARNING, each=Page)
def vml(page: Page, ask: Ask) -> Iterator[Finding]:
    """A drawing for classic Outlook (VML) without alt text, or with a link or a heading in it.

    Outlook shows such shapes as pictures: without alt a screen reader says "graphic", and links and
    headings within are not reached with the keyboard (parcel.io, accessibility checker). Shapes
    that MJML itself makes for background pictures are left alone.
    """
    if "<v:" not in page.html:
        return
    for comment in page.body.iter(etree.Comment):
        text = comment.text or ""
        for shape in _VML_SHAPE.findall(text):
            if _BY_MJML.search(shape):
                continue
            source = _source_of(ask.context, page, comment, shape)
            if not re.search(r"\balt\s*=", shape, re.I):
                yield ask.finding(
                    source,
                    "A shape for Outlook (VML) has no alt text.",
                    'Add alt="..." to it, or alt="" if it is mere decoration.',
                )
            if re.search(r"\bhref\s*=", shape, re.I):
                yield ask.finding(source, *_LINK_IN_VML)
        for found in _IN_VML.finditer(text):
            yield ask.finding(_source_of(ask.context, page, comment, found[2]), *_LINK_IN_VML)


_LINK_IN_VML = (
    "A link or a heading stands in a shape for Outlook (VML).",
    "Take it out of the shape: colour the cell and put the link into it as text.",
)


def _words(element: etree._Element) -> str:
    return " ".join("".join(map(str, element.itertext())).split())
