"""A server's answer, translated for the run, which knows no SMTP."""

from __future__ import annotations

from typing import NamedTuple

from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.answers.scopes import Verdict
from newsletter_mailer.deliver.smtp.answers.files import known_answers
from newsletter_mailer.deliver.smtp.answers.verdict import verdict_of
from newsletter_mailer.deliver.smtp.replies import Reply, outcome_of
from newsletter_mailer.deliver.smtp.stage import Stage


class SmtpAnswer(NamedTuple):
    """deliver.answers.answer.Answer"""

    outcome: Outcome
    stage: Stage

    @property
    def is_closing(self) -> bool:
        """RFC 5321 section 3.8."""
        return self.outcome.code == 421

    def verdict(self) -> Verdict:
        return verdict_of(self.outcome, self.stage, known_answers())


def answer_of(reply: Reply, stage: Stage) -> SmtpAnswer:
    return SmtpAnswer(outcome_of(reply, stage), stage)
