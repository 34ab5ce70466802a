"""What each answer may do in a browser: its Content-Security-Policy."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

MAILS = "/mail/"  #: begins the path of the mails
FRAMES = "/frame/"  #: begins the path of all that a mail loads

#: Of what is no page.
NOWHERE = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def page_policy(origin: str) -> str:
    """Of our own page: our scripts and styles, the mails, nothing else."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self'; frame-src {origin}{MAILS}; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )


def frame_policy(origin: str, key: str, script: str, *, has_pictures: bool) -> str:
    """Of a mail: no origin, no requests but for our pictures, no script but this one.

    It is known by its hash (CSP Level 3): unlike a nonce, that lets nothing else run wherever it
    may be copied to.
    """
    pictures = f"{origin}{FRAMES}{key}/pictures/ data:" if has_pictures else "'none'"
    digest = b64encode(sha256(script.encode()).digest()).decode()
    return (
        f"sandbox allow-scripts; default-src 'none'; script-src 'sha256-{digest}'; "
        f"style-src 'unsafe-inline'; img-src {pictures}; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {origin}"
    )
