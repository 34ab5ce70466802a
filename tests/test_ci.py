"""What CI runs is there, leaves nothing out, and knows what has changed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any  # YAML

import pytest
from ruamel.yaml import YAML

from tests.conftest import REPOSITORY
from tests.faults.test_faults import SAMPLE, kinds, scenes
from tests.sample import of_each_kind

pytestmark = pytest.mark.skipif(os.name == "nt", reason="CI is a script of POSIX")

CI = REPOSITORY / ".ci"
WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (REPOSITORY / "Makefile").read_text("utf-8")
ARCHITECTURE = (REPOSITORY / "docs" / "architecture.md").read_text("utf-8")


def commands(script: str) -> Iterator[str]:
    """What a script of .ci runs, also by way of another one."""
    for line in (CI / script).read_text("utf-8").splitlines():
        for inner, words in re.findall(r"(?:^|\s)\.ci/(\w+) ?([^;\n]*)", line.partition("#")[0]):
            yield f".ci/{inner} {words}".strip()
            yield from commands(inner)
        yield from re.findall(r"^\s*(make [\w-]+)", line)


def jobs() -> Iterator[dict[str, Any]]:
    """Of all workflows."""
    for workflow in WORKFLOWS:
        yield from YAML(typ="safe", pure=True).load(workflow.read_text("utf-8"))["jobs"].values()


def script_of(job: dict[str, Any]) -> str:
    """What it runs in the end."""
    return str(job["steps"][-1]["run"])


def test_every_change_and_every_night_have_a_workflow() -> None:
    scripts = {script_of(job) for job in jobs()}

    assert scripts == {".ci/run", ".ci/nightly", "make portable"}
    assert all(
        os.access(REPOSITORY / script, os.X_OK)
        for script in scripts
        if not script.startswith("make")
    )
    assert all(job["timeout-minutes"] <= 60 for job in jobs())


def test_every_python_that_is_supported_is_asked() -> None:
    (matrix,) = (job["strategy"]["matrix"]["python"] for job in jobs() if "strategy" in job)
    images = {job["container"] for job in jobs()}
    (listed,) = re.findall(r"for version in (.*); do", MAKEFILE)
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    said = [one.rpartition(" ")[2] for one in project["classifiers"] if "Python :: 3." in one]

    assert listed.split() == said
    assert f"python:{said[0]}-bookworm" in images
    assert matrix == said[1:]


def test_every_target_of_the_tests_is_run_and_documented_with_what_runs_it() -> None:
    targets = set(re.findall(r"(?m)^(test[\w-]*|demo):", MAKEFILE))
    run_by = {
        target: [one for one in ("run", "nightly") if f"make {target}" in commands(one)]
        for target in targets
    }
    documented = {
        target: re.findall(r"\.ci/(\w+)", places)
        for target, places in re.findall(r"(?m)^\| `make ([\w-]+)` \|.*\| (.*) \|$", ARCHITECTURE)
    }

    assert run_by == documented
    assert all(run_by.values())


def test_what_the_scripts_name_is_there() -> None:
    for script in ("run", "nightly"):
        for command in commands(script):
            name, *words = command.split()
            if name == "make":
                assert re.search(rf"(?m)^{words[0]}:", MAKEFILE), command
            else:
                assert os.access(REPOSITORY / name, os.X_OK), command
            if name == ".ci/changed":
                assert words, command
                assert all((REPOSITORY / path).exists() for path in words), command


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=Sam Example", "-c", "user.email=sam@example.org")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def commit(folder: Path, file: str, text: str) -> None:
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(text, "utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", f"{file}: {text}")


def has_changed(folder: Path, *paths: str, base: str = "HEAD~1") -> bool:
    done = subprocess.run(
        [".ci/changed", *paths], cwd=folder, env={**os.environ, "BASE": base}, check=False
    )
    return done.returncode == 0


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A repository whose last of two commits changed `deliver/`."""
    folder = tmp_path / "history"
    (folder / ".ci").mkdir(parents=True)
    shutil.copy(CI / "changed", folder / ".ci")
    git(folder, "init", "--quiet")
    commit(folder, "compose/page.py", "one")
    commit(folder, "deliver/line.py", "one")
    return folder


def test_only_what_a_change_touched_has_changed(history: Path) -> None:
    assert has_changed(history, "deliver")
    assert has_changed(history, "compose", "deliver")
    assert not has_changed(history, "compose")
    assert not has_changed(history, "deliver", base="HEAD")


def test_what_is_not_committed_yet_has_changed(history: Path) -> None:
    (history / "deliver/line.py").write_text("two", "utf-8")

    assert has_changed(history, "deliver", base="HEAD")


def test_where_nobody_can_tell_everything_has_changed(history: Path, tmp_path: Path) -> None:
    shallow, without_git = tmp_path / "shallow", tmp_path / "without-git"
    git(tmp_path, "clone", "--quiet", "--depth", "1", history.as_uri(), str(shallow))
    shutil.copytree(history, without_git, ignore=shutil.ignore_patterns(".git"))

    for folder in (shallow, without_git):
        assert has_changed(folder, "compose"), folder


def test_the_sample_has_every_fault_every_stage_every_fate_and_every_way() -> None:
    everything, sample = scenes(), [scene for scene in scenes() if scene in SAMPLE]

    assert {kind for scene in sample for kind in kinds(scene)} == {
        kind for scene in everything for kind in kinds(scene)
    }
    assert {scene.fault for scene in sample} == {scene.fault for scene in everything}
    assert {scene.stage for scene in sample} == {scene.stage for scene in everything}
    assert len(sample) < len(everything) / 3


def test_a_seed_chooses_the_same_again_and_another_one_others() -> None:
    chosen = [of_each_kind(scenes(), kinds, seed) for seed in ("3f2a91c", "3f2a91c", "40b7d55")]

    assert chosen[0] == chosen[1]
    assert {*chosen[2]} - {*chosen[0]}
