"""Words that the template itself puts into a mail."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from newsletter_mailer.check.subject import Subject
from newsletter_mailer.findings import Source

_WORDED = ("p", "h1", "h2", "h3", "td", "div", "a", "span", "li")


def template_words(
    subject: Subject, pattern: re.Pattern[str]
) -> Iterator[tuple[re.Match[str], Source]]:
    """What matches in them, and the place in the template's file.

    A title of the issue's passes through the template's files too: the caller knows those.
    """
    for page in subject.pages:
        if not pattern.search(page.html, page.html.find("<body")):
            continue
        for element in page.elements(*_WORDED):
            for found in pattern.finditer(_own_words(element)):
                source = page.source(element)
                if source.file.startswith(f"{subject.template.folder}/"):
                    yield found, source


def _own_words(element: etree._Element) -> str:
    return (element.text or "") + "".join(child.tail or "" for child in element)
