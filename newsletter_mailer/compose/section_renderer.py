"""Section -> its MJML and its plain text: the same in every variant that has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any  # the values handed to a template have no common type

from markdown_it.token import Token
from markupsafe import Markup

from newsletter_mailer.compose.markdown_html import markdown_html
from newsletter_mailer.compose.markdown_text import markdown_text
from newsletter_mailer.compose.mjml import MjmlFault, check_fragment
from newsletter_mailer.compose.plain_text import Part, section_text
from newsletter_mailer.compose.section_cache import RenderedTexts, SectionCache
from newsletter_mailer.compose.slots import Slots
from newsletter_mailer.compose.templates import Templates
from newsletter_mailer.compose.tracing import mark_fragment, mark_tokens
from newsletter_mailer.issue.kinds import FieldSpec
from newsletter_mailer.issue.markdown import parse_markdown
from newsletter_mailer.issue.merge_text import MergeText
from newsletter_mailer.issue.model import FieldValue, PictureUse, Section
from newsletter_mailer.issue.moments import Moment, span_text

_COLUMN = 600  #: pixels: how wide a picture in the text is shown at most


@dataclass(frozen=True, slots=True)
class Rendered:
    """A section: `values` for the page (with its `mjml`), `part` for the plain text."""

    values: dict[str, Any]
    part: Part


class SectionRenderer:
    """Renders sections by their kinds' files. `common`: the values that all templates get."""

    def __init__(
        self,
        templates: Templates,
        slots: Slots,
        common: Mapping[str, Any],
        cache: SectionCache,
        *,
        marked: bool = False,
    ) -> None:
        self._templates, self._slots, self._common = templates, slots, common
        self._cache, self._is_marked = cache, marked

    def render(self, section: Section, level: int) -> Rendered:
        """With its title as a heading of this level. Raises TemplateMistake."""
        values = self._values(section, level)

        def render() -> RenderedTexts:
            return self._texts(section, values)

        texts = self._cache.rendered(section, values, render)
        values["body"] = Markup(texts.body)  # noqa: S704  # markdown-it escapes: raw HTML is off
        values["mjml"] = Markup(texts.mjml)  # noqa: S704  # autoescaped by Jinja2
        return Rendered(values, Part(values["title"], texts.text))

    def _values(self, section: Section, level: int) -> dict[str, Any]:
        """What templates get of the section, but for its body."""
        values: dict[str, Any] = dict.fromkeys(section.kind.fields)
        values.update({name: self._value(value) for name, value in section.fields.items()})
        values.update(
            slug=section.slug,
            kind=section.kind.name,
            title=self._slots.words(section.title),
            level=level,
            anchor=f"s-{section.slug}",
        )
        if section.starts is not None:
            values["when"] = span_text(section.starts, section.ends)
        return values

    def _texts(self, section: Section, values: Mapping[str, Any]) -> RenderedTexts:
        """Raises TemplateMistake."""
        tokens = parse_markdown(self._slots.words(section.body))
        if self._is_marked:
            mark_tokens(section, tokens)
        body = markdown_html(
            tokens,
            below=values["level"] if values["title"] else values["level"] - 1,
            picture=lambda path: self._body_picture(section, path),
        )
        shown = {**values, "body": Markup(body)}  # noqa: S704  # markdown-it escapes: raw HTML is off
        return RenderedTexts(body, self._mjml(section, shown), self._text(section, shown, tokens))

    def _mjml(self, section: Section, values: Mapping[str, Any]) -> str:
        """The fragment, validated and compiled alone, so that a fault names its file."""
        name = f"sections/{section.kind.name}.mjml"
        fragment = self._templates.render(name, {**self._common, "section": values}).strip()
        try:
            check_fragment(fragment)
        except MjmlFault as fault:
            raise self._templates.mjml_mistake(name, fault, section.source.file) from None
        return mark_fragment(fragment, section.slug) if self._is_marked else fragment

    def _value(self, value: FieldValue) -> Any:
        if isinstance(value, PictureUse):
            return self._slots.picture(value.picture, self._slots.words(value.alt))
        return self._slots.words(value) if isinstance(value, MergeText) else value

    def _body_picture(self, section: Section, path: str) -> dict[str, str | int | float]:
        picture = section.pictures[path]
        width = min(picture.width, _COLUMN)
        return {
            "src": self._slots.picture(picture, "")["src"],
            "width": width,
            "style": f"width:100%;max-width:{width}px;height:auto",
        }

    def _text(self, section: Section, values: Mapping[str, Any], tokens: Sequence[Token]) -> str:
        """The section as plain text, by the kind's own .txt or in the general layout."""
        title = values["title"]
        text = markdown_text(tokens, address=self._slots.address)
        own = f"sections/{section.kind.name}.txt"
        if self._templates.has(own):
            shown = {**values, **self._addresses(section), "body": text}
            words = self._templates.render(own, {**self._common, "section": shown})
            return section_text(title, [], [], words.strip("\n"))
        facts: list[tuple[str, str]] = []
        links: list[tuple[str, str]] = []
        for spec in section.kind.fields.values():
            if spec.label and spec.name in section.fields:
                fact = values["when"] if spec.name == "starts" else self._fact(section, spec)
                (links if spec.type == "url" else facts).append((spec.label, fact))
        return section_text(title, facts, links, text)

    def _addresses(self, section: Section) -> dict[str, str]:
        """The section's links, as they stand in plain text."""
        return {
            spec.name: self._fact(section, spec)
            for spec in section.kind.fields.values()
            if spec.type == "url" and spec.name in section.fields
        }

    def _fact(self, section: Section, spec: FieldSpec) -> str:
        """A field's value in plain text."""
        match section.fields[spec.name]:
            case MergeText() as text:
                words = self._slots.words(text)
                return self._slots.address(words) if spec.type == "url" else words
            case Moment() as moment:
                return moment.text
            case PictureUse(alt=alt):
                return self._slots.words(alt)
            case bool(is_set):
                return "yes" if is_set else "no"
