"""Issue + variant -> CompiledVariant: fields become tokens, Markdown, MJML, HTML, plain text."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any  # the values handed to a template have no common type

from newsletter_mailer.compose.compiled import CompiledVariant, HtmlSlot, PictureSlot
from newsletter_mailer.compose.conditional_comments import merged
from newsletter_mailer.compose.page_renderer import Block, PageRenderer, why
from newsletter_mailer.compose.plain_text import Entry, issue_text
from newsletter_mailer.compose.section_cache import SectionCache
from newsletter_mailer.compose.section_renderer import Rendered, SectionRenderer
from newsletter_mailer.compose.slots import Slots
from newsletter_mailer.compose.templates import TemplateMistake, Templates
from newsletter_mailer.compose.tracing import marked_template
from newsletter_mailer.findings import Finding
from newsletter_mailer.issue.model import Issue, Section, Template
from newsletter_mailer.issue.moments import Moment
from newsletter_mailer.plan.variants import Variant
from newsletter_mailer.settings.newsletter import Settings, direction
from newsletter_mailer.text_cache import Cache


class VariantRenderer:
    """Renders the variants of one issue. What is wrong is added to `findings`."""

    def __init__(
        self,
        issue: Issue,
        template: Template,
        settings: Settings,
        slots: Slots,
        *,
        marked: bool,
        cache: Cache,
        findings: list[Finding],
    ) -> None:
        if marked:
            template = marked_template(template)
        self._issue, self._template, self._settings = issue, template, settings
        self._slots, self._findings = slots, findings
        self._common = self._common_values()
        templates = Templates(template)
        kept = SectionCache(cache, slots, template, self._common, marked=marked)
        self._sections = SectionRenderer(templates, slots, self._common, kept, marked=marked)
        self._pages = PageRenderer(
            issue, settings, templates, slots, self._common, cache, marked=marked
        )
        self._in_page: dict[str, tuple[tuple[str | HtmlSlot, ...], list[Finding]]] = {}
        self._rendered: dict[tuple[str, int], Rendered | None] = {}

    def render(self, variant: Variant) -> CompiledVariant | None:
        """The variant, or None when something is wrong with it."""
        try:
            blocks = self._blocks(variant)
            if blocks is None:
                return None
            html, refused = self._slotted(self._pages.pieces(blocks))
        except TemplateMistake as mistake:
            self._wrong(mistake.finding)
            return None
        for finding in refused:
            self._wrong(finding)
        if refused:
            return None
        shown = {
            piece.meaning.key
            for piece in html
            if isinstance(piece, HtmlSlot) and isinstance(piece.meaning, PictureSlot)
        }
        return CompiledVariant(
            variant=variant,
            html=html,
            text=self._slots.in_text(self._text(blocks)),
            subject=self._slots.in_line(self._issue.subject),
            preheader=self._slots.in_line(self._issue.preheader),
            pictures={key: self._slots.pictures[key] for key in sorted(shown)},
        )

    def _slotted(self, pieces: Iterable[str]) -> tuple[tuple[str | HtmlSlot, ...], list[Finding]]:
        """A page's pieces cut at their slots; a component's are the same in every page."""
        html: list[str | HtmlSlot] = []
        findings: list[Finding] = []
        for piece in pieces:
            if piece not in self._in_page:
                self._in_page[piece] = self._slots.in_page(piece)
            slots, refused = self._in_page[piece]
            findings += refused
            html += slots
        return tuple(_joined(html)), findings

    def _wrong(self, finding: Finding) -> None:
        if finding not in self._findings:
            self._findings.append(finding)

    def _common_values(self) -> dict[str, Any]:
        settings, issue = self._settings, self._issue
        masthead = next(
            (name for name in self._template.pictures if name.startswith("images/masthead.")), None
        )
        return {
            "theme": self._template.theme,
            "newsletter": {
                "name": settings.name,
                "language": issue.language,
                "direction": direction(issue.language),
                "postal_address": [
                    line.strip() for line in settings.postal_address.split("\n") if line.strip()
                ],
                "reply_to": settings.reply_to,
                "masthead": self._slots.picture(self._template.pictures[masthead], settings.name)
                if masthead
                else None,
            },
            "issue": {
                "id": issue.id,
                "subject": self._slots.words(issue.subject),
                "preheader": self._slots.words(issue.preheader),
                "date": Moment(issue.date),
            },
            "picture": self._template_picture,
        }

    def _template_picture(self, path: str, alt: str) -> dict[str, Any]:
        """A picture of the template's own folder, for its files."""
        if path not in self._template.pictures:
            known = ", ".join(self._template.pictures)
            raise LookupError(f"the template has no picture {path} (it has: {known or 'none'})")
        return self._slots.picture(self._template.pictures[path], alt)

    def _blocks(self, variant: Variant) -> Sequence[Block] | None:
        """The variant's sections in blocks, or None where one of them has a mistake."""
        blocks: list[tuple[str | None, list[Rendered]]] = []
        has_mistake = False
        heading: str | None = None
        for section in variant.sections:
            own = self._issue.groups.get(section.kind.name)
            if own is None or own != heading:
                blocks.append((own, []))
            heading = own
            rendered = self._section(section, 2 if own is None else 3)
            if rendered is None:
                has_mistake = True
            else:
                blocks[-1][1].append(rendered)
        return None if has_mistake else blocks

    def _section(self, section: Section, level: int) -> Rendered | None:
        key = (section.slug, level)
        if key not in self._rendered:
            try:
                self._rendered[key] = self._sections.render(section, level)
            except TemplateMistake as mistake:
                self._wrong(mistake.finding)
                self._rendered[key] = None
        return self._rendered[key]

    def _text(self, blocks: Sequence[Block]) -> str:
        return issue_text(
            name=self._settings.name,
            date=Moment(self._issue.date).date_text,
            subject=self._slots.words(self._issue.subject),
            entries=[
                Entry(heading, [rendered.part for rendered in rendereds])
                for heading, rendereds in blocks
            ],
            why=why(self._settings),
            unsubscribe=self._slots.link("unsubscribe_url"),
            postal_address=self._settings.postal_address,
        )


def _joined(pieces: Iterable[str | HtmlSlot]) -> Iterator[str | HtmlSlot]:
    """Neighbouring texts as one, and so their conditional comments."""
    for is_text, run in itertools.groupby(pieces, lambda piece: isinstance(piece, str)):
        if is_text:
            yield merged("".join(str(piece) for piece in run))
        else:
            yield from run
