"""A newsletter on disk and the installed command, as a person at a terminal has them."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import REPOSITORY, ProjectFolder, Result

_FOUND = shutil.which("newsletter-mailer", path=str(Path(sys.executable).parent))
COMMAND = _FOUND or "newsletter-mailer is not installed beside this Python"

SETTINGS = """\
name = "Test News"
from = "Test News <news@example.org>"
reply_to = "team@example.org"
timezone = "Europe/London"
postal_address = "1 Sample Street"

[regions]
dudley = "Dudley"
walsall = "Walsall"

[roles]
director = "Director"
"""
ISSUE = """\
subject = 'News for {{ subscriber.first_name | default("you") }}'
preheader = "What inboxes show after the subject, in small letters"
date = 2030-01-15
lists = ["readers", "partners"]
"""
HELLO = """\
---
kind: text
title: Hello
---
Dear {{ subscriber.first_name | default("colleague") }},

this is for *everyone*.
"""
DUDLEY = """\
---
kind: text
title: Around Dudley
regions: [dudley]
---
This is for Dudley.
"""
DIRECTORS = """\
---
kind: text
title: In confidence
roles: [director]
---
This is for directors.
"""
READERS = """\
email,first_name,last_name,region,role
ann@example.org,Ann,Example,dudley,director
ben@example.org,Ben,O'Neill,walsall,
cat@example.org,Cat,Sample,dudley,
"""
PARTNERS = """\
email,first_name,last_name,region,role
dan@example.org,,,walsall,director
ANN@example.org,Ann,Example,walsall,
"""
#: Ann stands in both lists, and is one person.
EVERYONE = ["ann@example.org", "ben@example.org", "cat@example.org", "dan@example.org"]

_SETTINGS_OF_OURS = (
    "SMTP_",
    "LEDGER_",
    "IMAGE_",
    "PUBLIC_",
    "REPLY_",
    "UNSUBSCRIBE_",
    "BOUNCE_",
    "SECRET_",
)


@dataclass(frozen=True)
class Newsletter(ProjectFolder):
    """A project folder, and the command run in it."""

    def run(self, *words: str, env: Mapping[str, str] | None = None, cwd: str = ".") -> Result:
        """The command in a process of its own, which need not import everything first."""
        return warm(*words, env=env, cwd=self.root / cwd)

    def command(self, *words: str, env: Mapping[str, str] | None = None, cwd: str = ".") -> Result:
        """The installed command, from its start."""
        return run(*words, env=env, cwd=self.root / cwd)

    def begin(self, *words: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """The command, still running."""
        return subprocess.Popen(
            [COMMAND, *words],
            cwd=self.root,
            env=environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def snapshot(self) -> dict[str, bytes]:
        """Every file by its path, but for what may be thrown away (test_project_cache.py)."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and not path.is_relative_to(self.root / ".newsletter/cache")
        }


def newsletter(root: Path) -> Newsletter:
    """Issue 2030-01: a section for everyone, one for Dudley, one for directors; four readers."""
    made = Newsletter(root)
    made.write("newsletter.toml", SETTINGS)
    made.write("issues/2030-01/issue.toml", ISSUE)
    made.write("issues/2030-01/10-hello.md", HELLO)
    made.write("issues/2030-01/20-dudley.md", DUDLEY)
    made.write("issues/2030-01/30-directors.md", DIRECTORS)
    made.write("recipients/readers.csv", READERS)
    made.write("recipients/partners.csv", PARTNERS)
    shutil.copytree(REPOSITORY / "templates", root / "templates")
    return made


def plain_newsletter(root: Path, readers: int) -> Newsletter:
    """One short section for so many readers: reader01@example.org, ..."""
    made = newsletter(root)
    for name in ("20-dudley.md", "30-directors.md"):
        (root / "issues/2030-01" / name).unlink()
    made.write("issues/2030-01/issue.toml", ISSUE.replace(', "partners"', ""))
    rows = [f"{address},Reader,{number}" for number, address in enumerate(addresses(readers), 1)]
    made.write("recipients/readers.csv", "\n".join(["email,first_name,last_name", *rows, ""]))
    return made


def addresses(readers: int) -> list[str]:
    return [f"reader{number:02}@example.org" for number in range(1, readers + 1)]


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's, without the settings of anybody's mail server."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_SETTINGS_OF_OURS) and name != "PYTHONUTF8"
    }
    return {**clean, "PYTHONIOENCODING": "utf-8", **(more or {})}


def planted(name: str, *arguments: str) -> tuple[str, ...]:
    """The command with something planted in it: one of `tests/planted/`, with its arguments."""
    return sys.executable, str(REPOSITORY / f"tests/planted/{name}.py"), *arguments


def read_until(running: subprocess.Popen[str], words: str) -> None:
    """Hears what a command says on standard error, up to the line with these words."""
    assert running.stderr is not None
    while words not in running.stderr.readline():
        assert running.poll() is None, "it ended without saying so"


def run(
    *words: str,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    command: tuple[str, ...] = (COMMAND,),
) -> Result:
    """The command as a process of its own, with nobody at a terminal."""
    done = subprocess.run(
        [*command, *words],
        cwd=cwd,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


class Warm:
    """Processes that have imported everything already (see warm.py), one after the other."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[str] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="newsletter-mailer-")
        atexit.register(self.close)

    def __call__(self, *words: str, cwd: Path, env: Mapping[str, str] | None = None) -> Result:
        if not hasattr(os, "fork"):
            return run(*words, cwd=cwd, env=env)
        files = {name: f"{self._folder.name}/{name}" for name in ("out", "err")}
        try:
            code = self._code_of(
                {"words": words, "cwd": str(cwd), "env": environment(env), **files}
            )
        except BaseException:  # a test that took too long: the answer would be the next one's
            self._stop()
            raise
        out, err = (Path(file).read_text("utf-8") for file in files.values())
        return Result(code, out, err)

    def _code_of(self, job: Mapping[str, object]) -> int:
        if self._server is None:
            self._server = self._start()
        stdin, stdout = self._server.stdin, self._server.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{json.dumps(job)}\n")
        stdin.flush()
        return int(stdout.readline())

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.warm"],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # a command that hangs ends with it
        )

    def _stop(self) -> None:
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.communicate()
            self._server = None

    def close(self) -> None:
        self._stop()
        self._folder.cleanup()


warm = Warm()
