"""The words of the command line: options, exit codes, JSON, help."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.acceptance.scene import Newsletter, newsletter
from tests.conftest import Result


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Newsletter:
    return newsletter(tmp_path_factory.mktemp("commands") / "news")


COMMANDS = (
    "new",
    "add",
    "build",
    "check",
    "preview",
    "approve",
    "send",
    "status",
    "resolve",
    "docs",
    "subscribers suppress",
    "subscribers unsuppress",
    "subscribers show",
    "ledger backup",
    "ledger move",
    "ledger restore",
    "ledger begin",
)


def test_help_lists_the_commands_in_the_order_of_the_work(news: Newsletter) -> None:
    done = news.command("--help")

    assert done.code == 0
    commands = done.out.split("Commands:")[1]
    listed = re.findall(r"(?m)^  ([a-z]+)  ", commands)
    assert listed == list(dict.fromkeys(command.split()[0] for command in COMMANDS))
    assert "..." not in commands, "no sentence is cut off"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(news: Newsletter, command: str) -> None:
    done = news.run(*command.split(), "--help")

    assert done.code == 0
    assert done.err == ""
    assert f"newsletter-mailer {command}" in done.out.split("Examples:")[1]


def test_no_command_shows_the_help(news: Newsletter) -> None:
    done = news.run()

    assert done.code == 2
    assert "Commands:" in done.out + done.err


def test_the_version_is_told(news: Newsletter) -> None:
    from newsletter_mailer import __version__

    assert news.run("--version").out == f"{__version__}\n"


def test_a_misspelt_command_is_answered_with_one_that_there_is(news: Newsletter) -> None:
    assert "Did you mean 'send'?" in news.run("sned", "--issue", "2030-01").err


SEND = "send --issue 2030-01 --sandbox"
USAGE = [
    ("send", "--issue"),
    ("sned --issue 2030-01", "sned"),
    (f"{SEND} --rate fast", "--rate"),
    (f"{SEND} --rate 0/min", "--rate"),
    (f"{SEND} --between 9-17", "--between"),
    (f"{SEND} --between 09:00-09:00", "--between"),
    (f"{SEND} --between 09:00-25:00", "--between"),
    (f"{SEND} --at soon", "--at"),
    (f"{SEND} --retry-for 20", "--retry-for"),
    (f"{SEND} --retry-for -1m", "--retry-for"),
    (f"{SEND} --connections 0", "--connections"),
    (f"{SEND} --connections many", "--connections"),
    (f"{SEND} --only sent", "--only"),
    (f"{SEND} --as ann@example.org", "--as"),
    (f"{SEND} --test me@example.org --region dudley", "--test"),
    ("send --issue 2030-01 --test me@example.org --dry-run", "--test"),
    ("check --format xml", "--format"),
    ("check --at yesterday", "--at"),
    ("status --issue 2030-01 --state lost", "--state"),
    ("resolve --issue 2030-01", "--unknown"),
    ("resolve --issue 2030-01 --unknown maybe", "--unknown"),
    ("subscribers suppress ann@example.org", "--reason"),
    ("subscribers suppress ann@example.org --reason tired", "--reason"),
    ("subscribers suppress --reason manual", "ADDRESS"),
    ("add --issue 2030-01 --kind story", "--title"),
    ("new", "--issue"),
]


@pytest.mark.parametrize(("words", "named"), USAGE)
def test_a_wrong_option_is_named(news: Newsletter, words: str, named: str) -> None:
    before = news.snapshot()
    done = news.run(*words.split())

    assert done.code == 2, done
    assert named in done.err
    assert done.out == ""
    assert "Traceback" not in done.err
    assert news.snapshot() == before


CHECK = ("check", "--issue", "2030-01")


def test_the_project_is_found_from_anywhere(news: Newsletter, tmp_path: Path) -> None:
    elsewhere = Newsletter(tmp_path)
    there = str(news.root)
    runs = {
        "in its folder": news.run(*CHECK),
        "in a folder below": news.run(*CHECK, cwd="issues/2030-01"),
        "before the command": elsewhere.run("--project", there, *CHECK),
        "after the command": elsewhere.run(*CHECK, "--project", there),
        "after wins": elsewhere.run("--project", str(tmp_path), *CHECK, "--project", there),
        "a folder below it": elsewhere.run(*CHECK, "--project", f"{there}/issues"),
        "of a group": elsewhere.run("--project", there, "subscribers", "show"),
    }
    assert {name: done.code for name, done in runs.items()} == dict.fromkeys(runs, 0), runs


def test_outside_a_project_it_says_how_to_begin(tmp_path: Path) -> None:
    elsewhere = Newsletter(tmp_path)

    nowhere = elsewhere.run(*CHECK)
    missing = elsewhere.run("--project", str(tmp_path / "gone"), *CHECK)

    assert (nowhere.code, missing.code) == (1, 1)
    for words in ("newsletter.toml", "--project", "newsletter-mailer new"):
        assert words in nowhere.err
    assert "gone" in missing.err


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Newsletter:
    """2030-01 has an error and a warning, 2030-02 a warning, 2030-03 is fine."""
    made = newsletter(tmp_path_factory.mktemp("faulty") / "news")
    toml = made.read("issues/2030-01/issue.toml")
    hello = made.read("issues/2030-01/10-hello.md")
    no_preheader = re.sub("(?m)^preheader.*\n", "", toml)
    for issue, text in (("2030-02", no_preheader), ("2030-03", toml)):
        own = text.replace("2030-01", issue).replace("News for", f"News of {issue} for")
        made.write(f"issues/{issue}/issue.toml", own)
        made.write(f"issues/{issue}/10-hello.md", hello)
    made.write("issues/2030-01/issue.toml", no_preheader)
    made.write("issues/2030-01/10-hello.md", f"{hello}\nTODO: more.\n")
    return made


def test_check_prints_findings_on_standard_output(faulty: Newsletter) -> None:
    done = faulty.run(*CHECK)

    assert done.code == 1
    hello, toml = done.out.split("issues/2030-01/issue.toml\n")
    assert hello.startswith("issues/2030-01/10-hello.md\n")
    assert "  9:1  error: " in hello
    assert "    9 | TODO: more.\n      | ^^^^\n      = help: " in hello
    assert "  1  warning: " in toml
    assert re.search(
        r"\n2030-01: 1 error(,| and) 1 warning .*\. 4 variants were composed and checked\.\n\Z",
        toml,
    )
    assert done.err == ""


def test_a_misspelt_list_is_a_warning_even_where_lists_are_kept_elsewhere(
    tmp_path: Path,
) -> None:
    news = newsletter(tmp_path / "news")
    toml = news.read("issues/2030-01/issue.toml")
    news.write("issues/2030-01/issue.toml", toml.replace('"readers"', '"raeders"'))

    found = news.run("check", "--issue", "2030-01", "--format", "json").json["findings"]

    (absent,) = [one for one in found if one["rule"] == "absent-list"]
    assert (absent["severity"], absent["hint"]) == ("warning", 'Did you mean "readers"?')


def test_the_sandbox_says_what_is_in_its_way(tmp_path: Path) -> None:
    news = newsletter(tmp_path / "news")
    news.write("outbox", "a file")

    result = news.run("send", "--issue", "2030-01", "--sandbox")

    assert result.code == 1
    assert "The sandbox cannot deliver into" in result.err
    assert "went wrong" not in result.err


def test_send_prints_findings_on_standard_error(faulty: Newsletter) -> None:
    done = faulty.run("send", "--issue", "2030-01", "--sandbox", "--json")

    assert done.code == 1
    assert done.out == ""
    assert "issues/2030-01/10-hello.md\n\n  9:1  error: " in done.err
    assert "1 error, 1 warning. Mend the errors first; nothing was done." in done.err


def test_check_as_json(faulty: Newsletter) -> None:
    done = faulty.run(*CHECK, "--format", "json")

    assert done.code == 1
    assert list(done.json) == ["findings", "errors", "warnings"]
    assert (done.json["errors"], done.json["warnings"]) == (1, 1)
    error, warning = [one for one in done.json["findings"] if one["severity"] != "info"]
    assert list(error) == [
        "rule", "severity", "file", "line", "message", "hint", "column",
    ]  # fmt: skip
    assert error["rule"] == "unfinished-text"
    assert (error["severity"], error["file"], error["line"]) == (
        "error",
        "issues/2030-01/10-hello.md",
        9,
    )
    assert warning["severity"] == "warning"


def test_warnings_fail_only_when_strict(faulty: Newsletter) -> None:
    words = ("check", "--issue", "2030-02")

    assert faulty.run(*words).code == 0
    assert faulty.run(*words, "--strict").code == 1
    assert faulty.run("check", "--issue", "2030-03", "--strict").code == 0


def issues_checked(done: Result) -> str:
    return done.out.splitlines()[-1].partition(": ")[0]


def test_without_an_issue_all_from_that_day_on_are_checked(faulty: Newsletter) -> None:
    assert issues_checked(faulty.run("check")) == "2030-01, 2030-02, 2030-03"
    later = faulty.run("check", "--at", "2030-02-15T09:00")
    assert issues_checked(later) == "2030-02, 2030-03"
    assert later.code == 0
    none = faulty.run("check", "--at", "2031-01-01")
    assert none.code == 0
    assert "none was checked" in none.err


def test_status_of_an_issue_that_is_none_is_told(faulty: Newsletter) -> None:
    done = faulty.run("status", "--issue", "2030-1")

    assert done.code == 1
    assert 'Did you mean "2030-01"?' in done.err
    before = faulty.run("status", "--issue", "2030-03")
    assert (before.code, before.out) == (0, "2030-03 was not sent yet.\n")


def test_nothing_is_held_about_a_stranger(news: Newsletter) -> None:
    done = news.run("subscribers", "show", "eve@example.org", "--json")

    assert done.json == {
        "address": "eve@example.org",
        "suppressed": None,
        "issues": [],
        "skipped": [],
        "settled": [],
    }
    assert "Nothing is held" in news.run("subscribers", "show", "eve@example.org").out
    assert news.run("subscribers", "show").out == "Nobody is suppressed.\n"
    wrong = news.run("subscribers", "suppress", "eve", "--reason", "manual")
    assert wrong.code == 1
    assert '"eve" is not an e-mail address' in wrong.err
    assert news.run("subscribers", "unsuppress", "eve@example.org").code == 0
    left = [path for path in news.snapshot() if path.startswith(".newsletter/")]
    assert left == [], "looking leaves no trace"
