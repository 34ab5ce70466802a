"""Sender: who sends it, where replies go, and how one leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from newsletter_mailer.address import WEBMAIL, domain
from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.page.page import Page
from newsletter_mailer.check.questions.registry import also, check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.compose.compiled import CompiledVariant, HtmlSlot
from newsletter_mailer.compose.escaping import Context
from newsletter_mailer.findings import Finding, Severity, Source
from newsletter_mailer.issue.merge_text import MergeField
from newsletter_mailer.lazy_patterns import lazy_pattern
from newsletter_mailer.settings.newsletter import FILE

FROM_NAME_FITS = 25  #: characters

_NOBODY_READS = lazy_pattern(
    r"(?:^|[-._+])(?:no|do[-._]?not)[-._]?reply(?![a-z])[^@]*@", re.IGNORECASE
)
_SECOND_LEVEL = frozenset({"co", "org", "gov", "ac", "nhs", "sch", "police", "net", "ltd", "com"})
_UNSUBSCRIBE = ("link", "unsubscribe_url")
_BLANKS = lazy_pattern(r"\s+")


@check("from-name", Severity.WARNING)
def from_name(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """No name in front of the sender's address. One of more than 25 characters is information.

    The name is what readers look at first, and phones show about 25 characters of it.
    """
    name = context.settings.sender.name
    if not name:
        yield ask.finding(
            context.settings.source("from"),
            "The sender has no name: readers see an address only.",
            f'Write from = "{context.settings.name} <{context.settings.sender.address}>".',
        )
    elif len(name) > FROM_NAME_FITS:
        yield ask.finding(
            context.settings.source("from"),
            f'The sender\'s name "{name}" has {len(name)} characters; phones show about 25.',
            "Shorten it, the telling part first.",
            Severity.INFO,
        )


@check("from-domain", Severity.WARNING)
def from_domain(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A sender at another domain than the mail server's login.

    Servers sign mail (DKIM) and vouch for it (SPF) with the domain that one logs in at. Where From
    has another, many receivers take the mail for a forgery (DMARC alignment, RFC 7489 section
    3.1). Asked where SMTP_USERNAME is an address; news.example.org and example.org are one.
    """
    ours, login = domain(context.settings.sender.address), domain(context.login)
    if "@" in context.login and _organisation(ours) != _organisation(login):
        yield ask.finding(
            context.settings.source("from"),
            f"The sender is at {ours}, and the login of the mail server at {login}.",
            "Log in with an address of the sender's domain, or ask whoever runs the server whether "
            f"it may sign for {ours}.",
        )


@check("free-provider", Severity.WARNING)
def free_provider(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A sender at a free provider such as gmail.com.

    These providers tell receivers to refuse mail in their name that did not come from them
    (DMARC), and they limit how many mails one account may send.
    """
    host = domain(context.settings.sender.address)
    if host in WEBMAIL:
        yield ask.finding(
            context.settings.source("from"),
            f"The sender is at {host}: many receivers refuse newsletters from there.",
            "Send from an address of your own domain.",
        )


@check("nobody-reads-replies", Severity.WARNING)
def nobody_reads_replies(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """Replies, or wishes to unsubscribe, that go to a noreply address.

    Without the setting reply_to they go to the sender, and without unsubscribe_mailto to reply_to.
    """
    settings = context.settings
    replies, wishes = settings.reply_to, settings.unsubscribe_mailto
    if _NOBODY_READS.search(replies):
        what = "Replies and wishes to unsubscribe go" if wishes == replies else "Replies go"
        yield ask.finding(
            settings.source("from" if replies == settings.sender.address else "reply_to"),
            f"{what} to {replies}, which nobody reads.",
            'Write reply_to = "..." with an address that somebody reads.',
        )
    if _NOBODY_READS.search(wishes) and wishes != replies:
        yield ask.finding(
            settings.source("unsubscribe_mailto"),
            f"Wishes to unsubscribe go to {wishes}, which nobody reads.",
            'Write unsubscribe_mailto = "..." with an address that somebody reads.',
        )


@check("unsubscribe-link", Severity.ERROR, each=CompiledVariant)
def unsubscribe_link(compiled: CompiledVariant, ask: Ask) -> Iterator[Finding]:
    """A message without its unsubscribe link in both parts: in the HTML as a link, and in the text.

    Whoever gets news by e-mail must be able to refuse more of it in each message (PECR regulation
    22, and the rules of Gmail and Yahoo for senders).
    """
    html = (piece for piece in compiled.html if isinstance(piece, HtmlSlot))
    if not any(_unsubscribes(p.meaning) and p.context is not Context.TEXT for p in html):
        yield ask.finding(
            ask.context.template_source,
            "The HTML has no link to unsubscribe.",
            'Write <a href="{{ links.unsubscribe }}">...</a> in the template.',
        )
    if not any(_unsubscribes(piece) for piece in compiled.text):
        yield ask.finding(
            ask.context.template_source,
            "The text part does not say how to unsubscribe.",
            "This is a mistake in newsletter-mailer, not in your issue. Please report it.",
        )


@check("postal-address", Severity.WARNING)
def postal_address(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """No postal address in the footer, in the settings or in what the template makes of them.

    Readers see by it who writes to them. Law of the United States demands it of whoever mails
    there (CAN-SPAM, 15 U.S.C. 7704(a)(5)); PECR regulation 23 asks who sends not to be concealed.
    """
    if not context.settings.postal_address:
        yield ask.finding(
            Source(FILE),
            "The newsletter has no postal address.",
            'Add postal_address = """...""".',
        )


@also("postal-address", each=Page)
def postal_address_in_footer(page: Page, ask: Ask) -> Iterator[Finding]:
    address = ask.context.settings.postal_address
    if not address:
        return
    words = etree.tostring(page.body, method="text", encoding="unicode")
    if _BLANKS.sub(" ", address.splitlines()[0]) not in _BLANKS.sub(" ", words):
        yield ask.finding(
            ask.context.template_source,
            "The HTML does not show the newsletter's postal address.",
            "Show newsletter.postal_address, a list of its lines, in the template's footer.",
        )


def _organisation(host: str) -> str:
    """`news.council.gov.uk` -> `council.gov.uk`: what DMARC compares, near enough."""
    labels = host.split(".")
    has_second_level = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3 if has_second_level else -2 :])


def _unsubscribes(meaning: object) -> bool:
    return isinstance(meaning, MergeField) and (meaning.namespace, meaning.name) == _UNSUBSCRIBE
