"""`check --browser`: every version as a real browser shows it, judged by axe-core."""

from __future__ import annotations

import http.server
import io
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest
from PIL import Image

from newsletter_mailer.check.evidence.axe_core import in_browser
from newsletter_mailer.check.evidence.axe_core.in_browser import seen_by_axe
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.findings import Finding
from newsletter_mailer.issue.pictures import read_picture
from tests.browser.conftest import look_at
from tests.conftest import REPOSITORY, Mailer
from tests.newsroom import Newsroom, text_section

VariantOf = Callable[[str], CompiledVariant]

KIND = """\
---
label: Text
fields:
  title: {type: text}
---
<mj-section><mj-column><mj-text>
<h2 class="deep">{{ section.title }}</h2>
<p role="lizard">Made by the template</p>
{{ section.body }}
</mj-text></mj-column></mj-section>
"""
LINK = """\
Two lines before the fault,
and another.

[Apply now ![Apply now](images/dot.png)](https://example.org/apply)
"""


def page_of(body: str, head: str = "") -> str:
    return (
        f"<!doctype html><html lang='en'><head><title>T</title>{head}</head>"
        f"<body>{body}</body></html>"
    )


def picture(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(file, "PNG")
    return file.getvalue()


def places(findings: Sequence[Finding]) -> list[tuple[str, str, int]]:
    return [
        (one.severity.value, one.source.file.rpartition("/")[2], one.source.line)
        for one in findings
    ]


@pytest.mark.parametrize("issue", ["2025-08", "2025-09"])
def test_the_shipped_template_passes_in_light_and_in_dark(issue: str) -> None:
    looked_at = look_at(REPOSITORY, issue)

    assert "full" in looked_at.seen
    assert looked_at.seen.keys() == {one.variant.id for one in looked_at.context.compiled}
    assert [*filter(None, looked_at.seen.values())] == []
    ignored = {*looked_at.context.settings.check.ignored, *looked_at.context.issue.check.ignored}
    assert not ignored & {"axe", "contrast"}


def test_a_fault_is_told_once_in_the_writer_s_line(newsroom: Newsroom) -> None:
    """Two sections of one kind in three versions, in light and dark: one line in the template."""
    newsroom.use_plain_template()
    newsroom.write_kind("text.mjml", KIND)
    newsroom.write("images/dot.png", picture(10, 11))
    newsroom.write("20-link.md", text_section(LINK, title="A link", regions="[dudley]"))

    looked_at = look_at(newsroom.folder.root, "2030-01")

    assert len(looked_at.seen) > 1
    assert places(looked_at.by_axe) == [
        ("info", "20-link.md", 9),
        ("error", "text.mjml", 8),
    ]
    link, lizard = looked_at.by_axe
    assert "(axe-core: image-redundant-alt). The picture dot.png:" in link.message
    assert '(axe-core: aria-roles). "Made by the template":' in lizard.message
    assert lizard.hint.endswith("/aria-roles")


def test_a_fault_in_dark_mode_only_says_so(newsroom: Newsroom) -> None:
    newsroom.use_plain_template()
    newsroom.write_template(
        "head.css",
        ":root { color-scheme: light dark } body { background: white; color: black }\n"
        "h2 { color: light-dark(black, #ddd) }\n",
    )

    looked_at = look_at(newsroom.folder.root, "2030-01")

    (finding,) = looked_at.by_axe
    assert "(axe-core: color-contrast, in dark mode)" in finding.message
    assert '"Hello": Element has insufficient color contrast' in finding.message


def test_what_our_own_rules_say_is_not_said_again(newsroom: Newsroom) -> None:
    newsroom.use_plain_template()
    newsroom.write_template(
        "head.css", "li { color: #bbb }\n@media (prefers-color-scheme: dark) { p { color: #222 } }"
    )
    newsroom.write(
        "20-more.md",
        text_section("- faint\n- [](https://example.org/a)\n", title="More"),
    )

    looked_at = look_at(newsroom.folder.root, "2030-01")

    seen = {fault.rule for faults in looked_at.seen.values() for fault in faults}
    assert seen == {"color-contrast", "link-name"}
    assert looked_at.by_axe == []
    rules = {one.rule for one in looked_at.findings}
    assert {"contrast", "empty-link"} <= rules


def test_elements_that_a_browser_moves_or_adds_are_told_apart(variant_of: VariantOf) -> None:
    """It puts rows into a tbody that nobody wrote, and words out of the table's way."""
    variant = variant_of(
        page_of(
            "<table role='none'><tr><td>a</td></tr><p role='lizard'>moved</p>"
            "<tr role='ape'><td>b</td></tr></table><i role='newt'>c</i>"
        )
    )

    faults = seen_by_axe([variant], os.environ)["full"]

    found = {fault.element for fault in faults if fault.rule == "aria-roles"}
    written = ["html", "head", "title", "body", "table", "tr", "td", "p", "tr", "td", "i"]
    assert [written[number] for number in sorted(found)] == ["p", "tr", "i"]


def test_pictures_come_from_memory(variant_of: VariantOf) -> None:
    """Two linked pictures beside each other, as large as their files: too small for fingers."""
    dot = f"{in_browser.PICTURES}dot"
    links = [
        f"<a href='https://example.org/{name}'><img alt='{name}' src='{dot}'></a>"
        for name in ("one", "two")
    ]
    page = page_of(f"<p>{''.join(links)}</p>")
    pictures = {"dot": read_picture("dot.png", picture(10, 11))}

    faults = seen_by_axe([replace(variant_of(page), pictures=pictures)], os.environ)["full"]

    assert [fault.rule for fault in faults] == ["target-size", "target-size"]
    assert all("insufficient size (10px by " in fault.why for fault in faults)


@pytest.fixture
def web() -> Iterator[tuple[str, list[str]]]:
    """A web server on this machine, and who connected to it."""
    came: list[str] = []

    class Server(http.server.ThreadingHTTPServer):
        def verify_request(self, request: object, client_address: object) -> bool:
            came.append(str(client_address))
            return True

    with Server(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", came
        server.shutdown()


def test_no_request_leaves_the_computer(
    variant_of: VariantOf, web: tuple[str, Sequence[str]]
) -> None:
    """Not for a picture, nor for what a page may ask before, after or without being asked."""
    url, came = web
    page = page_of(
        f"<h1>T</h1><p role='lizard'>L</p><img src='{url}/picture.png' alt='P'>"
        f"<p style='background: url({url}/b.png)'>P</p><object data='{url}/object'>O</object>"
        f"<iframe title='F' src='{url}/frame'></iframe>"
        f"<video src='{url}/film.mp4' poster='{url}/poster.png'></video>"
        f"<img alt='S' srcset='{url}/2x.png 2x'><script src='{url}/script.js'></script>"
        f"<script>fetch('{url}/fetched'); new WebSocket('{url}/'.replace('http', 'ws'));"
        f"navigator.sendBeacon('{url}/beacon'); location = '{url}/elsewhere'</script>"
        f"<a ping='{url}/ping' href='{url}/link'>A link that nobody follows</a>",
        head=f"<link rel='dns-prefetch' href='{url}'><link rel='preconnect' href='{url}'>"
        f"<link rel='prefetch' href='{url}/next'><link rel='preload' as='style' href='{url}/p.css'>"
        f"<link rel='stylesheet' href='{url}/style.css'><link rel='icon' href='{url}/icon.png'>"
        f"<style>@import url({url}/import.css); @font-face {{ font-family: F; src: url({url}/f) }}"
        f" p {{ font-family: F }}</style><meta http-equiv='refresh' content='0;url={url}/moved'>"
        f'<script type=\'speculationrules\'>{{"prefetch": [{{"urls": ["{url}/s"]}}]}}</script>',
    )

    faults = seen_by_axe([variant_of(page)], os.environ)["full"]

    assert came == []
    assert {fault.rule for fault in faults} == {"aria-roles"}


def test_a_page_that_never_ends_is_given_up(
    variant_of: VariantOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_browser, "_PATIENCE", 1.0)
    monkeypatch.setattr(in_browser, "_ASK", "() => { for (;;) {} }")
    began = time.monotonic()

    with pytest.raises(ProjectError, match=r"more than 1 seconds for version 1 of 1"):
        seen_by_axe([variant_of(page_of("<h1>T</h1>"))], os.environ)

    assert time.monotonic() - began < 20


def test_the_command_says_how_far_it_is_and_fails(mailer: Mailer, newsroom: Newsroom) -> None:
    newsroom.use_plain_template()
    newsroom.write_kind("text.mjml", KIND)

    result = mailer("check", "--issue", "2030-01", "--browser", "--json")

    assert result.code == 1
    found = [one for one in result.json["findings"] if one["rule"] == "axe"]
    assert [(one["file"], one["line"]) for one in found] == [
        ("templates/regional/sections/text.mjml", 8)
    ]
    assert "Version 1 of 1 was looked at in the browser." in result.err
