"""The real command, and a real browser that looks at its page."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email.message import Message
from functools import cached_property
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any  # what a script returns

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    FrameLocator,
    Page,
    Request,
    Route,
    expect,
    sync_playwright,
)

from newsletter_mailer.chromium import installed_browser
from tests.conftest import REPOSITORY, ProjectFolder
from tests.preview.commands import Command, begun, forked
from tests.smtp_server import Behaviour, Inbox, smtp_server

ISSUE = "2025-08"
_PATIENCE = 30_000  #: milliseconds; the machine may be busy, and no test is about speed
_LOOPBACK = "127.0.0.1"
#: The mail's frame is a process of its own: clicks are sent to it from the page's next pictures on.
_PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
_FORBIDDEN = "csp"  #: a policy kept the browser from asking; Playwright tells of it all the same

expect.set_options(timeout=_PATIENCE)


class Outside:
    """Every machine at example.com and example.org, as far as the browser knows."""

    def __init__(self, door: socket.socket) -> None:
        self._door = door
        self._door.setblocking(False)
        self.port = self._door.getsockname()[1]

    def visits(self) -> int:
        """How many connections came since it was last asked."""
        for number in range(1000):
            try:
                self._door.accept()[0].close()
            except BlockingIOError:
                return number
        return 1000


@pytest.fixture(scope="session")
def outside() -> Iterator[Outside]:
    with socket.create_server((_LOOPBACK, 0)) as door:
        yield Outside(door)


@pytest.fixture(scope="package")  # while it is open, nothing else may run an event loop
def browser(outside: Outside) -> Iterator[Browser]:
    program = installed_browser(os.environ)
    if program is None:
        missing = "There is no Chromium, Chrome or Edge here (Debian: apt install chromium)."
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        names = ("example.com", "*.example.com", "example.org", "*.example.org")
        rules = ", ".join(f"MAP {name} {_LOOPBACK}:{outside.port}" for name in names)
        started = playwright.chromium.launch(
            executable_path=program,
            chromium_sandbox=os.name == "posix" and os.geteuid() != 0,
            args=[f"--host-resolver-rules={rules}"],
        )
        yield started
        started.close()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    text: str


def answer_to(request: urllib.request.Request) -> Answer:
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310  # loopback
            return Answer(answer.status, answer.headers, answer.read().decode("utf-8", "replace"))
    except urllib.error.HTTPError as refused:
        with refused:
            return Answer(refused.code, refused.headers, refused.read().decode("utf-8", "replace"))


@dataclass
class Preview:
    """A running `newsletter-mailer preview`."""

    project: ProjectFolder
    process: Command
    address: str  #: as it is told in the terminal
    said: str

    @property
    def origin(self) -> str:
        return self.address[: self.address.index("/", len("http://"))]

    @property
    def key(self) -> str:
        return self.address.partition("?key=")[2]

    @property
    def home(self) -> str:
        return f"{self.origin}/?key={self.key}"

    def issue(self, issue: str = ISSUE, query: str = "") -> str:
        return f"{self.origin}/issues/{issue}?{query}{query and '&'}key={self.key}"

    @cached_property
    def cookie(self) -> str:
        """What a browser sends that came in by the address: `name=value`."""
        jar = CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        opener.open(self.home).close()
        (cookie,) = jar
        return f"{cookie.name}={cookie.value}"

    def ask(
        self, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """A request as the page sends it, or as `headers` say it otherwise; the path as it is."""
        request = urllib.request.Request(  # noqa: S310  # loopback
            f"{self.origin}{path}", headers={"Cookie": self.cookie, **(headers or {})}, data=body
        )
        return answer_to(request)

    def stop(self) -> int:
        """Ctrl-C. The exit code."""
        return self.process.interrupt()


#: Starts the command with more options: start("--issue", "2025-08", project=folder).
Start = Callable[..., Preview]


def sample_project(folder: Path) -> ProjectFolder:
    """A copy of the sample project of this repository."""
    for name in ("issues", "templates", "recipients"):
        shutil.copytree(REPOSITORY / name, folder / name)
    for name in ("newsletter.toml", "words.txt"):
        shutil.copy(REPOSITORY / name, folder / name)
    return ProjectFolder(folder)


@pytest.fixture
def news(tmp_path: Path) -> ProjectFolder:
    """The sample project: issues 2025-08 and 2025-09, 48 readers in 14 regions."""
    return sample_project(tmp_path / "news")


def begin_preview(
    stack: ExitStack,
    project: ProjectFolder,
    *words: str,
    opens: bool = False,
    settings: Mapping[str, str] | None = None,
) -> Preview:
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SMTP_", "LEDGER_", "IMAGE_", "PUBLIC_", "EDITOR_"))
    }
    options = ["preview", "--port", "0", *(() if opens else ("--no-open",)), *words]
    start = begun if opens else forked
    process = stack.enter_context(start(options, project.root, {**clean, **(settings or {})}))
    said, found = "", None
    while found is None and (line := process.line()):
        said += line
        found = re.search(r"http://127\.0\.0\.1:\d+/\S*", said)
    assert found, said + process.complaints()
    return Preview(project, process, found[0], said)


@pytest.fixture
def start(news: ProjectFolder) -> Iterator[Start]:
    with ExitStack() as stack:

        def begin(
            *words: str, project: ProjectFolder = news, opens: bool = False, **settings: str
        ) -> Preview:
            return begin_preview(stack, project, *words, opens=opens, settings=settings)

        yield begin


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    """A preview of the sample project, for all tests that only look: they ask for `unchanged`."""
    with ExitStack() as stack:
        project = sample_project(tmp_path_factory.mktemp("shared") / "news")
        project.write(".env", "SMTP_PASSWORD=hush\n")
        editor = {"EDITOR_URL": "vscode://file/{file}:{line}:{column}"}
        running = begin_preview(stack, project, settings=editor)
        wait_until_checked(running)
        yield running


@pytest.fixture
def unchanged(shared: Preview) -> Iterator[Preview]:
    with left_as_it_was(shared):
        yield shared


@contextmanager
def left_as_it_was(preview: Preview) -> Iterator[None]:
    """For one of the tests that share a preview: the next one meets what this one met.

    Who writes a file, or ends the preview, fails by it, and no later test does.
    """
    before = _files(preview.project.root)
    yield
    assert _files(preview.project.root) == before
    assert preview.ask("/").status == 200


def _files(root: Path) -> dict[str, tuple[int, int]]:
    """Every file, with its size and when it was written; not what may be thrown away."""
    cache = root / ".newsletter/cache"
    paths = (path for path in root.rglob("*") if not path.is_relative_to(cache))
    files = ((path, path.stat()) for path in paths if path.is_file())
    return {str(path): (found.st_size, found.st_mtime_ns) for path, found in files}


def wait_until_checked(preview: Preview, issue: str = ISSUE) -> None:
    """Then it is composed, too, and its readers are known."""
    give_up = time.monotonic() + _PATIENCE / 1000
    while time.monotonic() < give_up:
        if json.loads(preview.ask(f"/api/issues/{issue}").text)["checked"]:
            return
        time.sleep(0.05)
    pytest.fail(f"{issue} was not checked.")


@dataclass
class HeldRequests:
    """The browser's requests that wait for the test."""

    page: Page
    _waiting: list[Route] = field(default_factory=list)
    _free: bool = False

    def take(self, route: Route) -> None:
        if self._free:
            route.continue_()
        else:
            self._waiting.append(route)

    def let_go(self) -> None:
        """As soon as there is one: those that came, and whatever comes later."""
        give_up = time.monotonic() + _PATIENCE / 1000
        while not self._waiting and time.monotonic() < give_up:
            self.page.wait_for_timeout(20)
        assert self._waiting
        self._free = True
        for route in self._waiting:
            route.continue_()


@dataclass
class Onlooker:
    """A browser's page, and all that it asked for."""

    page: Page
    context: BrowserContext
    asked: list[Request] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def mail(self) -> FrameLocator:
        """The mail that is seen; not one that is being loaded behind it."""
        return self.page.frame_locator("#stage .column:nth-child(1) iframe:not(.waiting)")

    @property
    def beside(self) -> FrameLocator:
        return self.page.frame_locator("#stage .column:nth-child(2) iframe:not(.waiting)")

    def in_mail(self, selector: str, script: str) -> Any:
        """What a script says in the mail; asked again when the mail was exchanged meanwhile."""
        give_up = time.monotonic() + 10
        while True:
            try:
                return self.mail.locator(selector).first.evaluate(script)
            except Error:
                if time.monotonic() > give_up:
                    raise

    def look(self, address: str) -> Page:
        """Opens the address, and waits until the mail is seen: only then do clicks reach it."""
        self.page.goto(address)
        self.mail.locator("h1").wait_for()
        self.page.evaluate(_PAINTED)
        return self.page

    def addresses(self) -> list[str]:
        return [request.url for request in self.asked]

    def hold(self, pattern: str) -> HeldRequests:
        """What the page asks for from now on by such an address waits until it is let go."""
        held = HeldRequests(self.page)
        self.page.route(pattern, held.take)
        return held


#: Opens a page: onlooker(width=375, color_scheme="dark").
Look = Callable[..., Onlooker]


@pytest.fixture
def look(browser: Browser, outside: Outside) -> Iterator[Look]:
    """Opens pages. What they ask of other machines, and errors of their scripts, fail the test."""
    opened: list[Onlooker] = []
    outside.visits()

    def begin(width: int = 1280, height: int = 800, **options: object) -> Onlooker:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            **options,  # type: ignore[arg-type]  # color_scheme, permissions
        )
        context.set_default_timeout(_PATIENCE)
        onlooker = Onlooker(context.new_page(), context)
        context.on("request", lambda request: onlooker.asked.append(request))
        onlooker.page.on("pageerror", lambda error: onlooker.failures.append(str(error)))
        opened.append(onlooker)
        return onlooker

    yield begin
    for onlooker in opened:
        onlooker.context.close()
        assert onlooker.failures == []
        strangers = [
            request.url
            for request in onlooker.asked
            if not re.match(
                r"(http://(127\.0\.0\.1|localhost):\d+/|data:|blob:|about:|file:)", request.url
            )
            and request.failure != _FORBIDDEN
        ]
        assert strangers == []
    assert outside.visits() == 0


@pytest.fixture
def onlooker(look: Look) -> Onlooker:
    return look()


@pytest.fixture
def serve() -> Iterator[Callable[..., Inbox]]:
    with serving() as start:
        yield start


@contextmanager
def serving() -> Iterator[Callable[..., Inbox]]:
    """Starts real SMTP servers, as elsewhere; in a thread, as Playwright's loop has this one."""
    with ThreadPoolExecutor(1) as thread, ExitStack() as stack:

        def start(behaviour: Behaviour | None = None) -> Inbox:
            return thread.submit(stack.enter_context, smtp_server(behaviour)).result()

        yield start
        thread.submit(stack.close).result()
