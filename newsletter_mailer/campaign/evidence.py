"""What the questions need from outside, gathered before they are asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from newsletter_mailer.campaign.project import Project
from newsletter_mailer.check.answer import Answer
from newsletter_mailer.check.axe import AxeFault
from newsletter_mailer.check.evidence.spelling import spelling
from newsletter_mailer.check.spam_score import SpamScore
from newsletter_mailer.check.subject import Evidence, Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person asked for beyond the questions that need nothing."""

    links: bool = False  #: ask the web whether each link's target is there
    browser: bool = False  #: look at every variant in a browser, with axe-core
    spam: bool = False  #: ask an installed SpamAssassin


def gatherer(
    project: Project, wanted: Wanted, note: Callable[[str], None]
) -> Callable[[Subject], Evidence]:
    """Gathers what is wanted. `note` tells a person what was skipped and why.

    Raises ProjectError, when called, for what was asked for and is not installed.
    """

    def gather(subject: Subject) -> Evidence:
        return Evidence(
            spelling=spelling(subject, project.root, project.environment, note),
            reached=_reached(project, subject, note) if wanted.links else None,
            axe=_axe(project, subject, note) if wanted.browser else None,
            spam=_spam(project, subject, note) if wanted.spam else None,
        )

    return gather


def _reached(
    project: Project, subject: Subject, note: Callable[[str], None]
) -> Mapping[str, Answer]:
    from newsletter_mailer.check.evidence.reached import reached  # TLS, threads: 40 ms

    return reached(subject, project.root / ".newsletter", note)


def _axe(
    project: Project, subject: Subject, note: Callable[[str], None]
) -> Mapping[str, Sequence[AxeFault]]:
    from newsletter_mailer.check.evidence.browser import seen_by_axe  # asyncio, Playwright

    return seen_by_axe(subject.compiled, project.environment, note)


def _spam(
    project: Project, subject: Subject, note: Callable[[str], None]
) -> Mapping[str, SpamScore] | None:
    from newsletter_mailer.check.evidence.spam import spam_scores  # subprocess, messages' bytes

    return spam_scores(subject, project.environment, note)
