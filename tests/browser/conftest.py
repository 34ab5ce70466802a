"""Tests that need a real browser. Where there is none they are skipped; in CI that is a failure."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter_mailer.campaign.prepare import Circumstances, prepare
from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.evidence.axe_core.fault import AxeFault
from newsletter_mailer.check.evidence.axe_core.in_browser import seen_by_axe
from newsletter_mailer.check.evidence.browser import BROWSER
from newsletter_mailer.chromium import installed_browser
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.findings import Finding
from tests.check.gathered import gathered
from tests.newsroom import Newsroom


@pytest.fixture(scope="session", autouse=True)
def needs_a_browser() -> None:
    if installed_browser(os.environ) is None:
        missing = "There is no Chromium, Chrome or Edge here (Debian: apt install chromium)."
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)


@dataclass(frozen=True)
class LookedAt:
    """An issue that was checked with --browser."""

    findings: Sequence[Finding]
    context: CheckContext

    @property
    def by_axe(self) -> Sequence[Finding]:
        return [one for one in self.findings if one.rule == "axe"]

    @property
    def seen(self) -> Mapping[str, Sequence[AxeFault]]:
        return BROWSER.of(self.context) or {}


def look_at(root: Path, issue: str) -> LookedAt:
    """What `check --browser` finds, and what it found it in."""
    contexts = []

    def gather(context: CheckContext) -> dict[str, Future[object]]:
        contexts.append(context)
        return {BROWSER.name: gathered(seen_by_axe(context.compiled, os.environ))}

    circumstances = Circumstances(at=datetime(2025, 8, 29, 9, tzinfo=UTC), gather=gather)
    with prepare(open_project(root, {}), issue, circumstances=circumstances) as prepared:
        return LookedAt(prepared.findings, contexts[0])


@pytest.fixture
def variant_of(newsroom: Newsroom) -> Callable[[str], CompiledVariant]:
    """A compiled variant whose page is this HTML."""

    def made(page: str) -> CompiledVariant:
        newsroom.use_plain_template()
        return dataclasses.replace(newsroom.compiled(), html=(page,), pictures={})

    return made
