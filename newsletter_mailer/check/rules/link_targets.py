"""Link targets: where links lead."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter_mailer.check.addresses.hosts import (
    hosts_of,
    imitated_in,
    imitation,
    other_than_shown,
)
from newsletter_mailer.check.addresses.targets import (
    doubled_parameters,
    host_fault,
    mail_faults,
    phone_fault,
    tail_fault,
    web_target,
)
from newsletter_mailer.check.context.link_targets import LinkTarget
from newsletter_mailer.check.questions.registry import also, check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.text.passages import Passage
from newsletter_mailer.check.text.written_links import Link
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.issue.body_tokens import FIELD
from newsletter_mailer.lazy_patterns import lazy_pattern

_WORD = lazy_pattern(r"\S+")
#: What was meant to be a link and is none in Markdown: [words] (address), (words)[address].
_NO_LINK = lazy_pattern(
    r"\[[^\[\]]{1,200}\]\s?\(\s?(?:https?://|www\.|mailto:|tel:)[^()]{0,300}\)"
    r"|\([^()]{1,200}\)\s?\[\s?(?:https?://|www\.|mailto:|tel:)[^\[\]]{0,300}\]"
)


@check("link-address", Severity.ERROR, each=LinkTarget)
def link_address(link: LinkTarget, ask: Ask) -> Iterator[Finding]:
    """A link that cannot work as it is written: https://https://..., www,gov.uk, mailto:ann@.

    So is one that readers would see as text, for there is a space in [words] (address) or in the
    address, or the brackets are mixed up. What probably came along when the address was copied (a
    full stop, a bracket or a space at its end) and an unusual mailto: or tel: link are a warning.
    The forms are those of RFC 3986 for the web, RFC 6068 for mailto:subject lines and RFC 3966 for
    telephone numbers.
    """
    scheme = link.target.partition(":")[0].lower()
    if scheme in ("http", "https"):
        yield from _web_address(link, ask)
    elif link.is_for_each_reader:
        return
    elif scheme == "mailto":
        for wrong in mail_faults(link.target):
            yield ask.finding(
                link.source,
                f"The link {link.shown} is not as it should be. {wrong.says}",
                "Write mailto:name@example.org, and ?subject=... behind it if you like.",
                Severity.ERROR if wrong.is_lost else Severity.WARNING,
            )
    elif scheme == "tel" and (fault := phone_fault(link.target)):
        yield ask.finding(
            link.source,
            f"The link {link.shown} may not call anybody. {fault}",
            "Write tel:+441215550123: the country's code, then the number without its 0.",
            Severity.WARNING,
        )


def _web_address(link: LinkTarget, ask: Ask) -> Iterator[Finding]:
    if fault := host_fault(link.target):
        yield ask.finding(
            link.source, f"The link {link.shown} cannot work: {fault}.", "Mend the address."
        )
    elif not link.target.endswith(FIELD) and (fault := tail_fault(link.target)):
        yield ask.finding(
            link.source,
            f"The link {link.shown} looks as if too much was copied: {fault}.",
            "Try it, and remove what does not belong to it.",
            Severity.WARNING,
        )


@also("link-address", each=Passage)
def no_link(passage: Passage, ask: Ask) -> Iterator[Finding]:
    for found in _NO_LINK.finditer(passage.text):
        yield ask.finding(
            passage.at(*found.span()),
            f'Readers would see "{" ".join(found[0].split())[:80]}" instead of a link.',
            "Write [words](address) without a space before or within the round brackets; in "
            "the address, %20 stands for a space.",
        )


@check("local-link", Severity.ERROR, each=LinkTarget)
def local_link(link: LinkTarget, ask: Ask) -> Iterator[Finding]:
    """A link to a machine that readers cannot reach: localhost, 192.168.1.5, intranet.local.

    It works for the writer, on the office's network, and for nobody else (RFC 6761, RFC 6762 and
    RFC 1918 name these hosts). Link to a public page.
    """
    target = link.web
    if target is not None and target.is_local and not target.is_example:
        yield ask.finding(
            link.source,
            f"The link {link.shown} leads to {target.host}, which readers cannot reach.",
            "Link to a page that is on the public web.",
        )


@check("example-link", Severity.WARNING, each=LinkTarget)
def example_link(link: LinkTarget, ask: Ask) -> Iterator[Finding]:
    """A link to an example domain, such as example.org: a place for an address still to come.

    These domains belong to nobody (RFC 2606, RFC 6761) and lead to a page that says so.
    """
    target = link.web
    address = link.target.partition("?")[0] if link.target.startswith("mailto:") else ""
    if (target is not None and target.is_example) or _is_example_address(address):
        yield ask.finding(
            link.source,
            f"The link {link.shown} leads to an example domain.",
            "Put the real address in.",
        )


@check("insecure-link", Severity.WARNING, each=LinkTarget)
def insecure_link(link: LinkTarget, ask: Ask) -> Iterator[Finding]:
    """A link that begins with http:// instead of https://.

    Browsers warn of such pages, anybody on the way can change them, and spam filters count them.
    """
    target = link.web
    if target is not None and target.scheme == "http" and not target.is_local:
        yield ask.finding(
            link.source,
            f"The link {link.shown} is not encrypted.",
            "Write https:// and try it.",
        )


@check("shortened-link", Severity.WARNING, guards=True, each=LinkTarget)
def shortened_link(link: LinkTarget, ask: Ask) -> Iterator[Finding]:
    """A link of a shortener (bit.ly, tinyurl.com, t.co ...), which hides where it leads.

    Readers are taught not to trust them, spam filters score them (SpamAssassin: URL_SHORTENER_*),
    and the shortener may be gone before the newsletter is. Link to the page itself.
    """
    target = link.web
    if target is not None and target.is_shortened:
        yield ask.finding(
            link.source,
            f"The link {link.shown} hides where it leads.",
            "Open it, and link to the page where you arrive.",
        )


@check("odd-host", Severity.WARNING, guards=True, each=LinkTarget)
def odd_host(link: LinkTarget, ask: Ask) -> Iterator[Finding]:
    """A link to a number instead of a name (https://203.0.113.7/), or to an unusual port (:8080).

    Spam filters take both for signs of fraud (SpamAssassin: NUMERIC_HTTP_ADDR, WEIRD_PORT), and
    offices block unusual ports.
    """
    target = link.web
    if target is None or target.is_local:
        return
    if target.ip is not None or target.odd_port is not None:
        what = f"port {target.odd_port}" if target.ip is None else "a number instead of a name"
        yield ask.finding(
            link.source,
            f"The link {link.shown} leads to {what}.",
            "Link to the site by its name, without a port.",
        )


@check("misleading-link", Severity.WARNING, guards=True, each=Link)
def misleading_link(link: Link, ask: Ask) -> Iterator[Finding]:
    """A link that shows one address and leads to another, as fraudsters do.

    Mail programs warn of it or cut the link. A site or a mailbox is looked for anywhere in the
    link's words, as readers see them: without what is invisible, with full-width letters and
    slashes that only look like one read as usual. gov.uk for www.gov.uk is no difference. A name
    before an @ in a web address (https://www.gov.uk@example.net/) misleads in the same way.
    """
    target = web_target(link.target)
    leads_to = other_than_shown(link.words, link.target)
    if leads_to:
        yield ask.finding(
            link.source,
            f'The link shows "{" ".join(link.words.split())[:80]}" and leads to {leads_to}.',
            "Mend the wrong one, or write in words what the reader finds there.",
        )
    elif target is not None and target.has_user:
        yield ask.finding(
            link.source,
            f"The link leads to {target.host}; what stands before the @ is not its name.",
            "Remove what stands between // and @.",
        )


@check("look-alike-host", Severity.ERROR, each=LinkTarget, guards=True)
def look_alike_host(link: LinkTarget, ask: Ask) -> Iterator[Finding]:
    """A site's name that passes for another: it mixes alphabets, or holds a slash that is none.

    In www.g\u043ev.uk the o is Cyrillic, and www.gov.uk\u2044login.example.net is one name.
    Looked at are the links' targets (those in Punycode, xn--..., as they are shown) and the sites
    that stand in the text, of which mail programs make links. Names in one alphabet
    (m\u00fcnchen.de) are left alone, and so are those in which it is usual to mix two, as in
    Japanese (Unicode's UTS #39, section 5.2).
    """
    for host in hosts_of(link.target):
        if fault := imitation(host):
            yield ask.finding(
                link.source,
                f"The link {link.shown} leads to a name that imitates another: {fault}.",
                "Do not send it. Ask who wrote it, and type the site's address yourself.",
            )


@also("look-alike-host", each=Passage)
def look_alike_host_in_text(passage: Passage, ask: Ask) -> Iterator[Finding]:
    for found in () if passage.text.isascii() else _WORD.finditer(passage.text):
        if fault := imitated_in(found[0]):
            yield ask.finding(
                passage.at(*found.span()),
                f"The address here imitates another: {fault}.",
                "Type it anew, or remove it.",
            )


@check("doubled-tracking", Severity.WARNING, each=LinkTarget)
def doubled_tracking(link: LinkTarget, ask: Ask) -> Iterator[Finding]:
    """A link with the same tracking parameter twice, such as two utm_source: statistics count one.

    It happens when a link is copied from another newsletter, and when a second "?" is added.
    """
    for name in doubled_parameters(link.target):
        yield ask.finding(
            link.source,
            f"The link {link.shown} has {name} more than once.",
            "Keep one of them.",
        )


def _is_example_address(target: str) -> bool:
    host = target.rpartition("@")[2]
    found = web_target(f"https://{host}") if host and FIELD not in host else None
    return found is not None and found.is_example
