"""What axe-core finds wrong with a page of ours."""

from __future__ import annotations

from importlib.resources import files

from playwright.sync_api import Page

_AXE = files("newsletter_mailer.check").joinpath("data/axe-core/axe.min.js").read_text("utf-8")
_ASK = """
async () => (await axe.run()).violations.flatMap((one) =>
  one.nodes.map((node) => `${one.id}: ${node.html}`))
"""


def faults(page: Page) -> list[str]:
    """Rule and element of each."""
    page.evaluate(_AXE)
    found: list[str] = page.evaluate(_ASK)
    return found
