"""Accessibility, in a browser: what axe-core finds in the finished pages."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

from lxml import etree

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.context.faulty_looks import one_cause
from newsletter_mailer.check.evidence.axe_core.fault import NOT_ASKED, AxeFault
from newsletter_mailer.check.evidence.browser import BROWSER
from newsletter_mailer.check.look.legible_contrast import has_faint_words
from newsletter_mailer.check.page.page import Page
from newsletter_mailer.check.questions.answers import answers
from newsletter_mailer.check.questions.registry import RULES, check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.findings import Finding, Severity, Source

_SEVERITIES = {
    "critical": Severity.ERROR,
    "serious": Severity.ERROR,
    "moderate": Severity.WARNING,
    "minor": Severity.INFO,
}
#: Rules of axe-core, and ours that ask the same without a browser and tell it in the same line.
ASKED_BY_OURS: Mapping[str, tuple[str, ...]] = {
    "empty-heading": ("empty-heading",),
    "heading-order": ("skipped-heading",),
    "html-has-lang": ("language",),
    "html-lang-valid": ("language",),
    "image-alt": ("image-without-alt",),
    "link-in-text-block": ("link-by-colour",),
    "link-name": ("empty-link", "linked-image-without-words"),
    "target-size": ("target-size",),
    "valid-lang": ("language",),
}
#: Its rules about what the template alone decides, however many sections show it.
_LOOKS = frozenset({"color-contrast", "link-in-text-block", "target-size"})
_LONGEST = 60  #: characters of an address that are shown


def _left_out() -> str:
    """The list of axe-core's rules that are left out, as Markdown."""
    entries = [
        textwrap.fill(f"- {rule}: {why}", 96, subsequent_indent="  ", break_on_hyphens=False)
        for rule, why in NOT_ASKED.items()
    ]
    return "\n".join(["Of axe-core's rules, these are left out:", "", *entries])


@check("axe", Severity.ERROR, needs=BROWSER, appendix=_left_out())
def axe(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """What axe-core finds wrong with the newsletter when a browser shows it.

    Every version is shown to axe-core (by Deque; Lighthouse uses it, too) in an installed Chromium,
    Chrome or Edge, in light and in dark, and measured by its rules for WCAG 2.0 to 2.2, levels A
    and AA, and by what its authors call best practice. What it calls critical or serious is an
    error, moderate is a warning, minor is information. Where it is unsure it says nothing.

    It is a second opinion: it knows how a browser lays things out, and roles and ARIA attributes
    that a template may use. What one of our own rules says of the same line is not said again. The
    browser gets the pages from memory; no request leaves the computer.
    """
    for fault, source, what in _by_place(context):
        medium = ", in dark mode" if fault.is_dark else ""
        yield ask.finding(
            source,
            f"{fault.help} (axe-core: {fault.rule}{medium}). {what}: {fault.why}.",
            f"How to mend it: {fault.url}",
            _SEVERITIES.get(fault.impact, Severity.WARNING),
        )


def _by_place(context: CheckContext) -> Iterator[tuple[AxeFault, Source, str]]:
    """Each fault of a place once, over versions and schemes; and which elements have it."""
    seen = BROWSER.of(context) or {}
    said = _said_by_ours(context, {fault.rule for faults in seen.values() for fault in faults})
    found: dict[object, tuple[AxeFault, Source, dict[str, None]]] = {}
    for page in context.pages:
        for fault in seen.get(page.variant.id, ()):
            element = page.all_elements[fault.element]
            source = page.source(element)
            if (fault.rule, source.file, source.line) in said:
                continue
            if fault.rule == "color-contrast" and has_faint_words(page.styles.of(element)):
                continue
            cause = one_cause(context, source, element) if fault.rule in _LOOKS else source
            known = found.setdefault((fault.rule, fault.is_dark, cause), (fault, source, {}))
            known[2][_named(page, element)] = None
    for fault, source, (first, *others) in found.values():
        yield fault, source, f"{first} and {len(others)} more" if others else first


def _said_by_ours(context: CheckContext, rules: set[str]) -> set[tuple[str, str, int]]:
    """What our own rules say of the same: axe-core's rule, file and line."""
    return {
        (rule, finding.source.file, finding.source.line)
        for rule in rules & ASKED_BY_OURS.keys()
        for ours in ASKED_BY_OURS[rule]
        for finding in answers(RULES[ours], context)
    }


def _named(page: Page, element: etree._Element) -> str:
    """What a person may know the element by: its words, its picture, its target, or its tag."""
    words = " ".join("".join(map(str, element.itertext())).split())
    if words and len(words) <= _LONGEST:
        return f'"{words}"'
    picture = page.picture(element)
    if picture is not None:
        return f"The picture {picture.name}"
    target = element.get("href", "")
    return f"The link to {target[:_LONGEST]}" if target else f"<{element.tag!s}>"
