"""Live: what is saved is seen at once, where one was looking; mistakes are shown, and go away."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import ProjectFolder
from tests.preview.conftest import Onlooker, Preview, Start

STORY = "issues/2025-08/30-inspiring-future-leaders.md"
EVENT = "issues/2025-08/78-participation-conference.md"
TRANSPORT = "issues/2025-08/60-black-country-transport.md"
TITLE = "title: Inspiring Future Leaders"


def edit(project: ProjectFolder, path: str, old: str, new: str) -> None:
    """Saves a file with other words, as an editor does."""
    text = project.read(path)
    assert old in text, path
    project.write(path, text.replace(old, new))


def mistakes(page: Page) -> str:
    shown = page.locator(".mistakes")
    expect(shown).to_be_visible()
    return shown.inner_text()


def is_checked(page: Page) -> None:
    """The findings are of the files as they are."""
    expect(page.get_by_role("region", name="Findings").get_by_text("Checking…")).to_have_count(0)


@pytest.fixture
def preview(start: Start) -> Preview:
    return start("--issue", "2025-08")


def test_a_saved_section_is_seen_at_once(preview: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(preview.issue())

    edit(preview.project, STORY, TITLE, "title: Leaders of tomorrow")

    expect(onlooker.mail.get_by_role("heading", name="Leaders of tomorrow")).to_be_attached()
    expect(page.get_by_role("status").first).to_contain_text("Updated at")


def test_scroll_position_and_choices_stay(preview: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(preview.issue(query="variant=full&width=375&look=dark"))
    is_checked(page)
    scroller = page.get_by_role("region", name="The mail as readers see it")
    scroller.evaluate("(element) => element.scrollTo({ top: 1500, behavior: 'instant' })")

    edit(preview.project, EVENT, "title: Participation Conference", "title: The conference")

    expect(onlooker.mail.get_by_role("heading", name="The conference")).to_be_attached()
    assert scroller.evaluate("(element) => element.scrollTop") == 1500
    assert page.url.endswith("?variant=full&width=375&look=dark")
    expect(page.get_by_role("radio", name="Dark", exact=True)).to_be_checked()


@pytest.mark.parametrize(
    ("path", "old", "new", "seen"),
    [
        pytest.param(
            "templates/regional/sections/letter.mjml",
            "{{ section.body }}",
            "<p>Drawn anew</p>{{ section.body }}",
            "Drawn anew",
            id="a template",
        ),
        pytest.param(
            "newsletter.toml", 'name = "Regional Update"', 'name = "Our Region"', "Our Region",
            id="settings",
        ),
        pytest.param(
            "issues/2025-08/issue.toml", "[groups]", '[groups]\nnotice = "News in brief"',
            "News in brief", id="issue.toml",
        ),
    ],
)  # fmt: skip
def test_whatever_is_saved_is_seen(
    path: str, old: str, new: str, seen: str, preview: Preview, onlooker: Onlooker
) -> None:
    onlooker.look(preview.issue(query="variant=full"))

    edit(preview.project, path, old, new)

    expect(onlooker.mail.get_by_text(seen).first).to_be_attached()


def test_a_style_is_seen(preview: Preview, onlooker: Onlooker) -> None:
    onlooker.look(preview.issue())

    edit(preview.project, "templates/regional/inline.css", "h1 {", "h1 { letter-spacing: 7px; ")

    expect(onlooker.mail.locator("h1")).to_have_css("letter-spacing", "7px")


def test_a_picture_is_seen(preview: Preview, onlooker: Onlooker) -> None:
    onlooker.look(preview.issue())
    portrait = onlooker.mail.locator("img[src*='portrait']")
    before = portrait.get_attribute("src")
    images = preview.project.root / "issues/2025-08/images"

    (images / "portrait.jpg").write_bytes((images / "story.jpg").read_bytes())

    expect(portrait).not_to_have_attribute("src", before or "")
    expect(portrait).not_to_have_js_property("naturalWidth", 0)


def test_a_list_is_seen(preview: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(preview.issue())
    page.get_by_role("combobox", name="One reader").fill("zoe")
    offered = page.get_by_role("listbox", name="Readers").get_by_role("option")
    expect(offered).to_have_count(1)
    offered.click()
    expect(onlooker.mail.get_by_text("Dear Zoë,")).to_be_attached()

    edit(preview.project, "recipients/example.csv", ",Zoë,", ",Zoe-Louise,")

    expect(onlooker.mail.get_by_text("Dear Zoe-Louise,")).to_be_attached()
    expect(page.locator(".who-card")).to_contain_text("Zoe-Louise")


def test_a_new_section_is_seen(preview: Preview, onlooker: Onlooker) -> None:
    onlooker.look(preview.issue())

    preview.project.write(
        "issues/2025-08/35-new.md", "---\nkind: text\ntitle: A new section\n---\nWith words.\n"
    )

    expect(onlooker.mail.get_by_role("heading", name="A new section")).to_be_attached()


def test_a_folder_that_comes_later_is_watched_too(
    news: ProjectFolder, start: Start, onlooker: Onlooker
) -> None:
    (news.root / "recipients").rename(news.root / "put-aside")
    preview = start("--issue", "2025-08")
    page = onlooker.look(preview.issue())
    expect(page.get_by_text("The lists are not here").first).to_be_visible()

    (news.root / "put-aside").rename(news.root / "recipients")

    expect(page.locator(".who-card")).to_contain_text("23 readers")
    edit(news, "recipients/example.csv", ",Zoë,", ",Zoe-Louise,")
    is_checked(page)
    page.get_by_role("combobox", name="One reader").fill("zoe-louise")
    expect(page.get_by_role("listbox", name="Readers")).to_contain_text("Zoe-Louise")


def test_only_what_changed_is_loaded_again(preview: Preview, onlooker: Onlooker) -> None:
    """This version lacks the section that is saved: its frame stays the same one."""
    page = onlooker.look(preview.issue(query="variant=everyone&width=500"))
    is_checked(page)
    loaded = [address for address in onlooker.addresses() if "/mail?" in address]

    edit(preview.project, TRANSPORT, "one commissioner", "two commissioners")

    expect(page.get_by_role("status").first).to_contain_text("this mail is the same")
    is_checked(page)
    assert [address for address in onlooker.addresses() if "/mail?" in address] == loaded


def test_a_finding_comes_and_goes_with_its_fault(preview: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(preview.issue())
    is_checked(page)
    found = page.get_by_role("region", name="Findings").get_by_text("doubled-word")
    expect(found).to_have_count(0)
    text = preview.project.read(STORY)

    preview.project.write(STORY, f"{text}\nWe met in in Dudley.\n")
    expect(found).to_have_count(1)

    preview.project.write(STORY, text)
    expect(found).to_have_count(0)


@pytest.mark.parametrize(
    ("path", "old", "new", "file", "line"),
    [
        pytest.param(
            STORY, "kind: notice", "kind: notcie", f"{STORY}:2", "kind: notcie", id="a section"
        ),
        pytest.param(
            "templates/regional/sections/story.mjml", "{{ section.body }}", "{{ section.bdoy }}",
            "templates/regional/sections/story.mjml:", "section.bdoy", id="a template",
        ),
        pytest.param(
            "templates/regional/newsletter.mjml", "</mj-head>", "</mj-haed>",
            "templates/regional/newsletter.mjml:", "mj-haed", id="the page's template",
        ),
        pytest.param(
            "newsletter.toml", "[regions]", "[regions", "newsletter.toml:", "[regions",
            id="settings",
        ),
        pytest.param(
            "issues/2025-08/issue.toml", "date = 2025-08-29", 'date = "someday"',
            "issues/2025-08/issue.toml:3", "someday", id="issue.toml",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_shown_over_the_last_good_version_until_it_is_mended(
    path: str, old: str, new: str, file: str, line: str, preview: Preview, onlooker: Onlooker
) -> None:
    page = onlooker.look(preview.issue())

    edit(preview.project, path, old, new)

    said = mistakes(page)
    assert file in said
    assert line in said
    expect(onlooker.mail.get_by_role("heading", name="Inspiring Future Leaders")).to_be_attached()

    edit(preview.project, path, new, old)

    expect(page.locator(".mistakes")).to_be_hidden()
    expect(onlooker.mail.get_by_role("heading", name="Inspiring Future Leaders")).to_be_attached()


def test_a_preview_can_begin_with_a_mistake(
    news: ProjectFolder, start: Start, onlooker: Onlooker
) -> None:
    edit(news, STORY, "kind: notice", "kind: notcie")

    preview = start("--issue", "2025-08")
    page = onlooker.page
    page.goto(preview.issue())

    assert f"{STORY}:2" in mistakes(page)
    expect(onlooker.mail.locator("h1")).to_have_text("Regional Update")
    edit(news, STORY, "kind: notcie", "kind: notice")
    expect(onlooker.mail.get_by_role("heading", name="Inspiring Future Leaders")).to_be_attached()
    expect(page.locator(".mistakes")).to_be_hidden()


def test_a_preview_can_begin_with_a_picture_that_is_not_there(
    news: ProjectFolder, start: Start, onlooker: Onlooker
) -> None:
    for section in (news.root / "issues/2025-08").glob("[1-9]*.md"):
        section.unlink()
    news.write(STORY, "---\nkind: text\ntitle: News\n---\n![Two pupils](images/nope.png)\n")

    preview = start("--issue", "2025-08")
    page = onlooker.page
    failed: list[str] = []
    page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 500 else None)
    page.goto(preview.issue())

    assert f"{STORY}:5" in mistakes(page)
    expect(page.get_by_role("button", name="nope.png").first).to_be_visible()
    for asked in ("", "region=dudley"):
        with page.expect_response(lambda answer: "/view" in answer.url) as viewed:
            page.goto(preview.issue(query=asked))
        assert viewed.value.json()["variant"] is None
        assert f"{STORY}:5" in mistakes(page)
    assert failed == []
    edit(news, STORY, "![Two pupils](images/nope.png)", "Two pupils are here.")
    expect(onlooker.mail.get_by_text("Two pupils are here.")).to_be_attached()
    expect(page.locator(".mistakes")).to_be_hidden()


def test_a_preview_can_begin_with_unreadable_settings(
    news: ProjectFolder, start: Start, onlooker: Onlooker
) -> None:
    edit(news, "newsletter.toml", "[regions]", "[regions")

    preview = start("--issue", "2025-08")
    onlooker.page.goto(preview.issue())

    assert "newsletter.toml" in mistakes(onlooker.page)
    edit(news, "newsletter.toml", "[regions", "[regions]")
    expect(onlooker.mail.locator("h1")).to_have_text("Regional Update")


def test_fifty_edits_in_a_row_end_with_the_right_page(preview: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(preview.issue())
    is_checked(page)
    good = preview.project.read(STORY)
    before = resources(preview)

    for number in range(1, 51):
        text = good.replace(TITLE, f"title: Edit {number}")
        if number % 5 == 0:
            text = text.replace("kind: notice", "kind: broken")
        preview.project.write(STORY, text)
        if number % 7 == 0:
            page.wait_for_timeout(150)
    expect(page.locator(".mistakes")).to_contain_text("kind: broken")
    preview.project.write(STORY, good.replace(TITLE, "title: The last edit"))

    expect(onlooker.mail.get_by_role("heading", name="The last edit")).to_be_attached()
    expect(page.locator(".mistakes")).to_be_hidden()
    is_checked(page)
    expect(page.locator("iframe")).to_have_count(1)
    after = resources(preview)
    assert after["threads"] <= before["threads"] + 8  # idle ones of the server's pool
    assert after["watchers"] == before["watchers"]
    assert after["files"] <= before["files"] + 8  # connections that the browser keeps
    assert after["memory"] < before["memory"] + 40_000  # kilobytes


def resources(preview: Preview) -> dict[str, int]:
    """What the command's process holds. Nothing but Linux tells."""
    if sys.platform != "linux":
        return {"threads": 0, "watchers": 0, "files": 0, "memory": 0}
    process = Path(f"/proc/{preview.process.pid}")
    status = dict(
        line.split(":", 1) for line in (process / "status").read_text().splitlines() if ":" in line
    )
    links = [str(link.readlink()) for link in (process / "fd").iterdir() if link.is_symlink()]
    return {
        "threads": int(status["Threads"]),
        "watchers": sum("inotify" in link for link in links),
        "files": len(links),
        "memory": int(status["VmRSS"].split()[0]),
    }


def test_ctrl_c_ends_it_though_pages_are_open(preview: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(preview.issue())

    assert preview.stop() == 0
    expect(page.get_by_role("status").first).to_contain_text("The preview was ended")


def test_a_page_goes_on_when_the_preview_is_started_again(
    preview: Preview, onlooker: Onlooker, start: Start
) -> None:
    page = onlooker.look(preview.issue())
    port = preview.origin.rpartition(":")[2]
    preview.stop()
    expect(page.get_by_role("status").first).to_contain_text("The preview was ended")

    edit(preview.project, STORY, TITLE, "title: Leaders of tomorrow")
    again = start("--issue", "2025-08", "--port", port)

    assert again.origin == preview.origin
    onlooker.context.new_page().goto(again.address)
    expect(onlooker.mail.get_by_role("heading", name="Leaders of tomorrow")).to_be_attached()


def test_a_port_that_is_taken_is_no_obstacle(preview: Preview, start: Start) -> None:
    port = preview.origin.rpartition(":")[2]

    other = start("--issue", "2025-08", "--port", port)

    assert other.origin != preview.origin
    assert re.search(rf"Port {port} is taken", other.said)
