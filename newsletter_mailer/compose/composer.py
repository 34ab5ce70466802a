"""Issue + variant -> CompiledVariant: fields become tokens, Markdown, MJML, HTML, plain text."""

from __future__ import annotations

from typing import Any  # the values handed to a template have no common type

from newsletter_mailer.compose.compiled import CompiledVariant, HtmlSlot, PictureSlot
from newsletter_mailer.compose.inline import inline_css
from newsletter_mailer.compose.mjml import MjmlFault, compile_mjml, parse_mjml
from newsletter_mailer.compose.plain_text import Entry, issue_text
from newsletter_mailer.compose.section_parts import Rendered, SectionRenderer
from newsletter_mailer.compose.slots import Slots
from newsletter_mailer.compose.templates import TemplateMistake, Templates
from newsletter_mailer.compose.tracing import mark_components, marked_template
from newsletter_mailer.findings import Finding
from newsletter_mailer.issue.model import Issue, Section, Template
from newsletter_mailer.issue.moments import Moment
from newsletter_mailer.plan.variants import Variant
from newsletter_mailer.settings import Settings, direction

_PREVIEW = '<div style="display:none;font-size:1px;color:#ffffff;'

#: Sections under one heading, or one by itself under none.
Block = tuple[str | None, list[Rendered]]


class Composer:
    """Composes the variants of one issue. What is wrong collects in `findings`.

    `marked`: with the marks of `tracing.py`, to be looked at and never mailed. `before`: one that
    composed the issue as it was before an edit; sections that are as they were are taken over.
    """

    def __init__(
        self,
        issue: Issue,
        template: Template,
        settings: Settings,
        content_hash: str,
        *,
        marked: bool = False,
        before: Composer | None = None,
    ) -> None:
        self.findings: list[Finding] = []
        self._is_marked = marked
        #: All that goes into a section's MJML and text beside the section itself.
        self._surroundings = (
            *(marked, template, settings, issue.id),
            *(issue.subject, issue.preheader, issue.date, issue.language),
        )
        if marked:
            template = marked_template(template)
        self._issue, self._template, self._settings = issue, template, settings
        self._templates = Templates(template)
        self.slots: Slots = Slots(
            issue, template, settings, content_hash, before.slots if before else None
        )
        self._common = self._common_values()
        self._sections = SectionRenderer(self._templates, self.slots, self._common, marked=marked)
        self._rendered: dict[tuple[str, int], Rendered | None] = {}
        if before is not None:
            self._take_over(before)

    def compose(self, variant: Variant) -> CompiledVariant | None:
        """The variant, or None when something is wrong with it."""
        try:
            blocks = self._blocks(variant)
            if blocks is None:
                return None
            html, refused = self.slots.in_page(self._page(blocks))
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
            text=self.slots.in_text(self._text(blocks)),
            subject=self.slots.in_line(self._issue.subject),
            preheader=self.slots.in_line(self._issue.preheader),
            pictures={key: self.slots.pictures[key] for key in sorted(shown)},
        )

    def _take_over(self, before: Composer) -> None:
        has_same_tokens = self.slots.mint is before.slots.mint
        if not has_same_tokens or self._surroundings != before._surroundings:
            return
        they_were = {section.slug: section for section in before._issue.sections}
        untouched = {
            section.slug
            for section in self._issue.sections
            if section == they_were.get(section.slug)
        }
        for (slug, level), rendered in before._rendered.items():
            if rendered is not None and slug in untouched:
                self._rendered[slug, level] = rendered
                self.slots.take_pictures(rendered.values["mjml"], before.slots)

    def _wrong(self, finding: Finding) -> None:
        if finding not in self.findings:
            self.findings.append(finding)

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
                "masthead": self.slots.picture(self._template.pictures[masthead], settings.name)
                if masthead
                else None,
            },
            "issue": {
                "id": issue.id,
                "subject": self.slots.words(issue.subject),
                "preheader": self.slots.words(issue.preheader),
                "date": Moment(issue.date),
            },
            "picture": self._template_picture,
        }

    def _template_picture(self, path: str, alt: str) -> dict[str, Any]:
        """A picture of the template's own folder, for its files."""
        if path not in self._template.pictures:
            known = ", ".join(self._template.pictures)
            raise LookupError(f"the template has no picture {path} (it has: {known or 'none'})")
        return self.slots.picture(self._template.pictures[path], alt)

    def _blocks(self, variant: Variant) -> list[Block] | None:
        """The variant's sections in blocks, or None where one of them has a mistake."""
        blocks: list[Block] = []
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

    def _page(self, blocks: list[Block]) -> str:
        """The compiled HTML, tokens still in it."""
        shown: list[dict[str, Any]] = [
            {
                "heading": heading,
                "anchor": f"g-{number}",
                "sections": [rendered.values for rendered in rendereds],
            }
            for number, (heading, rendereds) in enumerate(blocks, start=1)
        ]
        contents = [
            {
                "title": section["title"],
                "anchor": section["anchor"],
                "kind": section["kind"],
                "when": section.get("when"),
            }
            for block in shown
            for section in block["sections"]
            if section["title"]
        ]
        values = {
            **self._common,
            "blocks": shown,
            "contents": contents,
            "why": self._why(),
            "links": {"unsubscribe": self.slots.unsubscribe, "view_online": None},
        }
        css = {
            name: self._templates.style_sheet(name, self._common)
            for name in ("head.css", "inline.css")
        }
        values["head_css"] = css["head.css"]
        name = "newsletter.mjml"
        document = self._templates.render(name, values)
        try:
            root = parse_mjml(document)
            if self._is_marked:
                mark_components(root)
            page = compile_mjml(root)
        except MjmlFault as fault:
            raise self._templates.mjml_mistake(name, fault) from None
        hidden = (
            f'<div lang="{self._issue.language}" dir="{direction(self._issue.language)}" '
            'style="display:none;font-size:1px;color:#333333;'
        )
        # With marks, elements count, and styles don't: copying them takes half of the time.
        own = "" if self._is_marked else css["inline.css"]
        return inline_css(page.replace(_PREVIEW, hidden, 1), own)

    def _why(self) -> str:
        return f"You receive this because you are on the mailing list of {self._settings.name}."

    def _text(self, blocks: list[Block]) -> str:
        return issue_text(
            name=self._settings.name,
            date=Moment(self._issue.date).date_text,
            subject=self.slots.words(self._issue.subject),
            entries=[
                Entry(heading, [rendered.part for rendered in rendereds])
                for heading, rendereds in blocks
            ],
            why=self._why(),
            unsubscribe=self.slots.unsubscribe,
            postal_address=self._settings.postal_address,
        )
