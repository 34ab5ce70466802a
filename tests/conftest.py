"""The parts that tests share: a project on disk, the installed command, a real SMTP server.

Property tests try the same values in every run; new ones with HYPOTHESIS=wild (and more of them).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any  # Any: JSON

import pytest
import trustme
from hypothesis import settings

from tests.smtp_server import Behaviour, Inbox, smtp_server

if TYPE_CHECKING:
    from tests.newsroom import Newsroom

settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("wild", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS", "steady"))

REPOSITORY = Path(__file__).parent.parent

SETTINGS = """\
name = "Test News"
from = "Test News <news@example.org>"
timezone = "Europe/London"
postal_address = "1 Sample Street"

[regions]
dudley = "Dudley"
walsall = "Walsall"

[roles]
director = "Director"
"""
ISSUE = """\
subject = "The subject"
preheader = "What inboxes show after the subject, in small letters"
date = 2030-01-15
lists = ["readers"]
"""
LETTER = """\
---
kind: text
title: Hello
---

Dear {{ subscriber.first_name | default("colleague") }},

this is *everything*.
"""
LIST = """\
email,first_name,last_name,region,role
ann@example.org,Ann,Example,dudley,director
ben@example.org,Ben,O'Neill,walsall,
"""


#: A finding as the report for people has it, below the name of its file.
_FINDING = re.compile(r" +(?P<line>\d+)(:\d+)?  (?P<words>(error|warning|info): .*)")


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def code_in_part(self) -> int:
        """How a run ends that left somebody without it, and lost no answer: was any handed over?"""
        return 3 if self.json["sent"] else 1

    @property
    def findings(self) -> list[str]:
        """What people are told is wrong: `issues/2030-01/10-hello.md:4: error: No ... [rule]`.

        They read it by file, the places below: without a column here, whether or not there is one.
        """
        found, file = [], ""
        for line in f"{self.out}\n{self.err}".splitlines():
            entry = _FINDING.fullmatch(line)
            if entry:
                found.append(f"{file}:{entry['line']}: {entry['words']}")
            elif line[:1].strip():
                file = line
        return found

    def names(self, place: str) -> bool:
        """Whether something is said of `issues/2030-01/10-hello.md:4: error`."""
        return any(finding.startswith(f"{place}:") for finding in self.findings)


@dataclass(frozen=True)
class ProjectFolder:
    """A small project on disk that tests change as they like."""

    root: Path

    def write(self, path: str, content: str | bytes) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            file.write_text(content, "utf-8", newline="")
        return file

    def read(self, path: str) -> str:
        return (self.root / path).read_text("utf-8")

    def outbox(self, issue: str = "2030-01") -> list[Path]:
        return sorted((self.root / "outbox" / issue).glob("*.eml"))


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    """Issue 2030-01: one text section for everyone, two readers, the regional template."""
    folder = ProjectFolder(tmp_path / "project")
    folder.write("newsletter.toml", SETTINGS)
    folder.write("issues/2030-01/issue.toml", ISSUE)
    folder.write("issues/2030-01/10-hello.md", LETTER)
    folder.write("recipients/readers.csv", LIST)
    shutil.copytree(REPOSITORY / "templates", folder.root / "templates")
    return folder


@pytest.fixture
def newsroom(project: ProjectFolder) -> Newsroom:
    """Issue 2030-01 of the test project: one section of kind text, for everyone."""
    from tests.newsroom import Newsroom

    return Newsroom(project)


Mailer = Callable[..., Result]


@pytest.fixture
def mailer(project: ProjectFolder) -> Mailer:
    """Runs the command in the project, in a process that need not import everything first."""
    from tests.acceptance.scene import warm

    def run(*words: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> Result:
        return warm(*words, cwd=cwd or project.root, env=env)

    return run


@pytest.fixture
def serve() -> Iterator[Callable[..., Inbox]]:
    """Starts real SMTP servers: `serve()`, `serve(Behaviour(...), starttls=context)`."""
    with ExitStack() as stack:

        def start(behaviour: Behaviour | None = None, **tls: ssl.SSLContext) -> Inbox:
            return stack.enter_context(smtp_server(behaviour, **tls))

        yield start


@pytest.fixture
def inbox(serve: Callable[..., Inbox]) -> Inbox:
    """A server that takes everything, on loopback without encryption."""
    return serve()


@dataclass(frozen=True)
class Certificates:
    """A certificate authority and the server's context signed by it."""

    ca_file: Path
    server: ssl.SSLContext


def certificates(folder: Path, *names: str) -> Certificates:
    """For a server with these names."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names).configure_cert(context)
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    return Certificates(ca_file, context)
