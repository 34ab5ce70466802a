"""Draws the README's picture: issue 2025-08 as a desktop and a phone show it. Needs Chromium."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

REPOSITORY = Path(__file__).parent.parent
SIZE = (1360, 1000)
PAGE = """<!doctype html>
<style>
  body {{ margin: 0; width: {width}px; height: {height}px; background: #dfe6e4; overflow: hidden }}
  div {{ position: absolute; overflow: hidden; box-shadow: 0 12px 40px #0b2f3a55 }}
  iframe {{ border: 0; position: absolute; left: 0 }}
  .desktop {{ left: 60px; top: 50px; width: 700px; height: 1000px; border-radius: 10px 10px 0 0 }}
  .phone {{ right: 50px; top: 90px; width: 375px; height: 812px; border-radius: 34px;
            border: 10px solid #10181a }}
</style>
<div class="desktop"><iframe src="{page}" width="700" height="4000"
  style="color-scheme: light"></iframe></div>
<div class="phone"><iframe src="{page}#s-70-children-and-hoarding" width="375" height="812"
  style="color-scheme: dark"></iframe></div>
"""


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("This needs Chromium or Chrome: apt install chromium")
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "build"
        subprocess.run(  # noqa: S603  # our own command
            [
                *(sys.executable, "-m", "newsletter_mailer", "--project", str(REPOSITORY)),
                *("build", "--issue", "2025-08", "--out", str(built)),
            ],
            check=True,
        )
        page = Path(folder) / "page.html"
        shown = (built / "full.html").as_uri()
        page.write_text(PAGE.format(width=SIZE[0], height=SIZE[1], page=shown), "utf-8")
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
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
        )
        picture = Image.open(shot).convert("RGB").quantize(256)
        picture.save(REPOSITORY / "docs" / "newsletter.png", optimize=True)


if __name__ == "__main__":
    main()
