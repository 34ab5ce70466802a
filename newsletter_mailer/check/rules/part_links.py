"""Parts, their links: both lead everywhere that the other leads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.page.page import OWN_LINKS, Element, Page
from newsletter_mailer.check.page.visible_text import ComparableText, visible_text
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.template.kind_files import add_to_text, declared, text_file
from newsletter_mailer.check.text.written_links import Link
from newsletter_mailer.findings import Finding, Severity, Source
from newsletter_mailer.issue.body_tokens import FIELD
from newsletter_mailer.lazy_patterns import lazy_pattern

_LINK = lazy_pattern(
    r"(?:https?://|mailto:|tel:)[^\s<>\"]+|(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE
)
_END = lazy_pattern(r"/?[.,;:!?)\]>}'\"”’*_]*(?:\s|$)")
_LAST = ".,;:!?)]>}'\"”’*_"


@check("link-missing-in-text", Severity.WARNING, each=Element, tags=("a",))
def link_missing_in_text(anchor: Element, ask: Ask) -> Iterator[Finding]:
    """A link of the HTML that is not in the plain text.

    Readers of the plain text cannot follow it then. The plain text has a link if its field has a
    label, or if the kind's .txt names it. The link to unsubscribe is another rule's matter:
    unsubscribe-link.
    """
    context, page, target = ask.context, anchor.page, anchor.get("href")
    if target.startswith(("#", "[")) or target in ("", *OWN_LINKS.values()):
        return
    if _stands(target, unquote(page.text)) or _is_lost_with_its_words(context, target, page):
        return
    link = _field_of(context, target)
    if link is None:
        yield ask.finding(
            anchor.source,
            f"The link to {_shown(target)} is not in the plain text.",
            "The plain text is made of the sections: name it in one, or in postal_address.",
        )
    elif ask.is_first((link.section.kind.name, link.where)):
        yield ask.finding(
            text_file(context.template, link.section, link.where),
            f'The plain text leaves out the links of the field "{link.where}", such as '
            f"{_shown(target)} of {link.section.source.file}.",
            add_to_text(context.template, link.section, link.where),
        )


@check("link-missing-in-html", Severity.WARNING, each=Page)
def link_missing_in_html(page: Page, ask: Ask) -> Iterator[Finding]:
    """A link or an e-mail address of the plain text that is not in the HTML.

    Nearly all readers see the HTML. Mostly a kind's .mjml forgets a field that has a label.
    """
    links = dict.fromkeys(_links(page.text))
    new = [link for link in links if link not in OWN_LINKS.values() and ask.is_first(link)]
    if not new:
        return
    led_to = {_bare(anchor.get("href", "")) for anchor in page.tree.iter("a")}
    unlinked = [
        link for link in new if not any(_bare(one) in led_to for one in _without_its_end(link))
    ]
    shown = unquote("\n".join([*led_to, visible_text(page.body)])) if unlinked else ""
    for link in unlinked:
        if not any(_stands(one, shown) for one in _without_its_end(link)):
            yield ask.finding(
                _written(ask.context, link.rstrip(_LAST)),
                f"{_shown(link.rstrip(_LAST))} is in the plain text and not in the HTML.",
                "Show it there too, or remove it from the plain text.",
            )


def _links(text: str) -> Iterator[str]:
    for word in text.split():
        if ":" in word or "@" in word:
            yield from (found[0] for found in _LINK.finditer(word))


def _bare(target: str) -> str:
    """A target as it may be written in plain text."""
    target = unquote(target)
    return target.removeprefix("mailto:").partition("?")[0] if target[:7] == "mailto:" else target


def _stands(target: str, text: str) -> bool:
    """Whether a whole target stands in a text, and not only the beginning of a longer one."""
    bare = _bare(target).rstrip("/")
    if bare.startswith("tel:"):
        number = re.sub(r"\D", "", bare)[-9:]
        return number in re.sub(r"\D", "", text)
    at = text.find(bare)
    while at >= 0:
        if _END.match(text, at + len(bare)) or "@" in bare:
            return True
        at = text.find(bare, at + 1)
    return False


def _without_its_end(link: str) -> Iterator[str]:
    """A link as it was found in a text, with and without the marks that may follow it."""
    yield link
    while link[-1:] and link[-1] in _LAST:
        link = link[:-1]
        yield link


def _field_of(context: CheckContext, target: str) -> Link | None:
    """The field that holds a link; with merge fields, one that begins as the target does."""
    fields = {_bare(link.target): link for link in context.links if link.where != "body"}
    if _bare(target) in fields:
        return fields[_bare(target)]
    for written, link in fields.items():
        if FIELD in written and unquote(target).startswith(written.partition(FIELD)[0] or "\0"):
            return link
    return None


def _is_lost_with_its_words(context: CheckContext, target: str, page: Page) -> bool:
    """Whether the plain text lacks the words of a link too, which another rule tells."""
    text = ComparableText(page.text)
    words = [link.words for link in context.links if link.target == target and link.where == "body"]
    return any(one and not text.has(one) for one in words)


def _written(context: CheckContext, link: str) -> Source:
    """Where the plain text has a link from: a field, a .txt of the template, a setting."""
    for one in context.links:
        if one.where != "body" and _bare(one.target) == _bare(link):
            return declared(context.template, one.section, one.where)
    for name, text in context.template.texts.items():
        if name.endswith(".txt") and link in text:
            line = text.count("\n", 0, text.find(link)) + 1
            return Source(f"{context.template.folder}/{name}", line)
    if link in context.settings.postal_address:
        return context.settings.source("postal_address")
    return context.template_source


def _shown(target: str) -> str:
    return target if len(target) <= 100 else f"{target[:97]}..."
