"""Whose fault one answer is: a pure rule over reply and stage.

The server's words beat its enhanced code, and that beats the reply code and the stage: servers use
codes loosely. RFC 5321 section 4.2, RFC 3463, RFC 7372, RFC 7505, the IANA registry of enhanced
codes; exceptions as Postfix's and Sisimai's sources have them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.answers.scopes import USUAL, Alibi, Scope, Then, Verdict
from newsletter_mailer.deliver.smtp.answers.known_answer import CodeRange, KnownAnswer
from newsletter_mailer.deliver.smtp.greylisting import wait_in
from newsletter_mailer.deliver.smtp.stage import Stage

_CODE = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?!\.?\d)")
#: A reply within a reply: what a server heard from the next one.
_NESTED = re.compile(r"(?<![\d.])([45]\d\d)[ -]#?(?:[45]\.\d{1,3}\.\d{1,3}\b)|said: ([45]\d\d)\b")

#: What codes mean when the words are unknown: codes; at MAIL, RCPT, DATA, after the dot.
#: R reader, r reader for now, D domain, M message, S sender, L relay, ? cannot be told,
#: p patience. The first line with the code counts; a reply code only where no enhanced code does.
_LASTING = """
X.1.2 X.1.10                                    S D D D
X.1.1 X.1.3 X.1.4 X.1.6 X.2.4 X.7.2             S R R R
X.1.7 X.1.8                                     S S S S
X.2.2                                           S r r r
X.2.3                                           M R R R
X.2.0 X.2.1                                     S R R R
X.3.4                                           M M M M
X.4.0-X.4.5                                     L D ? ?
X.4.6 X.4.7                                     L D D D
X.6.7-X.6.10                                    S R ? M
X.6.0-X.6.6 X.7.7                               M M M M
X.7.3-X.7.6 X.7.8-X.7.11 X.7.14                 L L L L
X.7.12 X.7.13                                   L ? L L
X.7.17 X.7.19                                   S R R R
X.7.18                                          S D D D
X.7.20-X.7.29                                   S S S S
530 534 535 538                                 L L L L
552                                             M r ? ?
5                                               S ? ? ?
"""
_PASSING = """
X.2.0-X.2.4 X.1.1 X.1.3 X.1.4 X.1.6             p r r r
X.1.2 X.1.10 X.1.8                              p r r r
X.3.0-X.3.5 X.5.0-X.5.6                         p p p p
X.4.0-X.4.7                                     p r p p
421 432 451 452 454                             p p p p
4                                               p r r r
"""
_STAGES = (Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DOT)
_ABOUT_THE_WAY_IN = (
    "That is about the way into the server: look at the login and SMTP_SECURITY in .env, or ask "
    "whoever runs it."
)
_LETTERS = {
    "R": Verdict(scope=Scope.READER, then=Then.REFUSE, alibi=Alibi.DOMAIN),
    "r": Verdict(scope=Scope.READER, then=Then.LATER),
    "D": Verdict(scope=Scope.DOMAIN, then=Then.WEIGH),
    "M": Verdict(
        scope=Scope.MESSAGE,
        then=Then.STOP,
        do="That is about the message: ask whoever runs the server what it does not like. If it is "
        "the size, make the issue's pictures smaller, or host them.",
    ),
    "S": Verdict(
        scope=Scope.SENDER,
        then=Then.STOP,
        do="That is about the sender: ask whoever runs the server, or look at BOUNCE_ADDRESS in "
        ".env and from in newsletter.toml.",
    ),
    "L": Verdict(scope=Scope.RELAY, then=Then.STOP, do=_ABOUT_THE_WAY_IN),
    "?": Verdict(scope=None, then=Then.WEIGH),
    "p": Verdict(scope=Scope.RELAY, then=Then.SLOWER, do=_ABOUT_THE_WAY_IN),
}


def _table(text: str) -> list[tuple[CodeRange, str]]:
    rows = []
    for line in text.split("\n"):
        words = line.split()
        rows += [(CodeRange(code), "".join(words[-4:])) for code in words[:-4]]
    return rows


_TABLES = {5: _table(_LASTING), 4: _table(_PASSING)}


def verdict_of(outcome: Outcome, stage: Stage, answers: Sequence[KnownAnswer]) -> Verdict:
    """`outcome`: of a reply 4yz or 5yz. `stage`: what it answered."""
    found = _whose_fault(outcome, stage, answers)
    return replace(found, has_seen_all=stage is Stage.DOT, wait=wait_in(outcome.reply))


def _whose_fault(outcome: Outcome, stage: Stage, answers: Sequence[KnownAnswer]) -> Verdict:
    code, words = str(outcome.code or 0), outcome.reply.lower()
    nested = [*_NESTED.finditer(words)]
    if nested:
        inner = nested[-1]
        inner_code, inner_words = inner[1] or inner[2], words[inner.start() :]
        said = _by_words(inner_words, [inner_code, *_CODE.findall(inner_words)], stage, answers)
        if said is not None:
            return _verdict(said, outcome)
    codes = [code, *filter(None, [outcome.enhanced]), *_CODE.findall(words)]
    said = _by_words(words, codes, stage, answers)
    if said is not None:
        return _verdict(said, outcome)
    return _by_codes(codes, stage)


def _by_words(
    words: str, codes: Sequence[str], stage: Stage, answers: Sequence[KnownAnswer]
) -> KnownAnswer | None:
    """The answer that fits best. At MAIL nothing is said of readers."""
    fitting = (
        (one.fit(words, codes), bool(one.codes), one)
        for one in answers
        if stage is not Stage.MAIL or one.scope not in (Scope.READER, Scope.DOMAIN)
    )
    fit, _, found = max(fitting, key=lambda one: one[:2], default=(0, False, None))
    return found if fit else None


def _verdict(said: KnownAnswer, outcome: Outcome) -> Verdict:
    is_lasting = outcome.code is not None and outcome.code >= 500
    if said.lasting is not None and (said.scope is not Scope.READER or is_lasting):
        is_lasting = said.lasting  # 4yz never refuses a reader
    usual = Then.REST if said.receiver else USUAL[said.scope][0 if is_lasting else 1]
    then = said.then or usual
    return Verdict(
        scope=said.scope,
        then=then,
        alibi=said.alibi if then is Then.REFUSE else Alibi.NONE,
        is_known=True,
        means=said.means,
        do=said.do,
    )


def _by_codes(codes: Sequence[str], stage: Stage) -> Verdict:
    column = _STAGES.index(stage)
    is_lasting = codes[0].startswith("5")
    enhanced = [code for code in codes if "." in code]
    for tried in (enhanced, codes[:1]):
        for rows, letters in _TABLES[5 if is_lasting else 4]:
            if any(rows.holds(code) for code in tried):
                verdict = _LETTERS[letters[column]]
                if verdict.scope is None and stage is Stage.RCPT:
                    return replace(verdict, alibi=Alibi.DOMAIN)
                return verdict
    raise ValueError(f"{codes[0]} is no answer that needs a verdict")
