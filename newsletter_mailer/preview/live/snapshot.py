"""An issue as its files were at one moment. Variants are composed when somebody looks at them.

What an edit did not touch is taken over from the last one: the same files make the same mail.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from newsletter_mailer.campaign.edition import Edition
from newsletter_mailer.campaign.prepare import sound
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.check.page.page import filled_page, parse_page
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.composer import Composer
from newsletter_mailer.compose.message import picture_names
from newsletter_mailer.compose.tracing import origins, sections_in
from newsletter_mailer.findings import Finding, Source
from newsletter_mailer.issue.pictures import Picture
from newsletter_mailer.plan.plan import Plan
from newsletter_mailer.plan.variants import Variant, Variants, every_combination
from newsletter_mailer.preview.live.mistakes import errors_among

#: Says which files, with which content, a variant is made of.
CacheKey = str


@dataclass(frozen=True, slots=True)
class Trace:
    """Where one element of a page was written, and the slug of its section (or none)."""

    source: Source
    section: str


@dataclass(frozen=True, slots=True)
class TracedVariant:
    """A variant composed, and where each element of its page was written."""

    compiled: CompiledVariant
    traces: Sequence[Trace]
    cache_key: CacheKey


class Snapshot:
    """One reading of an issue."""

    def __init__(
        self, project: Project, edition: Edition, plan: Plan, before: Snapshot | None = None
    ) -> None:
        self.project, self.edition, self.plan = project, edition, plan
        self.variants = Variants(edition.issue)
        #: Those that somebody gets, the most read first, without sections that are broken.
        self.shown: Mapping[str, Variant] = {one.id: one for one in self._sound()}
        self._broken = {one.source.file for one in errors_among(edition.findings)}
        self.composer = self._new_composer()
        self.marker = self._new_composer(marked=True)
        self._common = self._common_digest()
        self._compiled: dict[CacheKey, CompiledVariant] = {}
        self._traces: dict[CacheKey, Sequence[Trace]] = {}
        self._before, self._traces_before = before.kept() if before else ({}, {})
        self.composed = 0  #: how many variants were composed anew

    @property
    def mistakes(self) -> Sequence[Finding]:
        """What kept variants from being composed, as far as they were."""
        return self.composer.findings

    def find(self, variant_id: str) -> Variant | None:
        """A variant that somebody gets, or that somebody could get."""
        if variant_id in self.shown:
            return self.shown[variant_id]
        if variant_id == "full":
            return self.as_shown(self.variants.full())
        settings = self.project.settings
        for regions, roles in every_combination(settings.regions, settings.roles):
            found = self.variants.of(regions, roles)
            if found.id == variant_id and found.sections:
                return self.as_shown(found)
        return None

    def as_shown(self, variant: Variant) -> Variant:
        """The variant without its broken sections; as it is, if nothing would be left of it."""
        return self.shown.get(variant.id) or next(sound([variant], self.edition), variant)

    def first(self) -> Variant | None:
        """What is shown when nobody says what."""
        return next(iter(self.shown.values()), None) or (
            self.as_shown(self.variants.full()) if self.edition.issue.sections else None
        )

    def cache_key(self, variant: Variant) -> CacheKey:
        files = self.edition.issue.files
        digest = hashlib.sha256(self._common)
        for section in variant.sections:
            digest.update(f"\0{section.slug}\0".encode())
            digest.update(files[section.source.file.rpartition("/")[2]])
        return digest.hexdigest()

    def compiled(self, variant: Variant) -> CompiledVariant | None:
        """None when something is wrong with it: `mistakes` or the edition's findings say what."""
        if any(section.source.file in self._broken for section in variant.sections):
            return None
        cache_key = self.cache_key(variant)
        if cache_key not in self._compiled:
            compiled = self._before.get(cache_key)
            if compiled is None:
                self.composed += 1
                compiled = self.composer.compose(variant)
            if compiled is None:
                return None
            # The same sections may have another name now: "full" until there is one more.
            self._compiled[cache_key] = dataclasses.replace(compiled, variant=variant)
        return self._compiled[cache_key]

    def made(self, variant: Variant) -> TracedVariant | None:
        """With the places of its elements."""
        compiled = self.compiled(variant)
        if compiled is None:
            return None
        cache_key = self.cache_key(variant)
        if cache_key not in self._traces:
            traces = self._traces_before.get(cache_key)
            self._traces[cache_key] = self._traced(variant) if traces is None else traces
        return TracedVariant(compiled, self._traces[cache_key], cache_key)

    def picture(self, name: str) -> Picture | None:
        """The picture that messages have under this name, if some variant shows it."""
        for compiled in [*self._compiled.values()]:
            for key, of_key in picture_names(compiled.pictures).items():
                if of_key == name:
                    return compiled.pictures[key]
        return None

    def kept(self) -> tuple[dict[CacheKey, CompiledVariant], dict[CacheKey, Sequence[Trace]]]:
        """What the next snapshot may take over."""
        return self._before | self._compiled, self._traces_before | self._traces

    def forget_before(self) -> None:
        """The snapshot before was made use of; it need not be kept."""
        self._before, self._traces_before = {}, {}

    def _sound(self) -> Iterator[Variant]:
        counts, variants = self.plan.head_counts, self.plan.variants
        by_size = sorted(variants, key=lambda one: (-counts[one], -len(variants[one].sections)))
        return sound((variants[one] for one in by_size), self.edition)

    def _new_composer(self, *, marked: bool = False) -> Composer:
        return Composer(
            self.edition.issue,
            self.edition.template,
            self.project.settings,
            self.edition.content.total,
            marked=marked,
        )

    def _traced(self, variant: Variant) -> Sequence[Trace]:
        marked = self.marker.compose(variant)
        if marked is None:
            return ()  # the page itself was composed: it has no places, and is shown all the same
        tree = parse_page(filled_page(marked))
        sources = origins(tree, self.edition.template.page)
        return [Trace(*pair) for pair in zip(sources, sections_in(tree), strict=True)]

    def _common_digest(self) -> bytes:
        """Of what goes into every variant."""
        digest = hashlib.sha256(repr(self.project.settings).encode())
        files = self.edition.issue.files.items()
        others = [(path, content) for path, content in files if not path.endswith(".md")]
        for path, content in (*others, *self.edition.template.files.items()):
            digest.update(f"\0{path}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.digest()
