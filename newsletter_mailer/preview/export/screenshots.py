"""preview --screenshots: every variant as pictures, on a phone and a desk, in light and in dark.

The browser gets page and pictures from memory. Nothing that it asks for leaves the machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from newsletter_mailer.campaign.prepare import prepare
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.check.evidence.axe_core.in_browser import PICTURES, open_mail
from newsletter_mailer.check.page.page import filled_page
from newsletter_mailer.chromium import in_browser
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.preview.export.output_folder import OutputFolder

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

OPTION = "--screenshots"

_PATIENCE = 60.0  #: seconds for one picture
#: Pixels. Chromium draws no further; what it returns as the rest is blank, or a copy.
_TALLEST = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Where a mail is read."""

    name: str
    width: int  #: CSS pixels
    height: int  #: CSS pixels; what the picture is tall at least
    scheme: Literal["light", "dark"]
    scale: int = 1  #: pixels of the picture per CSS pixel, each way

    @property
    def label(self) -> str:
        return f"{self.name}-{self.scheme}"


def _screens() -> Iterator[Screen]:
    for name, width, height in (("phone", 375, 667), ("desktop", 1000, 750)):
        yield Screen(name=name, width=width, height=height, scheme="light")
        yield Screen(name=name, width=width, height=height, scheme="dark")


SCREENS: Sequence[Screen] = tuple(_screens())


def screenshots(
    project: Project,
    issue_id: str,
    folder: Path,
    note: Callable[[str], None] = lambda text: None,
) -> Sequence[Path]:
    """One PNG for each variant that can be composed and each screen, in that order.

    Raises ContentError, ProjectError.
    """
    with prepare(project, issue_id) as prepared:
        compiled = [*prepared.compiled.values()]
        if not compiled:
            prepared.refuse_errors()

    async def take(browser: Browser) -> list[Path]:
        album, taken = OutputFolder(folder, OPTION), list[Path]()
        for number, variant in enumerate(compiled, start=1):
            for screen in SCREENS:
                picture = await photographed(browser, variant, screen, note)
                taken.append(album.add(f"{variant.variant.id}-{screen.label}.png", picture))
            note(f"Version {number} of {len(compiled)}: {variant.variant.id}")
        album.finish()
        return taken

    return in_browser(OPTION, project.environment, take)


async def photographed(
    browser: Browser, compiled: CompiledVariant, screen: Screen, note: Callable[[str], None]
) -> bytes:
    """The whole mail as a PNG, as a made-up reader sees it. Raises ProjectError."""
    try:
        async with asyncio.timeout(_PATIENCE):
            page = await browser.new_page(
                viewport={"width": screen.width, "height": screen.height},
                device_scale_factor=screen.scale,
                color_scheme=screen.scheme,
                java_script_enabled=False,
                offline=True,
                service_workers="block",
                accept_downloads=False,
            )
            try:
                await open_mail(page, filled_page(compiled, PICTURES), compiled.pictures)
                return await _picture(page, screen, note)
            finally:
                await page.close()
    except TimeoutError:
        raise ProjectError(
            f"{OPTION}: the browser took more than {_PATIENCE:.0f} seconds for one picture."
        ) from None


async def _picture(page: Page, screen: Screen, note: Callable[[str], None]) -> bytes:
    """Down to where the mail ends, or to where the browser can draw no further."""
    box = await page.locator("body").bounding_box()
    tall = screen.height if box is None else max(screen.height, round(box["y"] + box["height"]))
    most = _TALLEST // screen.scale
    if tall > most:
        note(f"The picture for {screen.label} ends after {most:,} of {tall:,} pixels.")
    await page.set_viewport_size({"width": screen.width, "height": min(tall, most)})
    return await page.screenshot(animations="disabled", caret="hide")
