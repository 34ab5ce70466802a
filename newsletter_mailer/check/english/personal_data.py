"""What in a text is about one person: telephone, NHS and National Insurance numbers and the like.

Each kind is told by its official form and, where it has one, its check digit, so that dates, sums
of money, charities' numbers and venues are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from newsletter_mailer.address import WEBMAIL
from newsletter_mailer.check.english.vocabulary import Vocabulary
from newsletter_mailer.lazy_patterns import lazy_pattern

Kind = Literal[
    "mobile", "telephone", "NHS number", "National Insurance number", "unique pupil number",
    "date of birth", "post code beside a name", "private address", "case number",
]  # fmt: skip


class Personal(NamedTuple):
    """`text[start:end]` is about a person."""

    start: int
    end: int
    kind: Kind


#: Without it there is nothing of all this.
_MAY_BE = lazy_pattern(r"\d\D{0,3}\d|@")
#: Without these there is nothing of a kind whose own expression takes longer.
_LONG_NUMBER = lazy_pattern(r"\d(?:[\s.\-–\u2011()]{0,4}\d){5}")
_BIRTH = lazy_pattern(r"born|[Bb]irth|(?i:D\.?O\.?B)")
_GAP = r"(?:[\s.\-–\u2011]|[\s]?[()][\s]?)?"


def _grouped(*groups: str) -> str:
    """Digits in groups, with at most one separator between them: `3 3 4`."""
    return "|".join(_GAP.join(rf"\d{{{size}}}" for size in one.split()) for one in groups)


#: In front of the national number: 0, (0, +44, 0044, +44 (0).
_TRUNK = rf"(?:(?:\+|\b00)44{_GAP}(?:\(?0\)?{_GAP})?|\(?\b0)"
#: Two numbers may share a line, "07700 900123/07700 900456"; a web address goes on after its "/".
_NO_NUMBER_BEFORE = r"(?<![\w£$€#=.@-])(?<![^\d\s]/)(?<!\d[\s,–-])"
_NO_NUMBER_AFTER = r"(?![\w@])(?!/[^\s0+])(?![\s.,–-]\d)"
#: Ofcom's National Telephone Numbering Plan: 071 to 075, 077 to 079, and 07624 of the Isle of Man.
_MOBILE = lazy_pattern(
    rf"{_NO_NUMBER_BEFORE}{_TRUNK}(?=7[1-57-9]|7{_GAP}624|7624)"
    rf"(?:{_grouped('4 3 3', '3 3 4', '4 2 2 2', '4 4 2', '2 4 4', '2 2 2 2 2')}){_NO_NUMBER_AFTER}"
)
#: 01 and 02 of places, 03 and 08 of services, 09 at a premium.
_TELEPHONE = lazy_pattern(
    rf"{_NO_NUMBER_BEFORE}{_TRUNK}(?=[12389])"
    rf"(?:{_grouped('3 3 4', '2 4 4', '4 3 3', '4 6', '3 7', '4 2 2 2', '4 5', '3 3 3')})"
    rf"{_NO_NUMBER_AFTER}"
)
_TEN_DIGITS = lazy_pattern(
    rf"{_NO_NUMBER_BEFORE}(?<!\+)[1-9]\d\d(?P<gap>[\s\-–]?)\d{{3}}(?P=gap)\d{{4}}{_NO_NUMBER_AFTER}"
)
#: A meeting's number has the form of an NHS number too, and so has an ISBN of ten digits.
_OTHER_NUMBER = lazy_pattern(
    r"\b(?:ID|isbn|meeting|webinar|conference|zoom|teams|dial|call|tel|telephone|phone|fax"
    r"|pass ?code|access code|pin|ticket|order|invoice|account|ref|reference|utr|vat|charity"
    r"|company|barcode|doi|issn|grid)\b",
    re.IGNORECASE,
)
_NHS = lazy_pattern(r"\bNHS\b|\bpatient\b", re.IGNORECASE)
_CONTEXT = 40  #: characters before a number that say what it is
#: HMRC's NIM39110. No D, F, I, Q, U, V in front, no O in second place, and prefixes never given.
_INSURANCE = lazy_pattern(
    r"(?<![\w/-])(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
    r"(?:\d{6}[A-D]|[\s-]?\d\d[\s-]\d\d[\s-]\d\d[\s-]?[A-D]|[\s-]?\d{6}[\s-]?[A-D](?!\s+\w))(?!\w|-\w)",
    re.IGNORECASE,
)
#: Department for Education, Unique pupil numbers: a check letter, then twelve digits; in a
#: temporary number the last is a letter.
_PUPIL = lazy_pattern(r"(?<![\w/-])[A-HJ-NP-RT-Z]\d{11}[\dA-HJ-NP-RT-Z](?!\w)")
_PUPIL_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_DAY = (
    r"(?:\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?:\sof)?\s{_MONTH}\.?,?\s\d{{4}})"
)
#: Not the days between which pupils of one year were born.
_ONE_DAY = (
    rf"{_DAY}(?!\d)"
    rf"(?!\s*(?:[-–—]|to|and|or|until)\s*(?:{_DAY}|later|earlier|after|before|now))"
)
_BORN = lazy_pattern(
    rf"\b(?i:D\.?O\.?B)\b\.?[\s:–-]*(?:is\s|was\s)?{_ONE_DAY}"
    rf"|\b[Dd]ate\sof\s[Bb]irth[\s:–-]*(?:is\s|was\s)?{_ONE_DAY}"
    r"|\b(?!Children|Babies|Pupils|Those|Any|Every|People|Girls|Boys|Infants|Twins|Toddlers|If|Was"
    r"|Siblings|Students|Learners|They|All|Some|When)[A-Z][\w'’-]+,?\s\(?(?:(?:was|is)\s)?born\s(?:on\s)?(?:the\s)?"
    rf"{_ONE_DAY}"
)
_POST_CODE = r"[A-Z]{1,2}\d[A-Z\d]?\s?\d[ABD-HJLNP-UW-Z]{2}\b"
_ANY_POST_CODE = lazy_pattern(_POST_CODE)
_TITLED = (
    r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Master)\.?\s(?:(?:[A-Z]\.?|[A-Z][\w'’-]+)\s){0,2}[A-Z][\w'’-]+"
)
#: Initials alone, where they do not name a part of a building.
_INITIALLED = (
    r"(?<!Unit )(?<!Block )(?<!Room )(?<!Suite )(?<!Hall )(?<!Floor )(?<!Building )(?<!Level )"
    r"(?<![\w&.-])(?:[A-Z]\.?\s?){1,2}(?<=[.\s])[A-Z][a-z'’-]+(?!\w)"
)
_FAMILY = r"\b[Tt]he\s[A-Z][\w'’-]+\s[Ff]amily"
#: Numbers and names of streets and towns: what stands between a name and its post code.
_STREET = r"(?:\d+\w?|[A-Z][\w'’-]*|of|on|upon|in|at|the|and|lives?)"
_HOME = lazy_pattern(
    rf"(?:{_TITLED}|{_FAMILY})(?=\s?[,(\n–-]|\s(?:of|in|at|lives?)\s)"
    rf"(?:[\s,(–-]{{1,3}}{_STREET}){{0,9}}[\s,(–-]{{1,3}}{_POST_CODE}"
    rf"|{_INITIALLED}\s?[,(]\s?{_POST_CODE}"
)
_WORD = lazy_pattern(r"\w+")
_NAMED_ADDRESS = lazy_pattern(
    r"(?<![\w.+-])(?P<box>[a-z]+[._-][a-z]+(?:[._-][a-z]+)?\d*)@(?P<domain>[\w-]+(?:\.[\w-]+)+)",
    re.IGNORECASE,
)
_CASE = lazy_pattern(
    r"\b(?:case|child|client|pupil|patient|service\suser|family|LCS|Mosaic|Liquidlogic|EHM|referral)['’]?s?\s?"
    r"(?:file\s|record\s)?(?:no|number|ref|reference|id)\b\.?[\s:#-]*(?:is\s|no\.?\s)?"
    r"(?P<number>[A-Z]{0,3}[-/]?\d{4,})\b(?![/.-]?\w)",
    re.IGNORECASE,
)


def personal_data(text: str, vocabulary: Vocabulary) -> Sequence[Personal]:
    """All of it in order; of what overlaps, what is known the most surely."""
    taken: list[Personal] = []
    if not _MAY_BE.search(text):
        return taken
    for found in _candidates(text, vocabulary):
        if all(found.end <= one.start or one.end <= found.start for one in taken):
            taken.append(found)
    return sorted(taken)


def is_of_a_group(box: str, vocabulary: Vocabulary) -> bool:
    """Whether what stands before the @ is no person's name: enquiries, dudley.carers."""
    box = box.lower()
    return any(part in box for part in vocabulary.words("office-mailboxes"))


def _is_a_venue(address: str, vocabulary: Vocabulary) -> bool:
    """Whether people work, meet or learn there, and do not live."""
    words = _spaced(address)
    return any(_spaced(venue) in words for venue in vocabulary.words("venue-words"))


def _spaced(text: str) -> str:
    """Its words in small letters, with a blank on both sides of each."""
    return f" {' '.join(_WORD.findall(text.lower()))} "


def is_nhs_number(digits: str) -> bool:
    """Whether the tenth digit checks the others (NHS Data Dictionary, NHS NUMBER: modulus 11)."""
    return sum(int(digit) * (10 - place) for place, digit in enumerate(digits)) % 11 == 0


def is_pupil_number(text: str) -> bool:
    """Whether its first letter checks the others (modulus 23)."""
    digits = [
        _PUPIL_LETTERS.index(sign) if sign.isalpha() else int(sign) for sign in text[1:].upper()
    ]
    weighted = sum(digit * weight for weight, digit in enumerate(digits, start=2))
    return _PUPIL_LETTERS[weighted % 23] == text[0].upper()


def _candidates(text: str, vocabulary: Vocabulary) -> Iterator[Personal]:
    """The surest first."""
    if _LONG_NUMBER.search(text):
        yield from _numbers(text)
    if _BIRTH.search(text):
        yield from _found(_BORN, "date of birth", text)
    if _ANY_POST_CODE.search(text):
        for one in _HOME.finditer(text):
            if not _is_a_venue(one[0], vocabulary):
                yield Personal(*one.span(), "post code beside a name")
    if "@" in text:
        for one in _NAMED_ADDRESS.finditer(text):
            if one["domain"].lower() in WEBMAIL and not is_of_a_group(one["box"], vocabulary):
                yield Personal(*one.span(), "private address")
    yield from _found(_CASE, "case number", text)


def _numbers(text: str) -> Iterator[Personal]:
    """Those of six digits or more with nothing between them but what groups digits."""
    yield from _found(_INSURANCE, "National Insurance number", text)
    for one in _PUPIL.finditer(text):
        if is_pupil_number(one[0]):
            yield Personal(*one.span(), "unique pupil number")
    yield from _found(_MOBILE, "mobile", text)
    yield from _found(_TELEPHONE, "telephone", text)
    for one in _TEN_DIGITS.finditer(text):
        if is_nhs_number(re.sub(r"\D", "", one[0])) and _is_about_health(one, text):
            yield Personal(*one.span(), "NHS number")


def _found(pattern: re.Pattern[str], kind: Kind, text: str) -> Iterator[Personal]:
    for one in pattern.finditer(text):
        yield Personal(*one.span(), kind)


def _is_about_health(number: re.Match[str], text: str) -> bool:
    """Ten digits in a row are an NHS number only if the words say so; 3 3 4 unless they deny it."""
    before = text[max(0, number.start() - _CONTEXT) : number.start()]
    if _NHS.search(before):
        return True
    return bool(number["gap"]) and not _OTHER_NUMBER.search(before)
