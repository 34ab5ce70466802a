"""The bank holidays of the United Kingdom's nations, by the table that ships with the program."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Literal

from newsletter_mailer.check.data.tables import read_table

Nation = Literal["England", "Wales", "Scotland", "Northern Ireland"]


@cache
def bank_holidays(nation: Nation) -> Mapping[date, str]:
    """Each day's name, substitute days too, in the years of `known_years`."""
    days: Mapping[str, str] = read_table("bank_holidays.json")["nations"][nation]
    return {date.fromisoformat(day): name for day, name in days.items()}


@cache
def known_years() -> range:
    first, last = read_table("bank_holidays.json")["years"]
    return range(first, last + 1)
