"""E-mail addresses: which are one, which are the same, and how one goes on the wire.

The same person is the same address after Unicode NFC, IDNA and `lower()`.
"""

from __future__ import annotations

import re
import unicodedata

from newsletter_mailer.characters.look_alikes import look_alike

#: An everyday ASCII address, for those of up to 64 characters: no part of it can then be too long.
#: Everything else is email-validator's, at 35 us each instead of 1.
_EVERYDAY = re.compile(
    r"[A-Za-z0-9_][A-Za-z0-9_'+-]*(?:\.[A-Za-z0-9_'+-]+)*"
    r"@(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+[A-Za-z]{2,}"
)
#: RFC 5321 section 4.5.3.1: local part 64 octets; 254 leaves room for <> in a path of 256.
_LOCAL_PART, _ADDRESS = 64, 254


_IN_WORDS = {
    "'": "an apostrophe",
    "-": "a hyphen",
    "/": "a slash",
    ".": "a full stop",
    "...": "full stops",
}

#: Where private people have their mailboxes.
WEBMAIL = frozenset(
    {
        *("gmail.com", "googlemail.com", "yahoo.com", "yahoo.co.uk", "ymail.com", "aol.com"),
        *("hotmail.com", "hotmail.co.uk", "outlook.com", "live.com", "live.co.uk", "msn.com"),
        *("icloud.com", "me.com", "mac.com", "btinternet.com", "sky.com", "talktalk.net"),
        *("virginmedia.com", "ntlworld.com", "blueyonder.co.uk", "tiscali.co.uk", "gmx.com"),
        *("gmx.net", "gmx.co.uk", "protonmail.com", "proton.me", "mail.com"),
    }
)


class BadAddress(ValueError):
    """Not an address. The text says why, as the end of a sentence."""

    def __init__(self, why: str, meant: str = "") -> None:
        super().__init__(why)
        self.meant = meant  #: the address that was probably typed, or empty

    @property
    def suggestion(self) -> str:
        """A sentence of its own to follow, or nothing."""
        return f" Did you mean {self.meant}?" if self.meant else ""


def mailbox(text: str) -> str:
    """The address as it is mailed: as written, NFC, with its domain as an A-label.

    Raises BadAddress. RFC 5321 section 4.1.2, RFC 6531 section 3.2.
    """
    if len(text) <= _LOCAL_PART and _EVERYDAY.fullmatch(text):
        return text
    return _unusual(text)


def canonical(mailed: str) -> str:
    """What makes two addresses the same; of an address that `mailbox` returned."""
    lower = mailed.lower()
    return lower if lower.isascii() else unicodedata.normalize("NFC", lower)


def needs_smtputf8(mailed: str) -> bool:
    """Whether only a server with SMTPUTF8 (RFC 6531) can take this address."""
    return not mailed.isascii()


def domain(mailed: str) -> str:
    return mailed.rpartition("@")[2].lower()


def _unusual(text: str) -> str:
    import email_validator

    # Special-use names (.test, .local) are the sender's business: some relays know them.
    email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
    if len(text) > 2 * _ADDRESS:
        raise BadAddress("it is longer than 254 characters")
    text = unicodedata.normalize("NFC", text)
    _refuse_look_alikes(text)
    if any(unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") for char in text):
        raise BadAddress("it holds an invisible or control character")
    try:
        valid = email_validator.validate_email(
            text, check_deliverability=False, globally_deliverable=False
        )
    except email_validator.EmailNotValidError as fault:
        raise BadAddress(_as_clause(str(fault))) from None
    ascii_domain = valid.ascii_domain or ""
    if "." not in ascii_domain:
        raise BadAddress("its domain has no dot")
    if ascii_domain.rpartition(".")[2].isdigit():
        raise BadAddress("its domain ends in a number")
    local_part = unicodedata.normalize("NFC", valid.local_part)
    mailed = f"{local_part}@{ascii_domain}"
    if len(local_part.encode()) > _LOCAL_PART:
        raise BadAddress("the part before the @-sign is longer than 64 characters")
    if len(mailed.encode()) > _ADDRESS:
        raise BadAddress("it is longer than 254 characters")
    return mailed


def _refuse_look_alikes(text: str) -> None:
    found = None if text.isascii() else look_alike(text)
    if found is None:
        return
    try:
        meant = mailbox(found.text)
    except BadAddress:
        meant = ""
    if not found.character.isprintable():
        name = f"an invisible or control character (U+{ord(found.character):04X})"
        raise BadAddress(f"it holds {name}", meant)
    name = f"{found.character} (U+{ord(found.character):04X})"
    if not found.typed:
        raise BadAddress(f"it holds {name}, which no address has", meant)
    typed = _IN_WORDS.get(found.typed, f'"{found.typed}"')
    raise BadAddress(f"it holds {name} instead of {typed}", meant)


def _as_clause(sentence: str) -> str:
    return (sentence[:1].lower() + sentence[1:]).rstrip(".")
