"""Template, HTML: what comes out otherwise than it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter_mailer.check.questions.registry import also, check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.template.mjml_tags import BLOCKS, HEADINGS, Tag
from newsletter_mailer.check.template.tags import TemplateFile, TemplateTag
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.lazy_patterns import lazy_pattern

#: Components that become a link around what they hold.
_LINKS = frozenset({"mj-button", "mj-navbar-link"})
#: A section's text is paragraphs, lists and headings.
_BODY = lazy_pattern(r"\{\{-?\s*section\.body\b")
#: An id at the beginning of a block of CSS: `@media print{#map{...}}`.
_LOOKS_LIKE_COMMENT = lazy_pattern(r"(?<=[\w)])[ \t]*(\{#)(?=[A-Za-z_-])(?:(?!#\}).)*[{};]", re.S)


@check("block-in-link", Severity.ERROR, each=TemplateTag)
def block_in_link(written: TemplateTag, ask: Ask) -> Iterator[Finding]:
    """A table, paragraph or heading inside a link of the template.

    A table is moved out of the link on the way into the mail, so that there is nothing left to
    click on; a second link ends the first. Other blocks are a warning: classic Outlook does not
    make them clickable (guardian/frontend#15634, foundation/foundation-emails#4). Put the link
    inside the block, around its words. A picture, a span or a line break may stand in a link.
    """
    found = _in_link(written.tag)
    if found is not None:
        severity, message = found
        place = written.file.place(written.tag.start, written.tag.name)
        yield ask.finding(place, message, "Put the link inside it, around the words.", severity)


@also("block-in-link", each=TemplateFile)
def text_in_link(file: TemplateFile, ask: Ask) -> Iterator[Finding]:
    for tag, at in _around_body(file):
        if tag.name == "a" or tag.name in _LINKS:
            yield ask.finding(
                file.place(at),
                "The section's text stands in a link; it has paragraphs, and may have links.",
                "Put the link beside it.",
            )


def _in_link(tag: Tag) -> tuple[Severity, str] | None:
    if tag.link is None and tag.inside not in _LINKS:
        return None
    if tag.name == "table":
        message = "A table cannot stand in a link: it is moved out, and the link is empty."
        return Severity.ERROR, message
    if tag.name == "a":
        return Severity.ERROR, "A link cannot stand in a link: the first ends where it begins."
    if tag.name in BLOCKS:
        return Severity.WARNING, f"<{tag.name}> stands in a link: in Outlook nothing happens there."
    return None


@check("block-in-paragraph", Severity.WARNING, each=TemplateTag)
def block_in_paragraph(written: TemplateTag, ask: Ask) -> Iterator[Finding]:
    """A block inside a paragraph or heading of the template, which is closed before it.

    HTML has no paragraphs in paragraphs. The outer one ends at once, its class and its style with
    it, and an empty line is left. It happens most with `<p>{{ section.body }}</p>`: the section's
    text has paragraphs of its own. Write `<div class="...">` instead.
    """
    tag = written.tag
    if tag.closes:
        yield ask.finding(
            written.file.place(tag.start, tag.name),
            f"<{tag.name}> cannot stand in <{tag.closes}>, which is closed before it.",
            f"Close <{tag.closes}> first, or write <div> instead of it.",
        )


@also("block-in-paragraph", each=TemplateFile)
def text_in_paragraph(file: TemplateFile, ask: Ask) -> Iterator[Finding]:
    for tag, at in _around_body(file):
        if tag.name == "p" or tag.name in HEADINGS:
            yield ask.finding(
                file.place(at),
                f"The section's text has paragraphs; <{tag.name}> is closed before them.",
                f"Write <div> instead of <{tag.name}>.",
            )


def _around_body(file: TemplateFile) -> Iterator[tuple[Tag, int]]:
    """Where a section's text is written straight into an element, and that element."""
    for found in _BODY.finditer(file.text) if file.is_mjml else ():
        before = [tag for tag in file.tags() if tag.end <= found.start()]
        if before and "<" not in file.text[before[-1].end : found.start()]:
            yield before[-1], found.start()


@check("swallowed-style", Severity.ERROR, each=TemplateFile)
def swallowed_style(file: TemplateFile, ask: Ask) -> Iterator[Finding]:
    """A block of CSS that begins with `{#`, which Jinja2 takes for a comment.

    In `@media print{#map{display:none}}` everything from `{#` on is left out, up to the next `#}`,
    wherever that is. Minified style sheets have it. Put a space between `{` and `#`.
    """
    for found in _LOOKS_LIKE_COMMENT.finditer(file.text):
        yield ask.finding(
            file.place(found.start(1), found[1]),
            "Jinja2 takes {# for the beginning of a comment: what follows is left out.",
            "Put a space between { and #.",
        )
