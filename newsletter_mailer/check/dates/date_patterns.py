"""How English dates are written, as patterns.

Every quantifier is bounded and none nests another of the same characters, so that a text takes time
in proportion to its length. They are meant for texts with dashes and apostrophes made plain.
"""

from __future__ import annotations

import re

from newsletter_mailer.lazy_patterns import lazy_pattern

_WEEKDAY = (
    r"(?:Mondays?|Mon|Tuesdays?|Tues|Tue|Wednesdays?|Weds|Wed|Thursdays?|Thurs|Thur|Thu|Fridays?|Fri"
    r"|Saturdays?|Sat|Sundays?|Sun)\b"
)
_MONTH = (
    r"(?:January|Jan|February|Feb|March|Mar|April|Apr|May|June|Jun|July|Jul|August|Aug"
    r"|September|Sept|Sep|October|Oct|November|Nov|December|Dec)"
)
_ORDINAL = r"\s?(?:st|nd|rd|th)\b"
_FULL_YEAR = r"(?:19|20|21)[0-9]{2}(?![0-9]|:[0-9]|\s?hrs?\b)"
#: No part of a longer number, of a sum, a path or a word.
_ALONE = r"(?<![\w£$€/])(?<![0-9][.,:-])"
_JOIN = r"-|,|&|to\b|until\b|till\b|through\b|and\b|or\b"

_ONE_OF_SEVERAL = (
    rf"(?:{_WEEKDAY}[,.]{{0,2}}\s{{1,4}}(?:the\s{{1,4}})?)?[0-9]{{1,2}}(?:{_ORDINAL})?(?![0-9])"
    rf"\s{{0,4}}(?:{_JOIN})\s{{0,4}}(?=[0-9]|{_WEEKDAY})"
)
DAY_FIRST = lazy_pattern(
    rf"""
    {_ALONE}
    (?P<before> (?:{_ONE_OF_SEVERAL}){{0,8}}+ )
    (?: (?P<weekday>{_WEEKDAY}) [,.]{{0,2}} \s{{1,4}} (?:the\s{{1,4}}|\()? )?
    (?P<day>[0-9]{{1,2}}) (?P<ordinal>{_ORDINAL})?
    (?P<of> \s{{1,4}} (?:of\s{{1,4}})? | [-./] )?
    (?P<month>{_MONTH})\b
    (?: \.? (?:\s{{0,3}},?\s{{1,4}} | ,\s? | [-./]) (?P<year>{_FULL_YEAR})
      | \.? \s{{0,3}}'(?P<apostrophe>[0-9]{{2}})(?!\w)
      | \.? [\s./-] (?P<short>[2-4][0-9]) (?! \w | [:.,/-][0-9] | \s{{0,3}}(?:[a-z]|-|%) )
    )?
    (?: \s{{1,3}}\((?P<after>{_WEEKDAY})\) )?
    """,
    re.IGNORECASE | re.VERBOSE,
)
MONTH_FIRST = lazy_pattern(
    rf"""
    {_ALONE}(?<!-)
    (?: (?P<weekday>{_WEEKDAY}) [,.]{{0,2}} \s{{1,4}} (?:the\s{{1,4}})? )?
    (?P<month>{_MONTH})\b\.? \s{{1,4}} (?:the\s{{1,4}})?
    (?P<day>[0-9]{{1,2}}) (?P<ordinal>{_ORDINAL})? (?![0-9])
    (?: \s{{0,3}} (?P<join>-|&|to\b|and\b) \s{{0,3}} (?P<last>[0-9]{{1,2}}) (?:{_ORDINAL})?
        (?! \w | [:.][0-9] | \s?[ap]\.?m\b ) )?
    (?: \s{{0,3}}[,\s]\s{{0,3}} (?P<year>{_FULL_YEAR}) )?
    (?! \w | [:.,/%-][0-9] | \s{{0,2}}[ap]\.?m\b )
    """,
    re.IGNORECASE | re.VERBOSE,
)
NUMERIC = lazy_pattern(
    rf"""
    {_ALONE}(?<![.:-])
    (?: (?P<weekday>{_WEEKDAY}) [,.]{{0,2}} \s{{1,4}} \(? )?
    (?P<day>[0-9]{{1,2}}) (?P<mark>[/.-]) (?P<month>[0-9]{{1,2}})
    (?: (?P=mark) (?P<year>[0-9]{{4}}|[0-9]{{2}}) )?
    (?! [\w/%] | [.,:-][0-9] )
    """,
    re.IGNORECASE | re.VERBOSE,
)
ISO = lazy_pattern(
    rf"{_ALONE}(?<!-)(?:(?P<weekday>{_WEEKDAY})[,.]{{0,2}}\s{{1,4}}\(?)?"
    r"(?P<year>(?:19|20|21)[0-9]{2})(?P<mark>[-/])(?P<month>[0-9]{2})(?P=mark)(?P<day>[0-9]{2})"
    r"(?![0-9/-])",
    re.IGNORECASE,
)
ITEM = lazy_pattern(
    rf"(?:(?P<weekday>{_WEEKDAY})[,.]{{0,2}}\s{{1,4}}(?:the\s{{1,4}})?)?(?P<day>[0-9]{{1,2}})"
    rf"(?P<ordinal>{_ORDINAL})?\s{{0,4}}(?P<join>{_JOIN})\s{{0,4}}",
    re.IGNORECASE,
)
BETWEEN_DATES = lazy_pattern(
    r"\s{0,4}(?:-|(?P<word>to|until|till|through|and|or|&)(?!\w))\s{0,4}", re.IGNORECASE
)


#: What makes the number after it a name and no day: Year 6, Key Stage 2, section 17, aged 18.
LABEL = lazy_pattern(
    r"(?:(?<!New\s)(?<!Academic\s)(?<!Financial\s)(?<!School\s)\bYears?"
    r"|\b(?i:stages?|cohorts?|parts?|sections?|phases?|tiers?|levels?|rooms?|pages?|chapters?"
    r"|grade[ds]?|age[ds]?|regulations?|schedules?|articles?|appendix|paragraphs?|para|steps?"
    r"|modules?|units?|versions?|volumes?|clauses?|releases?|figures?|tables?|v))\s{1,3}\Z"
)
VERB = lazy_pattern(
    r"\s{1,3}(?:be|have|not|need|also|well|still|attend|apply|want|wish|ask|or\s{1,3}may)\b",
    re.IGNORECASE,
)
STREET = lazy_pattern(
    r"\s{1,3}(?:Road|Street|Lane|Avenue|Close|Drive|Court|Place|Gardens|Crescent|Terrace|Grove"
    r"|Square|Way)\b"
)
#: What may follow `September 23`, so that "In September 23 councils joined" is none.
AFTER_MONTH_FIRST = lazy_pattern(
    r"\s{0,3}(?:\Z|[.;!?)\]\"']|-|:(?![0-9])|,(?!\s{0,3}[0-9]{1,2}\b)"
    r"|(?:at|from|to|until|and|for|in|with|is|was|or|onwards|via|by)\b)",
    re.IGNORECASE,
)
TO_TIME = lazy_pattern(
    r"[\s,;|@()-]{0,6}(?:(?:at|from|between|starting|starts|begins|when|time)\b:?\s{0,3}"
    r"(?:at\s{1,3}|from\s{1,3})?)?",
    re.IGNORECASE,
)
FROM_TIME = lazy_pattern(r"[\s,]{0,4}(?:on\s{1,3})?", re.IGNORECASE)
