"""What all routes share in one run of the preview."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from newsletter_mailer.audience.subscriber import Subscriber
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.preview.access.aliases import ReaderAliases
from newsletter_mailer.preview.access.keys import Keys
from newsletter_mailer.preview.live.actions import Actions
from newsletter_mailer.preview.live.hub import Hub
from newsletter_mailer.preview.live.live_issue import LiveIssue
from newsletter_mailer.preview.live.live_issues import LiveIssues
from newsletter_mailer.preview.views.mail_view import Mail
from newsletter_mailer.preview.views.reader_choice import Persona, ReaderChoice, persona_of

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One run of the preview."""

    root: Path  #: the project's folder
    open_project: Callable[[], Project]  #: reads the settings again. Raises NewsletterError
    origin: str  #: such as http://127.0.0.1:8765
    editor: str  #: the pattern of EDITOR_URL; empty: there is none
    live_issues: LiveIssues
    hub: Hub
    actions: Actions
    keys: Keys
    aliases: ReaderAliases = field(default_factory=ReaderAliases)

    def mail(self, issue_id: str, asked: ReaderChoice) -> tuple[Mail | None, Persona | None]:
        """What somebody gets of an issue. No mail: they get nothing, or it has a mistake."""
        live = self.live_issues.issue(issue_id)
        snapshot = live.snapshot
        persona = persona_of(asked, snapshot) if snapshot else None
        if snapshot is None or persona is None or not persona.variant.sections:
            return None, persona
        made = live.look_at(snapshot, persona.variant)
        mail = Mail(snapshot=snapshot, persona=persona, made=made) if made else None
        return mail, persona

    def reader(self, live: LiveIssue, alias: str) -> Subscriber | None:
        """The person of this alias, if the lists still have them."""
        address = self.aliases.address(alias)
        readers = live.readers
        return readers.find(address) if readers and address else None
