"""Words that the template itself puts into a mail."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from lxml import etree

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.english.words import BLANK
from newsletter_mailer.findings import Source

_WORDED = ("p", "h1", "h2", "h3", "td", "div", "a", "span", "li")
Find = Callable[[str], Iterator[re.Match[str]]]


def template_words(context: CheckContext, find: Find) -> Iterator[tuple[re.Match[str], Source]]:
    """What is found in them and in no passage of the issue's, and the place in the template's file.

    A title of the issue's passes through the template's files too, and is the writer's.
    """
    for page in context.pages:
        found = [
            (match, element)
            for element in page.elements(*_WORDED)
            for match in find(_words_in_a_row(element))
            if BLANK not in match[0]
        ]
        if not found:
            continue
        written = {match[0] for passage in context.passages for match in find(passage.text)}
        for match, element in found:
            source = page.source(element) if match[0] not in written else None
            if source is not None and source.file.startswith(f"{context.template.folder}/"):
                yield match, source


def _words_in_a_row(element: etree._Element) -> str:
    """Its own words, with a BLANK for each element that stands between them."""
    between = (f"{_shown(child)}{child.tail or ''}" for child in element)
    return (element.text or "") + "".join(between)


def _shown(child: etree._Element) -> str:
    """Nothing for a comment, a new line for a `br`."""
    if not isinstance(child.tag, str):
        return ""
    return "\n" if child.tag == "br" else BLANK
