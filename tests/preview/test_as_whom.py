"""As whom: a region, a role, a list, one reader; which sections they get, and why not others."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.preview.conftest import Look, Onlooker, Preview

TRANSPORT = "Black Country: help shape the shared transport policy"
CO_DESIGN = "For directors: choose your co-design conversation"


def section(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name="As whom").get_by_role("listitem").filter(has_text=title)


def offered(page: Page) -> Locator:
    """The readers whom the picker offers."""
    return page.get_by_role("listbox", name="Readers").get_by_role("option")


def choose(page: Page, name: str) -> None:
    """Types the name and takes who is offered."""
    page.get_by_role("combobox", name="One reader").fill(name)
    expect(offered(page)).to_have_count(1)
    offered(page).filter(has_text=name).click()


def test_a_reader_of_a_region_and_a_role(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())

    page.get_by_label("Region").select_option("Walsall")
    page.get_by_label("Role").select_option("Head of Service")

    expect(page.get_by_text("A made-up reader")).to_be_visible()
    expect(page.get_by_text("Head of Service in Walsall")).to_be_visible()
    expect(onlooker.mail.get_by_role("heading", name=TRANSPORT)).to_be_visible()
    expect(onlooker.mail.get_by_role("heading", name=CO_DESIGN)).to_have_count(0)
    page.wait_for_url(re.compile("region=walsall&role=head-of-service"))


def test_each_section_says_why_it_is_left_out(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue(query="region=coventry&role=head-of-service"))

    expect(section(page, TRANSPORT)).to_contain_text(
        "Left out. Only for readers in Dudley, Sandwell, Walsall or Wolverhampton; "
        "this reader is in Coventry."
    )
    expect(section(page, CO_DESIGN)).to_contain_text(
        "Left out. Only for Director of Children's Services; this reader is Head of Service."
    )
    expect(section(page, "Inspiring Future Leaders")).to_contain_text("For everyone.")


def test_a_reader_without_region_is_told_of(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue(query="role=director"))

    expect(section(page, TRANSPORT)).to_contain_text("this reader has no region")
    expect(section(page, CO_DESIGN)).to_contain_text("that fits")


@pytest.mark.parametrize("typed", ["zoe", "ZOË", "st john zo", "zoe.st", "smythe"])
def test_a_few_letters_find_a_reader(typed: str, unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())

    page.get_by_role("combobox", name="One reader").fill(typed)

    found = offered(page)
    expect(found.first).to_contain_text("Zoë St. John-Smythe")
    expect(found.first).to_contain_text("Birmingham · Head of Service")


def test_the_mail_is_that_reader_s_own(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())

    choose(page, "Zoë")

    expect(onlooker.mail.get_by_text("Dear Zoë,")).to_be_visible()
    card = page.locator(".who-card")
    expect(card).to_contain_text("zoe.st.john@birmingham.example.org")
    expect(card).to_contain_text("Birmingham · Head of Service")
    page.get_by_role("radio", name="Message", exact=True).check()
    to = page.get_by_role("row", name=re.compile("^To"))
    expect(to).to_contain_text("zoe.st.john@birmingham.example.org")


def test_a_reader_can_be_found_and_chosen_with_the_keyboard(
    unchanged: Preview, onlooker: Onlooker
) -> None:
    page = onlooker.look(unchanged.issue())

    page.get_by_role("combobox", name="One reader").focus()
    page.keyboard.type("nguyen")
    expect(offered(page).first).to_contain_text("Thị Minh Nguyễn")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(onlooker.mail.get_by_text("Dear Thị Minh,")).to_be_visible()


def test_who_types_faster_than_it_is_answered_gets_whom_they_typed(
    unchanged: Preview, onlooker: Onlooker
) -> None:
    page = onlooker.look(unchanged.issue())
    page.get_by_role("combobox", name="One reader").focus()
    expect(offered(page).first).to_be_visible()

    page.keyboard.type("nguyen")
    page.keyboard.press("Enter")

    expect(onlooker.mail.get_by_text("Dear Thị Minh,")).to_be_visible()


def test_nobody_s_name_or_address_is_in_an_address(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())
    choose(page, "Zoë")
    expect(onlooker.mail.get_by_text("Dear Zoë,")).to_be_visible()
    for part in ("Text", "HTML", "Message"):
        page.get_by_role("radio", name=part, exact=True).check()
        with page.expect_download() as begun:
            page.get_by_role("link", name=re.compile("^Download")).click()
        assert "zo" not in begun.value.suggested_filename.casefold()

    addresses = [*onlooker.addresses(), page.url]
    assert any("reader=" in address for address in addresses)
    assert [one for one in addresses if re.search("zo[eë]|smythe|%40|@", one, re.I)] == []


def test_a_reload_shows_the_same_reader_and_another_run_none(
    unchanged: Preview, look: Look
) -> None:
    onlooker = look()
    page = onlooker.look(unchanged.issue())
    choose(page, "Zoë")
    expect(onlooker.mail.get_by_text("Dear Zoë,")).to_be_visible()

    page.reload()

    expect(onlooker.mail.get_by_text("Dear Zoë,")).to_be_visible()
    stranger = look()
    stranger.look(unchanged.issue(query="reader=0123456789abcdef"))
    expect(stranger.mail.get_by_text("Dear Sam,")).to_be_visible()


def test_stepping_through_all_versions(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())
    steps = page.locator(".steps")
    expect(steps).to_contain_text("Version 1 of 4")

    seen = []
    for number in (2, 3, 4, 1):
        page.get_by_role("button", name="Next version").click()
        expect(steps).to_contain_text(f"Version {number} of 4")
        seen.append(re.search("variant=([^&]*)", page.url))

    assert len({found[1] for found in seen if found}) == 4
    page.get_by_role("button", name="Previous version").click()
    expect(steps).to_contain_text("Version 4 of 4")
    expect(onlooker.mail.get_by_role("heading", name=TRANSPORT)).to_be_visible()


def test_a_list_narrows_who_is_counted(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())

    page.get_by_label("List").select_option(label="example (48 people)")

    expect(page.locator(".steps")).to_contain_text("Version 1 of 4")
    page.wait_for_url(re.compile("list=example"))


def test_a_cell_of_the_matrix_leads_to_the_section(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())
    page.get_by_role("radio", name="Who gets what").check()
    transport = page.get_by_role("table").locator("tbody tr").filter(has_text=TRANSPORT)
    expect(transport.get_by_role("cell").first).to_have_text("15")
    expect(transport.get_by_role("button")).to_have_count(2)

    transport.get_by_role("button").last.click()

    expect(onlooker.mail.get_by_role("heading", name=TRANSPORT)).to_be_in_viewport()
    expect(page.get_by_label("Version", exact=True)).to_have_value("full")


def test_head_counts_add_up_to_all_readers(unchanged: Preview, onlooker: Onlooker) -> None:
    page = onlooker.look(unchanged.issue())
    page.get_by_role("radio", name="Who gets what").check()

    heads = page.get_by_role("columnheader").locator("small").all_inner_texts()

    assert heads == ["23", "10", "10", "5"]
    assert sum(map(int, heads)) == 48


def test_two_versions_side_by_side_with_what_differs_marked(
    unchanged: Preview, onlooker: Onlooker
) -> None:
    page = onlooker.look(unchanged.issue(query="variant=full"))

    page.get_by_label("Beside it").select_option("What everyone gets")

    expect(onlooker.beside.locator("h1")).to_have_text("Regional Update")
    expect(page.locator(".differences")).to_contain_text(f"Only on the left: “{TRANSPORT}”")
    marked = onlooker.mail.locator("[data-nl-other='section']")
    expect(marked).to_have_count(2)
    expect(marked.first).to_contain_text(TRANSPORT)
    expect(marked.first).to_have_css("outline-style", "solid")
    expect(onlooker.mail.locator("a[data-nl-other='part']")).to_have_text([TRANSPORT, CO_DESIGN])
    expect(onlooker.beside.locator("[data-nl-other]")).to_have_count(0)
