"""Whose fault one answer is: real replies of many systems, and the data that knows them."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.deliver.answers.likeness import what_is_common
from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.answers.scopes import Alibi, Scope, Then, Verdict
from newsletter_mailer.deliver.smtp.answers.files import known_answers
from newsletter_mailer.deliver.smtp.answers.known_answer import answers_of
from newsletter_mailer.deliver.smtp.answers.verdict import verdict_of
from newsletter_mailer.deliver.smtp.replies import Reply, outcome_of
from newsletter_mailer.deliver.smtp.stage import Stage

ANSWERS = known_answers()


def replies() -> list[tuple[str, Stage, str]]:
    """What each is to be taken for, at which stage, and the reply."""
    lines = Path(__file__).with_name("answers.txt").read_text("utf-8").splitlines()
    cells = [[cell.strip() for cell in line.split(" | ")] for line in lines if " | " in line]
    return [(taken_for, Stage(stage), reply) for taken_for, stage, reply in cells[1:]]


def outcome(reply: str, stage: Stage) -> Outcome:
    """`550-5.7.26 blocked / 550 5.7.26 indeed`."""
    lines = reply.split(" / ")
    return outcome_of(Reply(int(reply[:3]), "\n".join(line[4:] for line in lines).encode()), stage)


def in_words(verdict: Verdict) -> str:
    return f"{verdict.scope or 'cannot tell'} {verdict.then}"


@pytest.mark.parametrize(("taken_for", "stage", "reply"), replies())
def test_a_real_reply_is_taken_for_what_it_means(taken_for: str, stage: Stage, reply: str) -> None:
    verdict = verdict_of(outcome(reply, stage), stage, ANSWERS)

    assert in_words(verdict) == taken_for


def test_every_entry_says_what_a_person_needs() -> None:
    for answer in ANSWERS:
        what = f"{answer.says}: {answer.means}"
        assert answer.texts or answer.codes, what
        assert re.fullmatch(r"[A-Z].*\.", answer.means), what
        assert re.fullmatch(r"[A-Z].*\.", answer.do), what
        assert answer.says, what
        assert answer.source, what
        assert answer.alibi is Alibi.RUN or answer.scope is Scope.READER, what


def test_every_entry_is_seen_in_a_real_reply() -> None:
    """So none is hidden by another: each is the best for one of the replies."""
    seen = {
        verdict_of(outcome(reply, stage), stage, ANSWERS).means for _, stage, reply in replies()
    }

    assert {(answer.says, answer.means) for answer in ANSWERS if answer.means not in seen} == set()


def test_no_words_stand_in_two_entries_that_differ() -> None:
    """Of equal words neither would be the better one."""
    texts = [
        (text.pattern, {code.written for code in answer.codes}, answer)
        for answer in ANSWERS
        for text in answer.texts
    ]
    for number, (text, codes, answer) in enumerate(texts):
        assert text == text.lower()
        for other, other_codes, another in texts[:number]:
            is_same = text == other and (not codes) == (not other_codes)
            assert not (is_same and (codes & other_codes or not codes)), (
                f'"{text}": {answer.means} / {another.means}'
            )


@pytest.mark.parametrize(
    "text",
    [
        'scope = "nobody"\nmeans = "M."\ndo = "D."',
        'scope = "reader"\nmeans = "M."',
        'scop = "reader"\nmeans = "M."\ndo = "D."',
        'scope = "reader"\ncodes = ["5.7"]\nmeans = "M."\ndo = "D."',
    ],
)
def test_an_entry_that_cannot_be_meant_is_told(text: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        answers_of(f'[[answer]]\nsays = "x"\nsource = "s"\n{text}')


@given(
    code=st.integers(400, 599),
    enhanced=st.sampled_from(["", "5.1.1 ", "4.2.2 ", "5.7.1 ", "5.999.999 ", "4.0.0 "]),
    words=st.text(string.printable, max_size=80),
    stage=st.sampled_from(Stage),
)
def test_any_reply_has_a_verdict_and_4yz_never_refuses(
    code: int, enhanced: str, words: str, stage: Stage
) -> None:
    verdict = verdict_of(
        outcome_of(Reply(code, f"{enhanced}{words}".encode()), stage), stage, ANSWERS
    )

    assert code >= 500 or verdict.then not in (Then.REFUSE, Then.WEIGH)
    assert verdict.then is not Then.REFUSE or verdict.scope is Scope.READER
    assert stage is not Stage.MAIL or verdict.scope not in (Scope.READER, Scope.DOMAIN)


@pytest.mark.parametrize(
    ("one", "another"),
    [
        ("550 no mail for ann@example.org (id 4711)", "550 no mail for ben@example.org (id 9)"),
        ("550 no [AM1PEPF000.prod]", "550 no [DB7XYZ999.prod]"),
        ("554 5.7.1 mail is blocked by us today", "554 5.7.1 mail is blocked by us again"),
    ],
)
def test_answers_to_two_readers_are_alike(one: str, another: str) -> None:
    ann, ben = outcome(one, Stage.RCPT), outcome(another, Stage.RCPT)

    assert what_is_common(ann, "ann@example.org") == what_is_common(ben, "ben@example.org")
    assert what_is_common(ann, "ann@example.org") != what_is_common(
        outcome("550 5.1.1 other", Stage.RCPT), "ann@example.org"
    )
