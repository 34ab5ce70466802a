"""Planning 1,000,000 subscribers: seconds and peak memory, beside csv.DictReader on the same file.

    make benchmark        or:  python benchmarks/planning.py [ROWS]

Each measurement is a process of its own, and the quickest of three rounds counts. Seconds are the
processor's, so that other work on the machine matters less. Goals: within 4 times csv.DictReader,
and under 100 MB.
"""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from measuring import REPOSITORY, write_results

if TYPE_CHECKING:
    from newsletter_mailer.audience.source import SubscriberList

ISSUE = "2025-08"
ROUNDS = 3
COLUMNS = ("email", "first_name", "last_name", "organisation", "region", "role")
REGIONS = ("dudley", "Walsall", "Stoke-on-Trent", "dudley; walsall", "all", "")


def write_list(project: Path, rows: int) -> None:
    (project / "recipients").mkdir()
    drawn = random.Random(0)
    with (project / "recipients/readers.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for number in range(rows):
            table.writerow(
                (
                    f"first.last{number}@council{number % 14}.example.gov.uk",
                    f"First{drawn.randrange(1_000)}",
                    f"Last{drawn.randrange(10_000)}",
                    "Metropolitan Borough Council",
                    drawn.choice(REGIONS),
                    drawn.choice(("director", "")),
                )
            )


def dict_reader(project: Path) -> Callable[[], int]:
    """csv.DictReader, the peer: every row as a dict, and nothing else"""

    def work() -> int:
        with (project / "recipients/readers.csv").open(encoding="utf-8", newline="") as file:
            return sum(1 for _ in csv.DictReader(file))

    return work


def readers_list(project: Path, fields: Sequence[str]) -> SubscriberList:
    """The list, with the regions and roles of the newsletter in this repository."""
    from newsletter_mailer.audience.list_sources import ListSources
    from newsletter_mailer.audience.source import RowSchema
    from newsletter_mailer.campaign.project import open_project

    ours = open_project(REPOSITORY, {})
    schema = RowSchema(
        fields=tuple(fields), regions=ours.settings.regions, roles=ours.settings.roles
    )
    listed = ListSources(replace(ours, root=project)).find("readers", schema)
    assert listed is not None
    return listed


def reading(project: Path) -> Callable[[], int]:
    """reading: addresses checked, regions and roles understood"""
    listed = readers_list(project, COLUMNS[1:3])
    return lambda: sum(1 for _ in listed.rows())


def planning(project: Path) -> Callable[[], int]:
    """planning: read, merged to people, variants, head counts, profile, census"""
    from newsletter_mailer.audience.roster import Roster
    from newsletter_mailer.campaign.edition import read_edition
    from newsletter_mailer.campaign.project import open_project
    from newsletter_mailer.plan.plan import Filters, assignments, fields_in_use, make_plan
    from newsletter_mailer.plan.typing_slips import likely_slips
    from newsletter_mailer.plan.variants import Variants

    issue = read_edition(open_project(REPOSITORY, {}), ISSUE).issue
    fields, variants = fields_in_use(issue), Variants(issue)
    listed = readers_list(project, fields)

    def work() -> int:
        with Roster(fields) as roster:
            roster.add(listed)
            assert not roster.findings, roster.findings[:3]
            readers = assignments(variants, roster.batches(), Filters(), lambda addresses: {})
            plan = make_plan(readers, fields)
            assert not likely_slips(plan.domains)
            assert roster.census().people == plan.planned
            return plan.planned

    return work


#: Each reads what it needs beforehand, and returns the work that is measured.
JOBS: tuple[Callable[[Path], Callable[[], int]], ...] = (dict_reader, reading, planning)


def measure(name: str, project: Path) -> None:
    """In a process of its own: prints rows, seconds and megabytes."""
    import resource

    work = next(job for job in JOBS if job.__name__ == name)(project)
    before = time.process_time()
    rows = work()
    seconds = time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps([rows, seconds, peak / (2**20 if sys.platform == "darwin" else 2**10)]))


def main(rows: int) -> None:
    results: dict[str, list[tuple[float, float]]] = {job.__name__: [] for job in JOBS}
    with tempfile.TemporaryDirectory() as folder:
        write_list(Path(folder), rows)
        for _ in range(ROUNDS):
            for job in JOBS:
                done = subprocess.run(
                    [sys.executable, __file__, "--measure", job.__name__, folder],
                    check=True,
                    capture_output=True,
                    text=True,
                )
                counted, seconds, megabytes = json.loads(done.stdout)
                assert counted == rows
                results[job.__name__].append((seconds, megabytes))
    peer = min(seconds for seconds, _ in results[dict_reader.__name__])
    lines = ["| job | seconds | times csv.DictReader | peak MB |", "|---|--:|--:|--:|"]
    for job in JOBS:
        seconds = min(seconds for seconds, _ in results[job.__name__])
        megabytes = max(megabytes for _, megabytes in results[job.__name__])
        lines.append(f"| {job.__doc__} | {seconds:.2f} | {seconds / peer:.1f} | {megabytes:.0f} |")
    write_results(__file__, f"Planning {rows:,} subscribers, beside csv.DictReader", lines)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], Path(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 1_000_000)
