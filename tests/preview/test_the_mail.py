"""The reader's view: the mail as it is sent, at every width, in light and dark, and its parts."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.conftest import ProjectFolder
from tests.preview.conftest import Look, Onlooker, Preview, Start

#: Waits until the frame has another height.
RESIZED = """
() => new Promise((done) => {
  const look = () => (innerHeight === %s ? requestAnimationFrame(look) : done());
  look();
})
"""


def colour_of(onlooker: Onlooker, selector: str, what: str = "color") -> str:
    return str(onlooker.in_mail(selector, f"(element) => getComputedStyle(element).{what}"))


def is_as_tall_as_its_mail(onlooker: Onlooker) -> bool:
    tall, seen = onlooker.in_mail(
        "html", "(html) => [html.getBoundingClientRect().height, window.innerHeight]"
    )
    return 0 <= float(seen) - float(tall) < 1


def test_the_page_shows_the_mail(unchanged: Preview, onlooker: Onlooker) -> None:
    onlooker.look(unchanged.issue())

    expect(onlooker.mail.locator("h1")).to_have_text("Regional Update")
    expect(onlooker.mail.get_by_text("Dear Sam")).to_be_visible()
    expect(onlooker.page.get_by_role("heading", level=1)).to_contain_text("August 2025")


@pytest.mark.parametrize("width", ["375", "600"])
def test_the_mail_is_seen_with_its_pictures(
    width: str, unchanged: Preview, onlooker: Onlooker
) -> None:
    """Nothing moves under whoever has begun to read."""
    page, pictures = onlooker.page, onlooker.hold("**/pictures/**")
    page.goto(unchanged.issue(query=f"width={width}"))
    page.frame_locator("iframe.waiting").locator("h1").wait_for(state="attached")
    expect(onlooker.page.locator("iframe:not(.waiting)")).to_have_count(0)

    pictures.let_go()
    onlooker.mail.locator("h1").wait_for()

    assert onlooker.in_mail("img[src*=pictures]", "(img) => img.naturalHeight") > 0
    assert is_as_tall_as_its_mail(onlooker)


@pytest.mark.parametrize(("name", "width"), [("Phone", 375), ("Tablet", 768), ("Desktop", 1000)])
def test_each_width_is_the_mail_s_own(
    name: str, width: int, unchanged: Preview, onlooker: Onlooker
) -> None:
    page = onlooker.look(unchanged.issue(query="width=500"))
    page.get_by_role("radio", name=name, exact=True).check()

    expect(page.locator("output.size")).to_contain_text(f"{width} px")
    page.wait_for_url(re.compile(f"width={width}"))
    assert onlooker.in_mail("html", "() => window.innerWidth") == width


def test_another_width_loads_nothing_anew(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue(query="width=600"))
    loaded = [address for address in onlooker.addresses() if "/mail/" in address]
    before = onlooker.in_mail("html", "() => window.innerHeight")

    page.get_by_role("radio", name="Phone", exact=True).check()

    onlooker.in_mail("html", RESIZED % before)
    assert is_as_tall_as_its_mail(onlooker)
    assert [address for address in onlooker.addresses() if "/mail/" in address] == loaded


def test_a_mail_that_is_as_tall_as_its_window_has_an_end(
    news: ProjectFolder, start: Start, onlooker: Onlooker
) -> None:
    """It grows with the frame, which grows with it."""
    path = "templates/regional/newsletter.mjml"
    template = news.read(path)
    at = template.rindex("<mj-raw>{{ ui.gap() }}</mj-raw>")
    tall = '<mj-raw><div style="height: 100vh">Tall</div></mj-raw>'
    news.write(path, f"{template[:at]}{tall}{template[at:]}")
    page = onlooker.look(start("--issue", "2025-08").issue())

    expect(page.locator(".paper").first).to_have_css("height", "65536px")


def test_a_phone_gets_the_styles_for_phones(unchanged: Preview, onlooker: Onlooker) -> None:
    onlooker.look(unchanged.issue(query="width=375"))

    assert colour_of(onlooker, "h1", "fontSize") == "34px"


def test_dragging_the_edge_makes_the_mail_narrower(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue(query="width=500"))
    handle = page.get_by_role("separator", name="Width of the mail")
    box = handle.bounding_box()
    assert box is not None

    page.mouse.move(box["x"] + 5, box["y"] + 100)
    page.mouse.down()
    page.wait_for_timeout(300)  # no hand is quicker; Chromium hands the mouse to the page meanwhile
    page.mouse.move(box["x"] - 35, box["y"] + 100, steps=4)
    page.mouse.up()

    page.wait_for_url(re.compile("width=420"))
    expect(page.locator("output.size")).to_have_text("420 px")
    assert onlooker.in_mail("html", "() => window.innerWidth") == 420


def test_the_width_can_be_set_with_the_keyboard(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue(query="width=500"))

    page.get_by_role("separator", name="Width of the mail").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")

    page.wait_for_url(re.compile("width=480"))


def test_the_whole_mail_is_seen_without_a_second_scroll_bar(
    unchanged: Preview, onlooker: Onlooker
) -> None:
    onlooker.look(unchanged.issue(query="width=375&variant=full"))

    assert onlooker.in_mail("html", "() => window.innerHeight") > 5000
    assert is_as_tall_as_its_mail(onlooker)


@pytest.mark.parametrize("machine", ["light", "dark"])
def test_light_and_dark_are_the_page_s_choice_not_the_machine_s(
    machine: str, unchanged: Preview, look: Look
) -> None:
    onlooker = look(color_scheme=machine)
    page = onlooker.look(unchanged.issue())

    light = colour_of(onlooker, "p:has-text('Dear Sam')")
    page.get_by_role("radio", name="Dark", exact=True).check()
    page.wait_for_url(re.compile("look=dark"))
    dark_mail = onlooker.mail.locator("p:has-text('Dear Sam')")
    expect(dark_mail).not_to_have_css("color", light)

    assert sum(map(int, re.findall(r"\d+", light)[:3])) < 200
    assert (
        sum(map(int, re.findall(r"\d+", colour_of(onlooker, "p:has-text('Dear Sam')"))[:3])) > 550
    )


def test_forced_dark_is_said_to_be_a_simulation(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())
    simulation = page.get_by_text("Simulation: some mail programs invert")
    expect(simulation).to_be_hidden()

    page.get_by_role("radio", name="Forced dark", exact=True).check()

    expect(simulation).to_be_visible()
    expect(onlooker.mail.locator("html")).to_have_css("filter", "invert(1) hue-rotate(180deg)")
    expect(onlooker.mail.locator("img").first).to_have_css("filter", re.compile("invert"))


def test_without_pictures_their_words_stand_for_them(
    unchanged: Preview, onlooker: Onlooker
) -> None:
    page = onlooker.look(unchanged.issue())
    picture = onlooker.mail.locator("img").first
    assert picture.evaluate("(image) => image.naturalWidth") > 0

    page.get_by_label("Pictures").uncheck()

    page.wait_for_url(re.compile("images=off"))
    expect(picture).to_have_js_property("naturalWidth", 0)
    expect(picture).to_have_attribute("alt", re.compile("hills and city skylines"))


def test_choices_survive_a_reload(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())
    page.get_by_role("radio", name="Dark", exact=True).check()
    page.get_by_role("radio", name="Phone", exact=True).check()
    page.wait_for_url(re.compile("width=375"))

    page.reload()
    onlooker.mail.locator("h1").wait_for()

    expect(page.get_by_role("radio", name="Dark", exact=True)).to_be_checked()
    expect(page.locator("output.size")).to_contain_text("375 px")


def test_the_text_part_is_shown_and_downloaded(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())

    page.get_by_role("radio", name="Text", exact=True).check()

    shown = page.get_by_role("region", name="What the mail is made of")
    expect(shown).to_contain_text("REGIONAL UPDATE")
    expect(shown).to_contain_text("Dear Sam,")
    with page.expect_download() as begun:
        page.get_by_role("link", name="Download the text (.txt)").click()
    assert begun.value.suggested_filename == "2025-08-everyone.txt"
    assert "Dear Sam," in begun.value.path().read_text("utf-8")


def test_the_html_is_what_is_sent(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())

    page.get_by_role("radio", name="HTML", exact=True).check()

    shown = page.get_by_role("region", name="What the mail is made of")
    expect(shown).to_contain_text("<!DOCTYPE html>")
    expect(shown).to_contain_text("cid:")
    expect(shown).not_to_contain_text("data-nl")
    with page.expect_download() as begun:
        page.get_by_role("link", name="Download the HTML (.html)").click()
    assert begun.value.path().read_text("utf-8").startswith("<!DOCTYPE html>")


def test_headers_and_parts_of_the_message(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())

    page.get_by_role("radio", name="Message", exact=True).check()

    headers = page.get_by_role("table", name=re.compile("Headers of a message"))
    subject = headers.get_by_role("row", name=re.compile("^Subject"))
    expect(subject).to_contain_text("Regional Update, August 2025: SEND plans")
    expect(headers.get_by_role("row", name=re.compile("^List-Unsubscribe"))).to_be_visible()
    parts = page.get_by_role("region", name="What the mail is made of").get_by_role("list").first
    for part in ("multipart/alternative", "text/plain", "multipart/related", "image/jpeg"):
        expect(parts).to_contain_text(part)


def test_the_message_that_is_downloaded_is_that_of_build(
    unchanged: Preview, onlooker: Onlooker, tmp_path: Path
) -> None:
    page = onlooker.look(unchanged.issue(query="variant=full"))
    page.get_by_role("radio", name="Message", exact=True).check()
    with page.expect_download() as begun:
        page.get_by_role("link", name="Download the message (.eml)").click()

    subprocess.run(
        [
            *(sys.executable, "-m", "newsletter_mailer"),
            *("build", "--issue", "2025-08", "--out", str(tmp_path)),
        ],
        cwd=unchanged.project.root,
        check=True,
        capture_output=True,
    )
    assert begun.value.path().read_bytes() == (tmp_path / "full.eml").read_bytes()


def test_the_inbox_row_is_cut_as_phones_and_outlook_cut_it(
    unchanged: Preview, onlooker: Onlooker
) -> None:
    page = onlooker.look(unchanged.issue())
    page.locator(".inbox summary").click()

    for label in ("On a phone, light", "On a phone, dark", "In Outlook, light", "In Outlook, dark"):
        card = page.get_by_role("figure", name=label)
        expect(card).to_contain_text("Regional Update")
        subject = card.locator(".subject")
        wide, shown = subject.evaluate("(one) => [one.scrollWidth, one.clientWidth]")
        assert wide > shown, "the subject of 58 characters is cut"
    light = page.get_by_role("figure", name="On a phone, light").locator(".row")
    dark = page.get_by_role("figure", name="On a phone, dark").locator(".row")
    expect(light).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(dark).not_to_have_css("background-color", "rgb(255, 255, 255)")


def test_the_size_is_measured_against_gmail_s_limit(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())

    meter = page.get_by_role("meter")
    expect(meter).to_have_accessible_name(
        re.compile(r"4\d KB\. Gmail hides what comes after 102 KB")
    )


def test_no_build_step_and_no_other_machine_is_needed(unchanged: Preview) -> None:
    text = unchanged.ask("/issues/2025-08").text

    assert re.findall(r"(?:src|href)=\"(?!/static/)[^\"]*\"", text) == []
