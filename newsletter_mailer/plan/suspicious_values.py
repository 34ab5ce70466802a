"""Values of a list that look as if nobody had typed them on purpose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.entities import html5
from typing import Literal

from newsletter_mailer.characters.invisible import unseen
from newsletter_mailer.lazy_patterns import lazy_pattern

Suspicion = Literal["capitals", "small", "placeholder", "markup", "garbled", "unseen"]

NAMES = ("first_name", "last_name")

#: What forms, spreadsheets and programs put where there is no value.
_NOTHING = (
    *("n/a", "n.a.", "null", "none", "nil", "nan", "na", "undefined", "unknown", "not known"),
    *("#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "tbc", "tba", "todo"),
    *("test", "testing", "xxx", "-", "--", "\u2013", "\u2014", ".", "?", "(blank)", "[blank]"),
)
_PLACEHOLDERS = frozenset(
    form for word in _NOTHING for form in (word, word.upper(), word.capitalize(), word.title())
) | {"NaN"}
#: Words that are somebody's name as well, when written as one: Jennifer Null, Nan Shepherd.
_ALSO_NAMES = {
    "first_name": frozenset({"Nan", "Na"}),
    "last_name": frozenset({"Null", "Nan", "Na", "None", "Nil", "Test", "Testing"}),
}

_ENTITY = lazy_pattern(r"&(?:#\d{1,6}|#[xX][0-9a-fA-F]{1,5}|(?P<name>[A-Za-z]{2,8}\d{0,2}));")
#: A letter of UTF-8 read as Windows-1252 begins so: "MÃ©abh" for "Méabh".
_GARBLED = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160"
    "\u2039\u0152\u017d\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153"
    "\u017e\u0178]|\ufffd"
)


def suspicions_among(name: str, values: Sequence[str], joined: str) -> list[Suspicion]:
    """Which there may be among many values of a field. Quick, and sometimes wrongly suspicious.

    `joined`: the values as one text.
    """
    found: list[Suspicion] = []
    if name in NAMES:
        if any(map(str.isupper, values)):
            found.append("capitals")
        if any(map(str.islower, values)):
            found.append("small")
    if not _PLACEHOLDERS.isdisjoint(values):
        found.append("placeholder")
    if "&" in joined:
        found.append("markup")
    if not joined.isascii() and _GARBLED.search(joined):
        found.append("garbled")
    if any(unseen(joined)):
        found.append("unseen")
    return found


def is_suspicious(suspicion: Suspicion, name: str, value: str, other_name: str) -> bool:
    """`other_name`: of a first name the last name, and the other way round."""
    if suspicion in ("capitals", "small") and is_placeholder(name, value, other_name):
        return False  # "n/a" is suspicious for another reason
    match suspicion:
        case "capitals":
            return value.isupper() and _letters(value) > 2  # C, JP, Y
        case "small":
            return value.islower() and _letters(value) > 1
        case "placeholder":
            return is_placeholder(name, value, other_name)
        case "markup":
            return any(
                found["name"] is None or f"{found['name']};" in html5
                for found in _ENTITY.finditer(value)
            )
        case "garbled":
            return "\ufffd" in value or meant_by(value) != value
        case "unseen":
            return any(unseen(value))


def is_placeholder(name: str, value: str, other_name: str) -> bool:
    """Whether a value says that there is none.

    "Null" is a real surname: beside a first name it is no placeholder.
    """
    if value not in _PLACEHOLDERS:
        return False
    if value not in _ALSO_NAMES.get(name, ()):
        return True
    other = NAMES[1 - NAMES.index(name)]
    return (
        not other_name
        or other_name == value
        or (other_name in _PLACEHOLDERS and other_name not in _ALSO_NAMES[other])
    )


def meant_by(garbled: str) -> str:
    """What UTF-8 said before it was read as Windows-1252; the text itself if that is no answer."""
    try:
        return garbled.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return garbled


def _letters(value: str) -> int:
    return sum(map(str.isalpha, value))
