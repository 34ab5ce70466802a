"""Links: their words, and the places within the mail that they lead to."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Set
from urllib.parse import unquote

from lxml import etree

from newsletter_mailer.check.addresses.targets import is_bare_address
from newsletter_mailer.check.context.audience_overlap import share_readers
from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.context.link_targets import words_place
from newsletter_mailer.check.english.words import BLANK
from newsletter_mailer.check.page.page import Element, Page
from newsletter_mailer.check.questions.registry import also, check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.text.written_links import Link
from newsletter_mailer.findings import Finding, Severity, Source
from newsletter_mailer.issue.body_tokens import FIELD
from newsletter_mailer.lazy_patterns import lazy_pattern

_AROUND = " \t\n.,:;!?…-–—>»›→()[]\"'“”‘’\u00a0\u200b"
_INVISIBLE = lazy_pattern(r"[\s\u00ad\u200b-\u200f\u2060\ufeff]+")
_ANCHOR = lazy_pattern(r'href="#([^"]+)"')
_PLACE = lazy_pattern(r'\b(?:id|name)="([^"]+)"')


@check("vague-link", Severity.WARNING, each=Link)
def vague_link(link: Link, ask: Ask) -> Iterator[Finding]:
    """A link whose words do not say where it leads: "click here", "read more", a bare address.

    People who use a screen reader go from link to link and hear nothing but these words; everybody
    else skims for them (WCAG 2.4.4 Link Purpose). Such words were found in 16 % of 376,000 mails
    (Email Markup Consortium, 2025). A web address is no better: it is read out letter by letter.

    Write what the reader finds there: "Read Ofsted's report on Shropshire", not "Read more".
    An e-mail address may stand as it is.
    """
    words = " ".join(link.words.strip(_AROUND).split())
    if is_bare_address(words):
        yield ask.finding(
            words_place(ask.context, link),
            f"A bare address stands here as a link: {_short(words)}",
            "Write in words what the reader finds there, and link those.",
        )
    elif words.casefold().removeprefix("please ") in ask.context.vocabulary.words("vague-links"):
        yield ask.finding(
            words_place(ask.context, link),
            f'The link\'s words "{words}" do not say where it leads.',
            "Name what the reader finds there, such as: Book a place at the seminar.",
        )


@check("same-words", Severity.WARNING)
def same_words(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """Links with the same words that lead to different places.

    Who hears or sees only the words cannot tell them apart (WCAG 2.4.4, Email Markup Consortium's
    rule 10). Sections that no reader gets together are not compared, and words that are vague
    anyhow are told once, by vague-link.
    """
    vague = context.vocabulary.words("vague-links")
    known: dict[str, list[Link]] = {}
    for link in context.links:
        words = _folded(link.words)
        if not words or words in vague or BLANK in words:
            continue
        others = known.setdefault(words, [])
        other = next((one for one in others if share_readers(one.section, link.section)), None)
        if other is not None and _page(other.target) != _page(link.target):
            yield ask.finding(
                words_place(context, link),
                f'"{_short(link.words.strip())}" leads to {_shown(link)} here, and to '
                f"{_shown(other)} in {other.source.file}, line {other.source.line}.",
                "Let the words of each say what is special about it, or mend the wrong address.",
            )
        others.append(link)


@check("doubled-link", Severity.INFO)
def doubled_link(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """The same target twice within a section.

    Twice the same words are a warning: one of them was probably meant to lead elsewhere. A link in
    the text and a button for the same page are only information.
    """
    known: dict[tuple[str, str], Link] = {}
    for link in context.links:
        key = (link.section.slug, _page(link.target))
        other = known.setdefault(key, link)
        if other is link or FIELD in link.target:
            continue
        is_twice = bool(_folded(link.words)) and _folded(link.words) == _folded(other.words)
        yield ask.finding(
            link.source,
            f"This section links to {_shown(link)} twice; the first time in line "
            f"{other.source.line}.",
            "Mend the address, or leave one of them out.",
            Severity.WARNING if is_twice else Severity.INFO,
        )


@check("empty-link", Severity.ERROR, each=Link)
def empty_link(link: Link, ask: Ask) -> Iterator[Finding]:
    """A link without words: nobody can see it or press it, and screen readers read its address.

    It was found in 71 % of 376,000 mails (Email Markup Consortium, 2025; WCAG 2.4.4 and 4.1.2).
    Often it is what remained when its words were deleted: [](https://...). A picture with
    alternative text is enough; one without is linked-image-without-words.
    """
    if _is_without_words(link):
        yield ask.finding(link.source, f"The link to {_shown(link)} has no words.", _GIVE_WORDS)


@also("empty-link", each=Element, tags=("a",))
def empty_link_of_template(anchor: Element, ask: Ask) -> Iterator[Finding]:
    target = anchor.get("href")
    if not target or not _is_silent(anchor.node):
        return
    if not any(link.target == target and _is_without_words(link) for link in ask.context.links):
        yield ask.finding(anchor.source, f"The link to {_short(target)} has no words.", _GIVE_WORDS)


def _is_without_words(link: Link) -> bool:
    return link.where == "body" and not _INVISIBLE.sub("", link.words)


@check("broken-anchor", Severity.ERROR)
def broken_anchor(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A link to a place in the mail (#...) that is not there.

    The place may also be in a section that only some readers get: for everyone else the link
    leads nowhere. Section headings are such places; #top always is (HTML, section 7.4.6.4).
    """
    missing: dict[str, Page] = {}
    for page in context.pages:
        links = dict.fromkeys(_ANCHOR.findall(page.html))
        sought = [html.unescape(link) for link in links if f' id="{link}"' not in page.html]
        here = _places(page) if sought else frozenset[str]()
        for anchor in sought:
            if anchor not in here and unquote(anchor) not in here and anchor.lower() != "top":
                missing.setdefault(anchor, page)
    places = {place for page in context.pages for place in _places(page)} if missing else set()
    for anchor, page in missing.items():
        for source in _anchor_sources(context, page, anchor):
            yield ask.finding(
                source,
                f"The link #{_short(anchor)} leads to a place that not every reader of it has."
                if anchor in places or unquote(anchor) in places
                else f"The link #{_short(anchor)} leads to no place in this mail.",
                "Link to a section that is there for the same readers, or to a web page.",
            )


def _places(page: Page) -> Set[str]:
    """Where a link may lead."""
    return {html.unescape(place) for place in _PLACE.findall(page.html)}


_GIVE_WORDS = "Write between the square brackets where it leads, or remove it."


def _is_silent(anchor: etree._Element) -> bool:
    if anchor.get("aria-label", "").strip() or _INVISIBLE.sub("", "".join(anchor.itertext())):
        return False
    return next(anchor.iter("img"), None) is None


def _anchor_sources(context: CheckContext, page: Page, anchor: str) -> Iterator[Source]:
    own = [link.source for link in context.links if link.target == f"#{anchor}"]
    if own:
        yield from own
        return
    for element in page.tree.iter("a"):
        if element.get("href") == f"#{anchor}":
            yield page.source(element)


def _folded(words: str) -> str:
    return " ".join(words.strip(_AROUND).casefold().split())


def _page(target: str) -> str:
    """What two targets have in common if they lead to the same page."""
    return re.sub(r"^https?://(?:www\.)?", "", target).rstrip("/")


def _shown(link: Link) -> str:
    return _short(link.target.replace(FIELD, "{{ ... }}"))


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 80 else f"{text[:77]}..."
