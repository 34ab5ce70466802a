"""The project folder: where its files are, its settings, its ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter_mailer.audience.list_sources import ListSources, list_folders
from newsletter_mailer.errors import ContentError, ProjectError
from newsletter_mailer.files.text_file import text_file
from newsletter_mailer.findings import Finding
from newsletter_mailer.issue.issue_folders import spelled_id
from newsletter_mailer.settings.newsletter import FILE, Settings, read_settings
from newsletter_mailer.store.stores import USUAL, ledger_at

if TYPE_CHECKING:
    from newsletter_mailer.settings.transport import TransportSettings
    from newsletter_mailer.store.ledger_store import LedgerStore

SENT_FILE = "sent.toml"


#: The files beside `written_folders` that people write.
WRITTEN_FILES = (FILE, ".env", "words.txt")
PROGRAMS_FOLDER = ".newsletter"  #: the ledger, and what may be thrown away


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    root: Path
    settings: Settings
    environment: Mapping[str, str] = field(repr=False)  #: with .env; holds secrets

    @property
    def ledger(self) -> LedgerStore:
        """Where it is kept. Raises ProjectError for a LEDGER_URL that says nothing."""
        return ledger_at(self.environment.get("LEDGER_URL") or USUAL, self.root)

    @property
    def lists(self) -> ListSources:
        """Where its readers come from, as things are now."""
        return ListSources(self)

    def named(self, issue_id: str) -> str:
        """The issue's id as its folder spells it. Raises ProjectError."""
        return spelled_id(self.root, issue_id)

    def outbox(self, issue_id: str) -> Path:
        return self.root / "outbox" / issue_id

    def sent_file(self, issue_id: str) -> Path:
        """It says, in the repository, that the issue was sent (`campaign/sent_file.py`)."""
        return self.root / "issues" / issue_id / SENT_FILE

    def transport_settings(self, issue_id: str, *, to_sandbox: bool) -> TransportSettings:
        """The way that this issue's mail leaves. Raises ProjectError."""
        from newsletter_mailer.settings.sandbox import SandboxSettings
        from newsletter_mailer.settings.transport import read_transport_settings

        if to_sandbox:
            return SandboxSettings(folder=self.outbox(issue_id))
        return read_transport_settings(self.environment)

    def sandbox_ledger(self, issue_id: str) -> LedgerStore:
        """Of rehearsals: the real one knows nothing of them."""
        return ledger_at("sqlite:///ledger.db", self.outbox(issue_id))


def written_folders() -> tuple[str, ...]:
    """The folders of a project in which people write, from its own."""
    return ("issues", "templates", "vocabulary", *list_folders())


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
