"""Accessibility, structure: what a screen reader tells of a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from lxml import etree

from newsletter_mailer.check.page import Page
from newsletter_mailer.check.registry import Ask, check
from newsletter_mailer.check.subject import Subject
from newsletter_mailer.findings import Finding, Severity, Source

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_UNDETERMINED = "und"  #: what MJML writes where no language is given (ISO 639-2)
_NO_TABLE = ("presentation", "none")
_BARE_TABLE = re.compile(r"<table\b(?![^>]*\brole\s*=)[^>]*>", re.I)
_PLACEHOLDER_TITLES = frozenset({"untitled", "newsletter", "title", "document", "email", "mail"})


@check("one-main-heading", Severity.WARNING)
def one_main_heading(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A page without a first heading (h1), or with several.

    The one h1 says what this is, as a title page does; people who use a screen reader look for it
    first. Titles of sections are h2 (WCAG 1.3.1; Email Markup Consortium: missing in 74 % of
    376,000 mails).
    """
    for page in subject.pages:
        found = list(page.tree.iter("h1"))
        if not found:
            yield ask.finding(
                subject.in_template("mj-body"),
                "The page has no first heading.",
                "Make the newsletter's name an <h1> in newsletter.mjml.",
            )
        for heading in found[1:]:
            yield ask.finding(
                page.source(heading),
                f'The page has a second first heading: "{_words(heading)}".',
                "Make it an <h2>; there is one <h1>, the newsletter's name.",
            )


@check("skipped-heading", Severity.WARNING)
def skipped_heading(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A heading two or more levels below the one before: an h4 that follows an h2.

    Screen readers tell the level, and a gap sounds as if something was left out (WCAG 1.3.1, axe's
    heading-order). In a section's own text the levels are always put right.
    """
    for page in subject.pages:
        headings = [(int(str(one.tag)[1]), one) for one in page.tree.iter(*_HEADINGS)]
        for (above, _), (level, heading) in pairwise(headings):
            if level - above > 1:
                yield ask.finding(
                    page.source(heading),
                    f'The heading "{_words(heading)}" is an h{level} and follows an h{above}.',
                    f"Make it an h{above + 1}; how large it looks is up to the style.",
                )


@check("empty-heading", Severity.ERROR)
def empty_heading(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A heading without words, which a screen reader announces and then says nothing (WCAG 2.4.6).

    Leave space with padding, not with headings.
    """
    for page in subject.pages:
        for heading in page.elements(*_HEADINGS):
            if not _words(heading) and not any(
                image.get("alt", "").strip() for image in heading.iter("img")
            ):
                yield ask.finding(
                    page.source(heading),
                    f"There is a heading ({heading.tag!s}) without words.",
                    "Remove it, or leave it out where there is no title: {% if section.title %}.",
                )


@check("language", Severity.ERROR)
def language(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A page that does not say its language (lang) and its direction of writing (dir).

    Without lang a screen reader reads English with the voice of whatever country it was set up in
    (WCAG 3.1.1). Webmail takes the <html> tag away, so that both must stand again on everything
    directly in <body>, the hidden preheader too (Email Markup Consortium: missing in 96 % of
    mails). MJML writes them everywhere if they are in the template's first line:
    <mjml lang="{{ newsletter.language }}" dir="{{ newsletter.direction }}">.
    """
    for page in subject.pages:
        boxes = [page.tree, *(child for child in page.body if isinstance(child.tag, str))]
        for name in dict.fromkeys(name for box in boxes for name in _unsaid(box)):
            yield ask.finding(
                subject.in_template("mjml"),
                f"The page does not say its {name}.",
                'Write <mjml lang="{{ newsletter.language }}" dir="{{ newsletter.direction }}">.',
            )


def _unsaid(element: etree._Element) -> Iterator[str]:
    given = element.get("lang", "")
    if not _LANGUAGE.fullmatch(given) or given.lower() == _UNDETERMINED:
        yield "language (lang)"
    if element.get("dir", "").lower() not in ("ltr", "rtl", "auto"):
        yield "direction (dir)"


@check("page-title", Severity.ERROR)
def page_title(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A page without a title, or with the template's name for one.

    It is the first thing that is heard when the mail is opened in a browser, and it names the tab
    (WCAG 2.4.2). In MJML: <mj-title>{{ issue.subject }}</mj-title>.
    """
    names = _PLACEHOLDER_TITLES | {subject.template.name.casefold()}
    for page in subject.pages:
        title = " ".join((page.tree.findtext("head/title") or "").split())
        if not title:
            yield ask.finding(
                subject.in_template("mj-title", "mj-head"),
                "The page has no title.",
                "Add <mj-title>{{ issue.subject }}</mj-title> to mj-head.",
            )
        elif title.casefold() in names:
            yield ask.finding(
                subject.in_template("mj-title"),
                f'The page\'s title is only "{title}".',
                "Write <mj-title>{{ issue.subject }}</mj-title>.",
                Severity.WARNING,
            )


@check("layout-table", Severity.ERROR)
def layout_table(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A table that only arranges things, without role="presentation".

    A screen reader announces every such table with its rows and columns; mails have dozens (WCAG
    1.3.1; Email Markup Consortium: in 84 % of mails). A table with headings (<th>) or a caption is
    taken for a table of data. In what only Outlook sees it is a warning.
    """
    hint = 'Add role="presentation" to a table of layout, and <th> to a table of data.'
    for page in subject.pages:
        for table in page.elements("table"):
            if table.get("role", "").lower() not in _NO_TABLE and not _has_data(table):
                yield ask.finding(
                    page.source(table), 'A table of layout lacks role="presentation".', hint
                )
        yield from _outlooks_tables(subject, page, ask, hint)


def _outlooks_tables(subject: Subject, page: Page, ask: Ask, hint: str) -> Iterator[Finding]:
    if not _BARE_TABLE.search(page.html):
        return
    for comment in page.body.iter(etree.Comment):
        for table in _BARE_TABLE.findall(comment.text or ""):
            yield ask.finding(
                _source_of(subject, page, comment, table),
                'A table of layout for Outlook lacks role="presentation".',
                hint,
                Severity.WARNING,
            )


def _source_of(subject: Subject, page: Page, comment: etree._Element, tag: str) -> Source:
    """Where a tag that only Outlook sees was written; else what stands next to its comment."""
    for file, text in subject.template.texts.items():
        start = text.find(tag)
        if start >= 0:
            column = start - text.rfind("\n", 0, start)
            line = text.count("\n", 0, start) + 1
            return Source(f"{subject.template.folder}/{file}", line, column, len(tag))
    after = (one for one in comment.itersiblings() if isinstance(one.tag, str))
    near = next(after, comment.getparent())
    return page.source(page.body if near is None else near)


@check("data-table", Severity.ERROR)
def data_table(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A table of data with role="presentation": its headings are not told.

    With that role a screen reader says the cells one after the other, without what row and column
    each belongs to (WCAG 1.3.1).
    """
    for page in subject.pages:
        for table in page.elements("table"):
            if table.get("role", "").lower() in _NO_TABLE and _has_data(table):
                yield ask.finding(
                    page.source(table),
                    f'A table with headings has role="{table.get("role")}", which hides them.',
                    "Remove the role, or make the headings ordinary cells if it is mere layout.",
                )


def _has_data(table: etree._Element) -> bool:
    """Whether it has headings or a caption of its own, not those of a table within."""
    return any(
        next(one.iterancestors("table")) is table for one in table.iter("th", "caption", "thead")
    )


_VML_SHAPE = re.compile(r"<v:(?:image|rect|roundrect|oval|shape|line)\b[^>]*>", re.I)
_IN_VML = re.compile(r"<v:(\w+)\b[^>]*>(?:(?!</v:\1>).)*?(<(?:a\s|h[1-6]\b)[^>]*>)", re.I | re.S)
#: What MJML itself writes for the background picture of a section, a wrapper or a hero.
_BY_MJML = re.compile(
    r'fill="true" stroke="false" style="(?:width:\d+px|mso-width-percent:1000);">|z-index:-3;" />'
)


@check("vml", Severity.WARNING)
def vml(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A drawing for classic Outlook (VML) without alt text, or with a link or a heading in it.

    Outlook shows such shapes as pictures: without alt a screen reader says "graphic", and links and
    headings within are not reached with the keyboard (parcel.io, accessibility checker). Shapes
    that MJML itself makes for background pictures are left alone.
    """
    for page in subject.pages:
        if "<v:" not in page.html:
            continue
        for comment in page.body.iter(etree.Comment):
            text = comment.text or ""
            for shape in _VML_SHAPE.findall(text):
                if _BY_MJML.search(shape):
                    continue
                source = _source_of(subject, page, comment, shape)
                if not re.search(r"\balt\s*=", shape, re.I):
                    yield ask.finding(
                        source,
                        "A shape for Outlook (VML) has no alt text.",
                        'Add alt="..." to it, or alt="" if it is mere decoration.',
                    )
                if re.search(r"\bhref\s*=", shape, re.I):
                    yield ask.finding(source, *_LINK_IN_VML)
            for found in _IN_VML.finditer(text):
                yield ask.finding(_source_of(subject, page, comment, found[2]), *_LINK_IN_VML)


_LINK_IN_VML = (
    "A link or a heading stands in a shape for Outlook (VML).",
    "Take it out of the shape: colour the cell and put the link into it as text.",
)


def _words(element: etree._Element) -> str:
    return " ".join("".join(map(str, element.itertext())).split())
