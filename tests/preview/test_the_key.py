"""The preview is one person's: who has not its key, on the same machine, learns nothing."""

from __future__ import annotations

import http.client
import re
import sys
from collections.abc import Iterator, Sequence
from email.message import Message
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from starlette.routing import BaseRoute, Mount, Route

from newsletter_mailer.preview.access.keys import Keys
from newsletter_mailer.preview.routes.context import Context
from newsletter_mailer.preview.server.app import routes
from tests.preview.conftest import Onlooker, Preview, Start
from tests.waiting import wait_until

REFUSAL = "This is somebody's preview. Open the address that its terminal shows.\n"
_TELLING = ("Server", "Date", "Set-Cookie", "Location", "X-Powered-By")
PARTS = {
    "issue": "2025-08",
    "file": "app.js",
    "form": "eml",
    "key": "guessed",
    "name": "x.jpg",
}


def questions(of: Sequence[BaseRoute], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Method and path of everything that the app answers."""
    for route in of:
        if isinstance(route, Mount):
            yield from questions(route.routes, prefix + route.path)
        else:
            assert isinstance(route, Route)
            path = re.sub(r"\{(.*?)\}", lambda part: PARTS[part[1]], prefix + route.path)
            yield from ((method, path) for method in sorted(route.methods or ()))


def everything() -> list[tuple[str, str]]:
    """From the app's own routes, so that none is forgotten."""
    context = SimpleNamespace(
        keys=Keys(), origin="", editor="", root=Path(), actions=None, live_issues=None, hub=None
    )
    more = [("OPTIONS", "/"), ("PUT", "/"), ("GET", "/nothing"), ("GET", "/favicon.ico")]
    return [*questions(routes(cast(Context, context))), *more]


def raw(
    preview: Preview, method: str, path: str, headers: dict[str, str]
) -> tuple[int, Message, str]:
    """As any program on this machine asks."""
    connection = http.client.HTTPConnection(preview.origin.removeprefix("http://"), timeout=60)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def others_cookie(shared: Preview) -> str:
    """Its value is another run's; its name is what a browser sends here."""
    name = shared.cookie.partition("=")[0]
    return f"{name}={Keys().cookie}"


def test_every_route_is_asked() -> None:
    asked = everything()

    assert len(asked) > 20
    assert {("GET", "/"), ("POST", "/api/issues/2025-08/approve"), ("GET", "/api/news")} <= {*asked}


@pytest.mark.parametrize(("method", "path"), everything())
def test_without_the_key_nothing_is_told(
    method: str, path: str, unchanged: Preview, others_cookie: str
) -> None:
    name = unchanged.cookie.partition("=")[0]
    for query, headers in (
        ("", {}),
        ("?key=", {}),
        ("?key=guessed", {}),
        ("?key=%ff%00", {}),
        (f"?key={unchanged.key[:-1]}", {}),
        ("", {"Cookie": others_cookie}),
        ("", {"Cookie": f"{name}={unchanged.key}"}),
        ("", {"Cookie": "newsletter-mailer=x; =; ;;"}),
        ("", {"Cookie": unchanged.cookie.upper()}),
        ("", {"X-Newsletter-Token": "guessed", "Authorization": f"Bearer {unchanged.key}"}),
    ):
        status, answered, text = raw(unchanged, method, path + query, headers)

        assert status == 403
        assert text == ("" if method == "HEAD" else REFUSAL)
        assert [name for name in _TELLING if name in answered] == []


def test_what_a_mail_loads_needs_its_own_path_though_one_is_in(unchanged: Preview) -> None:
    assert unchanged.ask("/frame/guessed/pictures/2025-08/x.jpg").status == 403
    assert unchanged.ask("/frame//pictures/2025-08/x.jpg").status == 403


def test_the_page_does_not_know_what_a_mail_loads(unchanged: Preview) -> None:
    """So no other mail, or script, could learn the path from it."""
    assert "/frame/" not in unchanged.ask("/issues/2025-08").text
    assert unchanged.key not in unchanged.ask("/issues/2025-08").text


def test_the_key_is_exchanged_for_a_cookie(unchanged: Preview) -> None:
    port = unchanged.origin.rpartition(":")[2]

    status, answered, text = raw(unchanged, "GET", f"/issues/2025-08?a=b&key={unchanged.key}", {})

    assert (status, text) == (303, "")
    assert answered["Location"] == f"{unchanged.origin}/issues/2025-08?a=b"
    name, _, rest = answered["Set-Cookie"].partition("=")
    value, *rules = rest.split("; ")
    assert name == f"newsletter-mailer-{port}"
    assert sorted(rules) == ["HttpOnly", "Path=/", "SameSite=strict"]
    assert len(value) >= 32
    assert value != unchanged.key
    assert answered["Cache-Control"] == "no-store"
    assert answered["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path", ["//evil.example.com/", "/%0d%0aX-Header:%201", "/\\evil.example.com"]
)
def test_the_key_leads_nowhere_else(path: str, unchanged: Preview) -> None:
    status, answered, _ = raw(unchanged, "GET", f"{path}?key={unchanged.key}", {})

    assert status == 303
    assert answered["Location"].startswith(f"{unchanged.origin}/")
    assert "X-Header" not in answered


def test_every_run_has_keys_of_its_own(unchanged: Preview, start: Start) -> None:
    other = start("--issue", "2025-08")

    assert other.key != unchanged.key
    assert other.cookie != unchanged.cookie
    assert unchanged.ask("/", {"Cookie": other.cookie}).status == 403
    value = other.cookie.partition("=")[2]
    name = unchanged.cookie.partition("=")[0]
    assert unchanged.ask("/", {"Cookie": f"{name}={value}"}).status == 403


def test_the_key_leaves_the_address_and_no_script_sees_the_cookie(
    unchanged: Preview, onlooker: Onlooker
) -> None:
    page = onlooker.look(unchanged.issue(query="variant=full"))

    assert page.url == f"{unchanged.origin}/issues/2025-08?variant=full"
    assert page.evaluate("document.cookie") == ""
    (cookie,) = onlooker.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["expires"]) == (True, "Strict", -1)
    page.reload()
    onlooker.mail.locator("h1").wait_for()
    page.go_back()
    assert page.url == "about:blank", "the address with the key is in no history"


def test_a_link_in_another_program_s_page_leads_in(
    unchanged: Preview, onlooker: Onlooker, tmp_path: Path
) -> None:
    """As in a chat with oneself: a browser sends no strict cookie along a redirect from there."""
    file = tmp_path / "page.html"
    file.write_text(f'<a href="{unchanged.issue()}">Preview</a>', "utf-8")
    page = onlooker.page
    page.goto(file.as_uri())

    page.get_by_role("link").click()

    onlooker.mail.locator("h1").wait_for()
    assert page.url == f"{unchanged.origin}/issues/2025-08"


def test_a_browser_without_the_key_is_told_what_to_do(
    unchanged: Preview, onlooker: Onlooker
) -> None:
    answer = onlooker.page.goto(f"{unchanged.origin}/issues/2025-08")

    assert answer is not None
    assert answer.status == 403
    assert onlooker.page.locator("body").inner_text().strip() == REFUSAL.strip()


@pytest.mark.skipif(sys.platform != "linux", reason="where processes are files")
def test_no_process_has_the_key_among_its_arguments(start: Start, tmp_path: Path) -> None:
    """Everybody on a machine can read them: here a browser's that is open."""
    browser, opened, may_end = (tmp_path / name for name in ("browser.py", "opened", "may-end"))
    browser.write_text(
        "import pathlib, time\n"
        f"pathlib.Path({str(opened)!r}).touch()\n"
        f"while not pathlib.Path({str(may_end)!r}).exists():\n    time.sleep(0.02)\n",
        "utf-8",
    )
    running = start(opens=True, BROWSER=f"{sys.executable} {browser} %s &")
    try:
        wait_until(opened.exists)
        arguments = [arguments_in(file) for file in Path("/proc").glob("[0-9]*/cmdline")]
    finally:
        may_end.touch()

    (of_browser,) = (words for words in arguments if str(browser) in words)
    assert "/preview.html" in of_browser
    assert not [words for words in arguments if running.key in words]


def arguments_in(file: Path) -> str:
    try:
        return file.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:  # it has ended
        return ""
