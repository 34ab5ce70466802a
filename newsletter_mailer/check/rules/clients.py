"""Mail clients: what they cut off, drop or do not understand."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from functools import lru_cache

import tinycss2
from lxml import etree
from tinycss2 import ast

from newsletter_mailer.check.page import Page
from newsletter_mailer.check.registry import Ask, check
from newsletter_mailer.check.subject import Subject
from newsletter_mailer.check.template.styles import TemplateStyles
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.links import reader_links, unsubscribe_uri
from newsletter_mailer.compose.message import Recipient, compile_message, envelope_of
from newsletter_mailer.compose.quoted_printable import encode_piece
from newsletter_mailer.findings import Finding, Severity, Source

#: Gmail shows about this much and hides the rest (hteumeuleu/email-bugs#41).
GMAIL_CLIPS_AT = 102 * 1024
GMAIL_CLIPS_SOON = 90 * 1024
#: What Gmail reads of all `style` elements together (hteumeuleu/email-bugs#90).
GMAIL_READS_CSS = 16 * 1024
LONGEST_LINE = 998  #: octets without the line end: RFC 5322 section 2.1.1

_CONTROL = re.compile("[\x80-\x9f]")
_DATA = re.compile(r"url\(\s*[\"']?data:", re.IGNORECASE)
_DROPPED = ("script", "iframe", "frame", "object", "embed", "applet", "canvas")
_ASKING = ("form", "input", "select", "textarea", "button")
_PLAYED = ("video", "audio")
#: Attributes that hold a script: onclick, onload.
_HANDLER = re.compile(r"on[a-z]+")
_ONLY_SOURCES = frozenset({"source", "track"})


@check("gmail-clipping", Severity.ERROR)
def gmail_clipping(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """HTML of 102 KB or more, where Gmail hides the rest of the mail behind a link.

    The link to unsubscribe is then hidden too. Measured after filling, with the longest value of
    each field; from 90 KB on it is a warning. The size as sent is named too: quoted-printable
    makes it larger, and some have seen Gmail count that (hteumeuleu/email-bugs#41).
    """
    pages = {compiled.variant.id: _longest_page(subject, compiled) for compiled in subject.compiled}
    sizes = {variant: len(page.encode()) for variant, page in pages.items()}
    too_large = [variant for variant, size in sizes.items() if size >= GMAIL_CLIPS_SOON]
    if not too_large:
        return
    largest = max(too_large, key=lambda variant: sizes[variant])
    sections = next(c.variant.sections for c in subject.compiled if c.variant.id == largest)
    heaviest = max(sections, key=lambda section: len(section.body.plain()))
    severity = Severity.ERROR if sizes[largest] >= GMAIL_CLIPS_AT else Severity.WARNING
    others = len(too_large) - 1
    yield ask.finding(
        subject.issue.source,
        f"The variant {largest} has {sizes[largest] / 1024:.0f} KB of HTML "
        f"({len(encode_piece(pages[largest])) / 1024:.0f} KB as sent); Gmail hides what comes "
        f"after 102 KB." + (f" So it is, or nearly, with {others} more." if others else ""),
        f"Shorten or split the issue; its longest section is {heaviest.source.file}.",
        severity,
    )


def _longest_page(subject: Subject, compiled: CompiledVariant) -> str:
    addresses = dict.fromkeys(compiled.pictures, "cid:0123456789ab-picture@example.org")
    return compiled.page(subject.longest_values, reader_links(subject.settings), addresses)


@check("invisible-control", Severity.ERROR)
def invisible_control(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """An invisible control character (U+0080 to U+009F), at which Gmail cuts the mail off.

    It does so even to a short mail (hteumeuleu/email-bugs#41). What you write is looked at while it
    is read; this finds what a template writes as a reference, such as `&#157;`. (`&#133;` and most
    others come out as the signs that they once meant.)
    """
    for page in subject.pages:
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
def gmail_style_size(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """Style sheets of more than 16 KB in the head, of which Gmail reads none.

    MJML's own and those of the template count together (hteumeuleu/email-bugs#90). What stands in
    inline.css is copied into the elements and does not count.
    """
    size = max((sum(map(len, page.style_sheets)) for page in subject.pages), default=0)
    if size > GMAIL_READS_CSS:
        yield ask.finding(
            _head_css(subject),
            f"The style sheets of the head have {size / 1024:.0f} KB; Gmail reads 16 KB.",
            "Move rules to inline.css, or remove those that nothing uses.",
        )


@check("gmail-nested-rule", Severity.ERROR)
def gmail_nested_rule(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A rule with @ inside another, such as @media in @media: Gmail drops the whole style sheet.

    Then everything for phones and for the dark is gone there (hteumeuleu/email-bugs#90,
    caniemail#144). Join the two conditions with `and`.
    """
    styles = TemplateStyles(subject.template)
    for sheet in dict.fromkeys(sheet for page in subject.pages for sheet in page.style_sheets):
        if sheet.count("@") < 2:
            continue
        for outer, inner in _nested(sheet):
            yield ask.finding(
                styles.place(inner) or styles.place(inner.split()[0]) or _head_css(subject),
                f"{inner} stands inside {outer}: Gmail drops the whole style sheet.",
                "Write both conditions in one rule, joined by and.",
            )


@lru_cache(maxsize=64)
def _nested(sheet: str) -> tuple[tuple[str, str], ...]:
    """At-rules and those that stand in them."""
    try:
        return tuple(
            (_words(rule), _words(inner))
            for rule in tinycss2.parse_stylesheet(sheet, True, True)
            if isinstance(rule, ast.AtRule) and rule.lower_at_keyword in ("media", "supports")
            for inner in tinycss2.parse_rule_list(rule.content or [], True, True)
            if isinstance(inner, ast.AtRule)
        )
    except RecursionError:  # thousands of nested brackets: no client reads on there either
        return ()


def _words(rule: ast.AtRule) -> str:
    prelude = " ".join(tinycss2.serialize(rule.prelude).split())
    return f"@{rule.at_keyword} {prelude}".strip()


def _head_css(subject: Subject) -> Source:
    if "head.css" in subject.template.texts:
        return Source(f"{subject.template.folder}/head.css")
    return subject.template_source


@check("data-uri", Severity.ERROR)
def data_uri(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A picture written into the HTML itself (data:), which Gmail does not show.

    Gmail leaves it out, Outlook for Windows shows it in some versions only (caniemail.com,
    image-base64), and it counts for the 102 KB of HTML that Gmail shows.
    """
    for page in subject.pages:
        if "data:" in page.html or "DATA:" in page.html:
            for element in page.new_elements:
                if _has_data(element):
                    yield _data(ask, page.source(element))
    styles = TemplateStyles(subject.template)
    for sheet in dict.fromkeys(sheet for page in subject.pages for sheet in page.style_sheets):
        if _DATA.search(sheet):
            yield _data(ask, styles.place("data:") or _head_css(subject))


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


@check("active-content", Severity.ERROR)
def active_content(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A script, frame, form or film, which mail clients take out or do not show.

    Scripts, frames and objects are taken out everywhere, and count as signs of fraud; so are
    attributes such as onclick. Forms do not work in Outlook. A video or sound plays in Apple Mail
    only; it is a warning, and none where something for the others stands inside it. What MJML's
    carousel and menu make is left alone.
    """
    for page in subject.pages:
        yield from _handlers(page, ask)
        for element in page.elements(*_DROPPED, *_ASKING, *_PLAYED):
            tag = str(element.tag)
            if element.get("class", "").startswith("mj-"):
                continue
            if tag in _DROPPED:
                yield ask.finding(
                    page.source(element),
                    f"<{tag}> is taken out by mail clients.",
                    "Link to a web page that has it.",
                )
            elif tag in _ASKING:
                yield ask.finding(
                    page.source(element),
                    f"<{tag}> does not work in Outlook.",
                    "Link to a form on a web page.",
                )
            elif not _has_fallback(element):
                yield ask.finding(
                    page.source(element),
                    f"<{tag}> plays in Apple Mail only; other readers get nothing.",
                    "Put a picture with a link inside it, for everyone else.",
                    Severity.WARNING,
                )


def _handlers(page: Page, ask: Ask) -> Iterator[Finding]:
    if " on" not in page.html.lower():
        return
    for element in page.new_elements:
        for name in element.keys():  # noqa: SIM118  # an element is no dict: its items are children
            if _HANDLER.fullmatch(str(name)):
                yield ask.finding(
                    page.source(element),
                    f"{name} is taken out by mail clients: no script runs in a mail.",
                    f"Remove {name}, or link to a web page.",
                )


def _has_fallback(element: etree._Element) -> bool:
    return any(child.tag not in _ONLY_SOURCES for child in element) or bool(
        (element.text or "").strip()
    )


@check("long-line", Severity.ERROR)
def long_line(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A line of more than 998 octets in the head of the message, which servers refuse or break.

    RFC 5322, section 2.1.1. Bodies are always folded; a header is folded at spaces only, so that a
    very long name without one can be too long. Measured in the message as it is composed.
    """
    for compiled in subject.compiled[:1]:  # the head is the same for all
        settings = subject.settings
        bare = dataclasses.replace(compiled, html=(), text=(), pictures={})
        unsubscribe = unsubscribe_uri(settings)
        envelope = envelope_of(settings, subject.at, reader_links(settings), unsubscribe)
        message = compile_message(bare, envelope, content_hash="")
        reader = Recipient(
            mailbox="reader@example.org", values=subject.longest_values, message_id="1@example.org"
        )
        for line in message.fill(reader).partition(b"\r\n\r\n")[0].split(b"\r\n"):
            if len(line) > LONGEST_LINE:
                header = line.partition(b":")[0].decode()
                yield ask.finding(
                    _of_header(subject, header),
                    f"The line {header} of the message has {len(line):,} octets; 998 are allowed.",
                    "Shorten it.",
                )


def _of_header(subject: Subject, header: str) -> Source:
    return subject.issue.source if header == "Subject" else Source("newsletter.toml")
