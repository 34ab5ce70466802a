"""The project folder: where its files are, its settings, its ledger."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from newsletter_mailer.errors import ContentError, ProjectError
from newsletter_mailer.findings import Finding
from newsletter_mailer.issue.files import text_file
from newsletter_mailer.issue.folder import spelled_id
from newsletter_mailer.settings import FILE, Settings, read_settings

_LEDGER_URL = re.compile(r"sqlite:///(?P<path>.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    root: Path
    settings: Settings
    environment: Mapping[str, str] = field(repr=False)  #: with .env; holds secrets

    @property
    def ledger_path(self) -> Path:
        """One ledger has one path, whatever links lead to it. Raises ProjectError."""
        url = self.environment.get("LEDGER_URL") or "sqlite:///.newsletter/ledger.db"
        found = _LEDGER_URL.fullmatch(url)
        if not found:
            raise ProjectError(
                "LEDGER_URL is not understood: write sqlite:///path/to/ledger.db "
                "(relative to the project folder)."
            )
        return (self.root / found["path"]).resolve()

    def named(self, issue_id: str) -> str:
        """The issue's id as its folder spells it. Raises ProjectError."""
        return spelled_id(self.root, issue_id)

    def outbox(self, issue_id: str) -> Path:
        return self.root / "outbox" / issue_id

    def sandbox_ledger_path(self, issue_id: str) -> Path:
        return self.outbox(issue_id) / "ledger.db"


def find_root(start: Path) -> Path:
    """The folder itself or the nearest parent that holds newsletter.toml. Raises ProjectError."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder
    raise ProjectError(
        f"There is no {FILE} in {start} or above it. Go to your newsletter's folder, name it with "
        "--project, or begin one: newsletter-mailer new --issue 2025-08."
    )


def open_project(root: Path, environment: Mapping[str, str]) -> Project:
    """Raises ContentError, ProjectError."""
    findings: list[Finding] = []
    text = text_file(root / FILE, FILE, findings)
    if text is None:
        raise ContentError(findings)
    settings, findings = read_settings(text, environment)
    if settings is None:
        raise ContentError(findings)
    return Project(root=root, settings=settings, environment=environment)
