"""Which way mail leaves: from the environment, as one frozen object of the way's own kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol


class TransportSettings(Protocol):
    """What a transport has to know. Its `repr` tells no secret."""

    kind: ClassVar[str]  #: whose settings they are: the name of a room in deliver/

    @property
    def where(self) -> str:
        """Where the mail goes, for a person, before anything is connected."""


def read_transport_settings(environment: Mapping[str, str]) -> TransportSettings:
    """The way that the environment names. Raises ProjectError."""
    from newsletter_mailer.settings.smtp import read_smtp_settings

    return read_smtp_settings(environment)


def names_by_prefix() -> Mapping[str, Sequence[str]]:
    """Names in the environment by what they begin with: whatever else begins so is misspelt."""
    from newsletter_mailer.settings.smtp import SMTP_NAMES

    return {"SMTP_": SMTP_NAMES}


def login_in(environment: Mapping[str, str]) -> str:
    """Who logs in at the server, whether or not the way can be used; empty: nobody."""
    return environment.get("SMTP_USERNAME", "")
