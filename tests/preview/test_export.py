"""The folder for whoever signs the issue off: it opens from a disk, and asks for nothing."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.acceptance.scene import HELLO, SETTINGS, Newsletter, newsletter, plain_newsletter
from tests.conftest import REPOSITORY
from tests.preview.axe import faults
from tests.preview.conftest import Look, Onlooker, Start


@pytest.fixture
def press(tmp_path: Path) -> Newsletter:
    return newsletter(tmp_path / "press")


def export(press: Newsletter, name: str = "copy", **env: str) -> Path:
    begin = press.command if env else press.run  # a hash seed, and PATH, count from the start
    done = begin("preview", "--issue", "2030-01", "--export", name, env=env)
    assert done.code == 0, done.err
    assert done.out.strip().endswith("index.html")
    return press.root / name


@pytest.fixture(scope="session")
def august(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Issue 2025-08, exported and then moved, with the project gone from where it was."""
    folder = tmp_path_factory.mktemp("august") / "copy"
    subprocess.run(
        [
            *(sys.executable, "-m", "newsletter_mailer", "--project", str(REPOSITORY)),
            *("preview", "--issue", "2025-08", "--export", str(folder)),
        ],
        check=True,
        capture_output=True,
    )
    return folder.rename(folder.with_name("somewhere else"))


def test_the_cover_says_what_to_do(august: Path, onlooker: Onlooker) -> None:
    page = onlooker.page
    page.goto((august / "index.html").as_uri())

    expect(page.get_by_role("heading", level=1)).to_have_text("For your approval")
    expect(page.get_by_text("Nobody has approved this issue yet.")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(5)  # those of the sections are folded away
    fingerprint = page.locator(".print").inner_text()
    expect(page.locator("pre")).to_have_text(
        f'newsletter-mailer approve --issue 2025-08 --by "Your name" --seen {fingerprint}'
    )
    page.get_by_role("link", name="Open the preview").click()
    expect(onlooker.mail.get_by_role("heading", level=1)).to_have_text("Regional Update")


def test_the_cover_needs_no_script(august: Path, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((august / "index.html").as_uri())

    page.get_by_role("link", name="dark", exact=True).first.click()

    expect(page.get_by_role("heading", name="Regional Update", level=1)).to_be_visible()
    context.close()


def test_the_copy_shows_every_version_width_and_colour(august: Path, onlooker: Onlooker) -> None:
    page = onlooker.page
    page.goto((august / "preview.html").as_uri())
    mail = onlooker.mail
    expect(mail.get_by_text("Dear Sam")).to_be_visible()
    pictures = mail.locator("img").evaluate_all("(all) => all.map((one) => one.naturalWidth)")
    assert len(pictures) >= 3
    assert all(pictures)

    page.get_by_label("Phone").check()
    assert mail.locator("html").evaluate("() => window.innerWidth") == 375
    light = mail.locator("body").evaluate("(body) => getComputedStyle(body).backgroundColor")
    page.get_by_label("Dark", exact=True).check()
    expect(mail.locator("body")).not_to_have_css("background-color", light)
    page.get_by_label("Forced dark").check()
    expect(mail.locator("html")).to_have_css("filter", re.compile("invert"))
    page.get_by_role("combobox", name="Version").select_option(index=3)
    expect(mail.get_by_text("Black Country: help shape").first).to_be_visible()
    page.get_by_label("Text", exact=True).check()
    expect(page.get_by_text("Dear Sam,")).to_be_visible()
    page.get_by_role("radio", name="Who gets what").check()
    expect(page.get_by_role("table")).to_be_visible()

    assert {address.partition(":")[0] for address in onlooker.addresses()} <= {"file", "data"}


def test_a_reload_shows_what_was_chosen(august: Path, onlooker: Onlooker) -> None:
    page = onlooker.page
    page.goto((august / "preview.html").as_uri())
    page.get_by_label("Phone").check()
    page.get_by_label("Forced dark").check()

    page.reload()

    expect(page.get_by_label("Phone")).to_be_checked()
    expect(page.get_by_label("Forced dark")).to_be_checked()


def test_a_finding_leads_to_its_place(august: Path, onlooker: Onlooker) -> None:
    page = onlooker.page
    page.goto((august / "preview.html").as_uri())
    page.get_by_role("button", name="Book by Monday 22 September 2025").click()

    expect(onlooker.mail.locator(":target")).to_contain_text("PWLE seminar")
    expect(onlooker.mail.locator(":target")).to_be_in_viewport()


def test_a_copy_offers_nothing_that_needs_the_program(august: Path, onlooker: Onlooker) -> None:
    page = onlooker.page
    page.goto((august / "preview.html").as_uri())
    page.get_by_role("button", name="Not approved").click()

    dialog = page.get_by_role("dialog", name="Approval")
    expect(dialog).to_contain_text("answer whoever sent you this copy")
    expect(dialog.get_by_role("textbox")).to_have_count(0)
    for name in ("Send me a test", "Export"):
        expect(page.get_by_text(name, exact=True)).to_have_count(0)
    for label in ("One reader", "Pictures", "Region"):
        expect(page.get_by_label(label, exact=True)).to_have_count(0)


def test_nobody_s_name_or_address_is_in_it(august: Path) -> None:
    rows = (REPOSITORY / "recipients/example.csv").read_text("utf-8").splitlines()[1:]
    addresses = [row.split(",")[0] for row in rows]
    everything = "\n".join(
        file.read_text("utf-8") for file in august.rglob("*") if file.suffix in {".html", ".js"}
    )

    assert len(addresses) == 48
    assert [address for address in addresses if address in everything] == []
    assert str(REPOSITORY) not in everything


def test_findings_about_a_reader_are_left_out_and_counted(press: Newsletter) -> None:
    press.write(
        "recipients/partners.csv", "email,first_name\ngina@@example.org,Gina\ndan@example.org,DAN\n"
    )

    copy = export(press)

    told = press.run("check", "--issue", "2030-01")
    assert "gina@@example.org" in told.out
    everything = "".join(f.read_text("utf-8", "replace") for f in copy.rglob("*") if f.is_file())
    assert "gina@@" not in everything
    cover = (copy / "index.html").read_text("utf-8")
    assert "2 findings about the lists of readers are left out here" in cover
    assert "One of them must be mended before the issue is sent." in cover


def content(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_the_same_files_make_the_same_folder(press: Newsletter) -> None:
    first, *others = (content(export(press, f"copy-{n}", PYTHONHASHSEED=str(n))) for n in range(5))

    assert [other == first for other in others] == [True] * 4
    assert len(first) > 20


def test_it_is_made_again_and_what_is_gone_goes(press: Newsletter) -> None:
    copy = export(press)
    before = {*content(copy)}
    (copy / "my notes.txt").write_text("Ask Sam.", "utf-8")
    (press.root / "issues/2030-01/30-directors.md").unlink()

    export(press)

    after = {*content(copy)}
    assert "my notes.txt" in after
    assert "mails/30-directors-dark.html" in before - after
    assert "texts/30-directors.txt" in before - after
    assert "index.html" in after


def test_a_folder_of_somebody_else_is_left_alone(press: Newsletter) -> None:
    before = press.snapshot()

    refused = press.run("preview", "--issue", "2030-01", "--export", "issues")

    assert refused.code == 1
    assert "holds files that were not made by it" in refused.err
    assert press.snapshot() == before


@pytest.mark.skipif(os.name == "nt", reason="Windows lets only some people make links.")
def test_a_link_in_the_folder_leads_nowhere_else(press: Newsletter) -> None:
    """Neither what is deleted nor what is written."""
    copy, elsewhere = export(press), press.root / "elsewhere"
    victim = press.write("elsewhere/precious.txt", "mine")
    (copy / "link").symlink_to(elsewhere, target_is_directory=True)
    contents = (copy / "contents.txt").read_text("utf-8")
    (copy / "contents.txt").write_text(f"{contents}link/precious.txt\n", "utf-8")

    export(press)
    assert victim.read_text("utf-8") == "mine"

    (copy / "index.html").unlink()
    (copy / "index.html").symlink_to(victim)
    refused = press.run("preview", "--issue", "2030-01", "--export", "copy")

    assert refused.code == 1
    assert "index.html is a link out of the folder" in refused.err
    assert victim.read_text("utf-8") == "mine"


def test_a_list_of_contents_leads_nowhere_else(press: Newsletter) -> None:
    copy = export(press)
    victim = press.write("precious.txt", "mine")
    contents = (copy / "contents.txt").read_text("utf-8")
    lines = [contents, "../precious.txt", str(victim), "..\\precious.txt", "C:/precious.txt", ""]
    (copy / "contents.txt").write_text("\n".join(lines), "utf-8")

    export(press)

    assert victim.read_text("utf-8") == "mine"


def test_what_cannot_be_shown_is_not_exported(press: Newsletter) -> None:
    press.write("issues/2030-01/20-dudley.md", "---\nkind: txet\n---\n")

    refused = press.run("preview", "--issue", "2030-01", "--export", "copy")

    assert refused.code == 1
    assert refused.names("issues/2030-01/20-dudley.md:2: error"), refused.err
    assert not (press.root / "copy").exists()


def test_it_is_asked_of_one_issue(press: Newsletter) -> None:
    assert press.run("preview", "--export", "copy").code == 2
    assert press.run("preview", "--issue", "2031-01", "--export", "copy").code == 1


def test_the_approval_is_in_the_copy(press: Newsletter, onlooker: Onlooker) -> None:
    press.run("approve", "--issue", "2030-01", "--by", "<b>Maria</b>")
    section = press.read("issues/2030-01/20-dudley.md")
    press.write("issues/2030-01/20-dudley.md", section.replace("Dudley.", "you."))
    copy = export(press)
    page = onlooker.page
    page.goto((copy / "index.html").as_uri())

    expect(page.get_by_text("Approved by <b>Maria</b> on")).to_be_visible()
    expect(page.get_by_text("issues/2030-01/20-dudley.md was changed")).to_be_visible()
    page.get_by_role("link", name="Open the preview").click()
    page.get_by_role("button", name="Changed since approval").click()
    expect(page.get_by_text("issues/2030-01/20-dudley.md was changed")).to_be_visible()


HOSTILE = """\
---
kind: text
title: </script><script>document.title = "owned"</script>
---
<img src=x onerror="document.title = 'owned'"> {{ subscriber.first_name | default("</style>") }}
"""


def test_hostile_words_stay_words(press: Newsletter, onlooker: Onlooker) -> None:
    press.write("issues/2030-01/40-hostile.md", HOSTILE)
    copy = export(press)
    page = onlooker.page
    for name in ("index.html", "preview.html"):
        page.goto((copy / name).as_uri())
        expect(page.get_by_text("</script><script>").first).to_be_attached()
        assert "owned" not in page.title()


@pytest.mark.parametrize("name", ["index.html", "preview.html"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375])
def test_the_copy_is_accessible(
    name: str, scheme: str, width: int, august: Path, look: Look
) -> None:
    page = look(width, color_scheme=scheme).page
    page.goto((august / name).as_uri())
    page.wait_for_load_state("networkidle")

    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_hands_out_the_same_folder_as_a_zip(
    press: Newsletter, start: Start, onlooker: Onlooker
) -> None:
    page = onlooker.look(start(project=press).issue("2030-01"))
    expect(page.get_by_text("Checking…")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()

    assert download.value.suggested_filename == "2030-01-for-approval.zip"
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        assert sorted(archive.namelist()) == sorted({*archive.namelist()})
        archive.extractall(press.root / "unpacked")
    unpacked = press.root / "unpacked" / "2030-01-for-approval"
    exported = content(export(press))
    del exported["contents.txt"]
    assert content(unpacked) == exported
    page.goto((unpacked / "index.html").as_uri())
    page.get_by_role("link", name="Open the preview").click()
    expect(onlooker.mail.get_by_text("Dear Sam")).to_be_visible()


def test_the_command_does_not_start_a_browser(press: Newsletter) -> None:
    """Nor does it need one: PATH is empty."""
    assert export(press, PATH=os.devnull).is_dir()


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("recipients/readers.csv", "", "unreadable-list"),
        ("recipients/readers.csv", "email\n", "empty-list"),
        (
            "issues/2030-01/10-hello.md",
            HELLO.replace("---\n", "---\nroles: [director]\n", 1),
            "1 reader",
        ),
    ],
)
def test_an_issue_that_nobody_gets_is_told_as_build_tells_it(
    tmp_path: Path, file: str, text: str, told: str
) -> None:
    press = plain_newsletter(tmp_path / "press", readers=1)
    press.write(file, text)

    built = press.run("build", "--issue", "2030-01")
    done = press.run("preview", "--issue", "2030-01", "--export", "copy")

    assert (done.code, done.out) == (built.code, built.out) == (1, "")
    assert done.err == built.err
    assert told in done.err
    assert not (press.root / "copy").exists()


def test_nothing_to_show_is_told_where_no_rule_calls_it_an_error(tmp_path: Path) -> None:
    press = plain_newsletter(tmp_path / "press", readers=1)
    press.write("recipients/readers.csv", "email\n")
    press.write("newsletter.toml", f'{SETTINGS}\n[check]\nempty-list = "info"\n')

    done = press.run("preview", "--issue", "2030-01", "--export", "copy")

    assert (done.code, done.out) == (1, "")
    assert "no reader gets anything of 2030-01" in done.err
