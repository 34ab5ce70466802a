"""What names people is for its owner alone, on a machine that others use too."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from newsletter_mailer.files.private import narrowed
from newsletter_mailer.store.journal.file import JournalFile
from newsletter_mailer.store.sqlite.database import open_to_write
from tests.acceptance.scene import Newsletter, newsletter, planted, run
from tests.conftest import REPOSITORY
from tests.smtp_server import Inbox

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Modes of files are POSIX's.")


@pytest.fixture(autouse=True)
def usual_mask() -> Iterator[None]:
    """With which a file is everybody's to read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    return newsletter(tmp_path / "news")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def open_to_others(*tops: Path) -> list[str]:
    """Files and folders that anybody but their owner may look into."""
    found = [path for top in tops for path in (top, *top.rglob("*"))]
    assert found
    return [f"{mode(path):o} {path}" for path in found if mode(path) & 0o077]


def test_a_rehearsal_is_nobody_else_s_to_read(news: Newsletter) -> None:
    assert news.run("send", "--issue", "2030-01", "--sandbox").code == 0

    assert len(news.outbox()) == 4
    assert open_to_others(news.root / "outbox") == []


def test_what_a_run_leaves_is_nobody_else_s_to_read(news: Newsletter, inbox: Inbox) -> None:
    words = ("send", "--issue", "2030-01", "--yes", "--log-json", "run.log")
    assert news.run(*words, "--log-level", "debug", env=inbox.environment()).code == 0
    assert news.run("status", "--issue", "2030-01", "--csv", "readers-2030.csv").code == 0

    assert "ann@example.org" in news.read("run.log")
    assert "ann@example.org" in news.read("readers-2030.csv")
    files = [news.root / name for name in (".newsletter", "run.log", "readers-2030.csv")]
    assert open_to_others(*files) == []


def test_what_an_earlier_version_left_open_is_narrowed(news: Newsletter, inbox: Inbox) -> None:
    send = ("send", "--issue", "2030-01", "--yes")
    assert news.run(*send, env=inbox.environment()).code == 0
    export = news.write("readers-2030.csv", "old\n")
    ledger = news.root / ".newsletter" / "ledger.db"
    for path, wide in ((ledger.parent, 0o755), (ledger, 0o644), (export, 0o644)):
        path.chmod(wide)

    assert news.run(*send, env=inbox.environment()).code == 0
    assert news.run("status", "--issue", "2030-01", "--csv", export.name).code == 0

    assert open_to_others(news.root / ".newsletter", export) == []


def test_a_folder_that_only_ledger_url_names_stays_as_it_is(news: Newsletter, inbox: Inbox) -> None:
    """It may be for other things too. What is made in it is private."""
    shared = news.root / "shared"
    shared.mkdir(0o755)
    env = inbox.environment(LEDGER_URL="sqlite:///shared/ledger.db")

    assert news.run("send", "--issue", "2030-01", "--yes", env=env).code == 0

    assert mode(shared) == 0o755
    assert open_to_others(*shared.iterdir()) == []


def test_the_files_beside_the_ledger_are_as_private(tmp_path: Path) -> None:
    with closing(open_to_write(tmp_path / "a" / "b" / "ledger.db")):
        journal = JournalFile(tmp_path / "a" / "b" / "ledger.db.journal", "token")
        names = {path.name for path in (tmp_path / "a" / "b").iterdir()}
        closed = open_to_others(tmp_path / "a")
        journal.remove()

    assert names == {"ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db.journal"}
    assert closed == []


def test_what_is_no_file_keeps_its_mode(news: Newsletter, inbox: Inbox) -> None:
    (news.root / "folder").mkdir(0o755)
    assert news.run("send", "--issue", "2030-01", "--yes", env=inbox.environment()).code == 0

    done = news.run("status", "--issue", "2030-01", "--csv", "folder")

    assert "folder cannot be written" in done.err
    assert mode(news.root / "folder") == 0o755


def test_secrets_that_others_can_read_are_told_once(news: Newsletter) -> None:
    secrets = news.write(".env", "SMTP_PASSWORD=hush\n")
    secrets.chmod(0o644)
    told = "note: others on this machine can read .env, which holds secrets: chmod 600"

    here = news.run("check", "--issue", "2030-01")
    elsewhere = news.run("check", "--issue", "2030-01", cwd="issues")
    secrets.chmod(0o600)
    mended = news.run("check", "--issue", "2030-01")

    assert here.err.count(f"{told} .env\n") == 1
    assert elsewhere.err.count(f"{told} {secrets}\n") == 1
    assert "chmod" not in mended.err
    assert "hush" not in here.err + elsewhere.err


def test_a_token_command_that_is_late_is_told_nowhere(news: Newsletter) -> None:
    program = "import time; time.sleep(600)"
    command = shlex.join([sys.executable, "-c", program, "--client-secret=hush"])
    settings = {"SMTP_HOST": "127.0.0.1", "SMTP_USERNAME": "ann", "SMTP_TOKEN_COMMAND": command}
    words = ("send", "--issue", "2030-01", "--yes", "--log-json", "run.log", "--log-level", "debug")

    impatient = planted("impatient_token")
    done = run(*words, cwd=news.root, env=settings, command=impatient)

    assert done.code == 1
    assert "SMTP_TOKEN_COMMAND gave no token in 0.2 seconds" in done.err
    assert "SMTP_TOKEN_COMMAND" in news.read("run.log")
    assert "hush" not in done.out + done.err + news.read("run.log")


@pytest.fixture(params=["a new project", "this repository"])
def ignoring(request: pytest.FixtureRequest, tmp_path: Path) -> Newsletter:
    """A repository of git with the rules about what stays out of it."""
    made = Newsletter(tmp_path / "ignoring")
    made.root.mkdir()
    if request.param == "a new project":
        assert made.run("new", "--issue", "2030-05").code == 0
    else:
        made.write(".gitignore", (REPOSITORY / ".gitignore").read_text("utf-8"))
    subprocess.run(["git", "init", "--quiet"], cwd=made.root, check=True)
    return made


def test_git_takes_no_personal_data_and_no_secret(ignoring: Newsletter) -> None:
    """Asked of git itself."""
    stay_out = [
        *(".env", ".env.local", ".env.bak", "readers.csv", "2030-05.csv", "send.log", "run.jsonl"),
        *("mail.log.1", "page.html", ".newsletter/ledger.db", "ledger-copy.db", "ledger.db-wal"),
        *("recipients/readers.csv", "recipients/old/readers.csv", "recipients/readers.xlsx"),
        *("outbox/2030-05/0001.eml", "build/2030-05/manifest.json"),
    ]
    belong = [
        *(".env.example", "newsletter.toml", "words.txt", "recipients/example.csv"),
        *("issues/2030-05/issue.toml", "issues/2030-05/sent.toml", "issues/2030-05/10-hello.md"),
        *("issues/2030-05/approval.toml", "issues/2030-05/images/a.png"),
        *("templates/regional/newsletter.mjml", "templates/regional/sections/letter.mjml"),
    ]

    asked = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin"],
        input="\n".join(stay_out + belong),
        cwd=ignoring.root,
        capture_output=True,
        text=True,
        check=True,
    )

    assert asked.stdout.splitlines() == stay_out


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (0o644, 0o600),
        (0o755, 0o700),
        (0o664, 0o660),  # a group that may write shares it on purpose
        (0o775, 0o770),
        (0o600, 0o600),
        (0o400, 0o400),
        (0o666, 0o660),
    ],
)
def test_bits_that_stay(before: int, after: int) -> None:
    assert narrowed(before) == after
