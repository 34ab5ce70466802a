"""The table of bank holidays is what the package says that it was made of."""

from __future__ import annotations

import runpy
from datetime import date

import pytest

from newsletter_mailer.check.data.tables import read_table
from newsletter_mailer.check.dates.bank_holidays import Nation, bank_holidays, known_years
from tests.conftest import REPOSITORY


def test_the_table_is_what_the_package_says() -> None:
    """If not, the package knows of a new day: run tools/bank_holidays_table.py."""
    made = runpy.run_path(str(REPOSITORY / "tools" / "bank_holidays_table.py"))["table"]()

    assert read_table("bank_holidays.json") == made


@pytest.mark.parametrize(
    ("day", "nation", "name"),
    [
        ("2026-12-25", "England", "Christmas Day"),
        ("2026-12-28", "England", "Boxing Day (observed)"),
        ("2020-05-08", "England", "May Day"),  # moved for the 75th anniversary of VE day
        ("2023-05-08", "England", "Coronation of Charles III"),
        ("2026-04-06", "England", "Easter Monday"),
        ("2026-04-06", "Scotland", None),
        ("2026-11-30", "Scotland", "Saint Andrew's Day"),
        ("2026-03-17", "Northern Ireland", "Saint Patrick's Day"),
        ("2026-03-17", "Wales", None),
        ("2026-12-24", "England", None),
    ],
)
def test_days_that_people_know(day: str, nation: Nation, name: str | None) -> None:
    assert bank_holidays(nation).get(date.fromisoformat(day)) == name


def test_every_year_that_is_known_has_its_days() -> None:
    years = known_years()

    assert {day.year for day in bank_holidays("England")} == {*years}
