"""The secrets of one run of the preview."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field


def _secret() -> str:
    """192 bits, as letters that stand in an address."""
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, slots=True)
class Keys:
    """Made anew in every run."""

    login: str = field(default_factory=_secret, repr=False)  #: in the address that is opened
    cookie: str = field(default_factory=_secret, repr=False)  #: what the browser gets for it
    token: str = field(default_factory=_secret, repr=False)  #: of our page, for what acts
    frame: str = field(default_factory=_secret, repr=False)  #: in the path of what a mail loads
    run: str = field(default_factory=lambda: secrets.token_hex(4))  #: no secret


def is_same(secret: str, text: str) -> bool:
    """In a time that does not tell how much of the text is right."""
    return hmac.compare_digest(secret.encode(), text.encode("utf-8", "replace"))
