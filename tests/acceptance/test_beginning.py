"""Beginning: a newsletter out of nothing, the next issue, one more section, a kind of one's own."""

from __future__ import annotations

import email
import email.policy
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.acceptance.scene import Newsletter, environment, newsletter, run
from tests.conftest import REPOSITORY, Result

EVENT = """\
---
kind: event
title: {title}
starts: {starts}
---
Come and see.
"""


def parsed(file: Path) -> EmailMessage:
    return email.message_from_bytes(file.read_bytes(), policy=email.policy.default)


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def assert_done(done: Result) -> None:
    assert done.code == 0, done.err + done.out


def test_in_an_empty_folder_a_newsletter_begins_that_can_be_sent_at_once(tmp_path: Path) -> None:
    news = Newsletter(tmp_path)
    begun = news.run("new", "--issue", "2030-05")
    assert_done(begun)
    assert "newsletter-mailer send --issue 2030-05 --sandbox" in begun.err

    check = news.run("check", "--issue", "2030-05", "--strict")
    assert_done(check)
    assert "2030-05: Nothing is wrong" in check.out, "not even a warning"

    sent = news.run("send", "--issue", "2030-05", "--sandbox", "--json")
    assert_done(sent)
    assert sent.json["sent"] == sent.json["planned"] == len(news.outbox("2030-05")) > 0
    assert ".env" in news.read(".gitignore").splitlines()
    starter = ("newsletter.toml", "words.txt", ".env.example", "recipients/example.csv")
    for path in (*starter, "templates/regional"):
        assert (news.root / path).exists()


def test_a_newsletter_does_not_begin_on_top_of_other_files(tmp_path: Path) -> None:
    news = Newsletter(tmp_path)
    news.write("recipients/example.csv", "mine")
    before = news.snapshot()

    done = news.run("new", "--issue", "2030-05")

    assert done.code == 1
    assert "exists already" in done.err
    assert news.snapshot() == before


@pytest.fixture(scope="module")
def next_month(tmp_path_factory: pytest.TempPathFactory) -> Newsletter:
    """January 2030 has three events; February begins from it."""
    news = newsletter(tmp_path_factory.mktemp("next") / "news")
    for number, title, starts in (
        (40, "Past seminar", "2030-01-20 10:00"),
        (50, "Coming conference", "2030-03-01 09:30"),
        (60, "Some day", "tbc"),
    ):
        name = title.lower().replace(" ", "-")
        news.write(f"issues/2030-01/{number}-{name}.md", EVENT.format(title=title, starts=starts))
    done = news.run("new", "--issue", "2030-02")
    assert_done(done)
    assert "left out: 40-past-seminar.md" in done.err
    return news


def test_the_next_issue_has_the_skeleton_of_the_last_without_past_events(
    next_month: Newsletter,
) -> None:
    files = {path.name for path in (next_month.root / "issues/2030-02").iterdir()}

    assert files == {
        "issue.toml",
        "10-hello.md",
        "20-dudley.md",
        "30-directors.md",
        "50-coming-conference.md",
        "60-some-day.md",
    }
    assert "date = 2030-02-01" in next_month.read("issues/2030-02/issue.toml")
    assert "regions: [dudley]" in next_month.read("issues/2030-02/20-dudley.md")
    assert "This is for Dudley" not in next_month.read("issues/2030-02/20-dudley.md")


def test_the_next_issue_is_not_mailed_before_it_is_written(next_month: Newsletter) -> None:
    check = next_month.run("check", "--issue", "2030-02", "--format", "json")

    unfinished = {
        finding["file"].rpartition("/")[2]
        for finding in check.json["findings"]
        if "TODO" in finding["message"]
    }
    assert check.code == 1
    assert unfinished == {"issue.toml", "10-hello.md", "20-dudley.md", "30-directors.md"}


def test_once_it_is_written_the_next_issue_is_right(next_month: Newsletter) -> None:
    for path in (next_month.root / "issues/2030-02").iterdir():
        path.write_text(path.read_text("utf-8").replace("TODO", "Done"), "utf-8")

    assert_done(next_month.run("check", "--issue", "2030-02"))


def test_an_issue_that_exists_is_left_alone(next_month: Newsletter) -> None:
    before = next_month.snapshot()

    again = next_month.run("new", "--issue", "2030-01")
    unknown = next_month.run("new", "--issue", "2030-03", "--from", "2030-1")

    assert (again.code, unknown.code) == (1, 1)
    assert "exists already" in again.err
    assert 'Did you mean "2030-01"?' in unknown.err
    assert next_month.snapshot() == before


def test_an_issue_that_exists_in_other_letters_is_left_alone(tmp_path: Path) -> None:
    """On Windows and macOS it would be the same folder."""
    news = newsletter(tmp_path / "news")
    (news.root / "issues/2030-01").rename(news.root / "issues/Spring")

    done = news.run("new", "--issue", "spring")

    assert done.code == 1
    assert "issues/Spring exists already" in done.err


def test_a_section_is_added_with_its_fields_and_help(next_month: Newsletter) -> None:
    words = ("add", "--issue", "2030-01", "--kind", "event", "--title", 'A "quoted": title')
    added = next_month.run(*words)

    assert_done(added)
    path = "issues/2030-01/70-a-quoted-title.md"
    assert f"{path} waits to be written" in added.err
    text = next_month.read(path)
    for field in ("starts:", "# ends:", "# place:", "# regions:"):
        assert field in text
    check = next_month.run("check", "--issue", "2030-01")
    assert check.code == 1
    assert path in check.out

    text = re.sub("(?m)^starts: [^#]*", "starts: 2030-01-30 10:00  ", text)
    next_month.write(path, text.replace("TODO", "Done"))
    assert_done(next_month.run("check", "--issue", "2030-01"))


def test_a_kind_that_is_none_is_told(next_month: Newsletter) -> None:
    done = next_month.run("add", "--issue", "2030-01", "--kind", "evnt", "--title", "X")

    assert done.code == 1
    assert 'Did you mean "event"?' in done.err


VACANCY = """\
---
label: Vacancy
help: A post to be filled.
fields:
  title: {type: text, required: true, help: The post}
  salary: {type: text, required: true, label: Salary, help: What it pays, example: "£30,000"}
  apply_by: {type: day, label: Apply by, help: The last day to apply, example: "2030-02-01"}
---
<mj-section css-class="vacancy"><mj-column><mj-text>
<h2 id="{{ section.anchor }}">{{ section.title }}</h2>
<p>Pays <strong>{{ section.salary }}</strong></p>
{{ section.body }}
</mj-text></mj-column></mj-section>
"""


def test_a_new_kind_is_one_new_file_in_the_template(tmp_path: Path) -> None:
    news = newsletter(tmp_path / "news")
    news.write("templates/regional/sections/vacancy.mjml", VACANCY)
    added = news.run(
        "add", "--issue", "2030-01", "--kind", "vacancy", "--title", "Head of Participation"
    )
    assert_done(added)
    path = "issues/2030-01/40-head-of-participation.md"
    section = news.read(path)
    assert 'salary: TODO  # What it pays; for example "£30,000"' in section
    assert "# apply_by: " in section
    section = section.replace("TODO: write the vacancy.", "Work *with* young people & others.")
    section = section.replace("salary: TODO", 'salary: "£30,000"')
    section = section.replace("# apply_by: ", "apply_by: ")
    news.write(path, section)

    assert_done(news.run("send", "--issue", "2030-01", "--sandbox"))

    mails = [parsed(file) for file in news.outbox()]
    assert len(mails) == 4
    for mail in mails:
        html, text = body(mail, "html"), body(mail, "plain")
        assert "Pays <strong" in html
        assert "£30,000" in html
        assert "young people &amp; others" in html
        assert "Head of Participation" in text
        assert "£30,000" in text
        assert "Apply by" in text
        assert "young people & others." in text


def test_a_project_without_issues_begins_with_the_sample(tmp_path: Path) -> None:
    news = newsletter(tmp_path / "news")
    shutil.rmtree(news.root / "issues")

    made = news.run("new", "--issue", "2030-05")

    assert_done(made)
    assert "date = 2030-05-01" in news.read("issues/2030-05/issue.toml")
    assert (news.root / "issues/2030-05/10-letter.md").is_file()


def test_a_misspelt_field_of_a_kind_of_ones_own_is_told(tmp_path: Path) -> None:
    news = newsletter(tmp_path / "news")
    news.write("templates/regional/sections/vacancy.mjml", VACANCY)
    news.write(
        "issues/2030-01/40-post.md", "---\nkind: vacancy\ntitle: Post\nsallary: £1\n---\nWork.\n"
    )

    check = news.run("check", "--issue", "2030-01")

    assert check.code == 1
    assert check.names("issues/2030-01/40-post.md:4: error"), check.out
    assert 'Did you mean "salary"?' in check.out


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel in an environment of its own, with the libraries of this one."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    done = subprocess.run(
        [*build, str(REPOSITORY)], capture_output=True, text=True, cwd=folder, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=False, symlinks=os.name != "nt")
    paths = {"base": str(folder / "venv"), "platbase": str(folder / "venv")}
    site = Path(sysconfig.get_path("purelib", vars=paths))
    python = Path(sysconfig.get_path("scripts", vars=paths)) / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps"]
    done = subprocess.run(
        [*pip, "--no-index", "--quiet", str(wheel)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # A .pth would run this environment's own .pth files, and find the checkout: only the folder.
    libraries = sysconfig.get_path("purelib")
    (site / "libraries.pth").write_text(f"import sys; sys.path.append({libraries!r})\n", "utf-8")
    return python.with_name("newsletter-mailer")


def test_an_installed_wheel_is_all_that_a_newsletter_needs(installed: Path, tmp_path: Path) -> None:
    home, news = tmp_path / "home", Newsletter(tmp_path / "news")
    home.mkdir()
    news.root.mkdir()
    env = {"HOME": str(home), "USERPROFILE": str(home), "PYTHONPATH": ""}
    where = "import newsletter_mailer; print(newsletter_mailer.__file__)"
    python = str(installed.with_name("python"))
    found = subprocess.run(
        [python, "-c", where], capture_output=True, text=True, cwd=home, env=environment(env)
    )
    assert found.stdout.startswith(str(installed.parents[1])), "not the checkout"

    for words in (
        ("new", "--issue", "2030-05"),
        ("check", "--issue", "2030-05"),
        ("send", "--issue", "2030-05", "--sandbox"),
        ("new", "--issue", "2030-06"),
    ):
        assert_done(run(*words, cwd=news.root, env=env, command=(str(installed),)))
    pages = run("docs", cwd=home, env=env, command=(str(installed),))
    page = run("docs", "lists", cwd=home, env=env, command=(str(installed),))
    assert str(installed.parents[1]) in pages.out.splitlines()[0], "not the checkout"
    assert page.out == (REPOSITORY / "docs/lists.md").read_text("utf-8")
    assert len(news.outbox("2030-05")) > 0
    assert list(home.iterdir()) == []
