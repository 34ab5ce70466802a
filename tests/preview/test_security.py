"""Nobody else asks, nothing hostile runs, and nobody's data is where it does not belong."""

from __future__ import annotations

import http.server
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import expect

from tests.conftest import ProjectFolder
from tests.preview.conftest import Answer, Onlooker, Preview, Start

#: A script that runs leaves a mark where it ran, though its frame keeps it from our page.
MARK = "document.documentElement.dataset.hacked = 1; top.hacked = 1"
HOSTILE = f'<img src=x onerror="{MARK}"><script>{MARK}</script>\'"`</title>'
MAIL = "/mail/2025-08"


def ask(
    preview: Preview,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: object = None,
) -> Answer:
    """As a browser asks that came in by the run's key."""
    return preview.ask(path, headers, None if body is None else json.dumps(body).encode())


def picture_of(preview: Preview) -> str:
    """The path of a picture that a mail loads, which the mail knows."""
    found = re.search(r"/frame/[\w-]+/pictures/2025-08/[^\"]+", ask(preview, MAIL).text)
    assert found
    return found[0]


def is_hacked(onlooker: Onlooker) -> bool:
    inside = onlooker.in_mail("html", "(html) => Boolean(html.dataset.hacked)")
    return bool(inside or onlooker.page.evaluate("() => Boolean(window.hacked)"))


def told(preview: Preview, name: str, issue: str = "2025-08") -> str:
    """What the page is told of this run."""
    page = ask(preview, f"/issues/{issue}").text
    found = re.search(f'name="newsletter-{name}" content="([^"]*)"', page)
    assert found
    return found[1]


def test_it_listens_on_this_machine_only(unchanged: Preview) -> None:
    port = int(unchanged.origin.rpartition(":")[2])
    other_address = "127.0.0.2"  # of this machine; who listens on all of them listens there too
    with (
        pytest.raises((ConnectionRefusedError, TimeoutError)),
        socket.create_connection((other_address, port), timeout=3),
    ):
        pass


@pytest.mark.parametrize("path", ["/", "/issues/2025-08", "/api/issues", "/static/app.js"])
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Host": "rebound.example.com"}, id="another name for this machine"),
        pytest.param({"Host": "rebound.example.com:8765"}, id="with a port"),
        pytest.param({"Host": "127.0.0.1"}, id="another port"),
        pytest.param({"Origin": "https://evil.example.com"}, id="another site"),
        pytest.param({"Origin": "null"}, id="a sandboxed frame"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="another site's picture or frame"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="another port's page"),
    ],
)
def test_strangers_are_refused(path: str, headers: dict[str, str], unchanged: Preview) -> None:
    assert ask(unchanged, path).status == 200
    assert ask(unchanged, path, headers).status == 403


def test_a_mail_and_what_it_loads_are_no_stranger_s_either(unchanged: Preview) -> None:
    loaded = picture_of(unchanged)

    assert ask(unchanged, MAIL, {"Sec-Fetch-Site": "cross-site"}).status == 403
    from_frame = {"Origin": "null", "Sec-Fetch-Site": "cross-site"}
    assert ask(unchanged, loaded, from_frame).status == 200
    assert ask(unchanged, loaded, {"Origin": "https://evil.example.com"}).status == 403
    assert ask(unchanged, loaded, {"Host": "rebound.example.com"}).status == 403


def test_readers_are_not_looked_up_without_the_run_s_token(unchanged: Preview) -> None:
    path, asked = "/api/issues/2025-08/readers", {"letters": "zoe"}

    without = ask(unchanged, path, body=asked)
    wrong = ask(unchanged, path, {"X-Newsletter-Token": "x"}, asked)
    right = ask(unchanged, path, {"X-Newsletter-Token": told(unchanged, "token")}, asked)

    assert (without.status, wrong.status, right.status) == (403, 403, 200)
    assert "zoe.st.john" in right.text
    assert ask(unchanged, f"{path}?letters=zoe").status == 405


def test_every_run_has_a_token_of_its_own(unchanged: Preview, start: Start) -> None:
    other = start("--issue", "2025-08")

    assert told(unchanged, "token") != told(other, "token")
    assert len(told(other, "token")) >= 32


@pytest.mark.parametrize("body", ["[]", '"x"', '{"letters": 1}', "{", "x" * 5000])
def test_what_is_no_question_is_refused(body: str, unchanged: Preview) -> None:
    headers = {"X-Newsletter-Token": told(unchanged, "token")}

    answer = unchanged.ask("/api/issues/2025-08/readers", headers, body.encode())

    assert answer.status in (400, 413)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static//etc/passwd",
        "/static/..%5capp.py",
        "/static/index.html",
        "/issues/..%2f..%2f.env/x",
        "/api/issues/..",
        "/api/issues/..%2f..%2frecipients",
        "/api/issues/%2e%2e/view",
        "/api/issues/2025-08%00/view",
        "/api/issues/2025-08/download/..%2f..%2f.env",
        "/api/issues/2025-08/download/toml",
        "/recipients/example.csv",
        "/.env",
        "/newsletter.toml",
    ],
)
def test_no_other_file_is_served(path: str, unchanged: Preview) -> None:
    assert "hush" in unchanged.project.read(".env")

    answer = ask(unchanged, path)

    assert answer.status in (400, 404)
    assert "hush" not in answer.text
    assert "example.org" not in answer.text


@pytest.mark.parametrize("name", ["..%2f..%2f..%2fnewsletter.toml", "..%2fportrait.jpg", "x.jpg"])
def test_no_other_picture_is_served(name: str, unchanged: Preview) -> None:
    folder = picture_of(unchanged).rpartition("/")[0]
    assert ask(unchanged, f"{folder}/{name}").status == 404


def test_every_answer_says_what_it_may_do(unchanged: Preview) -> None:
    page = ask(unchanged, "/issues/2025-08")
    data = ask(unchanged, "/api/issues/2025-08")
    frame = ask(unchanged, MAIL)

    for answer in (page, data, frame):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-DNS-Prefetch-Control"] == "off"
    for answer in (page, data):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
    policy = frame.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none'; script-src 'sha256-")
    assert policy.count("script-src") == policy.count("sha256-") == 1
    assert policy.count("unsafe") == 1, "styles alone"
    assert f"frame-ancestors {unchanged.origin}" in policy


TRIED = "() => { try { return %s } catch (refused) { return refused.name } }"


def test_the_mail_s_frame_has_no_origin_and_no_rights(
    unchanged: Preview, onlooker: Onlooker
) -> None:
    """Neither sees what the other holds, though a script of ours runs in it."""
    page = onlooker.look(unchanged.issue())

    assert page.locator("iframe").first.get_attribute("sandbox") == "allow-scripts"
    assert page.evaluate(TRIED % "frames[0].document.title") == "SecurityError"
    for held in ("parent.document.title", "document.cookie", "localStorage.length"):
        assert onlooker.in_mail("html", TRIED % held) == "SecurityError"
    assert onlooker.in_mail("html", "() => self.origin") == "null"
    asked = "(_, to) => fetch(to).then(() => 'answered', () => 'refused')"
    ours = (f"{unchanged.origin}{path}" for path in ("/api/issues", picture_of(unchanged)))
    for address in (*ours, "https://evil.example.com/"):
        assert onlooker.mail.locator("html").evaluate(asked, address) == "refused"


@pytest.mark.parametrize(
    "news",
    ["null", "'x'", "{}", "{place: 'constructor'}", "{place: 99999}", "{height: NaN, top: 0}",
     "{height: -1, top: 0}", "{height: 9e9, top: 9e9, anchor: {}}", "{height: 800, top: {}}"],
)  # fmt: skip
def test_whatever_is_told_from_a_frame_the_page_goes_on(
    news: str, unchanged: Preview, onlooker: Onlooker
) -> None:
    page = onlooker.look(unchanged.issue())

    onlooker.in_mail("html", f"() => parent.postMessage({news}, '*')")
    onlooker.mail.get_by_text("Dear Sam").click()

    expect(page.get_by_role("region", name="What was clicked")).to_contain_text("10-letter.md:9")


def test_nobody_but_the_frame_is_heard(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())
    (place,) = onlooker.in_mail("p[data-nl]:has-text('Dear Sam')", "(p) => [Number(p.dataset.nl)]")

    page.evaluate("(place) => postMessage({ place }, '*')", place)
    page.evaluate("() => new Promise((done) => setTimeout(done))")

    expect(page.get_by_role("region", name="What was clicked")).to_be_hidden()


def test_hostile_texts_are_shown_as_texts(
    news: ProjectFolder, start: Start, onlooker: Onlooker
) -> None:
    """In a section, in the subject, in names of people and of regions."""
    news.write(
        "issues/2025-08/30-inspiring-future-leaders.md",
        f"---\nkind: notice\ntitle: {json.dumps(HOSTILE)}\n---\n"
        f"{HOSTILE}\n\n[x](javascript:document.documentElement.dataset.hacked=1)\n",
    )
    subject = "'<script>top.hacked=1</script> \"><img src=x onerror=top.hacked=1>'"
    toml = news.read("issues/2025-08/issue.toml")
    news.write("issues/2025-08/issue.toml", re.sub("subject = .*", f"subject = {subject}", toml))
    settings = news.read("newsletter.toml")
    news.write("newsletter.toml", settings.replace('"Dudley"', json.dumps(HOSTILE)))
    news.write(
        "recipients/example.csv",
        "email,first_name,last_name,region\n"
        "zoe@example.org,<script>top.hacked=1</script>,"
        '"<img src=x onerror=""top.hacked=1"">",dudley\n',
    )
    preview = start("--issue", "2025-08")
    page = onlooker.look(preview.issue(query="variant=full"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("<script>top.hacked=1</script>")
    expect(page.get_by_label("Region")).to_contain_text("<script>")

    page.get_by_role("combobox", name="One reader").fill("zoe")
    offered = page.get_by_role("listbox", name="Readers").get_by_role("option").first
    expect(offered).to_contain_text("<script>top.hacked=1</script> <img")
    offered.click()
    greeting = "Dear <script>top.hacked=1</script>,"
    expect(onlooker.mail.get_by_text(greeting)).to_be_attached()
    for part in ("Text", "HTML", "Message", "Who gets what", "Mail"):
        page.get_by_role("radio", name=part, exact=True).check()
        page.wait_for_timeout(200)

    assert not is_hacked(onlooker)
    assert page.locator("main script").count() == 0
    assert page.locator("main img").count() == 0


def test_a_hostile_file_name_is_named_and_harmless(
    news: ProjectFolder, start: Start, onlooker: Onlooker
) -> None:
    news.write("issues/2025-08/<img src=x onerror=top.hacked=1>.md", "---\nkind: text\n---\nx\n")
    preview = start("--issue", "2025-08")
    page = onlooker.page
    page.goto(preview.issue())

    shown = page.locator(".mistakes")
    expect(shown).to_contain_text("<img src=x onerror=top.hacked=1>.md")
    assert page.evaluate("() => window.hacked") is None
    assert shown.locator("img").count() == 0


def test_a_hostile_template_cannot_reach_the_page(
    news: ProjectFolder, start: Start, onlooker: Onlooker
) -> None:
    """Scripts, frames, forms, other sites' pictures, and addresses that the page moves to."""
    hostile = (
        f"<script>{MARK}</script>"
        f'<svg onload="{MARK}"></svg><a href="javascript:{MARK}">Run</a>'
        '<script type="speculationrules">{"prefetch": [{"source": "list", '
        '"urls": ["https://evil.example.com/s"]}]}</script>'
        "<noscript><p>Where no script runs</p></noscript>"
        '<iframe src="https://evil.example.com/"></iframe>'
        '<object data="https://evil.example.com/o"></object>'
        '<form action="https://evil.example.com/"><input type="text" name="a" /></form>'
        '<img src="https://evil.example.com/pixel.gif" alt="pixel" />'
        f'<img src="x" alt="none" onerror="{MARK}" />'
        '<meta http-equiv="refresh" content="0;url=https://evil.example.com/" />'
        '<style>@import url("https://evil.example.com/a.css"); '
        "body { background: url(https://evil.example.com/b.gif) }</style>"
        '<link rel="stylesheet" href="https://evil.example.com/c.css" />'
        '<link rel="preconnect" href="https://evil.example.com" />'
        '<link rel="dns-prefetch" href="https://evil.example.com" />'
        '<link rel="prefetch" href="https://evil.example.com/d" />'
        '<p><a target="_top" href="https://evil.example.com/">Away</a></p>'
    )
    path = "templates/regional/newsletter.mjml"
    template = news.read(path)
    at = template.rindex("<mj-raw>{{ ui.gap() }}</mj-raw>")
    news.write(path, f"{template[:at]}<mj-raw><div>{hostile}</div></mj-raw>{template[at:]}")
    preview = start("--issue", "2025-08")
    page = onlooker.look(preview.issue())

    onlooker.mail.get_by_role("link", name="Away").click()

    expect(page.get_by_role("region", name="What was clicked")).to_contain_text("evil.example.com")
    onlooker.mail.get_by_text("Run", exact=True).click()
    expect(onlooker.mail.get_by_text("Where no script runs")).to_be_visible()
    assert not is_hacked(onlooker)
    assert page.url.startswith(preview.origin)
    expect(onlooker.mail.locator("h1")).to_have_text("Regional Update")


class AnotherSite(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<p>Another site</p>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def another_site() -> Iterator[str]:
    """The address of a page that is not ours, on this machine, as a browser lets it come near."""
    with http.server.HTTPServer(("127.0.0.1", 0), AnotherSite) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_another_site_cannot_show_or_read_the_preview(
    unchanged: Preview, another_site: str, onlooker: Onlooker
) -> None:
    """Though the browser has the cookie."""
    page = onlooker.page
    page.goto(unchanged.home)
    page.wait_for_load_state("networkidle")
    page.goto(another_site)
    onlooker.asked.clear()  # of the preview's page, which asks to its end

    read = page.evaluate(
        """async (origin) => {
          const frame = document.createElement("iframe");
          frame.src = origin + "/issues/2025-08";
          const loaded = new Promise((done) => (frame.onload = done));
          document.body.append(frame);
          await loaded;
          const script = document.createElement("script");
          script.src = origin + "/static/dom.js";
          const failed = new Promise((done) => (script.onerror = script.onload = done));
          document.body.append(script);
          await failed;
          return fetch(origin + "/api/issues/2025-08", { mode: "no-cors" }).then(
            (answer) => answer.text(), () => "");
        }""",
        unchanged.origin,
    )

    assert read == ""
    answers = [one.response() for one in onlooker.asked if one.url.startswith(unchanged.origin)]
    assert {answer.status for answer in answers if answer} == {403}
    assert "refused to connect" in page.frames[-1].locator("body").inner_text()


@pytest.mark.parametrize("pattern", ["javascript:alert('{file}')", "vscode://open", "{file}"])
def test_what_is_no_editor_is_refused(pattern: str, news: ProjectFolder) -> None:
    done = subprocess.run(
        [*(sys.executable, "-m", "newsletter_mailer"), *("preview", "--no-open", "--port", "0")],
        cwd=news.root,
        env={**os.environ, "EDITOR_URL": pattern},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert "EDITOR_URL is not understood" in done.stderr
