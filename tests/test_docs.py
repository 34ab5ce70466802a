"""The documentation is true: commands, settings, rules, links and samples."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from newsletter_mailer.audience.csv_lists import ListFile
from newsletter_mailer.check.rules import all_rules
from newsletter_mailer.issue.kinds import parse_kind
from newsletter_mailer.issue.sections import parse_section
from newsletter_mailer.settings import read_settings
from tests.conftest import REPOSITORY, Mailer, ProjectFolder

PAGES = sorted([REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")])
TEXT = "\n".join(page.read_text("utf-8") for page in PAGES)


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text("utf-8"))
    inside = [target for target in targets if "{{" not in target and "images/" not in target]

    assert [target for target in inside if not (page.parent / target).exists()] == []


def test_the_sample_section_and_kind_work() -> None:
    from zoneinfo import ZoneInfo

    from newsletter_mailer import starter
    from newsletter_mailer.issue.template_folder import read_template

    kind_text = re.search(r"```\n(---\nlabel: Vacancy.*?)```", TEXT, flags=re.DOTALL)
    section_text = re.search(r"```markdown\n(.*?)```", TEXT, flags=re.DOTALL)
    assert kind_text is not None
    assert section_text is not None
    template, findings = read_template(REPOSITORY, "regional", starter.templates())
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
    from newsletter_mailer import starter
    from newsletter_mailer.issue.template_folder import read_template

    template, findings = read_template(REPOSITORY, "regional", starter.templates())
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
    sample = re.search(r"((?:    \S*@?\S*.*\n)+)\nUTF-8, UTF-16", TEXT)
    settings, _ = read_settings((project.root / "newsletter.toml").read_text("utf-8"), {})
    assert sample is not None
    assert settings is not None
    project.write("recipients/sample.csv", re.sub(r"(?m)^    ", "", sample[1]))
    listed = ListFile(project.root, "sample", settings, fields=("first_name",))

    assert [row.values for row in listed.rows()] == ["Zoë", "Sam"]
    assert listed.findings == []


def test_the_first_minute_of_the_readme(tmp_path: Path, mailer: Mailer) -> None:
    """`new` in an empty folder, then the sandbox: what the README tells a newcomer to type."""
    typed = re.findall(r"(?m)^    newsletter-mailer (new .*|send .* --sandbox)$", TEXT)[:2]

    results = [mailer(*words.split(), cwd=tmp_path) for words in typed]

    assert [result.code for result in results] == [0, 0], results
    assert len(list((tmp_path / "outbox" / "2026-01").glob("*.eml"))) == 48
