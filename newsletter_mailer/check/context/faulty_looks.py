"""Words that look wrong, each once, where the template makes them look so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, TypeVar

from lxml import etree

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.look.styles import Node, own_words
from newsletter_mailer.check.page.page import Page
from newsletter_mailer.findings import Source

Fault = TypeVar("Fault")
_SHOWN = 40  #: characters of what a message quotes


class Faulty(NamedTuple, Generic[Fault]):
    """Words that look wrong."""

    words: str  #: some 40 characters of them
    source: Source  #: where the look was declared
    fault: Fault


def faulty_looks(
    context: CheckContext,
    fault_of: Callable[[Node], Fault | None],
    is_meant: Callable[[etree._Element], bool] = lambda element: True,
) -> Iterator[Faulty[Fault]]:
    """The words whose look has a fault. `fault_of`: None for none; equal for the same fault.

    `is_meant`: which elements are asked about.
    """
    told: set[object] = set()
    for page in context.pages:
        for node, elements in page.worded.items():
            fault = fault_of(node)
            if fault is None:
                continue
            for element in filter(is_meant, elements):
                declared = _outermost(page, element, lambda one: fault_of(one) == fault)  # noqa: B023  # called at once
                source = page.source(declared)
                key = (fault, one_cause(context, source, declared))
                if key not in told:
                    told.add(key)
                    yield Faulty(quoted(own_words(element)), source, fault)


def _outermost(
    page: Page, element: etree._Element, is_alike: Callable[[Node], bool]
) -> etree._Element:
    """The outermost of the boxes around it that look alike: what stands within only inherits."""
    for above in element.iterancestors():
        if above is page.body or not is_alike(page.styles.of(above)):
            break
        element = above
    return element


def one_cause(context: CheckContext, source: Source, element: etree._Element) -> object:
    """What is the same for all looks that one change of the template puts right.

    Markdown has no colours and sizes: what a section's words look like, its template decides.
    """
    if source.file.startswith(context.template.folder + "/"):
        return source
    return element.tag, element.get("class")


def quoted(words: str) -> str:
    """As a message shows them: not too long."""
    plain = " ".join(words.split())
    return plain if len(plain) <= _SHOWN else plain[:_SHOWN].rsplit(" ", 1)[0] + " ..."
