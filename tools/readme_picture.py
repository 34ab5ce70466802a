"""Draws the README's picture: issue 2025-08 on a desk, and in dark mode on a phone."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter
from playwright.async_api import Browser

from newsletter_mailer.campaign.prepare import prepare
from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.chromium import in_browser
from newsletter_mailer.preview.export.screenshots import Screen, photographed

REPOSITORY = Path(__file__).parent.parent
SIZE = (1360, 1000)
BACKGROUND, SHADOW, CASE = "#dfe6e4", "#0b2f3a", "#10181a"
DESKTOP = Screen(name="desktop", width=700, height=950, scheme="light")
PHONE = Screen(name="phone", width=375, height=812, scheme="dark")
EVENTS = 6015  #: pixels above the events of the issue, on the phone


def main() -> None:
    desktop, phone = (Image.open(io.BytesIO(png)).convert("RGB") for png in pictures())
    picture = Image.new("RGB", SIZE, BACKGROUND)
    lay(picture, desktop.crop((0, 0, 700, 1000)), (60, 50), radius=10)
    screen = phone.crop((0, EVENTS, PHONE.width, EVENTS + PHONE.height))
    case = Image.new("RGB", (PHONE.width + 20, PHONE.height + 20), CASE)
    case.paste(screen, (10, 10), rounded(screen.size, 24))
    lay(picture, case, (SIZE[0] - case.width - 50, 90), radius=34)
    picture.quantize(256).save(REPOSITORY / "docs" / "newsletter.png", optimize=True)


def pictures() -> list[bytes]:
    """The whole issue on both screens."""
    project = open_project(REPOSITORY, dict(os.environ))
    with prepare(project, "2025-08") as prepared:
        full = prepared.compiled["full"]

    async def take(browser: Browser) -> list[bytes]:
        return [await photographed(browser, full, one, print) for one in (DESKTOP, PHONE)]

    return in_browser("readme_picture", project.environment, take)


def lay(picture: Image.Image, piece: Image.Image, at: tuple[int, int], radius: int) -> None:
    """Puts the piece on the picture, in place, with round corners and a shadow below it."""
    shadow = Image.new("L", picture.size)
    below = (at[0], at[1] + 12, at[0] + piece.width, at[1] + 12 + piece.height)
    ImageDraw.Draw(shadow).rounded_rectangle(below, radius, fill=85)
    picture.paste(SHADOW, mask=shadow.filter(ImageFilter.GaussianBlur(20)))
    picture.paste(piece, at, rounded(piece.size, radius))


def rounded(size: tuple[int, int], radius: int) -> Image.Image:
    """A mask, drawn large and made small, so that its edge is smooth."""
    mask = Image.new("L", (size[0] * 4, size[1] * 4))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, *mask.size), radius * 4, fill=255)
    return mask.resize(size)


if __name__ == "__main__":
    main()
