"""What servers say, without what differs from reader to reader: many answers, few reasons.

What is left out also keeps people out: no address or local part is in a reason.
"""

from __future__ import annotations

import re

GAP = "…"
_LONGEST = 160  #: characters

_ADDRESS = re.compile(r"<?[^\s<>@,;:()\"']+@[^\s<>@,;()\"']+>?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*")
_TOKEN = re.compile(r"(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{8,}")  #: queue ids and the like
_NUMBER = re.compile(r"(?<![\w.:/-])\d+(?![\w:/-]|\.\d)")
_GAPS = re.compile(rf"{GAP}(?:[\s,;:.-]*{GAP})+")


def reason(reply: str, address: str = "") -> str:
    """The reply as many readers' servers could have said it. `address`: of one who got it."""
    local_part = address.rpartition("@")[0]
    text = reply
    if local_part:
        mentioned = rf"(?<![\w.+-])<?{re.escape(local_part)}(?:@[\w.-]+)?>?(?![\w+-])"
        text = re.sub(mentioned, GAP, text, flags=re.IGNORECASE)
    for pattern in (_ADDRESS, _MOMENT, _TOKEN, _NUMBER, _GAPS):
        text = pattern.sub(GAP, text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}{GAP}"
