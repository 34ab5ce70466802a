"""Draws the documentation's picture of a report, from made-up numbers. Needs Chromium."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image

from newsletter_mailer.report.page import About, page
from newsletter_mailer.report.standing import Reason, Standing
from newsletter_mailer.store.figures import Moment
from newsletter_mailer.store.runs import RunRecord
from newsletter_mailer.store.states import State

REPOSITORY = Path(__file__).parent.parent
SIZE = (1360, 1000)
LONDON = ZoneInfo("Europe/London")
NINE = datetime(2025, 8, 29, 9, 0, tzinfo=LONDON)
READERS = 1_204
PAGE = """<!doctype html>
<style>
  body {{ margin: 0; width: {width}px; height: {height}px; background: #dfe6e4; overflow: hidden }}
  div {{ position: absolute; overflow: hidden; box-shadow: 0 12px 40px #0b2f3a55 }}
  iframe {{ border: 0; position: absolute; left: 0 }}
  .desktop {{ left: 50px; top: 50px; width: 860px; height: 1000px; border-radius: 10px 10px 0 0 }}
  .phone {{ right: 40px; top: 90px; width: 355px; height: 812px; border-radius: 34px;
            border: 10px solid #10181a }}
</style>
<div class="desktop"><iframe src="{page}" width="860" height="4000"
  style="color-scheme: light"></iframe></div>
<div class="phone"><iframe src="{page}" width="355" height="812"
  style="color-scheme: dark"></iframe></div>
"""


def moments() -> list[Moment]:
    """Most in the first run; those who were put off an hour later."""
    drawn = random.Random(8)
    found = []
    left = Counter({State.SENT: 1_130, State.DEFERRED: 30, State.REFUSED: 12, State.UNKNOWN: 2})
    second = int(NINE.timestamp())
    while left.total():
        second += 1
        for _ in range(min(drawn.choice((2, 5, 6, 7)), left.total())):
            state = drawn.choices([*left], [*left.values()])[0]
            left[state] -= 1
            found.append(Moment(1, second, state, 1))
    again = int((NINE + timedelta(hours=1)).timestamp())
    return found + [Moment(2, again + n * 2, State.SENT, 1) for n in range(30)]


def run(number: int, began: datetime, minutes: float, counts: dict[State, int]) -> RunRecord:
    return RunRecord(
        number=number,
        began=began,
        ended=began + timedelta(minutes=minutes),
        planned=READERS,
        counts=counts,
    )


def _counts(sent: int, deferred: int, refused: int = 0, unknown: int = 0) -> dict[State, int]:
    states = (State.SENT, State.DEFERRED, State.REFUSED, State.UNKNOWN)
    return dict(zip(states, (sent, deferred, refused, unknown), strict=True))


def report() -> str:
    standing = Standing(
        issue="2025-08",
        counts={State.SENT: 1_160, State.DEFERRED: 30, State.REFUSED: 12, State.UNKNOWN: 2},
        domains={
            "telford.example.org": Counter({State.SENT: 62, State.DEFERRED: 24}),
            "dudley.example.org": Counter({State.SENT: 114, State.DEFERRED: 6, State.REFUSED: 3}),
            "walsall.example.org": Counter({State.SENT: 98, State.REFUSED: 5}),
        },
        reasons=[Reason(State.DEFERRED, 451, "4.7.1", "Greylisted", 30)],
        runs=[
            run(1, NINE, 4, _counts(1_130, 60, 12, 2)),
            run(2, NINE + timedelta(hours=1), 1.2, _counts(1_160, 30)),
        ],
    )
    made = NINE + timedelta(hours=1, minutes=5)
    return page(standing, moments(), About(newsletter="Regional Update", made=made, zone=LONDON))


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("This needs Chromium or Chrome: apt install chromium")
    with tempfile.TemporaryDirectory() as folder:
        shown, both = Path(folder) / "report.html", Path(folder) / "page.html"
        shown.write_text(report(), "utf-8")
        both.write_text(PAGE.format(width=SIZE[0], height=SIZE[1], page=shown.as_uri()), "utf-8")
        shot = Path(folder) / "shot.png"
        subprocess.run(  # noqa: S603  # found above
            [
                chromium,
                *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
                *("--disable-background-networking", "--no-first-run"),
                "--allow-file-access-from-files",
                f"--user-data-dir={folder}/profile",
                f"--window-size={SIZE[0]},{SIZE[1]}",
                f"--screenshot={shot}",
                both.as_uri(),
            ],
            check=True,
            capture_output=True,
        )
        picture = Image.open(shot).convert("RGB").quantize(256)
        picture.save(REPOSITORY / "docs" / "report.png", optimize=True)


if __name__ == "__main__":
    main()
