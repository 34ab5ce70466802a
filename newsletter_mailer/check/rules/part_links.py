"""Parts, their links: both lead everywhere that the other leads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from newsletter_mailer.check.page import UNSUBSCRIBE, Page
from newsletter_mailer.check.passages import Link
from newsletter_mailer.check.registry import Ask, check
from newsletter_mailer.check.said import Said, seen_text
from newsletter_mailer.check.subject import Subject
from newsletter_mailer.check.template.kind_files import add_to_text, declared, text_file
from newsletter_mailer.findings import Finding, Severity, Source
from newsletter_mailer.issue.markdown import FIELD

_LINK = re.compile(
    r"(?:https?://|mailto:|tel:)[^\s<>\"]+|(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE
)
_END = re.compile(r"/?[.,;:!?)\]>}'\"”’*_]*(?:\s|$)")
_LAST = ".,;:!?)]>}'\"”’*_"


@check("link-missing-in-text", Severity.WARNING)
def link_missing_in_text(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A link of the HTML that is not in the plain text.

    Readers of the plain text cannot follow it then. The plain text has a link if its field has a
    label, or if the kind's .txt names it. The link to unsubscribe is another rule's matter:
    unsubscribe-link.
    """
    fields = {_bare(link.target): link for link in subject.links if link.where != "body"}
    told: set[tuple[str, str]] = set()
    for page in subject.pages:
        text = unquote(page.text)
        for anchor in page.elements("a"):
            target = anchor.get("href", "")
            if target.startswith(("#", "[")) or target in ("", UNSUBSCRIBE):
                continue
            if _stands(target, text) or _is_lost_with_its_words(subject, target, page):
                continue
            link = fields.get(_bare(target)) or _of_a_reader(fields, target)
            if link is None:
                yield ask.finding(
                    page.source(anchor),
                    f"The link to {_shown(target)} is not in the plain text.",
                    "The plain text is made of the sections: name it in one, or in postal_address.",
                )
            elif (link.section.kind.name, link.where) not in told:
                told.add((link.section.kind.name, link.where))
                yield ask.finding(
                    text_file(subject, link.section, link.where),
                    f'The plain text leaves out the links of the field "{link.where}", such as '
                    f"{_shown(target)} of {link.section.source.file}.",
                    add_to_text(subject, link.section, link.where),
                )


@check("link-missing-in-html", Severity.WARNING)
def link_missing_in_html(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A link or an e-mail address of the plain text that is not in the HTML.

    Nearly all readers see the HTML. Mostly a kind's .mjml forgets a field that has a label.
    """
    told: set[str] = set()
    for page in subject.pages:
        links = dict.fromkeys(_links(page.text))
        new = [link for link in links if link not in told and link != UNSUBSCRIBE]
        if not new:
            continue
        told.update(new)
        led_to = {_bare(anchor.get("href", "")) for anchor in page.tree.iter("a")}
        unlinked = [
            link for link in new if not any(_bare(one) in led_to for one in _without_its_end(link))
        ]
        shown = unquote("\n".join([*led_to, seen_text(page.body)])) if unlinked else ""
        for link in unlinked:
            if not any(_stands(one, shown) for one in _without_its_end(link)):
                yield ask.finding(
                    _written(subject, link.rstrip(_LAST)),
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


def _of_a_reader(fields: Mapping[str, Link], target: str) -> Link | None:
    """The field whose link holds merge fields and begins as the target does."""
    for written, link in fields.items():
        if FIELD in written and unquote(target).startswith(written.partition(FIELD)[0] or "\0"):
            return link
    return None


def _is_lost_with_its_words(subject: Subject, target: str, page: Page) -> bool:
    """Whether the plain text lacks the words of a link too, which another rule tells."""
    text = Said(page.text)
    words = [link.words for link in subject.links if link.target == target and link.where == "body"]
    return any(one and not text.has(one) for one in words)


def _written(subject: Subject, link: str) -> Source:
    """Where the plain text has a link from: a field, a .txt of the template, a setting."""
    for one in subject.links:
        if one.where != "body" and _bare(one.target) == _bare(link):
            return declared(subject, one.section, one.where)
    for name, text in subject.template.texts.items():
        if name.endswith(".txt") and link in text:
            line = text.count("\n", 0, text.find(link)) + 1
            return Source(f"{subject.template.folder}/{name}", line)
    if link in subject.settings.postal_address:
        return subject.settings.source("postal_address")
    return subject.template_source


def _shown(target: str) -> str:
    return target if len(target) <= 100 else f"{target[:97]}..."
