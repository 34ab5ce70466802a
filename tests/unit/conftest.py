"""What the tests of the stages before sending share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any  # the values handed to a template have no common type

import pytest

from newsletter_mailer.compose.section_cache import RenderedTexts, SectionCache
from newsletter_mailer.issue.model import Section
from tests.conftest import REPOSITORY


@pytest.fixture(scope="session")
def portrait() -> bytes:
    """A real JPEG."""
    return (REPOSITORY / "issues/2025-08/images/portrait.jpg").read_bytes()


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The slugs of the sections that were rendered, as they are."""
    slugs: list[str] = []
    ask = SectionCache.rendered

    def noted(
        cache: SectionCache,
        section: Section,
        values: Mapping[str, Any],
        render: Callable[[], RenderedTexts],
    ) -> RenderedTexts:
        def rendering() -> RenderedTexts:
            slugs.append(section.slug)
            return render()

        return ask(cache, section, values, rendering)

    monkeypatch.setattr(SectionCache, "rendered", noted)
    return slugs
