"""The house stands as docs/architecture.md draws it: imports point down, pure modules are pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

PACKAGE = "newsletter_mailer"
SOURCE = REPOSITORY / PACKAGE

#: Which packages each may import. The ground floor (modules of the package itself) is open to all.
FLOORS: dict[str, set[str]] = {
    "issue": set(),
    "audience": set(),
    "plan": {"issue", "audience"},
    "compose": {"plan", "issue"},
    "check": {"compose", "plan", "issue"},
    "store": set(),
    "deliver": {"store"},
    "report": {"store"},
    "campaign": {"check", "compose", "plan", "issue", "audience", "deliver", "report", "store"},
    "preview": {"campaign", "check", "compose", "plan", "issue", "audience", "store"},
    "cli": {"preview", "campaign", "check", "deliver", "issue", "plan", "report", "store"},
}
GROUND_FLOOR = {
    "address",
    "browser",
    "characters",
    "check_settings",
    "delivery_settings",
    "durable",
    "errors",
    "findings",
    "look_alikes",
    "private_files",
    "quantities",
    "settings",
    "smtp_settings",
    "starter",
    "tokens",
    "toml_lines",
    "visible",
}
#: The rooms of `preview`; each may import from itself and those before it.
PREVIEW_ROOMS = ["desk", "showing", "copying", "serving"]
#: The modules that touch the world. Everything else takes values and returns values.
TOUCHES_THE_WORLD = (
    "issue/earlier.py",
    "issue/files.py",
    "issue/folder.py",
    "issue/toml_file.py",
    "issue/template_folder.py",
    "audience/csv_lists.py",
    "audience/roster.py",
    "check/evidence/",
    "store/aside.py",
    "store/base_file.py",
    "store/boot.py",
    "store/copies.py",
    "store/database.py",
    "store/figures.py",
    "store/generation_file.py",
    "store/home.py",
    "store/journal.py",
    "store/left.py",
    "store/ledger.py",
    "store/lock.py",
    "store/people.py",
    "store/place.py",
    "store/planned.py",
    "store/progress.py",
    "store/recovery.py",
    "store/resolutions.py",
    "store/runs.py",
    "store/sender.py",
    "store/suppressions.py",
    "store/uses.py",
    "deliver/answer_files.py",
    "deliver/books.py",
    "deliver/engine.py",
    "deliver/gather.py",
    "deliver/line.py",
    "deliver/loop.py",
    "deliver/sandbox.py",
    "deliver/single.py",
    "deliver/session.py",
    "deliver/stop.py",
    "deliver/token.py",
    "campaign/",
    "preview/copying/export.py",
    "preview/copying/own_folder.py",
    "preview/copying/screenshots.py",
    "preview/desk/acts.py",
    "preview/desk/desk.py",
    "preview/desk/lists.py",
    "preview/desk/watching.py",
    "preview/desk/workshop.py",
    "preview/serving/acting.py",
    "preview/serving/app.py",
    "preview/serving/entrance.py",
    "preview/serving/house.py",
    "preview/serving/hub.py",
    "preview/serving/keys.py",
    "preview/serving/server.py",
    "cli/",
    "browser.py",
    "durable.py",
    "private_files.py",
    "starter.py",
    "__main__.py",
)
EFFECT_MODULES = {
    "asyncio",
    "os",
    "pathlib",
    "random",
    "secrets",
    "shutil",
    "socket",
    "sqlite3",
    "subprocess",
    "tempfile",
    "threading",
    "time",
}
EFFECT_CALLS = {"open", "print", "input", "now", "today", "utcnow", "read_text", "write_text"}


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def is_only_for_types(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
    )


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported, also inside functions, but for annotations only."""
    for node in ast.iter_child_nodes(tree):
        if is_only_for_types(node):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield from imports(node)


def effects(tree: ast.AST) -> Iterator[str]:
    for module in imports(tree):
        if module.split(".")[0] in EFFECT_MODULES:
            yield f"imports {module}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            if name in EFFECT_CALLS:
                yield f"calls {name} in line {node.lineno}"


def room(dotted: str) -> str:
    """`newsletter_mailer.issue.model` -> `issue`."""
    return dotted.removeprefix(f"{PACKAGE}.").split(".")[0]


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_point_down(path: Path) -> None:
    own = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    allowed = {own} | FLOORS.get(own, set()) | GROUND_FLOOR
    if own in ("__main__", "__init__"):
        allowed.add("cli")

    imported = {
        room(name)
        for name in imports(ast.parse(path.read_text("utf-8")))
        if name.startswith(f"{PACKAGE}.")
    }

    assert imported - allowed - {"__version__"} == set()


def test_the_rooms_of_the_preview_point_down() -> None:
    preview = SOURCE / "preview"
    assert {path.parent.name for path in preview.glob("*/__init__.py")} == set(PREVIEW_ROOMS)

    for number, own in enumerate(PREVIEW_ROOMS):
        for path in (preview / own).glob("*.py"):
            wanted = {
                name.removeprefix(f"{PACKAGE}.preview.").split(".")[0]
                for name in imports(ast.parse(path.read_text("utf-8")))
                if name.startswith(f"{PACKAGE}.preview.")
            }

            assert wanted <= set(PREVIEW_ROOMS[: number + 1]), path


def test_every_room_has_a_floor() -> None:
    rooms = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    ground = {path.stem for path in SOURCE.glob("*.py")} - {"__init__", "__main__"}

    assert rooms == set(FLOORS)
    assert ground == GROUND_FLOOR


def test_no_circle() -> None:
    graph = {
        f"{PACKAGE}.{name_of(path)[:-3].replace('/', '.')}".removesuffix(".__init__"): {
            name for name in imports(ast.parse(path.read_text("utf-8"))) if name.startswith(PACKAGE)
        }
        for path in modules()
    }
    done: set[str] = set()

    def visit(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, " -> ".join([*above[above.index(module) :], module])
        if module in done or module not in graph:
            return
        for imported in graph[module]:
            if imported != module:
                visit(imported, (*above, module))
        done.add(module)

    for module in graph:
        visit(module, ())


@pytest.mark.parametrize(
    "path",
    [path for path in modules() if not name_of(path).startswith(TOUCHES_THE_WORLD)],
    ids=name_of,
)
def test_a_pure_module_touches_nothing(path: Path) -> None:
    assert list(effects(ast.parse(path.read_text("utf-8")))) == []


@pytest.mark.parametrize(
    "path", [path for path in modules() if not name_of(path).startswith("cli/")], ids=name_of
)
def test_below_cli_nobody_reads_the_environment(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    read = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
    ]

    assert read == []


_PASSING_BY = {"print", "typer.echo", "typer.secho", "sys.stdout.write", "sys.stderr.write"}


def words_that_pass_by(tree: ast.AST) -> Iterator[str]:
    """Ways to a terminal that do not go through `cli/output.py`, where escape sequences end."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in _PASSING_BY:
                yield f"calls {called} in line {node.lineno}"


@pytest.mark.parametrize(
    "path", [path for path in modules() if name_of(path) != "cli/output.py"], ids=name_of
)
def test_words_leave_in_one_place(path: Path) -> None:
    assert list(words_that_pass_by(ast.parse(path.read_text("utf-8")))) == []


@pytest.mark.parametrize("code", ["print('x')", "typer.echo('x')", "sys.stdout.write('x')"])
def test_words_that_pass_by_are_noticed(code: str) -> None:
    assert list(words_that_pass_by(ast.parse(code)))


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_fits_one_sitting(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 600


@pytest.mark.parametrize(
    ("code", "effect"),
    [
        ("import os", "imports os"),
        ("def f():\n    from time import sleep", "imports time"),
        ("open('x')", "calls open in line 1"),
        ("datetime.now()", "calls now in line 1"),
    ],
)
def test_an_effect_is_noticed(code: str, effect: str) -> None:
    assert effect in list(effects(ast.parse(code)))


def test_help_loads_nothing_heavy() -> None:
    import subprocess
    import sys

    heavy = (
        "uvicorn",
        "starlette",
        "lxml",
        "mjml",
        "premailer",
        "aiosmtpd",
        "jinja2",
        "rich",
        "email_validator",
        "ruamel",
    )
    code = (
        "import sys\n"
        "from newsletter_mailer.cli import main\n"
        "sys.argv = ['newsletter-mailer', 'send', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {heavy!r} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip().endswith("[]")
