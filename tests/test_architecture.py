"""The house stands as docs/architecture.md draws it: imports point down, pure modules are pure."""

from __future__ import annotations

import ast
import re
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
    "outputs": {"compose", "plan", "issue"},
    "store": set(),
    "deliver": {"store"},
    "report": {"store"},
    "manual": set(),
    "campaign": {
        *("check", "outputs", "compose", "plan", "issue", "audience"),
        *("deliver", "report", "store"),
    },
    "preview": {"campaign", "check", "compose", "plan", "issue", "audience", "store"},
    "cli": {
        "preview",
        "audience",
        "campaign",
        "check",
        "deliver",
        "issue",
        "manual",
        "plan",
        "report",
        "store",
    },
}
GROUND_FLOOR = {
    "address",
    "characters",
    "chromium",
    "did_you_mean",
    "errors",
    "files",
    "findings",
    "garbage_collector",
    "host_names",
    "lazy_patterns",
    "links",
    "settings",
    "starter",
    "text_cache",
    "slot_tokens",
    "toml_text",
}
#: The rooms within a package; each may import from itself and those before it.
ROOMS = {
    "cli": ["terminal", "options", "results", "commands"],
    "preview": ["live", "views", "export", "access", "routes", "server"],
    "check": [
        "data",
        *("addresses", "english", "dates", "text"),
        *("look", "clients", "page"),
        *("template", "context"),
        *("evidence", "questions", "rules"),
        "runner",
        "reports",
    ],
}
#: The rooms of `deliver`, and those that each may import from. All other modules there are "engine"
#: and know what carries mail by `transport` alone.
DELIVER_ROOMS: dict[str, set[str]] = {
    "answers": set(),
    "transport": {"answers"},
    "smtp": {"answers", "transport"},
    "sandbox": {"answers", "transport", "smtp"},
    "engine": {"answers", "transport"},
}
#: The rooms of `store`, below its chooser: each may import from itself, those before it, and what
#: lies open in `store/`: protocols and their values. Only the chooser knows the last ones, each of
#: which is a kind of database; they are no one else's.
STORE_ROOMS = ["journal", "sqlite"]
STORE_CHOOSER = "stores"
#: The modules that touch the world. Everything else takes values and returns values.
TOUCHES_THE_WORLD = (
    "issue/earlier_issues.py",
    "issue/folder.py",
    "issue/issue_folders.py",
    "issue/image_files.py",
    "issue/picture_file.py",
    "issue/template_folder.py",
    "audience/csv_lists.py",
    "audience/list_files.py",
    "audience/roster.py",
    "audience/text_encoding.py",
    "check/data/tables.py",
    "check/english/vocabulary.py",
    "check/evidence/",
    "store/journal/",
    "store/sqlite/",
    "store/stores.py",
    "deliver/smtp/answers/files.py",
    "deliver/claim_queue.py",
    "deliver/connection_pool.py",
    "deliver/engine.py",
    "deliver/event_loop.py",
    "deliver/sandbox/",
    "deliver/single_message.py",
    "deliver/smtp/connection.py",
    "deliver/smtp/dialogue.py",
    "deliver/smtp/session.py",
    "deliver/smtp/tcp.py",
    "deliver/smtp/token_command.py",
    "deliver/smtp/vectored_io.py",
    "deliver/stop.py",
    "deliver/worker.py",
    "campaign/",
    "manual/files.py",
    "preview/access/aliases.py",
    "preview/access/keys.py",
    "preview/access/login.py",
    "preview/export/output_folder.py",
    "preview/export/screenshots.py",
    "preview/export/sign_off_folder.py",
    "preview/live/actions.py",
    "preview/live/file_watcher.py",
    "preview/live/hub.py",
    "preview/live/list_cache.py",
    "preview/live/live_issue.py",
    "preview/live/live_issues.py",
    "preview/routes/action_routes.py",
    "preview/routes/context.py",
    "preview/server/app.py",
    "preview/server/server.py",
    "cli/",
    "chromium.py",
    "files/",
    "starter/",
    "text_cache.py",
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
EFFECT_CALLS = {
    *("open", "read_text", "read_bytes", "write_text", "write_bytes"),
    *("print", "input", "now", "today", "utcnow"),
}


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


@pytest.mark.parametrize("package", ROOMS)
def test_the_rooms_of_a_package_point_down(package: str) -> None:
    rooms, folder = ROOMS[package], SOURCE / package
    assert {path.parent.name for path in folder.glob("*/__init__.py")} == set(rooms)

    for number, own in enumerate(rooms):
        for path in (folder / own).rglob("*.py"):
            wanted = {
                name.removeprefix(f"{PACKAGE}.{package}.").split(".")[0]
                for name in imports(ast.parse(path.read_text("utf-8")))
                if name.startswith(f"{PACKAGE}.{package}.")
            }

            assert wanted <= set(rooms[: number + 1]), path


def test_nothing_lies_loose_in_check() -> None:
    assert [path.name for path in (SOURCE / "check").glob("*.py")] == ["__init__.py"]


def deliver_room(dotted: str) -> str:
    """`newsletter_mailer.deliver.smtp.session` -> `smtp`."""
    name = dotted.removeprefix(f"{PACKAGE}.deliver.").split(".")[0]
    return name if name in DELIVER_ROOMS else "engine"


def test_the_rooms_of_deliver_know_only_those_below_them() -> None:
    deliver = SOURCE / "deliver"
    assert {path.parent.name for path in deliver.glob("*/__init__.py")} < set(DELIVER_ROOMS)

    for path in deliver.rglob("*.py"):
        own = deliver_room(f"{PACKAGE}.{name_of(path)[:-3].replace('/', '.')}")
        wanted = {*imports(ast.parse(path.read_text("utf-8")))}
        of_deliver = {name for name in wanted if name.startswith(f"{PACKAGE}.deliver.")}
        of_store = {name for name in wanted if name.startswith(f"{PACKAGE}.store.")}

        assert {deliver_room(name) for name in of_deliver} <= DELIVER_ROOMS[own] | {own}, path
        if own != "engine":  # of the ledger they know the words for what became of a message
            assert of_store <= {f"{PACKAGE}.store.states", f"{PACKAGE}.store.states.State"}, path


def test_above_deliver_nobody_knows_what_carries_the_mail() -> None:
    rooms = DELIVER_ROOMS.keys() - {"answers", "transport", "engine"}
    for path in (*(SOURCE / "campaign").rglob("*.py"), *(SOURCE / "preview").rglob("*.py")):
        wanted = {*imports(ast.parse(path.read_text("utf-8")))}
        known = {name for name in wanted if name.startswith(f"{PACKAGE}.deliver.")}

        assert not {deliver_room(name) for name in known} & rooms, path
        assert f"{PACKAGE}.settings.smtp" not in wanted, path


def test_the_transport_of_the_tests_is_none_of_ours() -> None:
    """Else it would not show that a run needs no SMTP."""
    path = Path(__file__).parent / "transports" / "memory" / "transport.py"
    wanted = {*imports(ast.parse(path.read_text()))}
    known = {name for name in wanted if name.startswith(f"{PACKAGE}.deliver.")}

    assert {deliver_room(name) for name in known} == {"answers", "transport"}


def test_the_chapters_of_rules_know_nothing_of_each_other() -> None:
    """So that their order is that of their names, whoever is imported first."""
    for path in (SOURCE / "check" / "rules").glob("*.py"):
        wanted = [
            name
            for name in imports(ast.parse(path.read_text("utf-8")))
            if name.startswith(f"{PACKAGE}.check.rules.")
        ]

        assert wanted == [], path


def test_one_module_knows_the_kinds_of_lists() -> None:
    kinds = {
        name_of(path)
        for path in modules()
        for name in imports(ast.parse(path.read_text("utf-8")))
        if name.startswith(f"{PACKAGE}.audience.csv_lists")
    }

    assert kinds == {"audience/list_sources.py"}


@pytest.mark.parametrize("own", ["campaign", "check", "cli", "issue", "plan", "preview"])
def test_where_lists_lie_is_asked_of_their_source(own: str) -> None:
    knowing = [
        f"{name_of(path)}:{node.lineno}"
        for path in modules()
        if name_of(path).startswith(f"{own}/")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and "recipients" in str(node.value)
    ]

    assert knowing == []


def store_rooms(path: Path) -> set[str]:
    """What a module imports from `store`: the names of its modules and rooms."""
    return {
        name.removeprefix(f"{PACKAGE}.store.").split(".")[0]
        for name in imports(ast.parse(path.read_text("utf-8")))
        if name.startswith(f"{PACKAGE}.store.")
    }


def test_the_rooms_of_the_store_point_down() -> None:
    store = SOURCE / "store"
    assert {path.parent.name for path in store.glob("*/__init__.py")} == set(STORE_ROOMS)
    protocols = {path.stem for path in store.glob("*.py")} - {STORE_CHOOSER}

    for path in store.glob("*.py"):
        if path.stem != STORE_CHOOSER:
            assert store_rooms(path) <= protocols, path
    for number, own in enumerate(STORE_ROOMS):
        for path in (store / own).glob("*.py"):
            assert store_rooms(path) <= protocols | set(STORE_ROOMS[: number + 1]), path


def test_only_the_chooser_knows_a_kind_of_database() -> None:
    databases = set(STORE_ROOMS[1:])

    for path in modules():
        is_inside = path.relative_to(SOURCE).parts[1:2] in [(room,) for room in databases]
        if not is_inside and path != SOURCE / "store" / f"{STORE_CHOOSER}.py":
            assert not store_rooms(path) & databases, path


def test_every_room_has_a_floor() -> None:
    rooms = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    ground = {path.stem for path in SOURCE.glob("*.py")} - {"__init__", "__main__"}

    assert rooms | ground == set(FLOORS) | GROUND_FLOOR


@pytest.mark.parametrize("package", FLOORS)
def test_the_pictures_of_the_house_show_every_stage(package: str) -> None:
    assert re.search(rf"(?m)^      {package}/ ", (REPOSITORY / "README.md").read_text("utf-8"))
    page = (REPOSITORY / "docs" / "architecture.md").read_text("utf-8")
    assert f"| `{package}/` |" in page


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
    """Ways to a terminal past `cli/terminal/printing.py`, where escape sequences end."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in _PASSING_BY:
                yield f"calls {called} in line {node.lineno}"


@pytest.mark.parametrize(
    "path", [path for path in modules() if name_of(path) != "cli/terminal/printing.py"], ids=name_of
)
def test_words_leave_in_one_place(path: Path) -> None:
    assert list(words_that_pass_by(ast.parse(path.read_text("utf-8")))) == []


@pytest.mark.parametrize("code", ["print('x')", "typer.echo('x')", "sys.stdout.write('x')"])
def test_words_that_pass_by_are_noticed(code: str) -> None:
    assert list(words_that_pass_by(ast.parse(code)))


#: Words of others that nothing but their wording tells apart, and whose they are.
_WORDS_OF_OTHERS = {
    "field larger": "Python's csv module",
    "unexpected end": "Python's csv module",
    "expected after": "Python's csv module",
}
_WORDS = re.compile(r"[\w' ,.:]+ [\w' ,.:]+")
_LOOKING_FOR = {"startswith", "endswith", "find", "index", "count", "removeprefix", "removesuffix"}


def looked_for(tree: ast.AST) -> Iterator[str]:
    """Sentences, or parts of them, that something is compared with or searched for."""
    for node in ast.walk(tree):
        sought: list[ast.expr] = []
        if isinstance(node, ast.Compare):
            sought = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in _LOOKING_FOR:
            sought = node.args
        elif isinstance(node, ast.MatchValue):
            sought = [node.value]
        for one in sought:
            constants = one.elts if isinstance(one, ast.Tuple | ast.Set | ast.List) else [one]
            for each in constants:
                value = each.value if isinstance(each, ast.Constant) else None
                if isinstance(value, str) and _WORDS.fullmatch(value):
                    yield value


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_no_decision_hangs_on_a_sentence(path: Path) -> None:
    """A sentence may be put better at any time; what is decided by it needs a type or a code."""
    found = {*looked_for(ast.parse(path.read_text("utf-8")))}

    assert found - {*_WORDS_OF_OTHERS} == set()


@pytest.mark.parametrize(
    "code",
    [
        "'is no address' in fault",
        "hint.startswith('Did you mean')",
        "kind in ('NHS number', 'mobile')",
        "match why:\n    case 'it is late': pass",
    ],
)
def test_a_decision_by_a_sentence_is_noticed(code: str) -> None:
    assert list(looked_for(ast.parse(code)))


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
