"""`status` of a ledger with 1,000,000 rows: seconds of the whole command. Goal: under 1.

    make benchmark        or:  python benchmarks/status.py [ROWS]

The ledger is made up: one reader in thirty was put off or refused, with a queue id in each answer.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from measuring import REPOSITORY, as_installed, write_results

from newsletter_mailer.store.sqlite.store import SqliteStore

ISSUE = "2025-08"
ROUNDS = 3
_BEGAN = 1_756_454_400_000  #: milliseconds since 1970

#: One in thirty of the rows, in turn.
TROUBLE = (
    ("deferred", 451, "4.7.1", "Greylisted, try again in {n} seconds (4XyZ{n}abc)"),
    ("deferred", None, None, "line lost before the final dot: no answer for 300 s"),
    ("refused", 550, "5.1.1", "<{address}>: Recipient address rejected: User unknown"),
    ("refused", 554, "5.7.1", "Message refused as spam, id 08DE{n}F"),
    ("unknown", None, None, "line lost after the final dot: connection reset"),
)


def rows(count: int) -> Iterator[tuple[object, ...]]:
    for number in range(count):
        domain = f"council{number * 7 % 1_000 if number % 3 else number % 14}.example.org"
        address = f"first.last{number}@{domain}"
        state, code, enhanced, reply = "sent", 250, "2.0.0", f"Ok: queued as 4XyZ{number}abc"
        if number % 30 == 0:
            state, code, enhanced, reply = TROUBLE[number // 30 % len(TROUBLE)]  # type: ignore[assignment]  # None without a code
            reply = reply.format(n=number, address=address)
        variant = f"variant-{number % 12}"
        values = json.dumps({"first_name": f"First{number}", "last_name": f"Last{number}"})
        yield (
            *(ISSUE, address, address, domain, variant, values, f"{number:032x}@example.org"),
            *(state, 1, 1, number, 1, 1, code, enhanced, reply, "mail.example.org"),
            _BEGAN + number // 2,
        )


def make_ledger(path: Path, count: int) -> None:
    with SqliteStore(path).open():
        pass
    database = sqlite3.connect(path)
    with database:
        database.execute(
            "INSERT INTO issue (id, date, content_hash, files)"
            " VALUES (?, '2025-08-29T08:00:00+00:00', 'c0ffee', '{}')",
            (ISSUE,),
        )
        database.execute(
            "INSERT INTO run (id, issue, began, ended, filters, content_hash, planned, skipped)"
            " VALUES (1, ?, '2025-08-29T08:00:00+00:00', '2025-08-29T08:10:00+00:00', '{}',"
            " 'c0ffee', ?, '{}')",
            (ISSUE, count),
        )
        database.executemany(
            "INSERT INTO delivery (issue, address, mailbox, domain, variant, field_values,"
            " message_id, state, run, planned_by, turn, attempts, claimed, code, enhanced, reply,"
            " server, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows(count),
        )
    database.close()


def seconds(project: Path, *words: str) -> float:
    """The quickest of some runs: others use this machine too."""
    taken = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "newsletter_mailer", *words, "--project", str(project)],
            check=True,
            stdout=subprocess.DEVNULL,
            env=as_installed(),
        )
        taken.append(time.perf_counter() - begin)
    return min(taken)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="newsletter-mailer-") as folder:
        project = Path(folder)
        shutil.copy(REPOSITORY / "newsletter.toml", project)
        ledger = project / ".newsletter" / "ledger.db"
        make_ledger(ledger, count)
        lines = [f"The ledger has {ledger.stat().st_size / 1e6:,.0f} MB.", ""]
        lines += ["| command | seconds |", "|---|--:|"]
        for words in (
            ("--version",),
            ("status", "--issue", ISSUE),
            ("status", "--issue", ISSUE, "--json"),
        ):
            lines.append(f"| {' '.join(words)} | {seconds(project, *words):.2f} |")
    write_results(__file__, f"`status` of {count:,} readers", lines)


if __name__ == "__main__":
    main()
