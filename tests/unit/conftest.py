"""What the tests of the stages before sending share."""

from __future__ import annotations

import pytest

from newsletter_mailer.compose.section_parts import Rendered, SectionRenderer
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
    render = SectionRenderer.render

    def noted(renderer: SectionRenderer, section: Section, level: int) -> Rendered:
        slugs.append(section.slug)
        return render(renderer, section, level)

    monkeypatch.setattr(SectionRenderer, "render", noted)
    return slugs
