"""The target of a link, taken apart: its host, what is odd about it, what is wrong with it."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from newsletter_mailer.address import BadAddress, mailbox
from newsletter_mailer.lazy_patterns import lazy_pattern

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_SHORTENERS = """
adf.ly bit.do bit.ly bitly.com bl.ink buff.ly cutt.ly dlvr.it fb.me goo.gl ht.ly is.gd j.mp
lnkd.in mcaf.ee ow.ly rb.gy rebrand.ly s.id shorturl.at short.io shorte.st snip.ly soo.gd su.pr
t.co t.ly t2m.io tiny.cc tiny.one tinyurl.com tr.im trib.al urlz.fr v.gd x.co
"""
#: They hide where a link leads, and filters distrust them (SpamAssassin URL_SHORTENER_*).
SHORTENERS = frozenset(_SHORTENERS.split())
#: Reserved for examples: RFC 2606 sections 2 and 3, RFC 6761 section 6.5.
_EXAMPLES = lazy_pattern(r"(?:.+\.)?(?:example|example\.(?:com|net|org))")
#: Names that only one network knows: RFC 6761 (.localhost, .invalid, .test), RFC 6762 (.local),
#: RFC 8375 (.home.arpa), ICANN 2024 (.internal), and those that routers and offices make up.
_LOCAL = lazy_pattern(
    r"(?:.+\.)?(?:localhost|invalid|test|local|home\.arpa|internal|intranet|lan|corp|home)"
)
_HOST = lazy_pattern(r"(?:(?!-)[\w-]{1,63}(?<!-)\.)*(?!-)[\w-]{1,63}(?<!-)\.?")
#: A host that browsers take for an IPv4 address, however it is written (URL standard, section 3.5).
_ENDS_IN_NUMBER = lazy_pattern(r"(?:^|\.)(?:\d+|0x[\da-f]*)\.?$")
_USUAL_PORTS = {"http": 80, "https": 443}
_TRACKING = lazy_pattern(r"utm_\w+|gclid|fbclid|msclkid|mc_[ce]id", re.IGNORECASE)
#: RFC 6068 section 2: the header fields that mail programs fill in from a link.
_MAIL_FIELDS = ("subject", "body", "cc", "bcc", "to", "in-reply-to")
_NUMBER = lazy_pattern(r"\+?[\d().-]*\d[\d().-]*(?:;[a-z0-9-]+(?:=[^;]+)?)*", re.IGNORECASE)
_LAST_BLANK = lazy_pattern(r"(?:%20|\s)$")
_LAST_MARK = lazy_pattern(r"[.,;:!?'\"”’)\]]$|%E2%80%9[9D]$|%22$")
_MARKS = {
    ".": "a full stop",
    ",": "a comma",
    ";": "a semicolon",
    ":": "a colon",
    "!": "an exclamation mark",
    "?": "a question mark",
    ")": "a bracket",
    "]": "a bracket",
}
#: Words that are nothing but an address. A bare name of a site (GOV.UK) is not meant.
_BARE_ADDRESS = lazy_pattern(
    r"(?:https?://|www\.)\S+|(?:[\w-]+\.)+[a-z]{2,}/\S+|mailto:\S+", re.IGNORECASE
)


class Target(NamedTuple):
    """The target of a web link. `host` in lower case, without a final dot."""

    scheme: str
    host: str
    port: int | None
    ip: IpAddress | None
    has_user: bool  #: https://user@host

    @property
    def is_example(self) -> bool:
        return bool(_EXAMPLES.fullmatch(self.host))

    @property
    def is_local(self) -> bool:
        """Whether it leads nowhere from a reader's place, or to a machine of the reader's own."""
        if self.ip is not None:
            return not self.ip.is_global
        return "." not in self.host or bool(_LOCAL.fullmatch(self.host))

    @property
    def is_shortened(self) -> bool:
        return self.host.removeprefix("www.") in SHORTENERS

    @property
    def odd_port(self) -> int | None:
        return None if self.port in (None, _USUAL_PORTS[self.scheme]) else self.port


def web_target(target: str) -> Target | None:
    """The target taken apart; None if it is no web address, or not a sound one."""
    if target[:4].lower() != "http" or host_fault(target):
        return None
    parts = urlsplit(target)
    host = (parts.hostname or "").rstrip(".")
    return Target(
        scheme=parts.scheme, host=host, port=parts.port, ip=_ip(host), has_user="@" in parts.netloc
    )


def _ip(host: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(host.rstrip("."))
    except ValueError:
        return None


def host_fault(target: str) -> str:
    """What keeps a web address from leading anywhere, as the end of a sentence; "" if nothing."""
    try:
        parts = urlsplit(target)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "it is not an address that a browser understands"
    if "\\" in parts.netloc:
        return "it holds a backslash, which browsers take for the end of the site's name"
    if host in ("http", "https") or target.lower().count("://", 0, len(parts.netloc) + 20) > 1:
        return "it begins with https:// twice"
    if ":" in host:
        return ""  # an IPv6 address, which urlsplit has looked at
    if not _HOST.fullmatch(host) or (_ENDS_IN_NUMBER.search(host) and _ip(host) is None):
        return f'"{unquote(host)[:60]}" is no name of a site'
    return ""


def tail_fault(target: str) -> str:
    """What was probably copied along at its end, as the end of a sentence; "" if nothing."""
    if _LAST_BLANK.search(target):
        return "it ends in a space"
    found = _LAST_MARK.search(target)
    last = unquote(found[0]) if found else ""
    if not last or (last == ")" and "(" in target) or (last == "]" and "[" in unquote(target)):
        return ""
    return f"it ends in {_MARKS.get(last, 'a quotation mark')}"


def doubled_parameters(target: str) -> list[str]:
    """The tracking parameters that stand in a target more than once, in its order."""
    query = target.partition("?")[2].partition("#")[0].replace("?", "&")
    if "=" not in query:
        return []
    names = Counter(
        name.lower()
        for name, _ in parse_qsl(query, keep_blank_values=True)
        if _TRACKING.fullmatch(name)
    )
    return [name for name, count in names.items() if count > 1]


class MailFault(NamedTuple):
    """What is wrong with a mailto: link."""

    says: str  #: a sentence
    is_lost: bool = False  #: what is written to it comes back


def mail_faults(target: str) -> Iterator[MailFault]:
    """RFC 6068 section 2."""
    path, _, query = target[len("mailto:") :].partition("?")
    addresses = [unquote(one) for one in path.split(",")] if path else []
    names = [name.lower() for name, _ in parse_qsl(query, keep_blank_values=True)]
    if not addresses and "to" not in names:
        yield MailFault("It names nobody to write to.")
    for address in addresses:
        try:
            mailbox(address)
        except BadAddress as fault:
            yield MailFault(
                f'"{address[:60]}" is no address: {fault}.{fault.suggestion}', is_lost=True
            )
    for name in names:
        if name not in _MAIL_FIELDS:
            yield MailFault(f'Mail programs do not know "{name[:40]}".')


def phone_fault(target: str) -> str:
    """What is wrong with a tel: link, as a sentence (RFC 3966 section 3); "" if nothing."""
    number = unquote(target[len("tel:") :])
    if re.search(r"\s", number):
        return "A number in a link holds no spaces."
    if not _NUMBER.fullmatch(number):
        return f'"{number[:40]}" is no telephone number.'
    digits = re.sub(r"\D", "", number.partition(";")[0])
    if number.startswith("0") and "phone-context" not in number:
        return "Telephones abroad, and many programs, need the country's code."
    if number.startswith("+") and not 7 <= len(digits) <= 15:
        return f"It has {len(digits)} digits; a number with its country's code has 7 to 15."
    return ""


def is_bare_address(words: str) -> bool:
    return bool(_BARE_ADDRESS.fullmatch(words.strip()))


def mailboxes(target: str) -> list[str]:
    """Whom a mailto: link writes to, in small letters; none for another link."""
    if not target.lower().startswith("mailto:"):
        return []
    path = target[len("mailto:") :].partition("?")[0]
    return [unquote(one).lower() for one in path.split(",") if one]


def is_same_site(shown: str, host: str) -> bool:
    """Whether one host is the other, or a part of it: gov.uk and www.gov.uk."""
    shown, host = shown.removeprefix("www."), host.removeprefix("www.")
    return shown == host or host.endswith("." + shown) or shown.endswith("." + host)
