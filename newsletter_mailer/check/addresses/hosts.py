"""The sites and mailboxes that words name, as readers take them; and what imitates another."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from newsletter_mailer.characters.invisible import is_turned, without_ignorable
from newsletter_mailer.check.addresses.targets import is_same_site, mailboxes, web_target
from newsletter_mailer.issue.body_tokens import FIELD
from newsletter_mailer.lazy_patterns import lazy_pattern

#: What looks like a mark of an address and is none, where NFKC does not say so (U+FF0F and U+FF0E
#: it does). The full stops are those of IDNA (UTS #46); slashes and colons from UTS #39's
#: confusables.txt.
_MARKS = str.maketrans(
    {
        **dict.fromkeys("\u2044\u2215\u29f8\u2571\u27cb\u2cc6\u3033", "/"),
        **dict.fromkeys("\u3002\u06d4\u0701\u0702\ua4f8", "."),
        **dict.fromkeys("\u2236\ua789\u02d0\u05c3", ":"),
    }
)
#: Endings by which words without https:// or www. are taken for a site, and not for a name such as
#: Node.js, a file such as report.pdf or two sentences without a space between.
_ENDINGS = (
    "uk|com|org|net|eu|gov|edu|info|int|mil|biz|london|scot|wales|cymru|ie|co|io|de|fr|nl|ru|cn|au"
)
_WEB = lazy_pattern(
    r"(?<![\w@.-])(?:https?://|(?=www\.)"
    rf"|(?=(?:[\w-]+\.)+(?:{_ENDINGS})(?![\w@-]|\.\w)))"
    r"(?P<host>[\w.-]+)(?P<rest>(?:[/?#:]\S*)?)",
    re.IGNORECASE,
)
_MAILBOX = lazy_pattern(r"(?<![\w.+'-])(?P<mailbox>[\w.+'-]+@(?P<host>[\w-]+(?:\.[\w-]+)+))")
#: Names of software, which end like sites.
_NO_SITES = frozenset({"ado.net", "asp.net", "ml.net", "vb.net"})

#: Scripts that are written together (UTS #39 section 5.2, "highly restrictive").
_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
)
#: Letters that look like a Latin one in most typefaces: those for which Chromium shows a host in
#: Punycode (components/url_formatter/spoof_checks), and their like in Greek and Armenian.
_LATIN_LOOK = str.maketrans(
    "\u0430\u0441\u0501\u0435\u04bb\u0456\u0458\u04cf\u043e\u0440\u051b\u0455\u051d\u0445\u0443\u0475"
    "\u044a\u044c\u04bd\u043f\u0433\u0461"
    "\u03bf\u03b1\u03bd\u03c1\u03b9\u03ba\u03c5\u03c7\u03b3\u03c9\u03c4\u03f2\u03f3\u03b7"
    "\u0585\u0578\u057d\u0570\u0581\u0566\u0575"
    "\u0251\u0261",
    "acdehijlopqswxyvbbenrwoavpikuxywtcjnonuhgqjag",
)


class Named(NamedTuple):
    """A site or mailbox that stands in words."""

    host: str  #: in lower case
    mailbox: str = ""  #: in lower case; empty for a site
    start: str = ""  #: as it was read: a host with the mark behind it, or the mailbox


def as_read(text: str) -> str:
    """As readers take it: nothing unseen, full-width letters and look-alike marks as usual ones."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", without_ignorable(text)).translate(_MARKS)


def named_in(words: str) -> Iterator[Named]:
    """Every site and every mailbox that the words name, anywhere in them.

    Where something turns them round, also those that stand in them backwards.
    """
    text = as_read(words)
    if is_turned(words):
        text = f"{text} {text[::-1]}"
    for found in _WEB.finditer(text):
        host = found["host"].rstrip(".")
        if host.lower() not in _NO_SITES:
            yield Named(host.lower(), start=host + found["rest"][:1])
    for found in _MAILBOX.finditer(text):
        yield Named(found["host"].lower(), found["mailbox"].lower(), found["mailbox"])


def hosts_of(target: str) -> list[str]:
    """The sites that a link leads or writes to; those that a merge field chooses are none yet."""
    web = web_target(target)
    hosts = [web.host] if web is not None else [one.rpartition("@")[2] for one in mailboxes(target)]
    return [host for host in hosts if FIELD.casefold() not in host.casefold()]


def other_than_shown(words: str, target: str) -> str:
    """Where a link leads that shows another site or mailbox; "" if it shows none, or the same."""
    hosts = hosts_of(target)
    written_to = {_shown_mailbox(one): one for one in mailboxes(target)}
    if not hosts:
        return ""
    for named in named_in(words):
        if named.mailbox and written_to:
            if _shown_mailbox(named.mailbox) not in written_to:
                return next(iter(written_to.values()))
        elif not any(is_same_site(as_unicode(named.host), as_unicode(host)) for host in hosts):
            return hosts[0]
    return ""


def _shown_mailbox(mailbox: str) -> str:
    local_part, _, host = mailbox.rpartition("@")
    return f"{local_part}@{as_unicode(host)}"


def as_unicode(host: str) -> str:
    """The host with its xn-- labels as they are shown (RFC 3492); one that is none stays."""
    return ".".join(map(_label, host.lower().split(".")))


def _label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def imitation(host: str) -> str:
    """How a host passes itself off as another, as the end of a sentence; "" if it does not."""
    shown = as_unicode(host)
    if shown.isascii():
        return ""
    *labels, ending = shown.split(".")
    for label in (*labels, ending):
        if as_read(label) != label:
            strange = next(char for char in label if as_read(char) != char)
            return f"it holds {_named(strange)}, which passes for something else"
        scripts = _scripts(label)
        if len(scripts) > 1 and not any(scripts <= group for group in _TOGETHER):
            return f"it mixes {' and '.join(sorted(map(str.capitalize, scripts)))} letters"
    for label in labels:
        look = label.translate(_LATIN_LOOK)
        if ending.isascii() and look.isascii() and look != label:
            return f'it looks like "{look}", and is written in other letters'
    return ""


def imitated_in(word: str) -> str:
    """How a word of the text imitates the name of a site; "" if it does not."""
    if word.isascii():
        return ""
    for named in named_in(word):
        if fault := imitation(named.host):
            return fault
        if named.start not in word:
            return f"it is read as {named.start}, and is written with other characters"
    return ""


def _scripts(label: str) -> frozenset[str]:
    """Of its letters, by the first word of their names in Unicode: LATIN, CYRILLIC, CJK."""
    names = (unicodedata.name(char, "UNKNOWN") for char in label if char.isalpha())
    return frozenset(re.split(r"[ -]", name, maxsplit=1)[0] for name in names)


def _named(char: str) -> str:
    return f"U+{ord(char):04X} ({unicodedata.name(char, 'without a name').lower()})"
