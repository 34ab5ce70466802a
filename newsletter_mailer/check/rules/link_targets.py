"""Link targets: where links lead, and whether they get there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter_mailer.check.hosts import hosts_of, imitated_in, imitation, other_than_shown
from newsletter_mailer.check.linked import linked
from newsletter_mailer.check.registry import Ask, check
from newsletter_mailer.check.subject import Subject
from newsletter_mailer.check.targets import (
    doubled_parameters,
    host_fault,
    mail_faults,
    phone_fault,
    tail_fault,
    web_target,
)
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.issue.markdown import FIELD

_WORD = re.compile(r"\S+")
#: What was meant to be a link and is none in Markdown: [words] (address), (words)[address].
_NO_LINK = re.compile(
    r"\[[^\[\]]{1,200}\]\s?\(\s?(?:https?://|www\.|mailto:|tel:)[^()]{0,300}\)"
    r"|\([^()]{1,200}\)\s?\[\s?(?:https?://|www\.|mailto:|tel:)[^\[\]]{0,300}\]"
)


@check("link-address", Severity.ERROR)
def link_address(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A link that cannot work as it is written: https://https://..., www,gov.uk, mailto:ann@.

    So is one that readers would see as text, for there is a space in [words] (address) or in the
    address, or the brackets are mixed up. What probably came along when the address was copied (a
    full stop, a bracket or a space at its end) and an unusual mailto: or tel: link are a warning.
    The forms are those of RFC 3986 for the web, RFC 6068 for mailto:subject lines and RFC 3966 for
    telephone numbers.
    """
    for link in linked(subject):
        target = link.target
        scheme = target.partition(":")[0].lower()
        if scheme in ("http", "https"):
            fault = host_fault(target)
            if fault:
                yield ask.finding(
                    link.find(), f"The link {link.shown} cannot work: {fault}.", "Mend the address."
                )
            elif not target.endswith(FIELD) and (fault := tail_fault(target)):
                yield ask.finding(
                    link.find(),
                    f"The link {link.shown} looks as if too much was copied: {fault}.",
                    "Try it, and remove what does not belong to it.",
                    Severity.WARNING,
                )
        elif link.is_for_each_reader:
            continue
        elif scheme == "mailto":
            for fault in mail_faults(target):
                yield ask.finding(
                    link.find(),
                    f"The link {link.shown} is not as it should be. {fault}",
                    "Write mailto:name@example.org, and ?subject=... behind it if you like.",
                    Severity.ERROR if "is no address" in fault else Severity.WARNING,
                )
        elif scheme == "tel" and (fault := phone_fault(target)):
            yield ask.finding(
                link.find(),
                f"The link {link.shown} may not call anybody. {fault}",
                "Write tel:+441215550123: the country's code, then the number without its 0.",
                Severity.WARNING,
            )
    for passage in subject.passages:
        for found in _NO_LINK.finditer(passage.text):
            yield ask.finding(
                passage.at(*found.span()),
                f'Readers would see "{" ".join(found[0].split())[:80]}" instead of a link.',
                "Write [words](address) without a space before or within the round brackets; in "
                "the address, %20 stands for a space.",
            )


@check("local-link", Severity.ERROR)
def local_link(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A link to a machine that readers cannot reach: localhost, 192.168.1.5, intranet.local.

    It works for the writer, on the office's network, and for nobody else (RFC 6761, RFC 6762 and
    RFC 1918 name these hosts). Link to a public page.
    """
    for link in linked(subject):
        target = web_target(link.target)
        if target is not None and target.is_local and not target.is_example:
            yield ask.finding(
                link.find(),
                f"The link {link.shown} leads to {target.host}, which readers cannot reach.",
                "Link to a page that is on the public web.",
            )


@check("example-link", Severity.WARNING)
def example_link(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A link to an example domain, such as example.org: a place for an address still to come.

    These domains belong to nobody (RFC 2606, RFC 6761) and lead to a page that says so.
    """
    for link in linked(subject):
        target = web_target(link.target)
        address = link.target.partition("?")[0] if link.target.startswith("mailto:") else ""
        if (target is not None and target.is_example) or _is_example_address(address):
            yield ask.finding(
                link.find(),
                f"The link {link.shown} leads to an example domain.",
                "Put the real address in.",
            )


@check("insecure-link", Severity.WARNING)
def insecure_link(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A link that begins with http:// instead of https://.

    Browsers warn of such pages, anybody on the way can change them, and spam filters count them.
    """
    for link in linked(subject):
        target = web_target(link.target)
        if target is not None and target.scheme == "http" and not target.is_local:
            yield ask.finding(
                link.find(),
                f"The link {link.shown} is not encrypted.",
                "Write https:// and try it.",
            )


@check("shortened-link", Severity.WARNING, guards=True)
def shortened_link(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A link of a shortener (bit.ly, tinyurl.com, t.co ...), which hides where it leads.

    Readers are taught not to trust them, spam filters score them (SpamAssassin: URL_SHORTENER_*),
    and the shortener may be gone before the newsletter is. Link to the page itself.
    """
    for link in linked(subject):
        target = web_target(link.target)
        if target is not None and target.is_shortened:
            yield ask.finding(
                link.find(),
                f"The link {link.shown} hides where it leads.",
                "Open it, and link to the page where you arrive.",
            )


@check("odd-host", Severity.WARNING, guards=True)
def odd_host(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A link to a number instead of a name (https://203.0.113.7/), or to an unusual port (:8080).

    Spam filters take both for signs of fraud (SpamAssassin: NUMERIC_HTTP_ADDR, WEIRD_PORT), and
    offices block unusual ports.
    """
    for link in linked(subject):
        target = web_target(link.target)
        if target is None or target.is_local:
            continue
        if target.ip is not None or target.odd_port is not None:
            what = f"port {target.odd_port}" if target.ip is None else "a number instead of a name"
            yield ask.finding(
                link.find(),
                f"The link {link.shown} leads to {what}.",
                "Link to the site by its name, without a port.",
            )


@check("misleading-link", Severity.WARNING, guards=True)
def misleading_link(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A link that shows one address and leads to another, as fraudsters do.

    Mail programs warn of it or cut the link. A site or a mailbox is looked for anywhere in the
    link's words, as readers see them: without what is invisible, with full-width letters and
    slashes that only look like one read as usual. gov.uk for www.gov.uk is no difference. A name
    before an @ in a web address (https://www.gov.uk@example.net/) misleads in the same way.
    """
    for link in subject.links:
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


@check("look-alike-host", Severity.ERROR, guards=True)
def look_alike_host(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A site's name that passes for another: it mixes alphabets, or holds a slash that is none.

    In www.g\u043ev.uk the o is Cyrillic, and www.gov.uk\u2044login.example.net is one name.
    Looked at are the links' targets (those in Punycode, xn--..., as they are shown) and the sites
    that stand in the text, of which mail programs make links. Names in one alphabet
    (m\u00fcnchen.de) are left alone, and so are those in which it is usual to mix two, as in
    Japanese (Unicode's UTS #39, section 5.2).
    """
    for link in linked(subject):
        for host in hosts_of(link.target):
            if fault := imitation(host):
                yield ask.finding(
                    link.find(),
                    f"The link {link.shown} leads to a name that imitates another: {fault}.",
                    "Do not send it. Ask who wrote it, and type the site's address yourself.",
                )
    for passage in subject.passages:
        for found in () if passage.text.isascii() else _WORD.finditer(passage.text):
            if fault := imitated_in(found[0]):
                yield ask.finding(
                    passage.at(*found.span()),
                    f"The address here imitates another: {fault}.",
                    "Type it anew, or remove it.",
                )


@check("doubled-tracking", Severity.WARNING)
def doubled_tracking(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A link with the same tracking parameter twice, such as two utm_source: statistics count one.

    It happens when a link is copied from another newsletter, and when a second "?" is added.
    """
    for link in linked(subject):
        for name in doubled_parameters(link.target):
            yield ask.finding(
                link.find(),
                f"The link {link.shown} has {name} more than once.",
                "Keep one of them.",
            )


@check("unreachable-link", Severity.ERROR, needs="reached")
def unreachable_link(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A link whose page is not there: asked with --links, the site answers 404 or nothing at all.

    Each web link is asked once, with HEAD and, where that fails, with GET; at most 5 redirects are
    followed; 10 seconds are waited, and a second between two questions to one site. Good answers
    are kept for a day, others for ten minutes, in .newsletter/links.json.
    Links with merge fields are not asked; addresses that only your own network knows are refused.
    """
    for link in linked(subject):
        answer = (subject.evidence.reached or {}).get(link.target)
        if answer is not None and not answer.is_good and not answer.is_undecided:
            what = f"answers {answer.status}" if answer.status else "cannot be reached"
            why = f": {answer.why}" if answer.why else ""
            yield ask.finding(
                link.find(),
                f"The link {link.shown} {what}{why}.",
                "Open it in a browser, and put the right address in.",
            )


@check("unverified-link", Severity.WARNING, needs="reached")
def unverified_link(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A link that --links cannot judge: the site turns programs away (401, 403, 405, 429).

    Or it redirects more than five times, or keeps everybody waiting: after two links that it did
    not answer in time, a site's others are not asked. A reader's browser may well get there. Open
    it yourself, once.
    """
    for link in linked(subject):
        answer = (subject.evidence.reached or {}).get(link.target)
        if answer is not None and answer.is_undecided:
            yield ask.finding(
                link.find(),
                f"The link {link.shown} could not be verified: "
                f"{answer.why or f'its site answers {answer.status}'}.",
                "Open it in a browser, without being logged in.",
            )


@check("moved-link", Severity.INFO, needs="reached")
def moved_link(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A link whose page has moved for good (a redirect 301 or 308, found with --links).

    It still works. The new address will for longer.
    """
    for link in linked(subject):
        answer = (subject.evidence.reached or {}).get(link.target)
        if answer is not None and answer.is_good and answer.moved_to:
            yield ask.finding(
                link.find(),
                f"The page of the link {link.shown} has moved for good.",
                f"Its new address: {answer.moved_to}",
            )


def _is_example_address(target: str) -> bool:
    host = target.rpartition("@")[2]
    found = web_target(f"https://{host}") if host and FIELD not in host else None
    return found is not None and found.is_example
