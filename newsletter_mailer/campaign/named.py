"""An address that a person names on the command line."""

from __future__ import annotations

from newsletter_mailer.address import BadAddress, canonical, mailbox
from newsletter_mailer.errors import ProjectError


def named_mailbox(text: str, option: str = "") -> str:
    """As it is mailed. `option`: where it was named. Raises ProjectError."""
    try:
        return mailbox(text.strip())
    except BadAddress as fault:
        where = option and f"{option}: "
        raise ProjectError(
            f'{where}"{text}" is not an e-mail address: {fault}.{fault.suggestion}'
        ) from None


def named_address(text: str, option: str = "") -> str:
    """Canonical. Raises ProjectError."""
    return canonical(named_mailbox(text, option))
