"""No option writes over the newsletter's own files; a folder that is gone is told."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.acceptance.scene import COMMAND, Newsletter, environment, newsletter

WRITERS = (
    ("check", "--output"),
    ("status", "--csv"),
    ("status", "--report"),
    ("send", "--report"),
    ("send", "--log-json"),
)
OWN = (
    "recipients/readers.csv",
    "recipients/new.csv",
    "issues/2030-01/10-hello.md",
    "templates/regional/newsletter.mjml",
    "newsletter.toml",
    ".env",
    "words.txt",
    ".newsletter/ledger.db",
    "kept/elsewhere.db",
    "kept/elsewhere.db-wal",
    "linked.csv",
    "issues/../recipients/readers.csv",
)


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Newsletter:
    made = newsletter(tmp_path_factory.mktemp("own") / "news")
    made.write(".env", "LEDGER_URL=sqlite:///kept/elsewhere.db\n")
    (made.root / ".env").chmod(0o600)
    made.write("words.txt", "Dudley\n")
    made.write("kept/notes.txt", "")
    made.write(".newsletter/ledger.db", "")
    (made.root / "linked.csv").symlink_to("recipients/readers.csv")
    return made


@pytest.mark.parametrize(("command", "option"), WRITERS)
@pytest.mark.parametrize("target", OWN)
def test_the_newsletters_own_files_are_not_written_over(
    news: Newsletter, command: str, option: str, target: str
) -> None:
    before = news.snapshot()

    done = news.run(command, "--issue", "2030-01", option, target)

    assert (done.code, done.out) == (2, "")
    assert f"{option}: {target} is a place of the newsletter's own files" in " ".join(
        done.err.split()
    )
    assert news.snapshot() == before


def test_neither_are_they_when_the_settings_cannot_be_read(tmp_path: Path) -> None:
    news = newsletter(tmp_path / "news")
    news.write("newsletter.toml", "name = ")

    done = news.run("check", "--output", "newsletter.toml")

    assert done.code == 2, done.err
    assert news.read("newsletter.toml") == "name = "


@pytest.mark.parametrize("target", ["readers.csv", "kept/readers.csv", "build.csv", "-"])
def test_any_other_file_is_written(news: Newsletter, target: str) -> None:
    done = news.run("status", "--issue", "2030-01", "--csv", target)

    assert done.code == 0, done.err
    assert target == "-" or (news.root / target).is_file()


@pytest.mark.parametrize(
    "words",
    [
        ("status", "--issue", "2030-01"),
        ("new", "--issue", "2030-01"),
        ("--project", "near", "check"),
        ("--project", "$NEWS", "status", "--issue", "2030-01", "--csv", "readers.csv"),
    ],
    ids=" ".join,
)
def test_a_folder_that_is_gone_is_told(
    news: Newsletter, tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "gone").mkdir()
    done = subprocess.run(
        ["sh", "-c", f'cd gone && rmdir ../gone && exec "$COMMAND" {" ".join(words)}'],
        cwd=tmp_path,
        env=environment({"COMMAND": COMMAND, "NEWS": str(news.root)}),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: The folder that this terminal is in does not exist any")
