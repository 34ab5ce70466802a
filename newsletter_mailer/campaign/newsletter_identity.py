"""Which newsletter an issue is of: two may share a ledger, and not an issue's id in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from newsletter_mailer.address import canonical
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.settings.newsletter import Settings
from newsletter_mailer.store.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsletterIdentity:
    """What tells a newsletter from others, as it stood when the issue was first sent."""

    name: str
    address: str  #: of the sender, canonical
    list_id: str

    @classmethod
    def of(cls, settings: Settings) -> NewsletterIdentity:
        return cls(
            name=settings.name,
            address=canonical(settings.sender.address),
            list_id=settings.list_id,
        )

    def as_json(self) -> dict[str, str]:
        return asdict(self)

    def is_that_of(self, other: NewsletterIdentity, *, is_known_here: bool) -> bool:
        """The list's id decides; without one of its own it follows from name and address.

        `is_known_here`: this project's folder says itself that it sent the issue. Then a new name,
        address or id makes no other newsletter of it.
        """
        if self.list_id == other.list_id:
            return True
        is_same_name = self.name.casefold() == other.name.casefold()
        return is_known_here and (is_same_name or self.address == other.address)

    def in_words(self) -> str:
        return f"{self.name} <{self.address}>, list_id {self.list_id}"


def refuse_another_newsletter(project: Project, issue_id: str, ledger: Ledger) -> None:
    """Raises ProjectError where the ledger has an issue of this id, of another newsletter."""
    record = ledger.issue(issue_id)
    if record is None or not record.newsletter:
        return
    recorded, here = _identity(record.newsletter), NewsletterIdentity.of(project.settings)
    is_known_here = project.sent_file(issue_id).is_file()
    if recorded.is_that_of(here, is_known_here=is_known_here):
        return
    raise ProjectError(
        f"The ledger {project.ledger} has an issue {issue_id} already, of another newsletter: "
        f"{recorded.in_words()}. This one is {here.in_words()}. Give each newsletter a ledger of "
        "its own (LEDGER_URL in .env), or this issue's folder another name. If it is the same "
        "newsletter under a new name, put the old one back until everybody has this issue."
    )


def _identity(record: Mapping[str, str]) -> NewsletterIdentity:
    return NewsletterIdentity(
        name=record["name"], address=record["address"], list_id=record["list_id"]
    )
