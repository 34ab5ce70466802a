"""The report in a real browser: good for who cannot see it, at any width, by day and by night."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, Literal

import pytest

from newsletter_mailer.chromium import installed_browser
from newsletter_mailer.report.page import page
from tests.unit.test_report_page import ABOUT, MOMENTS, STANDING

playwright = pytest.importorskip("playwright.sync_api")

_AXE = "data/axe-core/axe.min.js"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Playwright has no types where it is not installed."""
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(
            executable_path=str(installed_browser(os.environ)),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield launched
        launched.close()


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_is_for_everyone(
    browser: Any, width: int, scheme: Literal["light", "dark"]
) -> None:
    asked: list[str] = []
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    shown = context.new_page()
    shown.on("request", lambda request: asked.append(request.url))
    shown.set_content(page(STANDING, MOMENTS, ABOUT))
    shown.evaluate(files("newsletter_mailer.check").joinpath(_AXE).read_text("utf-8"))
    found = shown.evaluate("axe.run()")

    faults = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]
    assert faults == []
    assert len(found["passes"]) > 15
    assert shown.evaluate("document.documentElement.scrollWidth") == width, "nothing sticks out"
    assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(244, 242, 237)" if scheme == "light" else "rgb(17, 22, 29)"
    )
    assert asked == []
    context.close()
