"""The lists of an issue, read again only when they, or what is wanted of them, changed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace

from newsletter_mailer.audience.roster import Roster
from newsletter_mailer.audience.source import Fingerprint, RowSchema
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.readers import absent_findings, plan_of, read_lists, row_schema
from newsletter_mailer.findings import Finding
from newsletter_mailer.issue.model import Issue
from newsletter_mailer.plan.plan import Filters, Plan, nobody_suppressed
from newsletter_mailer.plan.variants import Variant, Variants
from newsletter_mailer.preview.live.reader_search import ReaderIndex


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the roster is made of."""

    schema: RowSchema
    lists: Mapping[str, Fingerprint]


class ListCache:
    """Holds what it read in a scratch file until `close`."""

    def __init__(self) -> None:
        self._wanted: _Wanted | None = None
        self._roster: Roster | None = None
        self._scratch = ExitStack()
        self._absent: tuple[str, ...] = ()
        self._readers: ReaderIndex | None = None
        self._planned: object = None
        self._plan: Plan | None = None

    def plan(self, project: Project, issue: Issue) -> Plan:
        """Who gets what. Raises ProjectError."""
        roster = self._read(project, issue)
        targets = [(one.slug, one.regions, one.roles) for one in issue.sections]
        planned = (targets, project.settings.regions, project.settings.roles)
        if self._plan is None or planned != self._planned:
            variants = Variants(issue)
            self._plan = plan_of(
                project, variants, roster, Filters(), nobody_suppressed, self._absent
            )
            self._planned = planned
            return self._plan
        # The same people get the same sections: only what these say is new.
        self._plan = replace(self._plan, variants=_with_sections_of(issue, self._plan.variants))
        return self._plan

    def findings(self, project: Project, issue: Issue) -> list[Finding]:
        """What is wrong with the lists that `plan` read."""
        of_lists = self._roster.findings if self._roster is not None else ()
        return [*of_lists, *absent_findings(project, issue, self._absent, needs_lists=False)]

    def readers(self) -> ReaderIndex:
        """Everyone on the lists that `plan` read, to be looked through."""
        if self._readers is None:
            self._readers = ReaderIndex(self._roster.batches() if self._roster is not None else ())
        return self._readers

    def _read(self, project: Project, issue: Issue) -> Roster:
        wanted = _Wanted(
            schema=row_schema(project, issue),
            lists=project.lists.fingerprints(issue.lists),
        )
        if self._roster is None or wanted != self._wanted:
            self.close()
            self._roster = self._scratch.enter_context(Roster(wanted.schema.fields))
            self._absent = read_lists(project, issue, self._roster)
            self._wanted = wanted
        return self._roster

    def close(self) -> None:
        """What was read is forgotten, on the disk too."""
        self._scratch.close()
        self._roster = self._readers = self._plan = self._wanted = None


def _with_sections_of(issue: Issue, variants: Mapping[str, Variant]) -> dict[str, Variant]:
    sections = {section.slug: section for section in issue.sections}
    return {
        name: Variant(name, tuple(sections[slug] for slug in variant.slugs))
        for name, variant in variants.items()
    }
