"""A folder in, files out: what readers get from whole small issues, kept beside them to be read.

After a change that is meant, write the expected files anew and read the difference:

    UPDATE_GOLDEN=1 .venv/bin/python -m pytest tests/golden
    git diff tests/golden/expected
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.message import picture_names
from newsletter_mailer.compose.sample_reader import sample_values
from newsletter_mailer.plan.variants import Variants, every_combination
from tests.conftest import ProjectFolder
from tests.newsroom import LINKS, Newsroom

HERE = Path(__file__).parent
EXPECTED = HERE / "expected"
VALUES = {"first_name": "Zoë & Co", "organisation": "A/B?", "link": "https://example.org/yours"}


def variants_of(newsroom: Newsroom) -> Iterator[CompiledVariant]:
    issue = newsroom.issue
    composer, variants = newsroom.composer(issue), Variants(issue)
    settings = newsroom.settings
    readers = every_combination(settings.regions, settings.roles)
    found = [*(variants.of(*reader) for reader in readers), variants.full()]
    for variant in {variant.id: variant for variant in found}.values():
        compiled = composer.compose(variant)
        assert compiled is not None, composer.findings
        yield compiled


def files_of(newsroom: Newsroom) -> dict[str, str]:
    """The .html and .txt of every variant, by name."""
    files: dict[str, str] = {}
    for compiled in variants_of(newsroom):
        values = {**sample_values(compiled.fields()), **VALUES}
        names = picture_names(compiled.pictures)
        addresses = {key: f"images/{name}" for key, name in names.items()}
        page = compiled.page(values, LINKS, addresses)
        # One element a line, so that a difference can be read.
        files[f"{compiled.variant.id}.html"] = re.sub(r">\s*<", ">\n<", page) + "\n"
        subject = compiled.subject_line(values, LINKS)
        files[f"{compiled.variant.id}.txt"] = (
            f"Subject: {subject}\n\n{compiled.words(values, LINKS)}"
        )
    return files


def read(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in folder.iterdir()}


ISSUES = sorted(path.name for path in (HERE / "issues").iterdir())


@pytest.mark.parametrize("issue", ISSUES)
def test_readers_get_what_is_kept_here(issue: str) -> None:
    made = files_of(Newsroom(ProjectFolder(HERE), issue_id=issue))
    folder = EXPECTED / issue
    if os.environ.get("UPDATE_GOLDEN"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, text in made.items():
            (folder / name).write_text(text, "utf-8", newline="\n")

    assert made == read(folder)


@pytest.mark.parametrize("issue", ISSUES)
def test_readers_get_the_same_from_files_with_windows_line_ends(issue: str, tmp_path: Path) -> None:
    for name in ("newsletter.toml", "templates", f"issues/{issue}"):
        source, target = HERE / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    for path in tmp_path.rglob("*"):
        if path.suffix in (".md", ".toml", ".mjml", ".css"):
            text = path.read_bytes().replace(b"\r\n", b"\n")
            path.write_bytes(text.replace(b"\n", b"\r\n"))

    assert files_of(Newsroom(ProjectFolder(tmp_path), issue_id=issue)) == read(EXPECTED / issue)


def test_every_expected_folder_belongs_to_an_issue() -> None:
    assert sorted(path.name for path in EXPECTED.iterdir()) == ISSUES
