"""The documentation is true: commands, settings, rules, links and samples."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from newsletter_mailer import __version__
from newsletter_mailer.audience.source import RowSchema
from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.check.data.examples import example_of
from newsletter_mailer.check.rules import all_rules
from newsletter_mailer.issue.kinds import parse_kind
from newsletter_mailer.issue.sections import parse_section
from tests.conftest import REPOSITORY, Mailer, ProjectFolder

PAGES = sorted([REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")])
README = (REPOSITORY / "README.md").read_text("utf-8")
TEXT = "\n".join(page.read_text("utf-8") for page in PAGES)

CHECKING = (REPOSITORY / "docs" / "checking.md").read_text("utf-8")
CI = sorted((REPOSITORY / "docs" / "ci").glob("*.yml"))
HOOKS = REPOSITORY / ".pre-commit-hooks.yaml"


def help_of(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "newsletter_mailer", *words, "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def commands(help_text: str) -> list[str]:
    return re.findall(r"^  ([a-z]+)  ", help_text.partition("Commands:")[2], flags=re.MULTILINE)


def test_every_command_is_in_the_documentation() -> None:
    named = [name for name in commands(help_of()) if name != "subscribers"]
    named += [f"subscribers {name}" for name in commands(help_of("subscribers"))]

    assert len(named) >= 10
    assert [
        name
        for name in named
        if f"newsletter-mailer {name}" not in TEXT and f"... {name}" not in TEXT
    ] == []


def test_every_option_of_send_is_in_the_documentation() -> None:
    options = set(re.findall(r"--[a-z][a-z-]+", help_of("send"))) - {"--help", "--project"}

    assert sorted(option for option in options if option not in TEXT) == []


#: Read, but no settings of ours: the system's, and where hunspell(1) looks for dictionaries.
NOT_OURS = {"PATH", "DICPATH"}


def test_every_environment_setting_is_in_the_example() -> None:
    example = (REPOSITORY / ".env.example").read_text("utf-8")
    code = "\n".join(
        path.read_text("utf-8") for path in (REPOSITORY / "newsletter_mailer").rglob("*.py")
    )
    read = set(re.findall(r'environment(?:\.get\(|, )"([A-Z_]+)"', code))
    read |= {
        name.upper()
        for name in re.search(r"FROM_ENVIRONMENT = \((.*?)\)", code)[1]  # type: ignore[index]  # it is there, or the test fails
        .replace('"', "")
        .replace(" ", "")
        .split(",")
        if name
    }

    assert "SMTP_HOST" in read
    assert (
        sorted(name for name in read - NOT_OURS if not re.search(rf"(?m)^{name}=", example)) == []
    )


def test_the_rules_page_is_the_code_s_own() -> None:
    made = subprocess.run(
        [sys.executable, str(REPOSITORY / "tools" / "rules_page.py")],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    ).stdout

    assert (REPOSITORY / "docs" / "rules.md").read_text("utf-8") == made
    headings = re.findall("(?m)^### (.*)$", made)
    assert sorted(headings) == sorted(all_rules())
    assert "gmail-clipping" in all_rules()


def test_the_examples_of_rules_are_cut_out_of_the_pairs() -> None:
    made = subprocess.run(
        [sys.executable, str(REPOSITORY / "tools" / "rule_examples.py")],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    ).stdout

    table = REPOSITORY / "newsletter_mailer" / "check" / "data" / "examples.json"
    assert table.read_text("utf-8") == made


def test_every_rule_has_an_example_or_it_is_said_why_not() -> None:
    written = REPOSITORY / "tests" / "check" / "examples.toml"
    without = tomllib.loads(written.read_text("utf-8"))["without"]
    shown = {rule for rule in all_rules() if example_of(rule) is not None}

    assert sorted(all_rules().keys() - shown - without.keys()) == []
    assert sorted(shown & without.keys()) == []
    assert sorted(without.keys() - all_rules().keys()) == []
    assert all(without.values())


def test_an_example_shows_a_difference_in_a_few_lines() -> None:
    for rule in all_rules():
        example = example_of(rule)
        if example is not None:
            assert example.bad != example.good, rule
            assert max(example.bad.count("\n"), example.good.count("\n")) < 4, rule


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text("utf-8"))  # examples are no links
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
    inside = [target for target in targets if "{{" not in target and "images/" not in target]

    assert [target for target in inside if not (page.parent / target).exists()] == []


def test_the_sample_section_and_kind_work() -> None:
    from zoneinfo import ZoneInfo

    from newsletter_mailer.issue.template_folder import read_template
    from newsletter_mailer.starter import shipped

    kind_text = re.search(r"```\n(---\nlabel: Vacancy.*?)```", TEXT, flags=re.DOTALL)
    section_text = re.search(r"```markdown\n(.*?)```", TEXT, flags=re.DOTALL)
    assert kind_text is not None
    assert section_text is not None
    template, findings = read_template(REPOSITORY, "regional", shipped.templates())
    assert template is not None, findings

    kind, kind_findings = parse_kind(kind_text[1], "sections/vacancy.mjml")
    section, section_findings = parse_section(
        section_text[1],
        "30-conference.md",
        kinds=template.kinds,
        regions={"dudley": "Dudley", "walsall": "Walsall"},
        roles={},
        zone=ZoneInfo("Europe/London"),
        load_picture=lambda path: pytest.fail(path),
    )

    assert (kind_findings, section_findings) == ([], [])
    assert kind.fields["closes"].required
    assert section is not None


def test_every_field_of_the_template_is_in_the_documentation() -> None:
    from newsletter_mailer.issue.template_folder import read_template
    from newsletter_mailer.starter import shipped

    template, findings = read_template(REPOSITORY, "regional", shipped.templates())
    assert template is not None, findings
    page = (REPOSITORY / "docs" / "writing.md").read_text("utf-8")
    for kind in template.kinds.values():
        fields = ", ".join(
            f"**{spec.name}**" if spec.required else spec.name for spec in kind.fields.values()
        )

        assert f"| {kind.name} | {fields} |" in page


def test_the_sample_issue_settings_are_toml() -> None:
    sample = re.search(r"```toml\n(.*?)```", TEXT, flags=re.DOTALL)

    assert sample is not None
    assert set(tomllib.loads(sample[1])) == {"subject", "preheader", "date", "lists", "groups"}


def test_the_sample_list_works(project: ProjectFolder) -> None:
    sample = re.search(r"((?:    .*\n)+)\nUTF-8, UTF-16", TEXT)
    assert sample is not None
    project.write("recipients/sample.csv", re.sub(r"(?m)^    ", "", sample[1]))
    opened = open_project(project.root, {})
    schema = RowSchema(
        fields=("first_name",), regions=opened.settings.regions, roles=opened.settings.roles
    )
    listed = opened.lists.find("sample", schema)

    assert listed is not None
    assert [row.values for row in listed.rows()] == ["Zoë", "Sam"]
    assert listed.findings == []


def test_the_first_minute_of_the_readme(tmp_path: Path, mailer: Mailer) -> None:
    """`new` in an empty folder, then the sandbox: what the README tells a newcomer to type."""
    typed = re.findall(r"(?m)^    newsletter-mailer (new .*|send .* --sandbox)$", TEXT)[:2]

    results = [mailer(*words.split(), cwd=tmp_path) for words in typed]

    assert [result.code for result in results] == [0, 0], results
    assert results[1].err.splitlines()[-1] in README
    assert len(list((tmp_path / "outbox" / "2026-01").glob("*.eml"))) == 48


def test_the_wheel_is_called_what_the_readme_says() -> None:
    named = {*re.findall(r"[\w.-]+\.whl", README)}

    assert named == {f"newsletter_mailer-{__version__}-py3-none-any.whl"}


def test_without_make_a_clone_does_what_make_demo_does() -> None:
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    typed = re.findall(r"(?m)^    \.venv\\Scripts\\newsletter-mailer (.*)$", README)
    demo = re.search(r"(?m)^demo:.*\n((?:\t.*\n)+)", makefile)
    installed = re.findall(r"(?m)^    \.venv\\Scripts\\python .* -r (\S+)$", README)

    assert demo is not None
    assert typed == re.findall(r"newsletter-mailer (.*)", demo[1])
    assert [name for name in installed if not (REPOSITORY / name).is_file()] == []


@pytest.fixture(scope="session")
def starter_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Issue 2026-02 as `new` makes it: sound at any time."""
    folder = tmp_path_factory.mktemp("starter")
    assert run(folder, "newsletter-mailer new --issue 2026-02").returncode == 0
    return folder


@pytest.fixture(scope="session")
def coming_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An issue that is still to come, so that a check without --issue looks at it."""
    folder = tmp_path_factory.mktemp("coming")
    assert run(folder, "newsletter-mailer new --issue 2999-02").returncode == 0
    return folder


def run(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Runs a line, or a script of a shell, with the installed command on the path."""
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def scripts(value: object) -> Iterator[str]:
    """Everything in a CI file that a shell would run, but for the installation."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "run":
                yield str(inner)
            elif key == "script":
                yield from map(str, inner)
            else:
                yield from scripts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from scripts(inner)


def in_yaml(text: str) -> object:
    return YAML(typ="safe", pure=True).load(text)


CI_SCRIPTS = [
    pytest.param(script, id=f"{file.stem}: {script.strip().splitlines()[0]}")
    for file in CI
    for script in scripts(in_yaml(file.read_text("utf-8")))
    if "newsletter-mailer" in script and "pip install" not in script
]
#: Lines that are typed. What they ask of the world is not asked here: only whether they are right.
TYPED = [line.strip() for line in re.findall(r"(?m)^    newsletter-mailer .*", CHECKING)]
ASKS_THE_WORLD = re.compile(r"--(?:links|browser|spam)\b")


@pytest.mark.parametrize("script", CI_SCRIPTS)
def test_what_ci_runs_passes_for_a_sound_issue(script: str, coming_project: Path) -> None:
    done = run(coming_project, script)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "2999-02: " in done.stdout + done.stderr


@pytest.mark.parametrize("file", CI, ids=lambda file: file.stem)
def test_ci_fails_when_an_issue_has_an_error(file: Path, tmp_path: Path) -> None:
    run(tmp_path, "newsletter-mailer new --issue 2999-02")
    (tmp_path / "issues" / "2999-02" / "10-letter.md").write_text("---\nkind: no\n---\n", "utf-8")

    codes = [run(tmp_path, one).returncode for one in scripts(in_yaml(file.read_text("utf-8")))
             if "pip install" not in one]  # fmt: skip

    assert len(codes) >= 2
    assert set(codes) == {1}


def test_ci_leaves_what_was_sent_alone(tmp_path: Path) -> None:
    run(tmp_path, "newsletter-mailer new --issue 2026-02")
    (tmp_path / "issues" / "2026-02" / "sent.toml").write_text("", "utf-8")
    (script,) = (one.values[0] for one in CI_SCRIPTS if "for folder" in str(one.values[0])
                 and "gitlab" in str(one.id))  # fmt: skip

    done = run(tmp_path, str(script))

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("line", TYPED)
def test_what_the_page_about_checking_says_can_be_typed(line: str, starter_project: Path) -> None:
    done = run(starter_project, f"{line} --rules" if ASKS_THE_WORLD.search(line) else line)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_option_of_check_is_on_the_page_about_checking() -> None:
    options = set(re.findall(r"--[a-z][a-z-]+", help_of("check"))) - {"--help"}

    assert {"--issue", "--links", "--output"} <= options
    assert sorted(option for option in options if option not in CHECKING) == []


def test_the_page_about_checking_shows_what_is_printed(tmp_path: Path) -> None:
    shown = re.search(r"(?m)^    issues/2026-02/(\S+)\n(?:    .*\n|\n)+", CHECKING)
    assert shown is not None
    run(tmp_path, "newsletter-mailer new --issue 2026-02")
    section = tmp_path / "issues" / "2026-02" / shown[1]
    sentence = re.search(r"9 \| (.*)", shown[0])
    assert sentence is not None
    section.write_text(f"{section.read_text('utf-8')}\n{sentence[1]}\n", "utf-8")

    done = run(tmp_path, "newsletter-mailer check --issue 2026-02 --at 2026-02-13T09:00")

    assert re.sub(r"(?m)^    ", "", shown[0]).strip() in done.stdout


def test_the_settings_on_the_page_about_checking_are_settings() -> None:
    sample = re.search(r"```toml\n(.*?)```", CHECKING, flags=re.DOTALL)
    assert sample is not None
    table = tomllib.loads(sample[1])["check"]

    assert {*table["ignore"], *(table.keys() - {"ignore"})} <= all_rules().keys()


def test_pre_commit_runs_the_check(coming_project: Path) -> None:
    """The keys that pre-commit asks for, and its entry as it would run it."""
    hooks = in_yaml(HOOKS.read_text("utf-8"))
    assert isinstance(hooks, list)
    (hook,) = hooks

    assert {"id", "name", "entry", "language"} <= hook.keys()
    assert hook["language"] == "python"
    assert hook["pass_filenames"] is False
    done = run(coming_project, hook["entry"])
    assert (done.returncode, "2999-02: " in done.stdout) == (0, True)
    for file in ("issues/2026-02/10-letter.md", "news/templates/a/theme.toml", "newsletter.toml"):
        assert re.search(hook["files"], file)
    for file in ("README.md", "docs/issues.md", "old-newsletter.toml"):
        assert not re.search(hook["files"], file)


def test_the_sample_for_pre_commit_names_the_hook() -> None:
    sample = re.search(r"```yaml\n(.*?)```", CHECKING, flags=re.DOTALL)
    assert sample is not None
    settings = in_yaml(sample[1])
    assert isinstance(settings, dict)
    (hook,) = settings["repos"][0]["hooks"]

    assert f"- id: {hook['id']}\n" in HOOKS.read_text("utf-8")


def test_the_readme_s_old_issue_is_caught_and_mailed_to_nobody(tmp_path: Path) -> None:
    """Its lines, in a copy of this repository; the port is a free one."""
    (typed,) = re.findall(r"(?m)^    cp -r \. \.\./catching.*\n((?:    .*\n)+)", TEXT)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
    here = tmp_path / "here"
    for name in ("issues", "recipients", "templates"):
        shutil.copytree(REPOSITORY / name, here / name)
    for name in ("newsletter.toml", "words.txt"):
        shutil.copy(REPOSITORY / name, here)
    catch, *send = textwrap.dedent(typed).replace("8025", port).splitlines()
    ready = f"until (: < /dev/tcp/localhost/{port}) 2> /dev/null; do sleep 0.1; done"
    caught = tmp_path / "caught"
    script = "\n".join(
        [
            "cp -r . ../catching && cd ../catching",
            catch.replace(" &", f" > {caught} & trap 'kill $!' EXIT"),
            ready,
            *send,
        ]
    )
    done = run(here, f"{script} --yes --json")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sent"] == 48
    assert caught.read_text("utf-8", "replace").count("MESSAGE FOLLOWS") == 48
    assert not (here / ".newsletter").exists()
