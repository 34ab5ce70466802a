"""The documentation's files, and a copy of them that a browser shows."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from newsletter_mailer.manual.page import page, title

#: In an installed wheel the files lie in the package; in a checkout, at its top.
_INSTALLED = Path(__file__).parent / "text"
_FOLDER = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).parent.parent.parent
_FIRST = "README.md"


def folder() -> Path:
    """Holds README.md and docs/, whose links to each other lead somewhere."""
    return _FOLDER


def topics() -> Mapping[str, str]:
    """The title of every page by its topic: `sending` is docs/sending.md."""
    return {
        file.stem: title(file.read_text("utf-8"))
        for file in sorted((_FOLDER / "docs").glob("*.md"))
    }


def text(topic: str) -> str:
    """A page's Markdown. `topic`: one of the `topics`."""
    return (_FOLDER / "docs" / f"{topic}.md").read_text("utf-8")


def write_pages(into: Path) -> None:
    """All pages as HTML, and their pictures. `into`: a folder that is empty."""
    shutil.copytree(_FOLDER / "docs", into / "docs")
    shutil.copyfile(_FOLDER / _FIRST, into / _FIRST)
    for file in sorted(into.rglob("*.md")):

        def leads_somewhere(target: str, beside: Path = file.parent) -> bool:
            return (beside / target).exists()

        html = page(file.read_text("utf-8"), leads_somewhere)
        file.with_suffix(".html").write_text(html, "utf-8")


def page_of(topic: str | None, written: Path) -> Path:
    """The file that a browser opens, in the folder of `write_pages`; None: the first page."""
    return written / ("README.html" if topic is None else f"docs/{topic}.html")
