"""Characters that cannot be mailed, and those that can and that nobody sees."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

#: Control characters but tab and line ends (Gmail clips a mail at U+0080 to U+009F), halves of
#: surrogate pairs and the two non-characters: XML (1.0, section 2.2), and so MJML, refuses them.
_UNMAILABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LINE_BREAK = re.compile("[\n\r\u2028\u2029]")

SOFT_HYPHEN = "\u00ad"
#: They turn the order of a line's words round (UAX #9): what is read is not what is written.
_TURNING = "\u202a-\u202e\u2066-\u2069"
#: Without a width, they do so to the marks beside them only. Arabic and Hebrew may need them.
_DIRECTION_MARKS = "\u061c\u200e\u200f"
#: Unicode 16.0, DerivedCoreProperties.txt, Default_Ignorable_Code_Point, but for the above, for the
#: joiners U+200C and U+200D (Persian, Hindi and emoji need them), for variation selectors (emoji,
#: Mongolian, Japanese names) and for the tags, of which flags are made. Then what Unicode counts
#: elsewhere: separators of lines, annotations, and the place that a picture left in pasted text.
_WITHOUT_A_SIGN = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000\U000e0080-\U000e00ff"
    "\U000e01f0-\U000e0fff\u2028\u2029\ufff9-\ufffc"
)
_TAGS = "\U000e0001-\U000e007f"
#: The flags of England, Scotland and Wales: a black flag, its region's letters, an end (UTS #51).
_FLAG = "\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"
_TURNED = re.compile(f"[{_TURNING}]")
_UNSEEN = re.compile(f"{_FLAG}|[{_TURNING}{_DIRECTION_MARKS}{_WITHOUT_A_SIGN}{_TAGS}]")
_IGNORABLE = re.compile(
    f"[{_TURNING}{_DIRECTION_MARKS}{_WITHOUT_A_SIGN}{_TAGS}"
    "\u180b-\u180d\u180f\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)


@dataclass(frozen=True, slots=True)
class Unseen:
    """A character that nobody sees, and where it stands in a text."""

    character: str
    at: int

    @property
    def is_direction_mark(self) -> bool:
        return self.character in _DIRECTION_MARKS

    @property
    def named(self) -> str:
        """`U+202E, right-to-left override`."""
        name = unicodedata.name(self.character, "without a name").lower()
        return f"U+{ord(self.character):04X}, {name}"


def unmailable(text: str) -> tuple[str, int] | None:
    """The first character that cannot be mailed, as `U+0001`, and where it stands."""
    found = _UNMAILABLE.search(text)
    return (f"U+{ord(found[0]):04X}", found.start()) if found else None


def has_line_break(text: str) -> bool:
    """Whether a text that becomes a header would be more than one line somewhere."""
    return bool(_LINE_BREAK.search(text))


def unseen(text: str) -> Iterator[Unseen]:
    """The characters that nobody sees and that no script needs, in order."""
    if text.isascii():
        return
    for found in _UNSEEN.finditer(text):
        if len(found[0]) == 1:
            yield Unseen(found[0], found.start())


def is_turned(text: str) -> bool:
    """Whether it may be read in another order than it is written in."""
    return not text.isascii() and bool(_TURNED.search(text))


def without_ignorable(text: str) -> str:
    """What is left to see, were every sign that can be unseen taken out: for comparisons."""
    return _IGNORABLE.sub("", text)
