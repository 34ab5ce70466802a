"""What the code imports is what pyproject.toml declares, and the README says why."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

PACKAGE = "newsletter_mailer"
#: Nothing imports it: where a system has no time zones, `zoneinfo` looks for it.
READ_BY_PYTHON = {"tzdata"}
#: Run by their commands, or read by mypy; nothing imports them.
TOOLS = {"build", "editables", "hatchling", "mypy", "pytest-timeout", "pytest-xdist", "ruff"} | {
    "types-lxml"
}


def normal(name: str) -> str:
    """A distribution's name as PEP 503 compares them, without version, extras and markers."""
    found = re.match(r"[\w.-]+", name)
    assert found is not None, name
    return re.sub(r"[-_.]+", "-", found[0]).lower()


@cache
def declared() -> dict[str, set[str]]:
    """The required distributions under "", those of each extra under its name."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    lists = {"": project["dependencies"], **project["optional-dependencies"]}
    return {
        extra: {normal(one) for one in listed} - {"newsletter-mailer"}
        for extra, listed in lists.items()
    }


def of_users() -> set[str]:
    """What somebody who installs the program gets, with all of its extras."""
    return set().union(*(names for extra, names in declared().items() if extra != "dev"))


def imports(tree: ast.AST) -> Iterator[str]:
    """The outermost name of each imported module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def imported(*folders: str) -> set[str]:
    """The distributions whose modules are imported, now or later."""
    scripts = {path.stem for path in (REPOSITORY / "benchmarks").glob("*.py")}
    own = {PACKAGE, "tests", *scripts, *sys.stdlib_module_names}
    providers = packages_distributions()
    found: set[str] = set()
    for path in (path for folder in folders for path in (REPOSITORY / folder).rglob("*.py")):
        for module in {*imports(ast.parse(path.read_text("utf-8")))} - own:
            found.update(map(normal, providers.get(module, [f"unknown.{module}.in.{path.stem}"])))
    return found


def test_what_the_program_imports_is_declared() -> None:
    assert imported(PACKAGE) - of_users() == set()


def test_what_is_declared_is_imported() -> None:
    assert of_users() - imported(PACKAGE) - READ_BY_PYTHON == set()


def test_without_the_extras_only_their_own_module_is_missing() -> None:
    extras = of_users() - declared()[""]
    modules = [
        name for name, found in packages_distributions().items() if normal(found[0]) in extras
    ]
    code = (
        "import importlib, pkgutil, sys\n"
        f"import {PACKAGE} as program\n"
        f"sys.modules.update(dict.fromkeys({modules!r}))\n"
        "for module in pkgutil.walk_packages(program.__path__, program.__name__ + '.'):\n"
        "    if not module.name.endswith('__main__'):\n"
        "        try:\n            importlib.import_module(module.name)\n"
        "        except ModuleNotFoundError:\n            print(module.name)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert [name.rpartition(".")[2] for name in done.stdout.split()] == ["spylls_files"]


def test_what_the_tests_import_is_declared() -> None:
    known = of_users() | declared()["dev"]

    assert imported("tests", "tools", "benchmarks") - known == set()
    assert declared()["dev"] - imported("tests", "tools", "benchmarks") - TOOLS == set()


@pytest.mark.parametrize("extra", [extra for extra in declared() if extra != "dev"])
def test_the_readme_says_why(extra: str) -> None:
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| ([\w.-]+)(?: \((.*?)\))? \|", readme, re.MULTILINE)
    told = {normal(name): note for name, note in rows}

    assert declared()[extra] - set(told) == set()
    for name in declared()[extra]:
        assert not extra or told[name] == f"with `[{extra}]`"


def locked() -> list[str]:
    lines = (REPOSITORY / "requirements.txt").read_text("utf-8").splitlines()
    return [found[1] for line in lines if (found := re.match(r"([\w.-]+)==[^;]*\\?$", line))]


@pytest.mark.parametrize("name", locked())
def test_no_licence_binds_those_who_pass_the_program_on(name: str) -> None:
    """A lesser GPL lets a program use a library as it is; a GPL does not."""
    about = distribution(name).metadata
    licences = [
        *(about.get_all("License-Expression") or ()),
        *(one for one in about.get_all("Classifier") or () if one.startswith("License ::")),
    ]

    assert not [one for one in licences if re.search(r"(?<!L)(GPL)|GNU Affero", one)]


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_the_locks_name_no_host(file: str) -> None:
    text = Path(REPOSITORY / file).read_text("utf-8")

    assert "://" not in text
    assert "--index" not in text
