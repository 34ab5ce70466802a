"""Finds the Chromium, Chrome or Edge that is installed here, and works with it through Playwright.

Playwright, an extra, is imported when a browser is asked for.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from newsletter_mailer.errors import ProjectError

if TYPE_CHECKING:
    from playwright.async_api import Browser, Playwright

_Result = TypeVar("_Result")

_START = 30.0  #: seconds for the browser to start

#: Beyond what Playwright turns off. A page may ask for a connection before it asks for anything
#: (<link rel="preconnect">), past whoever answers it: no name and no number leads anywhere.
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


def in_browser(
    option: str, environment: Mapping[str, str], work: Callable[[Browser], Awaitable[_Result]]
) -> _Result:
    """What `work` makes of a browser that runs meanwhile. `option`: who asks, for what goes wrong.

    Raises ProjectError.
    """
    try:
        from playwright.async_api import Error
    except ImportError:
        raise ProjectError(
            f"{option} needs Playwright, which starts the browser: "
            'pip install "newsletter-mailer[browser]".'
        ) from None
    try:
        return asyncio.run(_working(option, environment, work))
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


async def _working(
    option: str, environment: Mapping[str, str], work: Callable[[Browser], Awaitable[_Result]]
) -> _Result:
    from playwright.async_api import async_playwright

    async with (
        async_playwright() as playwright,
        await _started(playwright, option, environment) as browser,
    ):
        return await work(browser)


async def _started(playwright: Playwright, option: str, environment: Mapping[str, str]) -> Browser:
    """The installed browser, or the one that Playwright downloaded for other work."""
    from playwright.async_api import Error

    program = installed_browser(environment) or Path(playwright.chromium.executable_path)
    if not program.is_file():
        raise ProjectError(
            f"{option} needs Chromium, Google Chrome or Microsoft Edge, and none was found here. "
            "Install one of them (on Debian and Ubuntu: apt install chromium)."
        )
    try:
        return await playwright.chromium.launch(
            executable_path=program,
            args=[*_ARGUMENTS],
            chromium_sandbox=not _is_root(),
            timeout=_START * 1000,
        )
    except Error as fault:
        raise ProjectError(
            f"{option}: {program} does not start: {_first_line(fault)} Does it start by itself?"
        ) from None


def _is_root() -> bool:
    """Chromium refuses to run as root in its sandbox, as it does in most containers."""
    return sys.platform != "win32" and os.geteuid() == 0


def _first_line(fault: Exception) -> str:
    text = str(fault).strip().split("\n")[0].rstrip(". ")
    return f"{text}."
