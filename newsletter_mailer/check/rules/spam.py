"""Spam: what filters hold against a message."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.evidence.spam import SPAM
from newsletter_mailer.check.evidence.spamassassin.score import LEFT_OUT, SpamHit
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.findings import Finding, Severity, Source

SUSPICIOUS, TAKEN_FOR_SPAM = 3.0, 5.0  #: SpamAssassin's own limit is 5
_NAMED = 5  #: rules that a message names


def _left_out() -> str:
    """The list of SpamAssassin's rules that are left out, as Markdown."""
    reasons: dict[str, list[str]] = {}
    for word, why in LEFT_OUT.items():
        reasons.setdefault(why, []).append(word)
    entries = [
        textwrap.fill(
            f"- {', '.join(words)}: {why}", 96, subsequent_indent="  ", break_on_hyphens=False
        )
        for why, words in reasons.items()
    ]
    said = "Of SpamAssassin's rules, those with one of these words in their names are left out:"
    return "\n".join([said, "", *entries])


@check("spam-score", Severity.WARNING, needs=SPAM, appendix=_left_out())
def spam_score(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A message to which SpamAssassin gives 3 points or more; from 5 on it is an error.

    At 5 points SpamAssassin takes a message for spam; many servers of councils and universities
    ask it, Gmail and Microsoft 365 do not. The version with the most points is named, with the
    rules that cost most. Every version is shown to an installed SpamAssassin as a message to a
    made-up reader. It asks nothing of the network, and what depends on delivery is left out.
    """
    scores = SPAM.of(context) or {}
    marked = [variant for variant, score in scores.items() if score.points >= SUSPICIOUS]
    if not marked:
        return
    worst = max(marked, key=lambda variant: scores[variant].points)
    points, costly = scores[worst].points, scores[worst].costly
    others = f" {len(marked) - 1} more have {SUSPICIOUS:.0f} or more." if len(marked) > 1 else ""
    yield ask.finding(
        _place(context, costly[0]),
        f"SpamAssassin gives the version {worst} {points} points: "
        f"{'; '.join(map(_named, costly[:_NAMED]))}.{others}",
        "It takes 5 points for spam. Mend what costs most first.",
        Severity.ERROR if points >= TAKEN_FOR_SPAM else None,
    )


def _named(hit: SpamHit) -> str:
    about = f" ({hit.about})" if hit.about else ""
    return f"{hit.points:.1f} for {hit.rule}{about}"


def _place(context: CheckContext, dearest: SpamHit) -> Source:
    """The subject, if that is what it is about; the issue otherwise."""
    if "SUBJ" in dearest.rule:
        for passage in context.passages:
            if passage.where == "subject":
                return passage.at(0, len(passage.text))
    return context.issue.source
