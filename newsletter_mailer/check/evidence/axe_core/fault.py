"""axe-core and mail: what it is asked, of which page, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from newsletter_mailer.check.page.page import elements_of, filled_page, parse_page
from newsletter_mailer.compose.compiled import CompiledVariant

#: The groups of its rules: WCAG 2.0 to 2.2, levels A and AA, and what its authors advise besides.
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

#: Its rules that are left out, and why. The manual shows it.
NOT_ASKED: Mapping[str, str] = {
    "landmark-one-main": "a mail is shown inside a mail program, whose page has its main landmark "
    "already; a second one misleads (the Email Markup Consortium advises against <main>)",
    "region": "for the same reason a mail's content is not divided among landmarks",
    "bypass": "one jumps over what every page of a web site repeats; a mail is one page",
    "document-title": "the rule page-title asks it, and knows placeholders too",
    "page-has-heading-one": "the rule one-main-heading asks it, and says when there are two",
}

#: The attribute that says which element of the variant's page one in the browser is.
MARK = "data-element"


@dataclass(frozen=True, slots=True, kw_only=True)
class AxeFault:
    """An element that breaks one of axe-core's rules."""

    rule: str  #: axe-core's id for it
    impact: str  #: critical, serious, moderate or minor
    help: str  #: what the rule demands, as a sentence without its full stop
    why: str  #: what is wrong with this element
    url: str  #: the rule's page in axe-core's manual
    element: int  #: the place of the element among all of `Page.tree`, in document order
    is_dark: bool = False  #: it is so in dark mode only


def marked_page(compiled: CompiledVariant, pictures: str) -> str:
    """The page as it is mailed, each element numbered. `pictures`: what their addresses begin with.

    A browser adds elements (tbody) and moves some that stand where they may not; the numbers stay.
    """
    tree = parse_page(filled_page(compiled, pictures))
    for number, element in enumerate(elements_of(tree)):
        element.set(MARK, str(number))
    doctype = tree.getroottree().docinfo.doctype
    return etree.tostring(tree, encoding="unicode", method="html", doctype=doctype)
