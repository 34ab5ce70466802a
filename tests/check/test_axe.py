"""What `check --browser` does with axe-core's answers, and without a browser."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
import subprocess
import sys
from concurrent.futures import Future
from pathlib import Path

import pytest

from newsletter_mailer.campaign.prepare import Circumstances, prepare
from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.evidence.axe_core.fault import MARK, NOT_ASKED, AxeFault, marked_page
from newsletter_mailer.check.evidence.axe_core.in_browser import seen_by_axe
from newsletter_mailer.check.evidence.browser import BROWSER
from newsletter_mailer.check.page.page import elements_of, filled_page, parse_page
from newsletter_mailer.check.rules import all_rules
from newsletter_mailer.check.rules.axe import ASKED_BY_OURS
from newsletter_mailer.chromium import installed_browser
from newsletter_mailer.errors import ProjectError
from tests.check.gathered import gathered
from tests.conftest import REPOSITORY
from tests.newsroom import Newsroom

AXE = REPOSITORY / "newsletter_mailer" / "check" / "data" / "axe-core"


def test_axe_core_is_what_its_authors_published() -> None:
    """As `ORIGIN` says, which tools/axe_core.py wrote when it compared the two."""
    script, origin = (AXE / "axe.min.js").read_bytes(), (AXE / "ORIGIN").read_text("utf-8")
    version = origin.split()[1].rstrip(",")

    assert base64.b64encode(hashlib.sha256(script).digest()).decode() in origin
    assert f"axe v{version}".encode() in script[:100]
    assert f"/tree/v{version}" in origin
    assert "Mozilla Public License, version 2.0" in (AXE / "LICENSE").read_text("utf-8")


def test_axe_core_knows_the_rules_that_we_name() -> None:
    script = (AXE / "axe.min.js").read_text("utf-8")

    assert [one for one in [*NOT_ASKED, *ASKED_BY_OURS] if f'id:"{one}"' not in script] == []
    assert {ours for some in ASKED_BY_OURS.values() for ours in some} <= all_rules().keys()


def test_the_manual_says_what_is_left_out_and_why() -> None:
    manual = " ".join(all_rules()["axe"].manual.split())

    assert NOT_ASKED
    for rule, why in NOT_ASKED.items():
        assert f"- {rule}: {why}" in manual


def test_the_browser_gets_what_is_mailed(newsroom: Newsroom) -> None:
    """But for numbers on the elements, and pictures with an address that it can ask for."""
    compiled = newsroom.compiled()
    page = marked_page(compiled, "https://newsletter.invalid/")

    tree = parse_page(page)
    numbers = [int(one.attrib.pop(MARK)) for one in elements_of(tree)]

    assert compiled.pictures
    assert numbers == [*range(len(numbers))]
    assert page.count(f" {MARK}=") == len(numbers)
    for key in compiled.pictures:
        assert f'src="https://newsletter.invalid/{key}"' in page
    plain = page
    for number in numbers:
        plain = plain.replace(f' {MARK}="{number}"', "")
    assert plain == filled_page(compiled, "https://newsletter.invalid/")


def test_how_much_it_matters_is_axe_s_word(newsroom: Newsroom) -> None:
    """Each fault of a line once, however many elements, versions and schemes have it."""
    impacts = ("critical", "serious", "moderate", "minor", "unheard-of")
    newsroom.use_plain_template()

    def gather(context: CheckContext) -> dict[str, Future[object]]:
        page = context.pages[0]
        words = [n for n, one in enumerate(page.all_elements) if one.tag == "p"]
        faults = [
            AxeFault(rule=impact, impact=impact, help="H", why="W", url="u", element=element)
            for impact in impacts
            for element in words * 2
        ]
        return {BROWSER.name: gathered({page.variant.id: faults})}

    project = open_project(newsroom.folder.root, {})
    with prepare(project, "2030-01", circumstances=Circumstances(gather=gather)) as prepared:
        found = [one for one in prepared.findings if one.rule == "axe"]

    assert [(one.source.line, one.severity, one.message) for one in found] == [
        (line, severity, f'H (axe-core: {impact}). "{words}": W.')
        for line, words in ((6, "Dear Sam,"), (8, "this is everything."))
        for impact, severity in (
            ("critical", "error"),
            ("serious", "error"),
            ("minor", "info"),
            ("moderate", "warning"),
            ("unheard-of", "warning"),
        )
    ]


def test_without_a_browser_it_says_what_to_install(newsroom: Newsroom, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"Install one of them.*apt install chromium"):
        seen_by_axe([newsroom.compiled()], {"PATH": str(tmp_path)})


def test_without_playwright_it_says_what_to_install(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "playwright.async_api", None)

    with pytest.raises(ProjectError, match=r'pip install "newsletter-mailer\[browser\]"'):
        seen_by_axe([newsroom.compiled()], os.environ)


def test_a_browser_that_does_not_start_is_named(newsroom: Newsroom, tmp_path: Path) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)

    with pytest.raises(ProjectError, match=rf"{program} does not start:"):
        seen_by_axe([newsroom.compiled()], {"PATH": str(tmp_path)})


@pytest.mark.parametrize(
    ("platform", "environment", "place"),
    [
        ("linux", {"PATH": "bin"}, "bin/microsoft-edge"),
        ("darwin", {"HOME": "home"}, "home/Applications/Chromium.app/Contents/MacOS/Chromium"),
        ("win32", {"PROGRAMFILES": "programs"}, "programs/Google/Chrome/Application/chrome.exe"),
        ("win32", {"PROGRAMFILES(X86)": "x86"}, "x86/Microsoft/Edge/Application/msedge.exe"),
        ("win32", {"LOCALAPPDATA": "local"}, "local/Chromium/Application/chrome.exe"),
    ],
)
def test_a_browser_is_found_where_it_usually_is(
    platform: str,
    environment: dict[str, str],
    place: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = tmp_path / place
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "platform", platform)
    here = {"PATH": "", **{name: str(tmp_path / value) for name, value in environment.items()}}

    assert installed_browser(here) == program


def test_check_without_browser_loads_none_of_it(newsroom: Newsroom) -> None:
    code = (
        "import sys\n"
        "from newsletter_mailer.cli import main\n"
        "sys.argv = ['newsletter-mailer', 'check', '--issue', '2030-01']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('playwright', 'asyncio') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=newsroom.folder.root,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip().endswith("[]")
