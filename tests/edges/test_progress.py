"""How far a run has come, in digits that outlive the process."""

from __future__ import annotations

import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.store.generation import Progress
from newsletter_mailer.store.journal.progress_file import ProgressFile, in_toml, progress_in

NUMBERS = st.integers(0, 2**32 - 1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "sent.toml"
    file.write_text(f'issue = "2030-01"\n{in_toml(Progress("ab12"))}\n[lists]\nall = 3\n', "utf-8")
    return file


def told(file: Path) -> Progress | None:
    return progress_in(tomllib.loads(file.read_text("utf-8")))


@given(st.text("0123456789abcdef", max_size=40), NUMBERS, NUMBERS)
def test_what_is_written_is_read_back(journal: str, commits: int, marks: int) -> None:
    progress = Progress(journal, commits, marks)

    assert progress_in(tomllib.loads(in_toml(progress))) == progress


@pytest.mark.parametrize("number", ["", "1", "0000000g", "000000001", "0000000 ", "-0000001"])
def test_anything_else_is_refused(number: str) -> None:
    for words in ((number, "00000000"), ("00000000", number)):
        with pytest.raises(ValueError, match="hexadecimal"):
            progress_in({"journal": "ab12", **dict(zip(("commits", "marks"), words, strict=True))})


def test_only_the_numbers_change(file: Path) -> None:
    before = file.read_text("utf-8")
    progress = ProgressFile(file)
    progress.marked(1)
    progress.marked(300)
    progress.committed(2)
    progress.close()

    assert told(file) == Progress("ab12", 2, 300)
    digits = {"00000002": "00000000", "0000012c": "00000000"}
    after = file.read_text("utf-8")
    for new, old in digits.items():
        assert new in after
        after = after.replace(new, old)
    assert after == before


def test_a_number_outlives_the_process(file: Path) -> None:
    code = (
        "import os, pathlib, signal\n"
        "from newsletter_mailer.store.journal.progress_file import ProgressFile\n"
        f"progress = ProgressFile(pathlib.Path({str(file)!r}))\n"
        "progress.marked(7)\n"
        f"os.kill(os.getpid(), {int(getattr(signal, 'SIGKILL', signal.SIGTERM))})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)

    assert done.returncode != 0
    assert told(file) == Progress("ab12", 0, 7)


@pytest.mark.parametrize("content", ["", 'commits = "00000000"\n', 'marks = "0"\n'])
def test_a_file_that_was_replaced_meanwhile_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "sent.toml"
    file.write_text(content, "utf-8")

    with pytest.raises(ValueError, match=r"no (commits|marks) in it|empty"):
        ProgressFile(file)
