"""The list of spam phrases holds what SpamAssassin scores, and nothing else.

The expressions are those of SpamAssassin 4.0.1: 20_phrases.cf, and DEAR_WINNER of 72_active.cf.
"""

from __future__ import annotations

import re

import pytest

from newsletter_mailer.check.english.phrases import Phrases
from newsletter_mailer.check.english.vocabulary import Vocabulary

EXPRESSIONS = {
    "GUARANTEED_100_PERCENT": r"100% GUARANTEED",
    "DEAR_FRIEND": r"^\s*Dear Friend\b",
    "DEAR_SOMETHING": r"\bDear (?:IT\W|Internet|candidate|sirs?|madam|investor|travell?er"
    r"|car shopper|web)\b",
    "EXCUSE_4": r"To Be Removed,? Please",
    "EXCUSE_REMOVE": r"to be removed from.{0,20}(?:mailings|offers)",
    "FREE_QUOTE_INSTANT": r"free.{0,12}(?:(?:instant|express|online|no.?obligation).{0,4})+.{0,32}"
    r"\bquote",
    "UNCLAIMED_MONEY": r"\bunclaimed\s(?:assets?|accounts?|mon(?:ey|ies)|balance|funds?|prizes?"
    r"|rewards?|payments?|deposits?)\b",
    "BANG_GUAR": r"\bguaranteed?\!",
    "DEAR_WINNER": r"\bdear.{1,20}winner",
}
POINTS = {
    "GUARANTEED_100_PERCENT": 2.699,
    "DEAR_FRIEND": 2.683,
    "DEAR_SOMETHING": 1.999,
    "EXCUSE_4": 2.399,
    "EXCUSE_REMOVE": 2.907,
    "FREE_QUOTE_INSTANT": 2.7,
    "UNCLAIMED_MONEY": 2.699,
    "BANG_GUAR": 1.0,
    "DEAR_WINNER": 3.099,
}
LISTED = Vocabulary().table("spam-phrases")


@pytest.mark.parametrize(
    ("rule", "texts"),
    [
        ("GUARANTEED_100_PERCENT", ["It is 100% guaranteed.", "1100% guaranteed"]),
        ("DEAR_FRIEND", ["Dear friend, hello", " dear friend"]),
        ("DEAR_SOMETHING", ["Dear Sir or Madam,", "dear sirs", "Dear traveler", "My dear Madam"]),
        ("DEAR_SOMETHING", ["Dear car shopper", "Dear web master", "Dear IT professional,"]),
        ("DEAR_WINNER", ["dear lucky winner", "Dear winners", "dear our prize winners"]),
        ("DEAR_WINNER", ["Dearest winner", "Dear prizewinner", "Dear Sam, here are the winners"]),
        ("EXCUSE_4", ["To be removed please write", "to be removed, please"]),
        ("EXCUSE_REMOVE", ["to be removed from these mailings", "to be removed from offers"]),
        ("EXCUSE_REMOVE", ["To be removed from our list of offers"]),
        ("UNCLAIMED_MONEY", ["unclaimed money", "Unclaimed balance", "an unclaimed reward"]),
        ("UNCLAIMED_MONEY", ["unclaimed monies", "unclaimed rewards", "unclaimed assets"]),
        ("FREE_QUOTE_INSTANT", ["free online car and home insurance quote", "free instant quote"]),
        ("FREE_QUOTE_INSTANT", ["a free, no-obligation quote", "Free no obligation quotes"]),
        ("FREE_QUOTE_INSTANT", ["risk-free and very express for you all: quoted"]),
        ("FREE_QUOTE_INSTANT", ["free instant online home and car insurance quote"]),
        ("BANG_GUAR", ["A success, guaranteed!", "We guarantee!"]),
    ],
)
def test_what_spamassassin_scores_is_found_with_its_points(rule: str, texts: list[str]) -> None:
    phrases = Phrases([*LISTED])
    for text in texts:
        assert re.search(EXPRESSIONS[rule], text, re.IGNORECASE), f"no truth of {rule}: {text}"
        assert [*phrases.finditer(text)], text
        for found in phrases.finditer(text):
            assert float(LISTED[phrases.which(found)]) == pytest.approx(POINTS[rule], abs=0.05)


@pytest.mark.parametrize(
    "text",
    [
        "100 % guaranteed, and guaranteed.",
        "Our dear friend",
        "Dear friends and colleagues",
        "Dear IT, hello. Oh dear, it rains.",
        "Dear colleagues, please meet the winners",
        "Names can be removed from the list. To be removed from the agenda, and no such offers",
        "unclaimed places",
        "Free places online. The committee gave them a long and careful quote.",
        "a free course with breakfast, online or not, and a quote",
        "free online unquoted words",
    ],
)
def test_what_spamassassin_does_not_score_is_left_alone(text: str) -> None:
    scored = [one for one in EXPRESSIONS.values() if re.search(one, text, re.IGNORECASE)]

    assert scored == []
    assert [one[0] for one in Phrases([*LISTED]).finditer(text)] == []
