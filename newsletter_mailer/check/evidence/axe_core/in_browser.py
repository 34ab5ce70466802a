"""Shows every variant to axe-core in a browser that is installed here, in light and in dark.

The browser gets the page and its pictures from memory. Nothing that it asks for leaves the machine.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any  # Any: JSON of axe-core

from newsletter_mailer.check.evidence.axe_core.fault import (
    MARK,
    NOT_ASKED,
    TAGS,
    AxeFault,
    marked_page,
)
from newsletter_mailer.chromium import in_browser
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.issue.pictures import Picture

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page, Route

_PATIENCE = 60.0  #: seconds for one variant; one of 60 sections takes 4 on a busy machine
_WIDTH, _HEIGHT = 1024, 768  #: pixels of the window

_AXE = "data/axe-core/axe.min.js"  #: tools/axe_core.py brings it
_ORIGIN = "https://newsletter.invalid/"  #: no such host can exist (RFC 2606)
PICTURES = f"{_ORIGIN}pictures/"  #: what the addresses of a mail's pictures begin with
#: As in a mail program: no scripts, no frames, no fonts. What is evaluated from outside may run.
_POLICY = "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'"
#: What lies under a page without a background. axe-core takes it for white, also where
#: color-scheme makes it dark (dequelabs/axe-core#4608). Whatever the page declares wins.
_CANVAS = """
() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(":where(html) { background-color: Canvas }");
  document.adoptedStyleSheets = [sheet];
}
"""
_ASK = f"""
async (options) => {{
  const {{violations}} = await axe.run(document, options);
  return violations.flatMap((rule) => rule.nodes.map((node) => ({{
    rule: rule.id,
    impact: node.impact ?? rule.impact ?? "moderate",
    help: rule.help,
    why: [...node.none, ...node.all, ...node.any].map((check) => check.message)[0] ?? "",
    url: rule.helpUrl.split("?")[0],
    element: Number(node.element.closest("[{MARK}]").getAttribute("{MARK}")),
  }})));
}}
"""
_OPTIONS = {
    "runOnly": {"type": "tag", "values": TAGS},
    "rules": {rule: {"enabled": False} for rule in NOT_ASKED},
    "resultTypes": ["violations"],
    "elementRef": True,
    "iframes": False,
    "preload": False,
}


def seen_by_axe(
    compiled: Sequence[CompiledVariant],
    environment: Mapping[str, str],
    note: Callable[[str], None] = lambda text: None,
) -> Mapping[str, Sequence[AxeFault]]:
    """What axe-core finds in each variant, by the variant's id. Raises ProjectError."""
    if not compiled:
        return {}
    return in_browser("--browser", environment, lambda browser: _seen(browser, compiled, note))


async def _seen(
    browser: Browser, compiled: Sequence[CompiledVariant], note: Callable[[str], None]
) -> Mapping[str, Sequence[AxeFault]]:
    script = (
        files("newsletter_mailer.check").joinpath("data/axe-core/axe.min.js").read_text("utf-8")
    )
    seen: dict[str, Sequence[AxeFault]] = {}
    context = await browser.new_context(
        viewport={"width": _WIDTH, "height": _HEIGHT},
        offline=True,
        service_workers="block",
        accept_downloads=False,
    )
    for number, variant in enumerate(compiled, start=1):
        try:
            async with asyncio.timeout(_PATIENCE):
                seen[variant.variant.id] = await _faults(context, variant, script)
        except TimeoutError:
            raise ProjectError(
                f"The browser took more than {_PATIENCE:.0f} seconds for version {number} of "
                f"{len(compiled)} of the newsletter. Make it shorter, or leave out --browser."
            ) from None
        note(f"Version {number} of {len(compiled)} was looked at in the browser.")
    return seen


async def open_mail(page: Page, html: str, pictures: Mapping[str, Picture]) -> None:
    """Shows a mail whose pictures have the addresses PICTURES and their keys."""
    await page.route("**/*", _Answers(html, pictures))
    await page.goto(_ORIGIN)


async def _faults(
    context: BrowserContext, compiled: CompiledVariant, script: str
) -> Sequence[AxeFault]:
    page = await context.new_page()
    await page.emulate_media(color_scheme="light")
    await open_mail(page, marked_page(compiled, PICTURES), compiled.pictures)
    await page.evaluate(_CANVAS)
    await page.evaluate(script)
    light = await _answers(page)
    await page.emulate_media(color_scheme="dark")
    dark = await _answers(page)
    await page.close()
    return [
        *light,
        *(dataclasses.replace(fault, is_dark=True) for fault in dark if fault not in light),
    ]


async def _answers(page: Page) -> Sequence[AxeFault]:
    found: list[dict[str, Any]] = await page.evaluate(_ASK, _OPTIONS)
    return [AxeFault(**fault) for fault in found]


class _Answers:
    """Gives the browser one mail and its pictures, and refuses whatever else it asks for."""

    def __init__(self, html: str, pictures: Mapping[str, Picture]) -> None:
        self._html, self._pictures = html, pictures

    async def __call__(self, route: Route) -> None:
        url = route.request.url
        picture = self._pictures.get(url.removeprefix(PICTURES))
        if picture is not None:
            await route.fulfill(body=picture.content, content_type=f"image/{picture.subtype}")
        elif url == _ORIGIN:
            await route.fulfill(
                body=self._html,
                content_type="text/html; charset=utf-8",
                headers={"content-security-policy": _POLICY},
            )
        else:
            # "aborted" leaves the page where it is; other codes put an error page in its place.
            await route.abort("aborted")
