"""Characters that a terminal must not get: they would move the cursor, colour or reorder words."""

from __future__ import annotations

import re

#: Control characters (escape sequences begin with one); soft hyphens and spaces of no width;
#: what reorders text (UAX #9; CVE-2021-42574); separators of lines; halves of surrogate pairs;
#: non-characters. The joiners U+200C and U+200D stay: emoji and Persian need them.
HOSTILE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\ufffe\uffff]"
)


def named(character: str) -> str:
    """`<U+202E>`."""
    return f"<U+{ord(character):04X}>"


def visible(text: str) -> str:
    """On one line: white space becomes a space, other hostile characters their names."""
    return HOSTILE.sub(lambda found: " " if found[0] in "\t\r\n" else named(found[0]), text)


def legible(text: str) -> str:
    """In several lines: line feeds and tabs stay, other hostile characters become their names."""
    lines = text.replace("\r\n", "\n")
    return HOSTILE.sub(lambda found: found[0] if found[0] in "\t\n" else named(found[0]), lines)


def escaped(json_text: str) -> str:
    """JSON that says the same without a hostile character (RFC 8259 section 7); its lines stay."""
    return HOSTILE.sub(
        lambda found: "\n" if found[0] == "\n" else f"\\u{ord(found[0]):04x}", json_text
    )


def without_surrogates(text: str) -> str:
    """What UTF-8 can carry; a file's name may hold halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode()
