"""Issue + variant -> CompiledVariant: fields become tokens, Markdown, MJML, HTML, plain text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any  # the values handed to a template have no common type

from markupsafe import Markup

from newsletter_mailer.compose.compiled import CompiledVariant, HtmlSlot, PictureSlot
from newsletter_mailer.compose.inline import inline_css
from newsletter_mailer.compose.markdown_html import markdown_html
from newsletter_mailer.compose.markdown_text import markdown_text
from newsletter_mailer.compose.mjml import MjmlFault, check_fragment, compile_mjml, parse_mjml
from newsletter_mailer.compose.places import Place, escape, places
from newsletter_mailer.compose.plain_text import Entry, Part, issue_text, section_text
from newsletter_mailer.compose.templates import TemplateMistake, Templates
from newsletter_mailer.findings import Finding, Source, error
from newsletter_mailer.issue.merge import MergeField, MergeText
from newsletter_mailer.issue.model import FieldValue, Issue, PictureUse, Section, Template
from newsletter_mailer.issue.moments import Moment, span_text
from newsletter_mailer.issue.pictures import Picture
from newsletter_mailer.plan.variants import Variant
from newsletter_mailer.settings import Settings, direction
from newsletter_mailer.tokens import Token, TokenMint

Meaning = MergeField | PictureSlot

_COLUMN = 600  #: pixels: how wide a picture in the text is shown at most
_UNSUBSCRIBE = MergeField("link", "unsubscribe_url")
_PREVIEW = '<div style="display:none;font-size:1px;color:#ffffff;'


@dataclass(frozen=True, slots=True)
class _Rendered:
    """A section with its MJML and text; the same in every variant."""

    values: dict[str, Any]
    part: Part


class Composer:
    """Composes the variants of one issue. What is wrong collects in `findings`."""

    def __init__(
        self, issue: Issue, template: Template, settings: Settings, content_hash: str
    ) -> None:
        self.findings: list[Finding] = []
        self._issue, self._template, self._settings = issue, template, settings
        self._mint: TokenMint[Meaning] = TokenMint(_nonce(content_hash, issue, template))
        self._templates = Templates(template)
        self._pictures: dict[str, Picture] = {}
        self._rendered: dict[tuple[str, int], _Rendered | None] = {}
        self._sources = dict(reversed([*issue.merge_fields()]))
        self._common = self._common_values()
        self._constants = {
            **{("newsletter", name): text for name, text in settings.merge_fields.items()},
            ("issue", "id"): issue.id,
            ("issue", "date"): Moment(issue.date).date_text,
        }

    def compose(self, variant: Variant) -> CompiledVariant | None:
        """The variant, or None when something is wrong with it."""
        before = len(self.findings)
        try:
            blocks = list(self._blocks(variant))
            if any(rendered is None for _, rendereds in blocks for rendered in rendereds):
                return None
            html = self._html(self._page(blocks))
        except TemplateMistake as mistake:
            self._wrong(mistake.finding)
            return None
        if len(self.findings) > before:
            return None
        shown = {
            piece.meaning.key
            for piece in html
            if isinstance(piece, HtmlSlot) and isinstance(piece.meaning, PictureSlot)
        }
        return CompiledVariant(
            variant=variant,
            html=html,
            text=self._slots(self._text(blocks)),
            subject=self._slots(self._words(self._issue.subject)),
            preheader=self._slots(self._words(self._issue.preheader)),
            pictures={key: self._pictures[key] for key in sorted(shown)},
        )

    def _wrong(self, finding: Finding) -> None:
        if finding not in self.findings:
            self.findings.append(finding)

    def _words(self, text: MergeText) -> str:
        """The text with a token in place of each field."""
        return "".join(
            piece if isinstance(piece, str) else self._field_word(piece) for piece in text.pieces
        )

    def _field_word(self, field: MergeField) -> str:
        if (field.namespace, field.name) == ("issue", "subject"):
            return self._words(self._issue.subject)
        return self._mint.token(field)

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
                "masthead": self._shown(self._template.pictures[masthead], settings.name)
                if masthead
                else None,
            },
            "issue": {
                "id": issue.id,
                "subject": self._words(issue.subject),
                "preheader": self._words(issue.preheader),
                "date": Moment(issue.date),
            },
            "picture": self._template_picture,
        }

    def _template_picture(self, path: str, alt: str) -> dict[str, Any]:
        """A picture of the template's own folder, for its files."""
        if path not in self._template.pictures:
            known = ", ".join(self._template.pictures)
            raise LookupError(f"the template has no picture {path} (it has: {known or 'none'})")
        return self._shown(self._template.pictures[path], alt)

    def _shown(self, picture: Picture, alt: str) -> dict[str, Any]:
        key = f"{len(picture.content)}-{picture.path}"
        self._pictures[key] = picture
        return {
            "src": self._mint.token(PictureSlot(key)),
            "alt": alt,
            "width": picture.width,
            "height": picture.height,
        }

    def _blocks(self, variant: Variant) -> Iterator[tuple[str | None, list[_Rendered | None]]]:
        """Runs of sections under one heading, or each by itself under none."""
        run: list[_Rendered | None] = []
        heading: str | None = None
        for section in variant.sections:
            own = self._issue.groups.get(section.kind.name)
            if run and (own is None or own != heading):
                yield heading, run
                run = []
            heading = own
            run.append(self._section(section, 2 if own is None else 3))
            if own is None:
                yield None, run
                run = []
        if run:
            yield heading, run

    def _section(self, section: Section, level: int) -> _Rendered | None:
        key = (section.slug, level)
        if key not in self._rendered:
            try:
                self._rendered[key] = self._render(section, level)
            except TemplateMistake as mistake:
                self._wrong(mistake.finding)
                self._rendered[key] = None
        return self._rendered[key]

    def _render(self, section: Section, level: int) -> _Rendered | None:
        body = self._words(section.body)
        has_title = not section.title.is_empty
        values: dict[str, Any] = dict.fromkeys(section.kind.fields)
        values.update({name: self._value(value) for name, value in section.fields.items()})
        values.update(
            slug=section.slug,
            kind=section.kind.name,
            title=self._words(section.title),
            level=level,
            anchor=f"s-{section.slug}",
            body=Markup(  # noqa: S704  # markdown-it escapes: raw HTML is off
                markdown_html(
                    body,
                    below=level if has_title else level - 1,
                    picture=lambda path: self._body_picture(section, path),
                )
            ),
        )
        if section.starts is not None:
            values["when"] = span_text(section.starts, section.ends)
        name = f"sections/{section.kind.name}.mjml"
        fragment = self._templates.render(name, {**self._common, "section": values}).strip()
        try:
            check_fragment(fragment)
        except MjmlFault as fault:
            self._wrong(self._kind_fault(section, name, fault))
            return None
        values["mjml"] = Markup(fragment)  # noqa: S704  # our own template, autoescaped
        return _Rendered(values, self._part(section, values, body))

    def _value(self, value: FieldValue) -> Any:
        if isinstance(value, PictureUse):
            return self._shown(value.picture, self._words(value.alt))
        return self._words(value) if isinstance(value, MergeText) else value

    def _body_picture(self, section: Section, path: str) -> dict[str, str | int | float]:
        picture = section.pictures[path]
        width = min(picture.width, _COLUMN)
        return {
            "src": str(self._shown(picture, "")["src"]),
            "width": width,
            "style": f"width:100%;max-width:{width}px;height:auto",
        }

    def _part(self, section: Section, values: dict[str, Any], body: str) -> Part:
        """The section as plain text, by the kind's own .txt or in the general layout."""
        title = values["title"]
        own = f"sections/{section.kind.name}.txt"
        if self._templates.has(own):
            shown = {**values, "body": markdown_text(body)}
            words = self._templates.render(own, {**self._common, "section": shown})
            return Part(title, section_text(title, [], [], words.strip("\n")))
        facts: list[tuple[str, str]] = []
        links: list[tuple[str, str]] = []
        for spec in section.kind.fields.values():
            if spec.label and spec.name in section.fields:
                value = values["when"] if spec.name == "starts" else values[spec.name]
                fact = value.text if isinstance(value, Moment) else str(value)
                (links if spec.type == "url" else facts).append((spec.label, fact))
        return Part(title, section_text(title, facts, links, markdown_text(body)))

    def _page(self, blocks: list[tuple[str | None, list[_Rendered | None]]]) -> str:
        """The compiled HTML, tokens still in it."""
        shown: list[dict[str, Any]] = [
            {
                "heading": heading,
                "anchor": f"g-{number}",
                "sections": [rendered.values for rendered in rendereds if rendered],
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
            "links": {"unsubscribe": self._mint.token(_UNSUBSCRIBE), "view_online": None},
        }
        css = {
            name: self._templates.render(name, self._common) if self._templates.has(name) else ""
            for name in ("head.css", "inline.css")
        }
        values["head_css"] = self._style_sheet("head.css", css["head.css"])
        name = "newsletter.mjml"
        document = self._templates.render(name, values)
        try:
            page = compile_mjml(parse_mjml(document))
        except MjmlFault as fault:
            line, message = self._located(name, fault)
            raise TemplateMistake(
                error("template", Source(f"{self._template.folder}/{name}", line), f"{message}.")
            ) from None
        hidden = (
            f'<div lang="{self._issue.language}" dir="{direction(self._issue.language)}" '
            'style="display:none;font-size:1px;color:#333333;'
        )
        return inline_css(page.replace(_PREVIEW, hidden, 1), css["inline.css"])

    def _style_sheet(self, name: str, css: str) -> str:
        """Raises TemplateMistake: mrml reads a "<" in a style as a tag."""
        if "<" in css:
            source = self._templates.source(name)
            line = source.count("\n", 0, max(0, source.find("<"))) + 1
            raise TemplateMistake(
                error(
                    "template",
                    Source(f"{self._template.folder}/{name}", line),
                    'A style sheet cannot hold the sign "<".',
                    "Write min-width or max-width; in a text write \\3C.",
                )
            )
        return css

    def _why(self) -> str:
        return f"You receive this because you are on the mailing list of {self._settings.name}."

    def _kind_fault(self, section: Section, name: str, fault: MjmlFault) -> Finding:
        line, message = self._located(name, fault)
        return error(
            "template",
            Source(f"{self._template.folder}/{name}", line),
            f"{message} (seen with {section.source.file}).",
            "Mend the kind's file; the section's text is not at fault.",
        )

    def _located(self, name: str, fault: MjmlFault) -> tuple[int, str]:
        """The line of the template that is at fault, and the message as a sentence's beginning.

        A rendered line is not a template's line, so the template itself is read with its Jinja2
        blanked out; if it is sound, the fault lies in what its branches make of it.
        """
        source = _without_jinja(self._templates.source(name))
        source = source if name == "newsletter.mjml" else f"<mj-body>{source}</mj-body>"
        line, message = 1, fault.message
        try:
            parse_mjml(source)
        except MjmlFault as static:
            line, message = static.line, static.message
        return line, f"The template has a mistake: {message}"

    def _html(self, page: str) -> tuple[str | HtmlSlot, ...]:
        page = self._with_constants(page)
        pieces, spans = self._pieces(page)
        found = iter(places(page, spans))
        slots: list[str | HtmlSlot] = []
        for piece in pieces:
            if isinstance(piece, str):
                slots.append(piece)
                continue
            place = next(found)
            if place.is_refused and isinstance(piece.meaning, MergeField):
                self._wrong(self._refused(piece.meaning, place))
            slots.append(HtmlSlot(piece.meaning, place))
        return tuple(slots)

    def _with_constants(self, page: str) -> str:
        """The page with what is the same for every reader put in, escaped for its place."""
        pieces, spans = self._pieces(page)
        found = iter(places(page, spans))
        parts: list[str] = []
        for piece in pieces:
            if isinstance(piece, str):
                parts.append(piece)
                continue
            place, value = next(found), self._constant(piece.meaning)
            if value is None or place is Place.REFUSED_CODE:
                parts.append(self._mint.token(piece.meaning))
            else:
                parts.append(escape(value, place))
        return "".join(parts)

    def _pieces(self, page: str) -> tuple[list[str | Token[Meaning]], list[tuple[int, int]]]:
        pieces = list(self._mint.split(page))
        spans: list[tuple[int, int]] = []
        position = 0
        for piece in pieces:
            length = len(piece if isinstance(piece, str) else self._mint.token(piece.meaning))
            if not isinstance(piece, str):
                spans.append((position, position + length))
            position += length
        return pieces, spans

    def _constant(self, meaning: Meaning) -> str | None:
        if isinstance(meaning, PictureSlot):
            return None
        key = (meaning.namespace, meaning.name)
        return self._constants[key] or meaning.default or "" if key in self._constants else None

    def _refused(self, field: MergeField, place: Place) -> Finding:
        source = self._sources.get(field, Source(f"{self._template.folder}/newsletter.mjml"))
        return error(
            "merge-place",
            source,
            f"{{{{ {field.label} }}}} stands in {place.value}, where no reader's value may stand.",
            "Use it in text, after the host of a link, or as a whole link.",
        )

    def _slots(self, text: str) -> tuple[str | MergeField, ...]:
        """A text's pieces; what is the same for every reader is put in."""
        pieces: list[str | MergeField] = []
        for piece in self._mint.split(text):
            value = piece if isinstance(piece, str) else self._constant(piece.meaning)
            if value is None and isinstance(piece, Token) and isinstance(piece.meaning, MergeField):
                pieces.append(piece.meaning)
            elif value:
                pieces.append(value)
        return tuple(pieces)

    def _text(self, blocks: list[tuple[str | None, list[_Rendered | None]]]) -> str:
        return issue_text(
            name=self._settings.name,
            date=Moment(self._issue.date).date_text,
            subject=self._words(self._issue.subject),
            entries=[
                Entry(heading, [rendered.part for rendered in rendereds if rendered])
                for heading, rendereds in blocks
            ],
            why=self._why(),
            unsubscribe=self._mint.token(_UNSUBSCRIBE),
            postal_address=self._settings.postal_address,
        )


def _nonce(content_hash: str, issue: Issue, template: Template) -> str:
    """Eight digits such that no text at hand holds what would be taken for a token."""
    texts = [
        content.decode("utf-8", "replace")
        for path, content in (*issue.files.items(), *template.files.items())
        if not path.endswith((".png", ".jpg", ".jpeg", ".gif"))
    ]
    nonce = content_hash[:8]
    while any(TokenMint(nonce).collides_with(text) for text in texts):
        nonce = hashlib.sha256(nonce.encode()).hexdigest()[:8]
    return nonce


def _without_jinja(source: str) -> str:
    """Jinja2's marks blanked out, line breaks kept."""

    def blank(found: re.Match[str]) -> str:
        filler = "x" if found[0].startswith("{{") else ""
        return filler + "\n" * found[0].count("\n")

    return re.sub(r"\{%.*?%\}|\{#.*?#\}|\{\{.*?\}\}", blank, source, flags=re.DOTALL)
