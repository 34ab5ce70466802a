"""Findings beside the mail: those of `check`, each with its place."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any  # JSON

from playwright.sync_api import Page, expect

from tests.preview.conftest import Look, Onlooker, Preview

CO_DESIGN = "For directors: choose your co-design conversation"


def checked(preview: Preview) -> dict[str, Any]:
    """What `check` prints."""
    done = subprocess.run(
        [
            *(sys.executable, "-X", "utf8", "-m", "newsletter_mailer"),
            *("check", "--issue", "2025-08", "--json"),
        ],
        cwd=preview.project.root,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def findings(page: Page) -> list[str]:
    panel = page.get_by_role("region", name="Findings")
    expect(panel.get_by_text("Checking…")).to_have_count(0)
    return panel.locator(".finding .message").all_inner_texts()


def test_they_are_the_findings_of_check(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())
    said = checked(unchanged)
    words = {"error": "Error", "warning": "Warning", "info": "Note"}

    shown = findings(page)

    assert len(shown) > 10
    assert sorted(shown) == sorted(
        f"{words[one['severity']]}: {one['message']}" for one in said["findings"]
    )
    counts = page.locator(".counts")
    expect(counts).to_contain_text(f"{said['errors']} errors")
    expect(counts).to_contain_text(f"{said['warnings']} warnings")


def test_they_are_grouped_by_section(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())
    findings(page)

    groups = page.get_by_role("region", name="Findings").get_by_role("heading", level=3)

    titles = groups.all_inner_texts()
    assert titles[0] == "The issue as a whole"
    assert titles.index("Black Country: help shape the shared transport policy") < titles.index(
        "Regional Safeguarding Conference"
    )


def test_a_click_shows_the_place_in_the_mail(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())
    findings(page)
    place = onlooker.mail.get_by_text("Next month", exact=False)
    expect(place).not_to_be_in_viewport()

    page.get_by_role("button", name='Note: "Next month"').click()

    expect(place).to_be_in_viewport()
    expect(onlooker.mail.locator(":target")).to_contain_text("Next month")
    expect(onlooker.mail.locator(":target")).to_have_css("outline-style", "solid")
    card = page.get_by_role("region", name="What was clicked")
    expect(card).to_contain_text("issues/2025-08/78-participation-conference.md:7")


def test_a_link_that_is_wrong_is_outlined_itself(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())
    findings(page)

    page.get_by_role("button", name="https://example.org/events/global-majority").click()

    expect(onlooker.mail.locator("a:target")).to_be_in_viewport()


def test_a_finding_of_another_version_shows_that_version(
    unchanged: Preview, onlooker: Onlooker
) -> None:
    page = onlooker.look(unchanged.issue(query="variant=everyone"))
    findings(page)

    page.get_by_role("button", name="https://example.org/co-design-slots").click()

    expect(page.get_by_role("status").first).to_contain_text("Shown in another version")
    expect(onlooker.mail.get_by_role("heading", name=CO_DESIGN)).to_be_visible()
    expect(onlooker.mail.locator("a:target")).to_be_in_viewport()


def test_a_finding_is_shown_when_it_is_clicked_before_its_place_is_known(
    unchanged: Preview, onlooker: Onlooker
) -> None:
    places = onlooker.hold("**/places*")
    page = onlooker.look(unchanged.issue())
    findings(page)

    page.get_by_role("button", name="https://example.org/events/global-majority").click()
    page.wait_for_timeout(300)
    places.let_go()

    expect(onlooker.mail.locator("a:target")).to_be_in_viewport()


def test_a_place_is_reached_when_pictures_come_late(unchanged: Preview, look: Look) -> None:
    onlooker = look(height=600)
    page = onlooker.page
    pictures = onlooker.hold("**/pictures/**")
    page.goto(unchanged.issue())
    findings(page)

    page.get_by_role("button", name="https://example.org/events/global-majority").click()
    page.wait_for_timeout(500)
    pictures.let_go()

    expect(onlooker.mail.locator("a:target")).to_be_in_viewport()


def test_a_finding_about_the_subject_shows_the_inbox(
    unchanged: Preview, onlooker: Onlooker
) -> None:
    page = onlooker.look(unchanged.issue())
    findings(page)

    page.get_by_role("button", name="The subject has 58 characters").click()

    expect(page.get_by_role("figure", name="On a phone, light")).to_be_visible()


def test_clicking_in_the_mail_names_the_file(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())

    onlooker.mail.get_by_text("Dear Sam").click()

    card = page.get_by_role("region", name="What was clicked")
    expect(card).to_contain_text("issues/2025-08/10-letter.md:9")
    expect(card).to_contain_text("A new school year with a plan behind it")
    expect(onlooker.mail.locator(":target")).to_have_text("Dear Sam,")


def test_clicking_a_title_names_the_section_and_what_draws_it(
    unchanged: Preview, onlooker: Onlooker
) -> None:
    page = onlooker.look(unchanged.issue())

    onlooker.mail.get_by_role("heading", name="A new school year with a plan behind it").click()

    card = page.get_by_role("region", name="What was clicked")
    expect(card).to_contain_text("issues/2025-08/10-letter.md:3")
    expect(card).to_contain_text("Drawn by templates/regional/parts/ui.mjml")


def test_clicking_a_link_says_where_it_leads_and_does_not_go_there(
    unchanged: Preview, onlooker: Onlooker
) -> None:
    page = onlooker.look(unchanged.issue(query="variant=full"))

    onlooker.mail.get_by_role("link", name="Offer a colleague").click()

    card = page.get_by_role("region", name="What was clicked")
    expect(card).to_contain_text("Leads to https://example.org/black-country-transport")
    expect(card).to_contain_text("issues/2025-08/60-black-country-transport.md:6")
    expect(onlooker.mail.locator("h1")).to_have_text("Regional Update")


def test_the_table_of_contents_leads_to_its_sections(
    unchanged: Preview, onlooker: Onlooker
) -> None:
    onlooker.look(unchanged.issue())
    heading = onlooker.mail.get_by_role("heading", name="Regional Safeguarding Conference")
    expect(heading).not_to_be_in_viewport()

    onlooker.mail.get_by_role("link", name="Regional Safeguarding Conference").first.click()

    expect(heading).to_be_in_viewport()


def test_file_and_line_are_copied(unchanged: Preview, look: Look) -> None:
    onlooker = look(permissions=["clipboard-read", "clipboard-write"])
    page = onlooker.look(unchanged.issue())
    findings(page)

    page.get_by_role("button", name="Copy issues/2025-08/issue.toml:1").first.click()

    expect(page.get_by_role("status").first).to_contain_text("Copied: issues/2025-08/issue.toml:1")
    assert page.evaluate("() => navigator.clipboard.readText()") == "issues/2025-08/issue.toml:1"


def test_the_editor_opens_at_the_line(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())
    findings(page)

    link = page.get_by_role("link", name="Open issues/2025-08/issue.toml:1 in the editor").first

    root = unchanged.project.root.as_posix().lstrip("/")
    expect(link).to_have_attribute("href", f"vscode://file/{root}/issues/2025-08/issue.toml:1:12")


def test_a_section_in_the_list_scrolls_to_it(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())

    page.get_by_role("region", name="As whom").get_by_role(
        "button", name="Participation Conference"
    ).click()

    expect(
        onlooker.mail.get_by_role("heading", name="Participation Conference")
    ).to_be_in_viewport()
