"""docs/faults.md has a line for every fault that the tests cause, and none besides."""

from __future__ import annotations

import re

from tests.conftest import REPOSITORY
from tests.faults.cues import Fault
from tests.faults.test_tls import FAULTS

PAGE = (REPOSITORY / "docs" / "faults.md").read_text("utf-8")
TESTS = "\n".join(
    file.read_text("utf-8") for file in (REPOSITORY / "tests/faults").glob("test_*.py")
)


def first_cells() -> list[str]:
    """Of every line of every table but their heads."""
    lines = re.sub(r"(?m)^\|.*\|\n\|[-|]+\|\n", "", PAGE)
    return re.findall(r"(?m)^\| (.*?) \|", lines)


def test_the_page_has_a_line_for_every_fault_that_the_tests_cause() -> None:
    caused = [*Fault, *FAULTS, *re.findall(r'mark\.fault\("(.+)"\)', TESTS)]
    fates = ["not begun", "later", "refused", "unknown", "stops", "no harm"]

    assert len(caused) == len({*caused}) >= 40
    assert sorted(first_cells()) == sorted([*caused, *fates])


def test_every_line_says_what_a_person_sees_and_what_to_do() -> None:
    for table in re.findall(r"(?m)^\|.*\| what to do \|\n\|[-|]+\|\n((?:\|.*\n?)+)", PAGE):
        for line in table.splitlines():
            assert len([cell for cell in line.strip("|").split("|") if cell.strip()]) == 3, line
