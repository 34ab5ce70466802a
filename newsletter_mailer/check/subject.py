"""What is looked at: all that is known of an issue before anything leaves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Protocol

from newsletter_mailer.check.answer import Answer
from newsletter_mailer.check.axe import AxeFault
from newsletter_mailer.check.dates.mentioned import Mentioned, mentioned_dates
from newsletter_mailer.check.page import Page, Seen, Tracer
from newsletter_mailer.check.passages import (
    Alt,
    Link,
    Passage,
    alts_of,
    links_of,
    passages_of,
)
from newsletter_mailer.check.spam_score import SpamScore
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.findings import Source
from newsletter_mailer.issue.earlier import EarlierIssue
from newsletter_mailer.issue.model import Issue, Template
from newsletter_mailer.plan.plan import Plan
from newsletter_mailer.settings import Settings


class Speller(Protocol):
    """A dictionary of the issue's language."""

    def is_known(self, word: str) -> bool:
        """Whether the word is spelt as it should be."""

    def suggestions(self, word: str) -> Sequence[str]:
        """What may be meant instead, the likeliest first."""


@dataclass(kw_only=True)
class Evidence:
    """What was gathered outside before the questions are asked. None: not asked for, or not here.

    Gathered by the modules of `check/evidence/`, which touch the world; the questions do not.
    """

    spelling: Speller | None = None
    reached: Mapping[str, Answer] | None = None  #: what the web says, by target of a link
    axe: Mapping[str, Sequence[AxeFault]] | None = None  #: what axe-core says, by id of a variant
    spam: Mapping[str, SpamScore] | None = None  #: what SpamAssassin says, by id of a variant


@dataclass(kw_only=True)
class Subject:
    """An issue with all that was made of it. Questions read it and change nothing."""

    settings: Settings
    issue: Issue
    template: Template
    plan: Plan
    compiled: Sequence[CompiledVariant]
    at: datetime  #: the assumed time of sending, in the newsletter's zone
    is_first_run: bool = True  #: no reader has it yet, and this is no rehearsal
    earlier: Sequence[EarlierIssue] = ()  #: those dated before this one, the latest first
    smtp_username: str = ""  #: the login at the mail server, where one is configured
    refused_at: frozenset[tuple[str, int]] = frozenset()  #: file and line of what composing found
    trace: Tracer
    evidence: Evidence = field(default_factory=Evidence)

    @cached_property
    def passages(self) -> Sequence[Passage]:
        """Everything that the issue says in words."""
        return tuple(passages_of(self.issue))

    @cached_property
    def dates(self) -> Sequence[Mentioned]:
        """Every date in those words."""
        return tuple(mentioned_dates(self.issue, self.passages))

    @cached_property
    def links(self) -> Sequence[Link]:
        return tuple(links_of(self.issue))

    @cached_property
    def alts(self) -> Sequence[Alt]:
        return tuple(alts_of(self.issue))

    @cached_property
    def pages(self) -> Sequence[Page]:
        """Every variant as a mail client gets it. Empty if something could not be composed."""
        seen = Seen()
        return tuple(Page(compiled, seen, self.trace) for compiled in self.compiled)

    @property
    def template_source(self) -> Source:
        """For what no single place of the template is to blame for."""
        return Source(f"{self.template.folder}/newsletter.mjml")

    def in_template(self, *tags: str) -> Source:
        """Where one of these is opened in newsletter.mjml: the first of them that is."""
        text, place = self.template.texts.get("newsletter.mjml", ""), self.template_source
        for tag in tags:
            found = re.search(rf"<{re.escape(tag)}(?=[\s/>])", text)
            if found:
                start = found.start()
                line = text.count("\n", 0, start) + 1
                return place.at(line, start - text.rfind("\n", 0, start), len(found[0]))
        return place

    @cached_property
    def longest_values(self) -> Mapping[str, str]:
        """The longest value of each merge field over all readers."""
        return {name: profile.longest for name, profile in self.plan.profile.items()}
