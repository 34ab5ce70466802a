"""A message as it travels: its headers, and the tree of its parts."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Mapping
from email.message import EmailMessage, Message
from typing import Any  # JSON


def message_json(message: bytes) -> Mapping[str, Any]:
    """Headers as they are decoded, the tree of parts, and how large all of it is."""
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    return {
        "headers": [{"name": name, "value": str(value)} for name, value in parsed.items()],
        "tree": _part(parsed),
        "bytes": len(message),
    }


def _part(part: Message) -> dict[str, Any]:
    is_container = part.is_multipart()
    children = (
        [_part(child) for child in part.iter_parts()] if isinstance(part, EmailMessage) else []
    )
    body = b"" if is_container else part.get_payload(decode=True) or b""
    return {
        "type": part.get_content_type(),
        "charset": part.get_content_charset() or "",
        "encoding": "" if is_container else str(part.get("Content-Transfer-Encoding", "7bit")),
        "name": part.get_filename() or "",
        "cid": str(part.get("Content-ID", "")),
        "bytes": sum(child["bytes"] for child in children) if is_container else len(body),
        "parts": children,
    }
