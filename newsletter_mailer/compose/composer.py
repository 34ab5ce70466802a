"""Issue + variant -> CompiledVariant."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.slots import Slots
from newsletter_mailer.compose.variant_cache import VariantCache
from newsletter_mailer.findings import Finding
from newsletter_mailer.issue.model import Issue, Template
from newsletter_mailer.plan.variants import Variant
from newsletter_mailer.settings.newsletter import Settings
from newsletter_mailer.text_cache import OWN, Cache

if TYPE_CHECKING:
    from newsletter_mailer.compose.variant_renderer import VariantRenderer


class Composer:
    """Composes the variants of one issue. What is wrong collects in `findings`.

    `content_hash`: of this issue, template and settings. `marked`: with the marks of `tracing.py`,
    to be looked at and never mailed. `cache`: what was composed before, whatever issue it was of.
    """

    def __init__(
        self,
        issue: Issue,
        template: Template,
        settings: Settings,
        content_hash: str,
        *,
        marked: bool = False,
        cache: Cache = OWN,
    ) -> None:
        self.findings: list[Finding] = []
        self._issue, self._template, self._settings = issue, template, settings
        self._content_hash, self._is_marked, self._cache = content_hash, marked, cache
        self._kept = VariantCache(cache, template, content_hash, marked=marked)

    def compose(self, variant: Variant) -> CompiledVariant | None:
        """The variant, or None when something is wrong with it."""
        return self._kept.compiled(variant, lambda: self._renderer.render(variant))

    @cached_property
    def _renderer(self) -> VariantRenderer:
        # Markdown, Jinja2 and MJML take a tenth of a build to load, and what is kept needs none.
        from newsletter_mailer.compose.variant_renderer import VariantRenderer

        return VariantRenderer(
            self._issue,
            self._template,
            self._settings,
            Slots(self._issue, self._template, self._settings, self._content_hash),
            marked=self._is_marked,
            cache=self._cache,
            findings=self.findings,
        )
