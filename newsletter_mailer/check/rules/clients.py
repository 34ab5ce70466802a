"""Mail clients: what they take out, and lines that servers refuse."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from lxml import etree

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.page.page import Element, Page
from newsletter_mailer.check.questions.registry import also, check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.compose.message import Recipient, compile_message, message_headers
from newsletter_mailer.findings import Finding, Severity, Source
from newsletter_mailer.lazy_patterns import lazy_pattern
from newsletter_mailer.links import reader_links

LONGEST_LINE = 998  #: octets without the line end: RFC 5322 section 2.1.1
_DROPPED = ("script", "iframe", "frame", "object", "embed", "applet", "canvas")
_ASKING = ("form", "input", "select", "textarea", "button")
_PLAYED = ("video", "audio")
#: Attributes that hold a script: onclick, onload.
_HANDLER = lazy_pattern(r"on[a-z]+")
_ONLY_SOURCES = frozenset({"source", "track"})


@check("active-content", Severity.ERROR, each=Element, tags=(*_DROPPED, *_ASKING, *_PLAYED))
def active_content(element: Element, ask: Ask) -> Iterator[Finding]:
    """A script, frame, form or film, which mail clients take out or do not show.

    Scripts, frames and objects are taken out everywhere, and count as signs of fraud; so are
    attributes such as onclick. Forms do not work in Outlook. A video or sound plays in Apple Mail
    only; it is a warning, and none where something for the others stands inside it. What MJML's
    carousel and menu make is left alone.
    """
    tag = element.tag
    if element.get("class").startswith("mj-"):
        return
    if tag in _DROPPED:
        yield ask.finding(
            element.source,
            f"<{tag}> is taken out by mail clients.",
            "Link to a web page that has it.",
        )
    elif tag in _ASKING:
        yield ask.finding(
            element.source,
            f"<{tag}> does not work in Outlook.",
            "Link to a form on a web page.",
        )
    elif not _has_fallback(element.node):
        yield ask.finding(
            element.source,
            f"<{tag}> plays in Apple Mail only; other readers get nothing.",
            "Put a picture with a link inside it, for everyone else.",
            Severity.WARNING,
        )


@also("active-content", each=Page)
def script_in_attribute(page: Page, ask: Ask) -> Iterator[Finding]:
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
def long_line(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A line of more than 998 octets in the head of the message, which servers refuse or break.

    RFC 5322, section 2.1.1. Bodies are always folded; a header is folded at spaces only, so that a
    very long name without one can be too long. Measured in the message as it is composed.
    """
    for compiled in context.compiled[:1]:  # the head is the same for all
        settings = context.settings
        bare = dataclasses.replace(compiled, html=(), text=(), pictures={})
        headers = message_headers(settings, context.at)
        links = reader_links(settings, context.issue.id, compiled.variant.id)
        message = compile_message(bare, headers, links, content_hash="")
        reader = Recipient(
            mailbox="reader@example.org", values=context.longest_values, message_id="1@example.org"
        )
        for line in message.fill(reader).partition(b"\r\n\r\n")[0].split(b"\r\n"):
            if len(line) > LONGEST_LINE:
                header = line.partition(b":")[0].decode()
                yield ask.finding(
                    _of_header(context, header),
                    f"The line {header} of the message has {len(line):,} octets; 998 are allowed.",
                    "Shorten it.",
                )


def _of_header(context: CheckContext, header: str) -> Source:
    return context.issue.source if header == "Subject" else Source("newsletter.toml")
