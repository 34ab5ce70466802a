"""Link answers: what the web says, asked with --links, of where links lead."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter_mailer.check.context.link_targets import LinkTarget
from newsletter_mailer.check.evidence.links import LINKS
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.findings import Finding, Severity


@check("unreachable-link", Severity.ERROR, needs=LINKS, each=LinkTarget)
def unreachable_link(link: LinkTarget, ask: Ask) -> Iterator[Finding]:
    """A link whose page is not there: asked with --links, the site answers 404 or nothing at all.

    Each web link is asked once, with HEAD and, where that fails, with GET; at most 5 redirects are
    followed; 10 seconds are waited, and a second between two questions to one site. Good answers
    are kept for a day, others for ten minutes, in .newsletter/links.json.
    Links with merge fields are not asked; addresses that only your own network knows are refused.
    """
    answer = (LINKS.of(ask.context) or {}).get(link.target)
    if answer is not None and not answer.is_good and not answer.is_undecided:
        what = f"answers {answer.status}" if answer.status else "cannot be reached"
        why = f": {answer.why}" if answer.why else ""
        yield ask.finding(
            link.source,
            f"The link {link.shown} {what}{why}.",
            "Open it in a browser, and put the right address in.",
        )


@check("unverified-link", Severity.WARNING, needs=LINKS, each=LinkTarget)
def unverified_link(link: LinkTarget, ask: Ask) -> Iterator[Finding]:
    """A link that --links cannot judge: the site turns programs away (401, 403, 405, 429).

    Or it redirects more than five times, or keeps everybody waiting: after two links that it did
    not answer in time, a site's others are not asked. A reader's browser may well get there. Open
    it yourself, once.
    """
    answer = (LINKS.of(ask.context) or {}).get(link.target)
    if answer is not None and answer.is_undecided:
        yield ask.finding(
            link.source,
            f"The link {link.shown} could not be verified: "
            f"{answer.why or f'its site answers {answer.status}'}.",
            "Open it in a browser, without being logged in.",
        )


@check("moved-link", Severity.INFO, needs=LINKS, each=LinkTarget)
def moved_link(link: LinkTarget, ask: Ask) -> Iterator[Finding]:
    """A link whose page has moved for good (a redirect 301 or 308, found with --links).

    It still works. The new address will for longer.
    """
    answer = (LINKS.of(ask.context) or {}).get(link.target)
    if answer is not None and answer.is_good and answer.moved_to:
        yield ask.finding(
            link.source,
            f"The page of the link {link.shown} has moved for good.",
            f"Its new address: {answer.moved_to}",
        )
