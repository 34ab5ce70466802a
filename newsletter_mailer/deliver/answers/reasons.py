"""What servers say, without what differs from reader to reader: many answers, few reasons.

What is left out also keeps people out: no address or local part is in a reason.
"""

from __future__ import annotations

import re

GAP = "…"
_LONGEST = 160  #: characters

_ADDRESS = re.compile(r"<?(?:[^\s<>@,;:()\"'][^\s<>@,;:()\"]*|\"[^\"]*\")@[^\s<>@,;()\"']+>?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*")
_TOKEN = re.compile(r"(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{8,}")  #: queue ids and the like
_NUMBER = re.compile(r"(?<![\w.:/-])\d+(?![\w:/-]|\.\d)")
_GAPS = re.compile(rf"{GAP}(?:[\s,;:.-]*{GAP})+")


def reason(reply: str, address: str = "") -> str:
    """The reply as many readers' servers could have said it. `address`: of one who got it."""
    text = without_addresses(reply)
    local_part = address.rpartition("@")[0]
    if local_part and local_part.lower() in text.lower():
        mentioned = rf"(?<![\w.+-]){re.escape(local_part)}(?![\w+-])"
        text = re.sub(mentioned, GAP, text, flags=re.IGNORECASE)
    for pattern in (_MOMENT, _TOKEN, _NUMBER, _GAPS):
        text = pattern.sub(GAP, text)
    text = text.removeprefix(f"{GAP}: ").removesuffix(f" ({GAP})")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}{GAP}"


def without_addresses(text: str) -> str:
    """The text with a gap where an address stands."""
    return _ADDRESS.sub(GAP, text) if "@" in text else text
