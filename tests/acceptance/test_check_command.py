"""`check` as a person at a desk, a job in CI and an editor use it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any  # JSON

import jsonschema  # type: ignore[import-untyped]  # has no type information
import pytest
from junitparser import JUnitXml

from tests.acceptance.scene import Newsletter, addresses, newsletter, plain_newsletter
from tests.conftest import REPOSITORY, Result
from tests.smtp_server import smtp_server

ISSUE = ("check", "--issue", "2030-01")
HELLO = "issues/2030-01/10-hello.md"
FORMATS = ("text", "json", "github", "junit", "sarif")


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    """2030-01 holds an error in line 9 of its first section."""
    made = newsletter(tmp_path / "repository" / "our news")
    made.write(HELLO, f"{made.read(HELLO)}\nTODO: more.\n")
    return made


def places(form: str, text: str) -> list[tuple[str, int]]:
    """File and line of every finding that a format names."""
    if form == "text":
        found = re.findall(r"(?m)^(\S+\.(?:md|toml))$|^ +(\d+)(?::\d+)?  \w+: ", text)
        file, named = "", []
        for name, line in found:
            if name:
                file = name
            else:
                named.append((file, int(line)))
        return named
    if form == "json":
        return [(one["file"], one["line"]) for one in json.loads(text)["findings"]]
    if form == "github":
        commands = re.findall(r"(?m)^::\w+ [^:]*file=([^,:]+),line=(\d+)", text)
        return [(file, int(line)) for file, line in commands]
    if form == "junit":
        cases = [case for suite in JUnitXml.fromstring(text.encode()) for case in suite]
        attributes = [(case._elem.get("file"), case._elem.get("line")) for case in cases]
        return [(file, int(line)) for file, line in attributes if file and line]
    log = json.loads(text)
    schema = json.loads((REPOSITORY / "tests/check/sarif-schema-2.1.0.json").read_text("utf-8"))
    jsonschema.Draft4Validator(schema).validate(log)
    spots = [one["locations"][0]["physicalLocation"] for one in log["runs"][0]["results"]]
    return [
        (spot["artifactLocation"]["uri"].replace("%20", " "), spot["region"]["startLine"])
        for spot in spots
    ]


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_names_the_same_places(news: Newsletter, form: str) -> None:
    done = news.run(*ISSUE, "--format", form)

    assert done.code == 1
    assert (HELLO, 9) in places(form, done.out)
    assert len(places(form, done.out)) == len(news.run(*ISSUE, "--json").json["findings"]), done.out


@pytest.mark.parametrize("form", FORMATS)
def test_what_stops_reading_comes_out_in_every_format(news: Newsletter, form: str) -> None:
    news.write(HELLO, "---\nkind: [\n---\nHello\n")

    done = news.run(*ISSUE, "--format", form)

    assert done.code == 1
    assert HELLO in {file for file, _ in places(form, done.out)}


@pytest.mark.parametrize("form", FORMATS)
def test_broken_settings_come_out_in_every_format(news: Newsletter, form: str) -> None:
    news.write("newsletter.toml", 'name = "News"\nname = "News"\n')

    done = news.run(*ISSUE, "--format", form)

    assert done.code == 1
    assert [file for file, _ in places(form, done.out)] == ["newsletter.toml"]
    assert "Traceback" not in done.err


def test_ci_gets_paths_from_the_root_of_the_repository(news: Newsletter) -> None:
    """A folder .git marks it; of a worktree, a file."""
    news.write("../.git", "gitdir: elsewhere\n")

    for form in ("github", "sarif"):
        done = news.run(*ISSUE, "--format", form)
        assert (f"our news/{HELLO}", 9) in places(form, done.out)
    assert (HELLO, 9) in places("json", news.run(*ISSUE, "--json").out)


def test_standard_output_holds_the_report_alone(news: Newsletter) -> None:
    done = news.run(*ISSUE, "--format", "sarif")

    assert json.loads(done.out)["version"] == "2.1.0"
    assert "2030-01: 1 error" in done.err


@pytest.mark.parametrize("form", FORMATS[1:])
def test_a_report_is_written_to_a_file_and_people_get_the_text(news: Newsletter, form: str) -> None:
    printed = news.run(*ISSUE, "--format", form)

    done = news.run(*ISSUE, "--format", form, "--output", "report")

    assert done.code == 1
    assert news.read("report") == printed.out
    assert f"{HELLO}\n" in done.out
    assert "2030-01: 1 error" in done.out


@pytest.mark.parametrize("form", FORMATS)
def test_of_faults_without_number_people_get_the_first_and_how_many_more(
    news: Newsletter, form: str
) -> None:
    """A file of the report has all of them, and so has what programs read."""
    news.write(HELLO, f"{news.read(HELLO)}\n{'(' * 2_000}\n")

    done = news.run(*ISSUE, "--format", form, "--output", "report")

    assert done.code == 1
    assert done.out.count("[unpaired-mark]") == 100
    assert "1,901 more like this in this file, from here on. [unpaired-mark]" in done.out
    assert "1 error, 2,000 warnings and 1 note" in done.out
    assert len(places(form, news.read("report"))) >= 2_000


def test_a_report_that_cannot_be_written_is_told(news: Newsletter) -> None:
    done = news.run(*ISSUE, "--format", "junit", "--output", "no/such/folder.xml")

    assert done.code == 1
    assert "no/such/folder.xml cannot be written" in done.err


def test_json_has_a_short_name(news: Newsletter) -> None:
    assert news.run(*ISSUE, "--json").out == news.run(*ISSUE, "--format", "json").out
    both = news.run(*ISSUE, "--json", "--format", "sarif")
    assert both.code == 2
    assert "--json" in both.err


def test_colours_are_for_terminals_and_for_who_asks(news: Newsletter) -> None:
    escape = "\x1b["

    assert escape not in news.run(*ISSUE).out
    assert f"{escape}31m" in news.run(*ISSUE, env={"FORCE_COLOR": "1"}).out
    refused = news.run(*ISSUE, env={"FORCE_COLOR": "1", "NO_COLOR": "1"})
    assert escape not in refused.out + refused.err
    assert escape not in news.run(*ISSUE, "--format", "github", env={"FORCE_COLOR": "1"}).out


def test_content_sends_no_escape_sequence_to_the_terminal(news: Newsletter) -> None:
    """The file cannot be mailed either, and its line is shown with the characters' names."""
    news.write(HELLO, "---\nkind: text\ntitle: Hello\n---\n\x1b]0;owned\x07 Hello.\n")

    done = news.run(*ISSUE)

    assert "\x1b" not in done.out + done.err
    assert "<U+001B>]0;owned<U+0007> Hello." in done.out


def test_lists_of_readers_are_not_repeated_in_a_log(news: Newsletter) -> None:
    news.write("recipients/readers.csv", "email,region\nsecret.person@example,nowhere\n")

    done = news.run(*ISSUE)

    assert "recipients/readers.csv\n" in done.out
    assert "secret.person@example,nowhere" not in done.out


def test_send_and_build_show_findings_as_check_does(news: Newsletter) -> None:
    for words in (("send", "--sandbox"), ("build",)):
        done = news.run(words[0], "--issue", "2030-01", *words[1:])

        assert done.code == 1
        assert "    9 | TODO: more.\n      | ^^^^\n" in done.err
        assert done.out == ""


def test_many_findings_are_short_before_sending(news: Newsletter) -> None:
    news.write(HELLO, f"{news.read(HELLO)}{'TODO. ' * 30}\n")

    done = news.run("send", "--issue", "2030-01", "--sandbox")

    assert done.err.count("error: ") >= 31
    assert "^^^^" not in done.err
    assert "newsletter-mailer check" in done.err


def test_an_ignore_for_all_issues_is_used_if_one_issue_uses_it(news: Newsletter) -> None:
    toml = news.read("issues/2030-01/issue.toml")
    without = re.sub("(?m)^preheader.*\n", "", toml)
    news.write("issues/2030-02/issue.toml", without.replace("2030-01", "2030-02"))
    news.write("issues/2030-02/10-hello.md", news.read(HELLO).replace("TODO: ", ""))
    settings = news.read("newsletter.toml")
    news.write("newsletter.toml", f'{settings}\n[check]\nignore = ["preheader", "empty-section"]\n')

    def unused(*words: str) -> list[str]:
        found = news.run("check", "--json", *words).json["findings"]
        return [one["message"] for one in found if one["rule"] == "unused-ignore"]

    (both,) = unused()
    assert '"empty-section"' in both
    assert len(unused("--issue", "2030-01")) == 2


def test_the_matrix_is_shown_when_asked(news: Newsletter) -> None:
    text = news.run(*ISSUE, "--matrix")
    read = news.run(*ISSUE, "--matrix", "--json").json

    assert "2030-01: who gets which section (4 readers)" in text.out
    assert re.search(r"(?m)^20  Around Dudley  +2 readers$", text.out)
    assert re.search(r"(?m)^Walsall  +3   1   2$", text.out)
    assert "2030-01: 1 error" in text.out.splitlines()[-1]
    assert read["matrix"]["2030-01"]["readers"] == 4
    assert "matrix" not in news.run(*ISSUE, "--json").json
    wrong = news.run(*ISSUE, "--matrix", "--format", "junit")
    assert (wrong.code, wrong.out) == (2, "")


def test_without_the_lists_the_matrix_has_no_head_counts(news: Newsletter) -> None:
    for name in ("readers", "partners"):
        (news.root / f"recipients/{name}.csv").unlink()

    text = news.run(*ISSUE, "--matrix")
    read = news.run(*ISSUE, "--matrix", "--json").json["matrix"]["2030-01"]

    assert "2030-01: who gets which section (without the lists)" in text.out
    assert re.search(r"(?m)^Walsall  +-  all$", text.out)
    assert (read["counted"], read["readers"]) == (False, None)
    assert [one["regions"] for one in read["sections"][1:]] == [
        {"dudley": None},
        {"dudley": None, "walsall": None},
    ]


def found(done: Result, rule: str) -> list[dict[str, Any]]:
    return [one for one in done.json["findings"] if one["rule"] == rule]


def test_the_mail_servers_login_is_known_before_anything_is_sent(news: Newsletter) -> None:
    news.write(".env", "SMTP_HOST=mail.example.com\nSMTP_USERNAME=mailer@example.com\n")

    (written,) = found(news.run(*ISSUE, "--json"), "from-domain")
    chosen = news.run(*ISSUE, "--json", env={"SMTP_USERNAME": "mailer@mail.example.org"})

    assert (written["file"], written["line"]) == ("newsletter.toml", 2)
    assert "example.com" in written["message"]
    assert found(chosen, "from-domain") == []


@pytest.mark.parametrize(
    ("readers", "said"), [(9, "shrank by 40%"), (12, ""), (18, ""), (21, "grew by 40%")]
)
def test_a_list_is_compared_with_what_it_was_when_the_last_issue_was_sent(
    tmp_path: Path, readers: int, said: str
) -> None:
    month = plain_newsletter(tmp_path / "news", readers=15)
    with smtp_server() as inbox:
        sent = month.run("send", "--issue", "2030-01", "--yes", env=inbox.environment())
    toml = month.read("issues/2030-01/issue.toml").replace("2030-01-15", "2030-02-15")
    month.write("issues/2030-02/issue.toml", toml)
    month.write("issues/2030-02/10-hello.md", month.read(HELLO))
    rows = [f"{address},Reader,{n}" for n, address in enumerate(addresses(readers), start=1)]
    month.write("recipients/readers.csv", "\n".join(["email,first_name,last_name", *rows, ""]))

    changed = found(month.run("check", "--issue", "2030-02", "--json"), "list-size")

    assert sent.code == 0, sent.err
    assert [one["file"] for one in changed] == (["recipients/readers.csv"] if said else [])
    assert all(f"{said} since issue 2030-01, from 15 to {readers}" in c["message"] for c in changed)


def test_a_rehearsal_is_no_issue_to_compare_with(tmp_path: Path) -> None:
    month = plain_newsletter(tmp_path / "news", readers=15)

    month.run("send", "--issue", "2030-01", "--sandbox")

    assert not (month.root / "issues/2030-01/sent.toml").exists()


# --- the manual ---


def test_the_manual_needs_no_project(tmp_path: Path) -> None:
    nowhere = Newsletter(tmp_path)

    rules = nowhere.run("check", "--rules")
    page = nowhere.run("check", "--explain", "gmail-clipping")

    assert (rules.code, page.code) == (0, 0)
    assert re.search(r"(?m)^  error    gmail-clipping  +HTML of 102 KB or more", rules.out)
    assert page.out.startswith("gmail-clipping (error)\nGmail\n\nHTML of 102 KB or more")
    assert 'ignore = ["gmail-clipping"]' in page.out


def test_the_manual_is_for_programs_too(tmp_path: Path) -> None:
    nowhere = Newsletter(tmp_path)

    listed = nowhere.run("check", "--rules", "--json").json["rules"]
    (one,) = nowhere.run("check", "--explain", "preheader", "--json").json["rules"]

    assert one in listed
    assert (one["id"], one["severity"], one["adjustable"]) == ("preheader", "warning", True)


def test_a_rule_that_is_none_is_a_wrong_option(tmp_path: Path) -> None:
    done = Newsletter(tmp_path).run("check", "--explain", "preheadr")

    assert done.code == 2
    assert 'Did you mean "preheader"?' in done.err
    assert done.out == ""


def test_the_manual_is_no_report(tmp_path: Path) -> None:
    done = Newsletter(tmp_path).run("check", "--rules", "--format", "sarif")

    assert done.code == 2
    assert "--format sarif" in done.err
