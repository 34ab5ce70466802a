"""Many readers, regions and versions: the page shows them all, and finds each."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.acceptance.scene import SETTINGS, Newsletter, newsletter
from tests.conftest import REPOSITORY
from tests.preview.conftest import Onlooker, Start

REGIONS = tomllib.loads((REPOSITORY / "newsletter.toml").read_text("utf-8"))["regions"]
NAMES = ("Aoife", "Balvinder", "Chidi", "Dilys", "Eilidh", "Farah", "Gwen", "Hamza")


@pytest.fixture
def press(tmp_path: Path) -> Newsletter:
    """Issue 2030-01 with a section for everyone and one for each of 14 regions."""
    made = newsletter(tmp_path / "press")
    declared = "\n".join(f'{slug} = "{name}"' for slug, name in REGIONS.items())
    made.write("newsletter.toml", SETTINGS.partition("[regions]")[0] + f"[regions]\n{declared}\n")
    issue = made.read("issues/2030-01/issue.toml")
    made.write("issues/2030-01/issue.toml", issue.replace(', "partners"', ""))
    for name in ("20-dudley", "30-directors"):
        (made.root / f"issues/2030-01/{name}.md").unlink()
    for number, (slug, name) in enumerate(REGIONS.items(), start=20):
        made.write(
            f"issues/2030-01/{number}-{slug}.md",
            f"---\nkind: text\ntitle: Around {name}\nregions: [{slug}]\n---\nFor {name} only.\n",
        )
    return made


def with_readers(press: Newsletter, count: int) -> None:
    regions = [*REGIONS]
    rows = (
        f"reader{number}@example.org,{NAMES[number % 8]},Number{number},{regions[number % 14]}"
        for number in range(1, count + 1)
    )
    press.write(
        "recipients/readers.csv", "\n".join(["email,first_name,last_name,region", *rows, ""])
    )


def test_two_hundred_readers_in_fourteen_regions(
    press: Newsletter, start: Start, onlooker: Onlooker
) -> None:
    assert len(REGIONS) == 14
    with_readers(press, 200)
    page = onlooker.look(start(project=press).issue("2030-01"))
    expect(page.locator(".steps")).to_contain_text("Version 1 of 14")

    seen = set()
    for number in [*range(2, 15), 1]:
        page.get_by_role("button", name="Next version").click()
        expect(page.locator(".steps")).to_contain_text(f"Version {number} of 14")
        title = page.locator(".sections .gets .title").last.inner_text()
        expect(onlooker.mail.get_by_role("heading", name=title)).to_be_attached()
        seen.add(title)
    assert seen == {f"Around {name}" for name in REGIONS.values()}

    page.get_by_role("radio", name="Who gets what").check()
    heads = page.get_by_role("columnheader").locator("small").all_inner_texts()
    assert len(heads) == 14
    assert sum(map(int, heads)) == 200
    cell = page.get_by_role("button", name=re.compile("Around Walsall: in version"))
    cell.click()
    expect(onlooker.mail.get_by_role("heading", name="Around Walsall")).to_be_in_viewport()


def test_one_of_a_hundred_thousand_is_found(
    press: Newsletter, start: Start, onlooker: Onlooker
) -> None:
    with_readers(press, 100_000)
    page = onlooker.page
    page.goto(start(project=press).issue("2030-01"))
    page.get_by_role("combobox", name="One reader").fill("chidi number99994")

    found = page.get_by_role("listbox", name="Readers").get_by_role("option")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("reader99994@example.org")
    page.get_by_role("combobox", name="One reader").fill("numb")
    expect(found).to_have_count(12)  # more than that nobody reads
    page.get_by_role("combobox", name="One reader").fill("reader100000@")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("Aoife Number100000")
    found.click()

    expect(onlooker.mail.get_by_text("Dear Aoife")).to_be_attached()
    expect(page.locator(".steps")).to_contain_text("Version")
    heads = page.get_by_label("Version").locator("option").all_inner_texts()
    assert (
        sum(int(re.sub(r".*\(([\d,]+) readers?\)", r"\1", one).replace(",", "")) for one in heads)
        == 100_000
    )
