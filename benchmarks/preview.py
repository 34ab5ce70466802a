"""From saving a file to seeing it, beside the preview servers of react-email and Maizzle.

    make benchmark        or:  python benchmarks/preview.py

One run, one server after the other. Each shows issue 2025-08 in the same Chromium; a heading is
changed in its file, and the clock stops when the browser has painted the new words. The peers
(pinned in benchmarks/package.json) get its words and links in their own components, and once more,
so that their HTML is about as large as our mail's. Goal: under half of theirs.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path

from measuring import PACKAGES, REPOSITORY, install_peers, write_results
from playwright.sync_api import Browser, Error, Page, sync_playwright

from newsletter_mailer.campaign.build import build
from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.chromium import installed_browser

ISSUE = "2025-08"
EDITED = "30-inspiring-future-leaders.md"
HEADING = "Inspiring Future Leaders"
WARM, RUNS = 3, 15
_PATIENCE = 120.0  #: seconds
_TIMES = 2  #: how often the peers' templates hold the issue's words
_REST = 0.7  #: seconds between two edits, as no hand is faster

_REACT = """
import { Body, Container, Head, Heading, Html, Link, Section, Text } from 'react-email'
export default function News() {
  return <Html lang="en"><Head /><Body><Container>%s</Container></Body></Html>
}
"""
_VUE = """
<template>
  <Layout><Container>%s</Container></Layout>
</template>
"""
_PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
_SAYS = "(words) => Boolean(document.body?.textContent.includes(words))"


@dataclass(frozen=True)
class Previewer:
    """A preview server at work, and the file whose heading is changed."""

    name: str
    address: str
    file: Path
    size: Callable[[Page], int]  #: octets of the mail's HTML


def passages() -> list[tuple[str, list[str]]]:
    """The headings of the issue, each with its paragraphs; a link stands alone."""
    with tempfile.TemporaryDirectory() as folder:
        built = build_to(Path(folder))
        lines = (built / "full.txt").read_text("utf-8").split("\n\n")
    found: list[tuple[str, list[str]]] = [("Regional Update", [])]
    for block in lines:
        words = " ".join(block.split())
        if not words:
            continue
        if len(words) < 90 and not words.endswith((".", ":", ",", ")")) and "http" not in words:
            found.append((words, []))
        else:
            found[-1][1].append(words)
    return found


def build_to(folder: Path) -> Path:
    return build(open_project(REPOSITORY, dict(os.environ)), ISSUE, folder / "built").folder


def markup(*, braces: bool) -> str:
    """The issue in the components that both peers have. `braces`: they mean something there."""

    def said(text: str) -> str:
        plain = escape(text, quote=False)
        return plain.replace("{", "&#123;").replace("}", "&#125;") if braces else plain

    def paragraph(text: str) -> str:
        before, found, target = text.partition("https://")
        if not found:
            return f"<Text>{said(text)}</Text>"
        link = escape(f"https://{target.split()[0]}", quote=True)
        return f'<Text>{said(before)}<Link href="{link}">{said(target)}</Link></Text>'

    sections = (
        f'<Section><Heading as="h2">{said(heading)}</Heading>{"".join(map(paragraph, texts))}'
        "</Section>"
        for heading, texts in passages()
    )
    return "\n".join([*sections] * _TIMES)


@contextmanager
def ours() -> Iterator[Previewer]:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "news"
        for folder in ("issues", "templates", "recipients"):
            shutil.copytree(REPOSITORY / folder, root / folder)
        for file in ("newsletter.toml", "words.txt"):
            shutil.copy(REPOSITORY / file, root / file)
        command = [sys.executable, "-m", "newsletter_mailer", "--project", str(root), "preview"]
        with running([*command, "--issue", ISSUE, "--no-open", "--port", "0"], root) as server:
            assert server.stdout is not None
            address = server.stdout.readline().split()[-1]
            edited = root / "issues" / ISSUE / EDITED
            yield Previewer("newsletter-mailer", address, edited, size_as_mailed)


@contextmanager
def react_email() -> Iterator[Previewer]:
    with peer_folder() as folder:
        file = folder / "emails" / "news.tsx"
        file.write_text(_REACT % markup(braces=True), "utf-8")
        bin_file = PACKAGES / "react-email" / "dist" / "cli" / "index.mjs"
        command = ["node", str(bin_file), "dev", "--dir", "emails", "--port", "3477"]
        with running(command, folder):
            yield Previewer("react-email", "http://localhost:3477/preview/news", file, size_shown)


@contextmanager
def maizzle() -> Iterator[Previewer]:
    with peer_folder() as folder:
        file = folder / "emails" / "news.vue"
        file.write_text(_VUE % markup(braces=True), "utf-8")
        bin_file = PACKAGES / "@maizzle" / "framework" / "bin" / "maizzle.mjs"
        with running(["node", str(bin_file), "serve", "--port", "3488"], folder):
            yield Previewer("Maizzle", "http://localhost:3488/emails/news", file, size_shown)


@contextmanager
def peer_folder() -> Iterator[Path]:
    """Beside the packages, so that they are found."""
    with tempfile.TemporaryDirectory(dir=PACKAGES.parent, prefix=".peer-") as name:
        folder = Path(name)
        (folder / "emails").mkdir()
        (folder / "package.json").write_text(json.dumps({"private": True, "type": "module"}))
        (folder / "node_modules").symlink_to(PACKAGES, target_is_directory=True)
        yield folder


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The server and all that it starts end with the context."""
    server = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        yield server
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.communicate()


def seconds_to_see(page: Page, previewer: Previewer) -> tuple[list[float], int]:
    """Of each edit but the first few; and how many octets the mail's page has."""
    until(page, lambda: opened(page, previewer) and is_seen(page, HEADING))
    before, times = HEADING, []
    for number in range(WARM + RUNS):
        heading = f"Inspiring Leaders {number:02}"
        text = previewer.file.read_text("utf-8").replace(before, heading)
        time.sleep(_REST)
        begin = time.perf_counter()
        previewer.file.write_text(text, "utf-8")
        until(page, lambda: is_seen(page, heading))  # noqa: B023  # asked before the next turn
        page.evaluate(_PAINTED)
        times.append(time.perf_counter() - begin)
        before = heading
    return times[WARM:], previewer.size(page)


def size_shown(page: Page) -> int:
    return max(len(frame.content().encode()) for frame in page.frames if frame.parent_frame)


def size_as_mailed(page: Page) -> int:
    """Without what the page around it adds, to point at places."""
    origin, _, issue = page.url.partition("/issues/")
    view = page.request.get(f"{origin}/api/issues/{issue}/view").json()
    return int(view["size"]["html"])


def opened(page: Page, previewer: Previewer) -> bool:
    """Whether the server answers; then its page is there."""
    if page.url == previewer.address.partition("?")[0]:  # the key goes at once
        return True
    try:
        page.goto(previewer.address, timeout=_PATIENCE * 1000)
    except Error:
        time.sleep(0.5)
        return False
    return True


def is_seen(page: Page, words: str) -> bool:
    """Whether a frame that is shown says so."""
    for frame in page.frames:
        try:
            if frame.parent_frame and frame.evaluate(_SAYS, words):
                return frame.frame_element().is_visible()
        except Error:
            continue  # the frame was replaced meanwhile
    return False


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Looks every few milliseconds; Playwright hears of new frames while it waits."""
    patience = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < patience, "nothing new was seen"
        page.wait_for_timeout(2)


def main() -> None:
    program = installed_browser(os.environ)
    assert program is not None, "This needs Chromium, Chrome or Edge."
    install_peers()
    lines = ["| from saving a heading to seeing it | median: ms | slowest: ms | HTML shown: KB |"]
    lines += ["|---|--:|--:|--:|"]
    medians: dict[str, float] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, chromium_sandbox=os.name == "nt" or os.geteuid() != 0
        )
        for previewer in (ours, react_email, maizzle):
            name, times, size = measured(browser, previewer)
            medians[name] = statistics.median(times)
            lines.append(
                f"| {name} | {medians[name] * 1000:.0f} | {max(times) * 1000:.0f} "
                f"| {size / 1024:.0f} |"
            )
        browser.close()
    mine = medians.pop("newsletter-mailer")
    lines.append("")
    for name, theirs in medians.items():
        lines.append(f"newsletter-mailer takes {mine / theirs:.2f} of {name}'s time.")
    write_results(__file__, "From saving a file to seeing it, beside other preview servers", lines)


def measured(browser: Browser, started: Callable[[], object]) -> tuple[str, Sequence[float], int]:
    """The name of a previewer, the seconds until each edit was seen, and octets of HTML."""
    with started() as previewer:  # type: ignore[attr-defined]  # one of the three above
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        times, size = seconds_to_see(page, previewer)
        page.close()
    return previewer.name, times, size


if __name__ == "__main__":
    main()
