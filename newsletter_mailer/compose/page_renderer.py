"""Rendered sections -> the HTML page of a variant, tokens still in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any  # the values handed to a template have no common type

from lxml import etree

from newsletter_mailer.compose.component_inliner import ComponentInliner
from newsletter_mailer.compose.mjml import MjmlFault, compile_mjml, parse_mjml
from newsletter_mailer.compose.mjml_components import CannotCut, ComponentCompiler, CutPage
from newsletter_mailer.compose.section_renderer import Rendered
from newsletter_mailer.compose.slots import Slots
from newsletter_mailer.compose.templates import Templates
from newsletter_mailer.compose.tracing import mark_components
from newsletter_mailer.issue.model import Issue
from newsletter_mailer.settings.newsletter import Settings, direction
from newsletter_mailer.text_cache import Cache

_PAGE = "newsletter.mjml"
_PREVIEW = '<div style="display:none;font-size:1px;color:#ffffff;'

#: Sections under one heading, or one by itself under none.
Block = tuple[str | None, Sequence[Rendered]]


def why(settings: Settings) -> str:
    return f"You receive this because you are on the mailing list of {settings.name}."


class PageRenderer:
    """Renders newsletter.mjml, and makes HTML of it. `common`: what all templates get."""

    def __init__(
        self,
        issue: Issue,
        settings: Settings,
        templates: Templates,
        slots: Slots,
        common: Mapping[str, Any],
        cache: Cache,
        *,
        marked: bool = False,
    ) -> None:
        self._issue, self._settings = issue, settings
        self._templates, self._slots, self._common = templates, slots, common
        self._is_marked, self._cache = marked, cache
        self._compiler = ComponentCompiler()
        self._style_sheets: dict[str, str] = {}

    def pieces(self, blocks: Sequence[Block]) -> list[str]:
        """The page in pieces: a component's is the same in every page that has it.

        Raises TemplateMistake.
        """
        document = self._document(blocks)
        try:
            if self._is_marked:
                # Elements count, and styles don't: copying them takes half of the time.
                return [self._marked_page(document)]
            return self._inlined(document, [str(one["mjml"]) for one in _sections(blocks)])
        except MjmlFault as fault:
            raise self._templates.mjml_mistake(_PAGE, fault) from None

    def _inlined(self, document: str, sections: Sequence[str]) -> list[str]:
        """Raises MjmlFault, TemplateMistake."""
        try:
            page = self._compiler.page(document, sections)
            return self._inliner.pieces(self._with_language(page))
        except (CannotCut, MjmlFault):  # a fault is told of the document as it is
            return [self._inliner.whole(self._page(parse_mjml(document)))]

    @cached_property
    def _inliner(self) -> ComponentInliner:
        """Raises TemplateMistake."""
        return ComponentInliner(self._cache, self._slots.mint, self._style_sheet("inline.css"))

    def _document(self, blocks: Sequence[Block]) -> str:
        """The MJML. Raises TemplateMistake."""
        contents = [
            {
                "title": section["title"],
                "anchor": section["anchor"],
                "kind": section["kind"],
                "when": section.get("when"),
            }
            for section in _sections(blocks)
            if section["title"]
        ]
        return self._templates.render(
            _PAGE,
            {
                **self._common,
                "blocks": _shown(blocks),
                "contents": contents,
                "why": why(self._settings),
                "links": self._slots.links(),
                "head_css": self._style_sheet("head.css"),
            },
        )

    def _style_sheet(self, name: str) -> str:
        """The same for every page of the issue."""
        if name not in self._style_sheets:
            self._style_sheets[name] = self._templates.style_sheet(name, self._common)
        return self._style_sheets[name]

    def _marked_page(self, document: str) -> str:
        """Raises MjmlFault."""
        root = parse_mjml(document)
        mark_components(root)
        return self._page(root)

    def _page(self, root: etree._Element) -> str:
        """The page of a document. Raises MjmlFault."""
        return self._preview_in_language(compile_mjml(root))

    def _with_language(self, page: CutPage) -> CutPage:
        return replace(page, before=self._preview_in_language(page.before))

    def _preview_in_language(self, html: str) -> str:
        """MJML says of which language the body is, and not what stands before it: the preheader."""
        language = self._issue.language
        hidden = (
            f'<div lang="{language}" dir="{direction(language)}" '
            'style="display:none;font-size:1px;color:#333333;'
        )
        return html.replace(_PREVIEW, hidden, 1)


def _shown(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """What the page's template gets of the sections."""
    return [
        {
            "heading": heading,
            "anchor": f"g-{number}",
            "sections": [rendered.values for rendered in rendereds],
        }
        for number, (heading, rendereds) in enumerate(blocks, start=1)
    ]


def _sections(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    return [rendered.values for _, rendereds in blocks for rendered in rendereds]
