"""Client support: HTML and CSS that the readers' mail programs do not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lxml import etree

from newsletter_mailer.check.clients.classification import Matter
from newsletter_mailer.check.clients.elements import (
    features_of_attributes,
    features_of_tags,
    uses_of_element,
)
from newsletter_mailer.check.clients.features import (
    Use,
    may_use,
    properties_with,
    uses_of_sheet,
    uses_of_style,
)
from newsletter_mailer.check.clients.support import (
    USUAL_CLIENTS,
    Weakness,
    known_clients,
    named,
    unknown_clients,
    weaknesses,
)
from newsletter_mailer.check.clients.tables import client_table
from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.page.page import Page
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.template.styles import TemplateStyles
from newsletter_mailer.compose.conditional_comments import is_hidden_from_outlook
from newsletter_mailer.did_you_mean import did_you_mean
from newsletter_mailer.findings import Finding, Severity, Source

#: Looked at by the rule active-content.
_ACTIVE = frozenset({"form", "input", "object", "select", "textarea", "button", "video", "audio"})
_HINTS = {
    Matter.LOST: "Show it in a way that every client knows.",
    Matter.LAYOUT: "Use MJML's columns or a table, or give a value before it as a fallback.",
    Matter.PLAINER: "It looks plainer there; nothing is lost.",
}
_CLASSIC = "outlook-classic"


@check("unknown-client", Severity.WARNING)
def unknown_client(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A mail client under [check] clients that the table of caniemail.com does not have."""
    for settings in (context.settings.check, context.issue.check):
        for client in unknown_clients(settings.clients):
            known = client_table().clients
            yield ask.finding(
                settings.source(client),
                f'No mail client is called "{client}" here.',
                did_you_mean(client, known) or f"Known: {', '.join(known)}.",
            )


@check("client-support", Severity.WARNING)
def client_support(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """HTML or CSS that a mail client of your readers does not support.

    The data are those of caniemail.com, where each feature has a page with its tests. Say in
    newsletter.toml which clients matter: `[check]`, `clients = ["outlook-classic", "gmail-web"]`;
    without it they are Outlook (classic, new, web), Gmail (web, iOS, Android) and Apple Mail
    (macOS, iOS). A warning means that something is lost or stands elsewhere: a picture in WebP,
    `position`, `float`, `display: flex`, `var()`. Where it only looks plainer, such as a shadow,
    or where a client has it in part, it is information.

    Left out is what MJML itself always uses, what only asks a client whether it can (@supports,
    prefers-color-scheme), what has a fallback (a colour under a background picture; in head.css
    also a plain value before calc(), while inline.css keeps only the last value of a property),
    rules for one client alone, and what is hidden from Outlook with <!--[if !mso]><!-->.
    """
    wanted = context.issue.check.clients or context.settings.check.clients or USUAL_CLIENTS
    chosen = known_clients(wanted)
    weak = weaknesses(chosen)
    told: set[tuple[str, Source]] = set()
    for use, weakness, source in _found(context, weak):
        if (use.slug, source) in told or not (weakness.missing or weakness.partly):
            continue
        told.add((use.slug, source))
        yield _finding(ask, use, weakness, source, chosen)


def _finding(
    ask: Ask, use: Use, weakness: Weakness, source: Source, chosen: Sequence[str]
) -> Finding:
    page = f"https://www.caniemail.com/features/{use.slug}/"
    if not weakness.missing:
        return ask.finding(
            source,
            f'"{use.words}" works only in part in {named(weakness.partly, chosen)}.',
            f"See {page}",
            Severity.INFO,
        )
    is_plain = weakness.matter is Matter.PLAINER or bool(use.within)
    return ask.finding(
        source,
        f'"{use.words}" does not work in {named(weakness.missing, chosen)}.',
        f"{_HINTS[Matter.PLAINER if is_plain else weakness.matter]} See {page}",
        Severity.INFO if is_plain else None,
    )


def _found(
    context: CheckContext, weak: Mapping[str, Weakness]
) -> Iterator[tuple[Use, Weakness, Source]]:
    """Every use of a feature that is weak somewhere, and where it was written."""
    styles = _Styles(context, weak)
    for sheet in dict.fromkeys(sheet for page in context.pages for sheet in page.style_sheets):
        for use in uses_of_sheet(sheet):
            if use.slug in weak:
                source = styles.place(use) or context.template_source
                yield use, weak[use.slug].where_read(use.within), source
    tags = {tag for tag, slug in features_of_tags().items() if slug in weak} | {"img"}
    attributes = {name for name, slug in features_of_attributes().items() if slug in weak}
    for page in context.pages:
        for element in page.new_elements:
            uses = styles.uses(element.get("style"))
            if element.tag in tags or not attributes.isdisjoint(element.keys()):
                uses = [*uses, *(use for use in uses_of_element(element) if use.slug in weak)]
            if uses and element.tag not in _ACTIVE and not _is_of_mjml(element):
                for use in uses:
                    yield _in_page(page, element, use, weak[use.slug], styles)


def _in_page(
    page: Page, element: etree._Element, use: Use, weakness: Weakness, styles: _Styles
) -> tuple[Use, Weakness, Source]:
    if _CLASSIC in (*weakness.missing, *weakness.partly) and is_hidden_from_outlook(element):
        weakness = weakness.without(_CLASSIC)
    return use, weakness, styles.place(use) or page.source(element)


class _Styles:
    """The weak uses of `style` attributes, most of which many elements share."""

    def __init__(self, context: CheckContext, weak: Mapping[str, Weakness]) -> None:
        self._weak, self._properties = weak, properties_with(weak)
        self._sheets = TemplateStyles(context.template)
        self._uses: dict[str | None, Sequence[Use]] = {None: ()}

    def uses(self, style: str | None) -> Sequence[Use]:
        known = self._uses.get(style)
        if known is None:
            known = ()
            if may_use(style or "", self._properties):
                known = [use for use in uses_of_style(style or "") if use.slug in self._weak]
            self._uses[style] = known
        return known

    def place(self, use: Use) -> Source | None:
        """Where a style sheet of the template has it; None if it stands in an element."""
        return self._sheets.place(use.name, use.value)


def _is_of_mjml(element: etree._Element) -> bool:
    return element.get("class", "").startswith("mj-")
