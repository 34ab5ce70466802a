"""What is looked at: all that is known of an issue before anything leaves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from newsletter_mailer.check.english.vocabulary import Vocabulary
from newsletter_mailer.check.page.page import Page, Seen, Tracer
from newsletter_mailer.check.text.dates_in_text import DateInText, dates_of
from newsletter_mailer.check.text.events import Deadline, Event, deadlines_of, event_of
from newsletter_mailer.check.text.passages import Passage, passages_of
from newsletter_mailer.check.text.written_alts import Alt, alts_of
from newsletter_mailer.check.text.written_links import Link, links_of
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.findings import Source
from newsletter_mailer.issue.earlier_issues import EarlierIssue
from newsletter_mailer.issue.model import Issue, Template
from newsletter_mailer.plan.plan import Plan
from newsletter_mailer.settings.newsletter import Settings

if TYPE_CHECKING:
    from concurrent.futures import Future


@dataclass(kw_only=True)
class CheckContext:
    """An issue with all that was made of it. Questions read it and change nothing."""

    settings: Settings
    issue: Issue
    template: Template
    plan: Plan
    compiled: Sequence[CompiledVariant]
    at: datetime  #: the assumed time of sending, in the newsletter's zone
    is_first_run: bool = True  #: no reader has it yet, and this is no rehearsal
    earlier: Sequence[EarlierIssue] = ()  #: those dated before this one, the latest first
    login: str = ""  #: at the mail server, where one is configured
    refused_at: frozenset[tuple[str, int]] = frozenset()  #: file and line of what composing found
    trace: Tracer
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    #: Gathered outside, by its name; some of it while questions are asked already.
    evidence: Mapping[str, Future[object]] = field(default_factory=dict)

    @cached_property
    def passages(self) -> Sequence[Passage]:
        """Everything that the issue says in words."""
        return tuple(passages_of(self.issue))

    @cached_property
    def dates(self) -> Sequence[DateInText]:
        """Every date in those words."""
        actions = self.vocabulary.words("deadline-actions")
        return tuple(dates_of(self.issue, self.passages, actions))

    @cached_property
    def events(self) -> Mapping[str, Event]:
        """The events whose day is known, in the issue's order, by the section's slug."""
        found = ((one.slug, event_of(one, self.settings.zone)) for one in self.issue.sections)
        return {slug: event for slug, event in found if event is not None}

    @cached_property
    def deadlines(self) -> Sequence[Deadline]:
        """The fields of sections that name the last day for something."""
        words = self.vocabulary.words("deadline-fields")
        return [one for section in self.issue.sections for one in deadlines_of(section, words)]

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
        return self.template.page

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
