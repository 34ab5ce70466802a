"""What a command loads before it works: a module more is felt at every start."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.acceptance.scene import Newsletter, newsletter

_LOADED = """\
import gc, json, sys
from newsletter_mailer.cli import main
try:
    main()
except SystemExit:
    pass
searches = sum(generation["collections"] for generation in gc.get_stats())
left = {"modules": sorted(sys.modules), "searches": searches, "unsearched": gc.get_freeze_count()}
print("\\n" + json.dumps(left))
"""
PACKAGE = "newsletter_mailer"

#: Of other people's; what these load themselves is counted, and not told apart.
WORDS = {"annotated_doc", "colorama", "shellingham", "typer"}
FILES = {"rich"}
#: To read them, unless they were read before.
READING = {"jinja2", "markdown_it", "markupsafe", "mdurl", "ruamel"}
PAGES = {"PIL", "cssselect2", "cython_runtime", "lxml", "mjml", "tinycss2", "webencodings"}
INLINING = {"cachetools", "cssselect", "cssutils", "encutils", "more_itertools", "premailer"}

#: Of ours. A name stands for all that lies below it.
EVERY = {
    *("characters.terminal", "cli.app", "cli.options.project", "cli.terminal"),
    *("cli.results.crash_file", "cli.results.exit_codes", "cli.results.findings"),
    *("errors", "findings", "garbage_collector"),
}
#: What the options of `send` mean; of `deliver` and `store` values only.
SENDING = {
    *("cli.commands.send", "cli.commands.send_test", "cli.options", "cli.results"),
    *("deliver.answers.outcome", "deliver.answers.reasons", "store.claims", "store.states"),
    *("did_you_mean", "files.private", "lazy_patterns", "toml_text"),
    *("settings.delivery", "settings.quantities"),
}
GROUND = {
    *("address", "characters", "did_you_mean", "files", "host_names", "lazy_patterns", "links"),
    *("slot_tokens", "starter", "text_cache", "toml_text"),
    *("settings.check", "settings.delivery", "settings.newsletter", "settings.quantities"),
}
PROJECT = GROUND | {"audience", "campaign.project", "issue.issue_folders", "store.stores"}
LOOKING = PROJECT | {
    *("campaign.edition", "campaign.planned_before", "campaign.prepare", "campaign.project_cache"),
    *("campaign.readers", "campaign.source_lines", "campaign.vocabulary"),
    *("check", "compose", "issue", "plan", "settings.transport"),
}


class May(NamedTuple):
    """What a command may load."""

    theirs: AbstractSet[str]  #: packages
    ours: AbstractSet[str]
    most: int  #: modules that are not ours, Python's own among them


MAY_LOAD = {
    "--help": May(WORDS, EVERY | SENDING | {"cli.commands"}, 180),
    "build --help": May(WORDS, EVERY | {"cli.commands.build"}, 170),
    "send --help": May(WORDS, EVERY | SENDING, 175),
    "status --issue 2030-01": May(
        WORDS | {"rich"},
        EVERY | PROJECT | {"campaign", "cli", "deliver.answers.reasons", "report", "store"},
        210,
    ),
    "build --issue 2030-01": May(
        WORDS | FILES | PAGES,
        EVERY | LOOKING | {"campaign.build", "cli.commands.build", "outputs"},
        300,
    ),
    "check --issue 2030-01": May(
        WORDS | FILES | PAGES,
        EVERY
        | LOOKING
        | {"campaign.check", "campaign.first_run", "cli.commands.check", "cli.options"}
        | {"store.sqlite.store"},
        300,
    ),
    "send --issue 2030-01 --dry-run": May(
        WORDS | FILES | READING | PAGES | INLINING,
        EVERY | LOOKING | SENDING | {"campaign", "deliver", "settings", "store"},
        535,
    ),
}


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Newsletter:
    """One that was built before."""
    made = newsletter(tmp_path_factory.mktemp("start") / "news")
    assert made.command("build", "--issue", "2030-01").code == 0
    return made


class Start(NamedTuple):
    modules: list[str]  #: as they are called where they are imported
    searches: int  #: for garbage
    unsearched: int  #: objects that Python does not look through at its end


def start(words: str, folder: Path) -> Start:
    done = subprocess.run(
        [sys.executable, "-c", _LOADED, *words.split()],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return Start(**json.loads(done.stdout.splitlines()[-1]))


def is_covered(module: str, names: AbstractSet[str]) -> bool:
    """By a name for all that lies below it; or it is a package on the way to a name."""
    return any(
        f"{module}.".startswith(f"{name}.") or f"{name}.".startswith(f"{module}.") for name in names
    )


@pytest.mark.parametrize("words", MAY_LOAD)
def test_a_command_loads_what_it_needs(words: str, news: Newsletter) -> None:
    may = MAY_LOAD[words]

    names = start(words, news.root).modules

    own = [name for name in names if name.partition(".")[0] == PACKAGE]
    below = [name.partition(".")[2] for name in own if name != PACKAGE]
    assert [name for name in below if not is_covered(name, may.ours)] == []
    assert "cli.app" in below
    of_python = {*sys.stdlib_module_names, PACKAGE, "__main__", "_distutils_hack"}
    others = {name.partition(".")[0] for name in names} - of_python
    assert {name for name in others if not name.startswith("_")} - may.theirs == set()
    assert len(names) - len(own) <= may.most


@pytest.mark.parametrize("words", ["build", "check", "send --dry-run"])
def test_a_short_command_seldom_looks_for_garbage(words: str, news: Newsletter) -> None:
    """It needs nearly all that it makes to its end: 130 searches took 50 ms of half a second."""
    assert start(f"{words} --issue 2030-01", news.root).searches < 30


def test_the_end_looks_through_nothing(news: Newsletter) -> None:
    """All goes with the process: the last search took 25 ms of 400."""
    assert start("build --issue 2030-01", news.root).unsearched > 50_000
