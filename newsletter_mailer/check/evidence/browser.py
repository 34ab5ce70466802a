"""Shows every variant to axe-core in a browser that is installed here, in light and in dark.

The browser gets the page and its pictures from memory. Nothing that it asks for leaves the machine.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any  # Any: JSON of axe-core

from newsletter_mailer.check.axe import MARK, NOT_ASKED, TAGS, AxeFault, marked_page
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.errors import ProjectError

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page, Playwright, Route

_START = 30.0  #: seconds for the browser to start
_PATIENCE = 60.0  #: seconds for one variant; one of 60 sections takes 4 on a busy machine
_WIDTH, _HEIGHT = 1024, 768  #: pixels of the window

_AXE = "data/axe-core/axe.min.js"  #: tools/axe_core.py brings it
_ORIGIN = "https://newsletter.invalid/"  #: no such host can exist (RFC 2606)
_PICTURES = f"{_ORIGIN}pictures/"
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
#: Beyond what Playwright turns off. A page may ask for a connection before it asks for anything
#: (<link rel="preconnect">), past `_Answers`: no name and no number leads anywhere.
_ARGUMENTS = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)

_PROGRAMS = (
    *("google-chrome", "google-chrome-stable", "chromium", "chromium-browser"),
    *("microsoft-edge", "microsoft-edge-stable", "chrome", "msedge"),
)
#: Where browsers are that are not on PATH. {KEY}: of the environment.
_PLACES = {
    "darwin": tuple(
        f"{folder}/Applications/{name}.app/Contents/MacOS/{name}"
        for name in ("Google Chrome", "Chromium", "Microsoft Edge")
        for folder in ("", "{HOME}")
    ),
    "win32": tuple(
        f"{{{folder}}}/{program}"
        for program in (
            "Google/Chrome/Application/chrome.exe",
            "Chromium/Application/chrome.exe",
            "Microsoft/Edge/Application/msedge.exe",
        )
        for folder in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
    ),
}

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

_INSTALL_PLAYWRIGHT = (
    "--browser needs Playwright, which starts the browser: "
    'pip install "newsletter-mailer[browser]".'
)
_INSTALL_BROWSER = (
    "--browser needs Chromium, Google Chrome or Microsoft Edge, and none was found here. Install "
    "one of them (on Debian and Ubuntu: apt install chromium)."
)


def seen_by_axe(
    compiled: Sequence[CompiledVariant],
    environment: Mapping[str, str],
    note: Callable[[str], None] = lambda text: None,
) -> Mapping[str, Sequence[AxeFault]]:
    """What axe-core finds in each variant, by the variant's id. Raises ProjectError."""
    try:
        from playwright.async_api import Error
    except ImportError:
        raise ProjectError(_INSTALL_PLAYWRIGHT) from None
    if not compiled:
        return {}
    try:
        return asyncio.run(_seen(compiled, environment, note))
    except Error as fault:
        raise ProjectError(f"The browser gave up: {_first_line(fault)}") from None


def installed_browser(environment: Mapping[str, str]) -> Path | None:
    """The first of those that are on PATH, then of those in the usual places."""
    return next((path for path in _candidates(environment) if path.is_file()), None)


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    for program in _PROGRAMS:
        found = shutil.which(program, path=environment.get("PATH"))
        if found:
            yield Path(found)
    for place in _PLACES.get(sys.platform, ()):
        for key in ("HOME", "PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            place = place.replace(f"{{{key}}}", environment.get(key, ""))
        yield Path(place)


async def _seen(
    compiled: Sequence[CompiledVariant],
    environment: Mapping[str, str],
    note: Callable[[str], None],
) -> Mapping[str, Sequence[AxeFault]]:
    from playwright.async_api import async_playwright

    script = (
        files("newsletter_mailer.check").joinpath("data/axe-core/axe.min.js").read_text("utf-8")
    )
    seen: dict[str, Sequence[AxeFault]] = {}
    async with async_playwright() as playwright, await _started(playwright, environment) as browser:
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


async def _started(playwright: Playwright, environment: Mapping[str, str]) -> Browser:
    """The installed browser, or the one that Playwright downloaded for other work."""
    from playwright.async_api import Error

    program = installed_browser(environment) or Path(playwright.chromium.executable_path)
    if not program.is_file():
        raise ProjectError(_INSTALL_BROWSER)
    try:
        return await playwright.chromium.launch(
            executable_path=program,
            args=[*_ARGUMENTS],
            chromium_sandbox=not _is_root(),
            timeout=_START * 1000,
        )
    except Error as fault:
        raise ProjectError(
            f"--browser: {program} does not start: {_first_line(fault)} Does it start by itself?"
        ) from None


def _is_root() -> bool:
    """Chromium refuses to run as root in its sandbox, as it does in most containers."""
    return sys.platform != "win32" and os.geteuid() == 0


async def _faults(
    context: BrowserContext, compiled: CompiledVariant, script: str
) -> Sequence[AxeFault]:
    page = await context.new_page()
    await page.route("**/*", _Answers(compiled))
    await page.emulate_media(color_scheme="light")
    await page.goto(_ORIGIN)
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
    """Gives the browser one variant and its pictures, and refuses whatever else it asks for."""

    def __init__(self, compiled: CompiledVariant) -> None:
        self._page = marked_page(compiled, _PICTURES)
        self._pictures = compiled.pictures

    async def __call__(self, route: Route) -> None:
        url = route.request.url
        picture = self._pictures.get(url.removeprefix(_PICTURES))
        if picture is not None:
            await route.fulfill(body=picture.content, content_type=f"image/{picture.subtype}")
        elif url == _ORIGIN:
            await route.fulfill(
                body=self._page,
                content_type="text/html; charset=utf-8",
                headers={"content-security-policy": _POLICY},
            )
        else:
            # "aborted" leaves the page where it is; other codes put an error page in its place.
            await route.abort("aborted")


def _first_line(fault: Exception) -> str:
    text = str(fault).strip().split("\n")[0].rstrip(". ")
    return f"{text}."
