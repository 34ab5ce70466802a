"""Writes the table of the United Kingdom's bank holidays, from the Python package `holidays`.

    .venv/bin/python tools/bank_holidays_table.py

A day that was announced late, for a jubilee say, comes with a newer package (`make lock`); then a
test fails until the table is made anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any  # JSON of several forms

import holidays

TABLE = Path(__file__).parent.parent / "newsletter_mailer" / "check" / "data" / "bank_holidays.json"
NATIONS = {"England": "ENG", "Wales": "WLS", "Scotland": "SCT", "Northern Ireland": "NIR"}
YEARS = range(2000, 2061)


def days(subdivision: str) -> dict[str, str]:
    """The name of each bank holiday by its day, as 2026-12-25, in order."""
    found = holidays.country_holidays("GB", subdiv=subdivision, years=YEARS, language="en_GB")
    return {day.isoformat(): name for day, name in sorted(found.items())}


def table() -> dict[str, Any]:
    return {
        "source": "the Python package holidays (MIT License)",
        "years": [YEARS[0], YEARS[-1]],
        "nations": {nation: days(subdivision) for nation, subdivision in NATIONS.items()},
    }


def main() -> None:
    made = table()
    TABLE.write_text(json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")
    print(f"{TABLE}: {YEARS[0]} to {YEARS[-1]}, {TABLE.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
