"""What every benchmark needs: medians, the machine's name, peers from npm, a file of results."""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any  # mjml-python has no types

from newsletter_mailer.compose import mjml

HERE = Path(__file__).parent
REPOSITORY = HERE.parent
PACKAGES = HERE / "node_modules"
_UNCOMPILED = "PYTHONDONTWRITEBYTECODE"

_LOOP = """
const warm = Number(process.argv[3]), runs = Number(process.argv[4])
for (let i = 0; i < warm; i++) await work()
const times = []
for (let i = 0; i < runs; i++) {
  const begin = performance.now()
  await work()
  times.push(performance.now() - begin)
}
console.log(JSON.stringify(times))
"""


def seconds(
    call: Callable[[], object], runs: int, before: Callable[[], None] = lambda: None
) -> float:
    """The median of so many runs."""
    times = []
    for _ in range(runs):
        before()
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def machine() -> str:
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"{datetime.now(UTC):%Y-%m-%d}"
    )


def as_installed() -> dict[str, str]:
    """The environment of a command that is measured: pip leaves its modules compiled."""
    return {name: value for name, value in os.environ.items() if name != _UNCOMPILED}


def write_results(script: str, title: str, lines: Sequence[str]) -> None:
    """Prints them, and keeps them in results-NAME.md beside the script NAME.py."""
    name = Path(script).stem
    head = [
        f"# {title}",
        "",
        f"{machine()}. Again: `make benchmark`, or `python benchmarks/{name}.py`.",
        "Ratios are what counts: machines differ, and so do runs.",
        "",
    ]
    text = "\n".join([*head, *lines]).rstrip() + "\n"
    (HERE / f"results-{name}.md").write_text(text, "utf-8")
    print(text)


def install_peers() -> None:
    """The packages of benchmarks/package.json, once."""
    if not shutil.which("npm"):
        sys.exit("This needs node and npm for the peers.")
    lock = PACKAGES / ".package-lock.json"
    if not lock.is_file() or lock.stat().st_mtime < (HERE / "package-lock.json").stat().st_mtime:
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=HERE, check=True)


def peer_seconds(script: str, document: Path, *, warm: int = 20, runs: int = 31) -> float:
    """The median of a peer's own function, in a process that is warm.

    `script` is a JavaScript module that defines `work()`; the document is process.argv[2].
    """
    file = PACKAGES / ".peer.mjs"
    file.write_text(script + _LOOP)
    try:
        done = subprocess.run(
            ["node", str(file), str(document), str(warm), str(runs)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    finally:
        file.unlink()
    return float(statistics.median(json.loads(done.stdout)) / 1000)


@contextmanager
def mjml_documents() -> Iterator[list[str]]:
    """Every document that our compiler is given meanwhile: what its peers get too."""
    documents: list[str] = []
    names = vars(mjml)
    compile_text = names["mjml2html"]

    def keep(document: str, **options: Any) -> str:
        documents.append(document)
        return str(compile_text(document, **options))

    names["mjml2html"] = keep
    try:
        yield documents
    finally:
        names["mjml2html"] = compile_text
