"""Gmail: where it cuts a mail off, and what it leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import tinycss2
from lxml import etree
from tinycss2 import ast

from newsletter_mailer.check.clients.gmail_limits import (
    GMAIL_CLIPS_AT,
    GMAIL_CLIPS_SOON,
    GMAIL_READS_CSS,
)
from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.look.parsed_sheets import parsed_sheet
from newsletter_mailer.check.page.page import Page, StyleSheet
from newsletter_mailer.check.questions.registry import also, check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.template.styles import TemplateStyles
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.quoted_printable import encode_piece
from newsletter_mailer.findings import Finding, Severity, Source
from newsletter_mailer.lazy_patterns import lazy_pattern
from newsletter_mailer.links import reader_links

_CONTROL = lazy_pattern("[\x80-\x9f]")
_DATA = lazy_pattern(r"url\(\s*[\"']?data:", re.IGNORECASE)


@check("gmail-clipping", Severity.ERROR)
def gmail_clipping(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """HTML of 102 KB or more, where Gmail hides the rest of the mail behind a link.

    The link to unsubscribe is then hidden too. Measured after filling, with the longest value of
    each field; from 90 KB on it is a warning. The size as sent is named too: quoted-printable
    makes it larger, and some have seen Gmail count that (hteumeuleu/email-bugs#41).
    """
    pages = {compiled.variant.id: _longest_page(context, compiled) for compiled in context.compiled}
    sizes = {variant: len(page.encode()) for variant, page in pages.items()}
    too_large = [variant for variant, size in sizes.items() if size >= GMAIL_CLIPS_SOON]
    if not too_large:
        return
    largest = max(too_large, key=lambda variant: sizes[variant])
    sections = next(c.variant.sections for c in context.compiled if c.variant.id == largest)
    heaviest = max(sections, key=lambda section: len(section.body.plain()))
    severity = Severity.ERROR if sizes[largest] >= GMAIL_CLIPS_AT else Severity.WARNING
    others = len(too_large) - 1
    yield ask.finding(
        context.issue.source,
        f"The variant {largest} has {sizes[largest] / 1024:.0f} KB of HTML "
        f"({len(encode_piece(pages[largest])) / 1024:.0f} KB as sent); Gmail hides what comes "
        f"after 102 KB." + (f" So it is, or nearly, with {others} more." if others else ""),
        f"Shorten or split the issue; its longest section is {heaviest.source.file}.",
        severity,
    )


def _longest_page(context: CheckContext, compiled: CompiledVariant) -> str:
    addresses = dict.fromkeys(compiled.pictures, "cid:0123456789ab-picture@example.org")
    links = reader_links(context.settings, context.issue.id, compiled.variant.id)
    return compiled.page(context.longest_values, links, addresses)


@check("invisible-control", Severity.ERROR, each=Page)
def invisible_control(page: Page, ask: Ask) -> Iterator[Finding]:
    """An invisible control character (U+0080 to U+009F), at which Gmail cuts the mail off.

    It does so even to a short mail (hteumeuleu/email-bugs#41). What you write is looked at while it
    is read; this finds what a template writes as a reference, such as `&#157;`. (`&#133;` and most
    others come out as the signs that they once meant.)
    """
    if _CONTROL.search(page.html):
        for element in page.tree.iter(etree.Element):
            words = (element.text or "", *(child.tail or "" for child in element))
            values = (str(value) for value in element.attrib.values())
            for text in (*words, *values):
                found = _CONTROL.search(text)
                if found is not None:
                    yield ask.finding(
                        page.source(element),
                        f"An invisible control character (U+{ord(found[0]):04X}) comes out "
                        "here; Gmail cuts the mail off at it.",
                        "Write the sign that is meant, such as &#8221; for a closing quote.",
                    )


@check("gmail-style-size", Severity.ERROR)
def gmail_style_size(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """Style sheets of more than 16 KB in the head, of which Gmail reads none.

    MJML's own and those of the template count together (hteumeuleu/email-bugs#90). What stands in
    inline.css is copied into the elements and does not count.
    """
    size = max((sum(map(len, page.style_sheets)) for page in context.pages), default=0)
    if size > GMAIL_READS_CSS:
        yield ask.finding(
            _head_css(context),
            f"The style sheets of the head have {size / 1024:.0f} KB; Gmail reads 16 KB.",
            "Move rules to inline.css, or remove those that nothing uses.",
        )


@check("gmail-nested-rule", Severity.ERROR, each=StyleSheet)
def gmail_nested_rule(sheet: StyleSheet, ask: Ask) -> Iterator[Finding]:
    """A rule with @ inside another, such as @media in @media: Gmail drops the whole style sheet.

    Then everything for phones and for the dark is gone there (hteumeuleu/email-bugs#90,
    caniemail#144). Join the two conditions with `and`.
    """
    if sheet.text.count("@") < 2:
        return
    styles = TemplateStyles(ask.context.template)
    for outer, inner in _nested(sheet.text):
        yield ask.finding(
            styles.place(inner) or styles.place(inner.split()[0]) or _head_css(ask.context),
            f"{inner} stands inside {outer}: Gmail drops the whole style sheet.",
            "Write both conditions in one rule, joined by and.",
        )


def _nested(sheet: str) -> tuple[tuple[str, str], ...]:
    """At-rules and those that stand in them."""
    try:
        return tuple(
            (_words(rule), _words(inner))
            for rule in parsed_sheet(sheet)
            if isinstance(rule, ast.AtRule) and rule.lower_at_keyword in ("media", "supports")
            for inner in tinycss2.parse_rule_list(rule.content or [], True, True)
            if isinstance(inner, ast.AtRule)
        )
    except RecursionError:  # thousands of nested brackets: no client reads on there either
        return ()


def _words(rule: ast.AtRule) -> str:
    prelude = " ".join(tinycss2.serialize(rule.prelude).split())
    return f"@{rule.at_keyword} {prelude}".strip()


@check("data-uri", Severity.ERROR, each=Page)
def data_uri(page: Page, ask: Ask) -> Iterator[Finding]:
    """A picture written into the HTML itself (data:), which Gmail does not show.

    Gmail leaves it out, Outlook for Windows shows it in some versions only (caniemail.com,
    image-base64), and it counts for the 102 KB of HTML that Gmail shows.
    """
    if "data:" in page.html or "DATA:" in page.html:
        for element in page.new_elements:
            if _has_data(element):
                yield _data(ask, page.source(element))


@also("data-uri", each=StyleSheet)
def data_uri_in_sheet(sheet: StyleSheet, ask: Ask) -> Iterator[Finding]:
    if _DATA.search(sheet.text):
        place = TemplateStyles(ask.context.template).place("data:")
        yield _data(ask, place or _head_css(ask.context))


def _has_data(element: etree._Element) -> bool:
    addresses = (element.get("src", ""), element.get("background", ""))
    return any(address.lower().startswith("data:") for address in addresses) or bool(
        _DATA.search(element.get("style", ""))
    )


def _data(ask: Ask, source: Source) -> Finding:
    return ask.finding(
        source,
        "A picture is written into the HTML itself (data:); Gmail does not show it.",
        "Put it into images/ and name it by its path.",
    )


def _head_css(context: CheckContext) -> Source:
    if "head.css" in context.template.texts:
        return Source(f"{context.template.folder}/head.css")
    return context.template_source
