"""What all routes share in one run of the preview."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from newsletter_mailer.audience.rows import Subscriber
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.preview.desk.acts import Acts
from newsletter_mailer.preview.desk.desk import Desk
from newsletter_mailer.preview.desk.workshop import Workshop
from newsletter_mailer.preview.serving.hub import Hub
from newsletter_mailer.preview.serving.keys import Keys
from newsletter_mailer.preview.showing.persona import Asked, Persona, persona_of
from newsletter_mailer.preview.showing.view import Mail

LOOPBACK = "127.0.0.1"


class Aliases:
    """Names for people that say nothing about them, and mean nothing in another run.

    They stand in addresses, which browsers keep and show, in place of a person's own.
    """

    def __init__(self) -> None:
        self._address_of: dict[str, str] = {}
        self._alias_of: dict[str, str] = {}

    def alias(self, address: str) -> str:
        """`address`: canonical."""
        if address not in self._alias_of:
            alias = secrets.token_hex(8)
            self._alias_of[address], self._address_of[alias] = alias, address
        return self._alias_of[address]

    def address(self, alias: str) -> str | None:
        return self._address_of.get(alias)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The run."""

    root: Path  #: the project's folder
    open_project: Callable[[], Project]  #: reads the settings again. Raises NewsletterError
    origin: str  #: such as http://127.0.0.1:8765
    editor: str  #: the pattern of EDITOR_URL; empty: there is none
    workshop: Workshop
    hub: Hub
    acts: Acts
    keys: Keys
    aliases: Aliases = field(default_factory=Aliases)

    def mail(self, issue_id: str, asked: Asked) -> tuple[Mail | None, Persona | None]:
        """What somebody gets of an issue. No mail: they get nothing, or it has a mistake."""
        desk = self.workshop.desk(issue_id)
        version = desk.version
        persona = persona_of(asked, version) if version else None
        if version is None or persona is None or not persona.variant.sections:
            return None, persona
        made = desk.look_at(version, persona.variant)
        mail = Mail(version=version, persona=persona, made=made) if made else None
        return mail, persona

    def reader(self, desk: Desk, alias: str) -> Subscriber | None:
        """The person of this alias, if the lists still have them."""
        address = self.aliases.address(alias)
        readers = desk.readers
        return readers.find(address) if readers and address else None
