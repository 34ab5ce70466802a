"""The benchmarks that need no peer from elsewhere still run, and leave their results."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY


@pytest.fixture
def small_repository(tmp_path: Path) -> Path:
    """What a benchmark reads, so that its results do not take the place of the real ones."""
    scripts = tmp_path / "benchmarks"
    scripts.mkdir()
    for script in (REPOSITORY / "benchmarks").glob("*.py"):
        shutil.copy(script, scripts)
    for folder in ("issues", "templates"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    shutil.copy(REPOSITORY / "newsletter.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "row"), [("status", "| status --issue 2025-08 |"), ("planning", "| planning: ")]
)
def test_a_benchmark_runs_and_leaves_a_table(small_repository: Path, name: str, row: str) -> None:
    done = subprocess.run(
        [sys.executable, f"benchmarks/{name}.py", "300"],
        cwd=small_repository,
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert row in (small_repository / f"benchmarks/results-{name}.md").read_text("utf-8")
