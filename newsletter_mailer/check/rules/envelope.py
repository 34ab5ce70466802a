"""Envelope and parts: what inboxes show, and what a message must carry."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from newsletter_mailer.address import domain
from newsletter_mailer.check.registry import Ask, check
from newsletter_mailer.check.subject import Subject
from newsletter_mailer.compose.compiled import HtmlSlot, filled
from newsletter_mailer.compose.places import Place
from newsletter_mailer.findings import Finding, Severity, Source
from newsletter_mailer.issue.merge import MergeField, MergeText

SUBJECT_FITS, SUBJECT_FITS_A_PHONE = 60, 40
PREHEADER_FITS = range(40, 111)
FROM_NAME_FITS = 25
_LOUD = 0.7  #: of the letters

_VALUE = re.compile(r"""\s*["']?\w+["']?\s*=\s*("{3}|'{3}|["'])(.*?)\1""")
_FIELD = re.compile(r"\{\{-?\s*([\w.]+)[^}]*\}\}")
_REPLY = re.compile(r"\s*(?:re|fwd?|aw|wg)\s*:", re.IGNORECASE)
_MARKS = re.compile(r"[!?]{2,}")
_BLANKS = re.compile(r"\s+")
_NOBODY_READS = re.compile(r"(?:no|do-?not)[-._]?reply\b", re.IGNORECASE)
#: They ask the world to refuse mail in their name that they did not send (DMARC).
_FREE_PROVIDERS = frozenset(
    {
        *("gmail.com", "googlemail.com", "yahoo.com", "yahoo.co.uk", "ymail.com", "aol.com"),
        *("hotmail.com", "hotmail.co.uk", "outlook.com", "live.com", "live.co.uk", "msn.com"),
        *("icloud.com", "me.com", "btinternet.com", "sky.com", "talktalk.net", "gmx.com"),
        *("protonmail.com", "proton.me", "virginmedia.com", "mail.com"),
    }
)
_SECOND_LEVEL = frozenset({"co", "org", "gov", "ac", "nhs", "sch", "police", "net", "ltd", "com"})
_UNSUBSCRIBE = ("link", "unsubscribe_url")


@check("preheader", Severity.WARNING)
def preheader(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """No preheader: inboxes then show whatever text comes first."""
    if subject.issue.preheader.is_empty:
        yield ask.finding(
            _place(subject, "preheader"),
            "The issue has no preheader, the line that inboxes show after the subject.",
            'Add preheader = "..." with 40 to 100 characters.',
        )


@check("preheader-length", Severity.WARNING)
def preheader_length(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A preheader of less than 40 characters, or more than 110.

    Inboxes fill a short one up with whatever text comes next, and cut a long one off. Measured
    with the longest value of each merge field.
    """
    if subject.issue.preheader.is_empty:
        return
    length = len(_filled(subject, "preheader"))
    if length not in PREHEADER_FITS:
        yield ask.finding(
            _place(subject, "preheader"),
            f"The preheader has {length} characters.",
            "Inboxes show 40 to 110: say what the subject does not, the best of it first.",
        )


@check("preheader-repeats", Severity.WARNING)
def preheader_repeats(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A preheader that says again what the subject, the first title or the last issue said.

    Readers see the subject and the preheader side by side, and the first title right below.
    """
    issue = subject.issue
    said = _folded(_filled(subject, "preheader"))
    if not said:
        return
    first = issue.sections[0].title.plain() if issue.sections else ""
    others = {"the subject": _filled(subject, "subject"), "the first title": first}
    for what, text in others.items():
        if _folded(text) and (said == _folded(text) or said.startswith(_folded(text) + " ")):
            yield ask.finding(
                _place(subject, "preheader"),
                f"The preheader repeats {what}.",
                "Say what the subject does not: it is the second line that readers see.",
            )
    if subject.earlier and _is_same(issue.preheader, subject.earlier[0].preheader):
        yield ask.finding(
            _place(subject, "preheader"),
            f"The preheader is that of issue {subject.earlier[0].id}.",
            "Say what is new in this issue.",
        )


@check("subject-length", Severity.WARNING)
def subject_length(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A subject of more than 60 characters, which most inboxes cut off.

    Above 40 it is information: phones show about as many. Measured with the longest value of each
    merge field.
    """
    length = len(_filled(subject, "subject"))
    if length > SUBJECT_FITS_A_PHONE:
        is_long = length > SUBJECT_FITS
        yield ask.finding(
            _place(subject, "subject"),
            f"The subject has {length} characters; "
            + ("most inboxes show about 60." if is_long else "a phone shows about 40."),
            "Put what matters first; the preheader has room for the rest.",
            None if is_long else Severity.INFO,
        )


@check("shouting-subject", Severity.WARNING)
def shouting_subject(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A subject in capitals, or with several exclamation or question marks.

    It reads as shouting, and spam filters count it (SpamAssassin: SUBJ_ALL_CAPS, PLING_QUERY).
    Acronyms do no harm: only a subject with more than two thirds capitals is meant.
    """
    words = [piece for piece in subject.issue.subject.pieces if isinstance(piece, str)]
    letters = [letter for letter in "".join(words) if letter.isupper() or letter.islower()]
    capitals = sum(map(str.isupper, letters))
    if len(letters) >= 10 and capitals >= _LOUD * len(letters):
        yield ask.finding(
            _place(subject, "subject"),
            "The subject is written in capitals.",
            "Write it as a sentence.",
        )
    marks = _MARKS.search("".join(words))
    if marks:
        yield ask.finding(
            _place(subject, "subject"),
            f'"{marks[0]}" stands in the subject.',
            "One mark is enough; none is calmer.",
        )


@check("reply-subject", Severity.WARNING)
def reply_subject(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A subject that begins with Re: or Fwd:, as if it answered somebody.

    Readers feel misled, and spam filters count it where there is nothing that it answers.
    """
    begins = _REPLY.match(subject.issue.subject.plain())
    if begins:
        yield ask.finding(
            _place(subject, "subject"),
            f'The subject begins with "{begins[0].strip()}", as a reply or a forwarded mail does.',
            "Begin with what the issue is about.",
        )


@check("repeated-subject", Severity.WARNING)
def repeated_subject(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """The subject of the last issue once more.

    Gmail then shows both issues as one conversation, and readers think that they know it already.
    A subject that names {{ issue.date }} or {{ issue.id }} is never the same.
    """
    if subject.earlier and _is_same(subject.issue.subject, subject.earlier[0].subject):
        yield ask.finding(
            _place(subject, "subject"),
            f"Issue {subject.earlier[0].id} had the same subject.",
            "Say what is new in this issue.",
        )


@check("from-name", Severity.WARNING)
def from_name(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """No name in front of the sender's address. One of more than 25 characters is information.

    The name is what readers look at first, and phones show about 25 characters of it.
    """
    name = subject.settings.sender.name
    if not name:
        yield ask.finding(
            subject.settings.source("from"),
            "The sender has no name: readers see an address only.",
            f'Write from = "{subject.settings.name} <{subject.settings.sender.address}>".',
        )
    elif len(name) > FROM_NAME_FITS:
        yield ask.finding(
            subject.settings.source("from"),
            f'The sender\'s name "{name}" has {len(name)} characters; phones show about 25.',
            "Shorten it, the telling part first.",
            Severity.INFO,
        )


@check("from-domain", Severity.WARNING)
def from_domain(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A sender at another domain than the mail server's login.

    Servers sign mail (DKIM) and vouch for it (SPF) with the domain that one logs in at. Where From
    has another, many receivers take the mail for a forgery (DMARC alignment, RFC 7489 section
    3.1). Asked where SMTP_USERNAME is an address.
    """
    ours, login = domain(subject.settings.sender.address), domain(subject.smtp_username)
    if "@" in subject.smtp_username and _organisation(ours) != _organisation(login):
        yield ask.finding(
            subject.settings.source("from"),
            f"The sender is at {ours}, and the login of the mail server at {login}.",
            "Log in with an address of the sender's domain, or ask whoever runs the server whether "
            f"it may sign for {ours}.",
        )


@check("free-provider", Severity.WARNING)
def free_provider(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A sender at a free provider such as gmail.com.

    These providers tell receivers to refuse mail in their name that did not come from them
    (DMARC), and they limit how many mails one account may send.
    """
    host = domain(subject.settings.sender.address)
    if host in _FREE_PROVIDERS:
        yield ask.finding(
            subject.settings.source("from"),
            f"The sender is at {host}: many receivers refuse newsletters from there.",
            "Send from an address of your own domain.",
        )


@check("nobody-reads-replies", Severity.WARNING)
def nobody_reads_replies(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """Replies, or wishes to unsubscribe, that go to a noreply address.

    Without the setting reply_to they go to the sender, and without unsubscribe_mailto to reply_to.
    """
    settings = subject.settings
    addresses = (
        ("Replies go", settings.reply_to, ("reply_to", "from")),
        (
            "Wishes to unsubscribe go",
            settings.unsubscribe_mailto,
            ("unsubscribe_mailto", "reply_to", "from"),
        ),
    )
    for what, address, keys in addresses:
        if _NOBODY_READS.match(address):
            yield ask.finding(
                _setting(subject, keys),
                f"{what} to {address}, which nobody reads.",
                f'Write {keys[0]} = "..." with an address that somebody reads.',
            )


@check("unsubscribe-link", Severity.ERROR)
def unsubscribe_link(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A message without its unsubscribe link in both parts: in the HTML as a link, and in the text.

    PECR regulation 22 and Gmail's and Yahoo's rules for senders ask for it.
    """
    for compiled in subject.compiled:
        html = (piece for piece in compiled.html if isinstance(piece, HtmlSlot))
        if not any(_unsubscribes(p.meaning) and p.place is not Place.TEXT for p in html):
            yield ask.finding(
                subject.template_source,
                "The HTML has no link to unsubscribe.",
                'Write <a href="{{ links.unsubscribe }}">...</a> in the template.',
            )
        if not any(_unsubscribes(piece) for piece in compiled.text):
            yield ask.finding(
                subject.template_source,
                "The text part does not say how to unsubscribe.",
                "Name {{ unsubscribe_url }} there.",
            )


@check("postal-address", Severity.WARNING)
def postal_address(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """No postal address in the footer; readers and several laws expect one (PECR regulation 23)."""
    if not subject.settings.postal_address:
        yield ask.finding(
            Source("newsletter.toml"),
            "The newsletter has no postal address.",
            'Add postal_address = """...""".',
        )


def _place(subject: Subject, where: str) -> Source:
    """Where the text of a setting of issue.toml stands."""
    passage = next((one for one in subject.passages if one.where == where), None)
    if passage is None or not 0 < passage.source.line <= len(passage.written):
        return subject.issue.source
    found = _VALUE.match(passage.written[passage.source.line - 1])
    if not found:
        return passage.source
    return passage.source.at(passage.source.line, found.start(2) + 1, len(found[2]))


def _filled(subject: Subject, where: str) -> str:
    """The subject or preheader with the longest values, as a reader may see it."""
    for compiled in subject.compiled:
        pieces = compiled.subject if where == "subject" else compiled.preheader
        return filled(pieces, subject.longest_values, {}).strip()
    issue = subject.issue
    return (issue.subject if where == "subject" else issue.preheader).plain().strip()


def _is_same(text: MergeText, earlier: str) -> bool:
    """Whether an earlier issue's raw text says the same."""
    ours = _folded(text.plain())
    return (
        bool(ours) and "{{ issue." not in ours and ours == _folded(_FIELD.sub(r"{{ \1 }}", earlier))
    )


def _folded(text: str) -> str:
    return _BLANKS.sub(" ", text).strip(" .!").casefold()


def _organisation(host: str) -> str:
    """`news.council.gov.uk` -> `council.gov.uk`: what DMARC compares, near enough."""
    labels = host.split(".")
    has_second_level = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3 if has_second_level else -2 :])


def _setting(subject: Subject, keys: Sequence[str]) -> Source:
    """The first of these settings that newsletter.toml has."""
    places = [subject.settings.source(key) for key in keys]
    return next((place for place in places if place.line > 1), places[0])


def _unsubscribes(meaning: object) -> bool:
    return isinstance(meaning, MergeField) and (meaning.namespace, meaning.name) == _UNSUBSCRIBE
