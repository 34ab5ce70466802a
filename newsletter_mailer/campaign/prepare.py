"""read, parse, plan, compose, check: what every job needs before its own work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from newsletter_mailer.audience.roster import Roster
from newsletter_mailer.audience.source import Fingerprint
from newsletter_mailer.campaign.edition import Edition, read_edition
from newsletter_mailer.campaign.planned_before import (
    obstacle_in,
    obstacle_to,
    plan_as_before,
    remembered_findings,
)
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.readers import (
    absent_findings,
    plan_of,
    read_lists,
    refuse_unknown,
)
from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.page.page import Tracer, filled_page, parse_page
from newsletter_mailer.check.rules import all_rules
from newsletter_mailer.check.runner.overrides import Overrides
from newsletter_mailer.check.runner.runner import ask_all
from newsletter_mailer.check.runner.timings import Timings
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.composer import Composer
from newsletter_mailer.compose.sample_reader import sample_values
from newsletter_mailer.compose.tracing import origins
from newsletter_mailer.errors import ContentError
from newsletter_mailer.findings import Finding, Severity, Source, has_errors, in_order
from newsletter_mailer.issue.earlier_issues import earlier_issues
from newsletter_mailer.plan.plan import (
    Assignment,
    Filters,
    Plan,
    Suppressed,
    assignments,
    fields_in_use,
    nobody_suppressed,
)
from newsletter_mailer.plan.variants import Variant, Variants
from newsletter_mailer.settings.newsletter import Settings
from newsletter_mailer.settings.transport import login_in
from newsletter_mailer.text_cache import OWN, Cache

if TYPE_CHECKING:
    from concurrent.futures import Future

    from newsletter_mailer.store.figures import Remembered
    from newsletter_mailer.store.runs import Composed


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """When and why an issue is looked at."""

    at: datetime | None = None  #: the assumed time of sending; None: now
    is_first_run: bool = False  #: readers are about to get it for the first time
    #: The evidence that questions need, by its name; it may be under way still.
    gather: Callable[[CheckContext], Mapping[str, Future[object]]] = lambda context: {}
    timings: Timings | None = None  #: to which it is added how long each rule takes


@dataclass(slots=True, kw_only=True)
class Prepared:
    """An edition, planned, composed and checked. Nothing has left."""

    project: Project
    edition: Edition
    roster: Roster
    filters: Filters
    suppressed: Suppressed
    variants: Variants
    plan: Plan
    compiled: dict[str, CompiledVariant]
    found: Sequence[Finding]  #: while the files were read
    refused: Sequence[Finding]  #: while the variants were composed
    findings: list[Finding]  #: all of them, as the newsletter's settings want them
    lists: Mapping[str, Fingerprint]  #: as they were when they were read
    remembered: Remembered | None = None  #: the readers, where the lists are not here
    composed: Composed | None = None  #: digests, once somebody asked (`campaign.variant_digests`)
    past_dates_let: int = 0  #: how many would have stopped it, and are sent all the same

    def assignments(self, suppressed: Suppressed) -> Iterator[Assignment]:
        """Every reader of the lists, once more; who must not be mailed is looked up anew."""
        return assignments(self.variants, self.roster.batches(), self.filters, suppressed)

    def ask_again(self, circumstances: Circumstances) -> None:
        """The same files, lists and variants, at another moment."""
        self.findings = judged(
            self.project,
            self.edition,
            self.plan,
            self.compiled,
            self.found,
            self.refused,
            circumstances,
        )

    def sample_subject(self) -> str:
        """The subject as a made-up reader sees it."""
        for compiled in self.compiled.values():
            return compiled.subject_line(sample_values(compiled.fields()), {})
        return self.edition.issue.subject.plain()

    def past_dates(self) -> list[Finding]:
        """What only says that it comes late."""
        return [one for one in self.findings if all_rules()[one.rule].finds_past_dates]

    def past_dates_that_stop(self) -> list[Finding]:
        return [one for one in self.past_dates() if one.severity is Severity.ERROR]

    def let_past_dates(self) -> None:
        """A person wants it sent as it is: they are told, and stop nothing."""
        past = self.past_dates_that_stop()
        self.past_dates_let = len(past)
        self.findings = in_order(
            replace(one, severity=Severity.WARNING) if one in past else one for one in self.findings
        )

    def refuse_errors(self) -> None:
        """Raises ContentError if there is an error among the findings."""
        if has_errors(self.findings):
            raise ContentError(self.findings)


@contextmanager
def prepare(
    project: Project,
    issue_id: str,
    *,
    filters: Filters = Filters(),  # noqa: B008  # frozen
    suppressed: Suppressed = nobody_suppressed,
    needs_lists: bool = False,
    remember: Callable[[], Remembered | None] = lambda: None,
    again: Remembered | None = None,
    circumstances: Circumstances = Circumstances(),  # frozen
    cache: Cache = OWN,
) -> Iterator[Prepared]:
    """read, parse, plan, compose, check. The lists' scratch file lives as long as the context.

    `needs_lists`: an absent list is an error, not a notice; unless those of whom the ledger knows
    (`remember`) can be mailed as they were planned. `again`: only these, who are looked up in the
    lists if the issue has changed since it was planned for them. `cache`: of what was read and
    composed before; only this process's own may be trusted with what is sent. Raises ContentError,
    ProjectError.
    """
    edition = read_edition(project, issue_id, cache)
    refuse_unknown(project, edition.issue, filters)
    obstacle = obstacle_in(again, edition) if again else ""
    names = () if again and not obstacle else edition.issue.lists
    lists = project.lists.fingerprints(names)
    with Roster(fields_in_use(edition.issue)) as roster:
        absent = read_lists(project, edition.issue, roster) if names else ()
        variants = Variants(edition.issue)
        remembered = again
        if not again and absent:
            remembered = remember()
            obstacle = obstacle_to(remembered, filters, edition) if remembered else ""
        if remembered is None or obstacle:
            plan = plan_of(project, variants, roster, filters, suppressed, absent)
            told = absent_findings(project, edition.issue, absent, needs_lists, obstacle)
            remembered = None
        else:
            plan = plan_as_before(remembered, edition.issue)
            told = remembered_findings(project, edition.issue, absent, remembered)
        composer = Composer(
            edition.issue, edition.template, project.settings, edition.content.total, cache=cache
        )
        compiled = _composed(composer, plan, edition)
        found = [
            *edition.findings,
            *roster.findings,
            *told,
        ]
        yield Prepared(
            project=project,
            edition=edition,
            roster=roster,
            filters=filters,
            suppressed=suppressed,
            variants=variants,
            plan=plan,
            compiled=compiled,
            found=found,
            refused=composer.findings,
            findings=judged(
                project, edition, plan, compiled, found, composer.findings, circumstances, cache
            ),
            lists=lists,
            remembered=remembered,
        )


def judged(
    project: Project,
    edition: Edition,
    plan: Plan,
    compiled: dict[str, CompiledVariant],
    found: Sequence[Finding],
    refused: Sequence[Finding],
    circumstances: Circumstances,
    cache: Cache = OWN,
) -> list[Finding]:
    """All questions asked; the findings as the newsletter's settings want them.

    `found` while the files were read, `refused` while the variants were composed. `cache`: of what
    was composed before.
    """
    context = _context(project, edition, plan, compiled, refused, circumstances, cache)
    answers = ask_all(context, circumstances.timings)
    findings = [*found, *refused, *edition.vocabulary_findings, *answers]
    overrides = Overrides(project.settings, edition.issue)
    return in_order(overrides.applied_to(findings, context if compiled else None))


def _composed(composer: Composer, plan: Plan, edition: Edition) -> dict[str, CompiledVariant]:
    """The variants that can be composed, by their ids."""
    made = ((one.id, composer.compose(one)) for one in sound(plan.variants.values(), edition))
    return {variant: compiled for variant, compiled in made if compiled is not None}


def sound(variants: Iterable[Variant], edition: Edition) -> Iterator[Variant]:
    """The variants without the sections that could not be read as they should.

    So that one mistake does not hide those in other sections. Nothing is sent then, whatever else
    is found.
    """
    broken = {one.source.file for one in edition.findings if one.severity is Severity.ERROR}
    if not broken:
        yield from variants
        return
    sections = {section.source.file for section in edition.issue.sections}
    if not broken <= sections:
        return
    seen: set[tuple[str, ...]] = set()
    for variant in variants:
        left = tuple(one for one in variant.sections if one.source.file not in broken)
        reduced = Variant(variant.id, left)
        if left and reduced.slugs not in seen:
            seen.add(reduced.slugs)
            yield reduced


def _context(
    project: Project,
    edition: Edition,
    plan: Plan,
    compiled: dict[str, CompiledVariant],
    refused: Sequence[Finding],
    circumstances: Circumstances,
    cache: Cache,
) -> CheckContext:
    """What the questions are asked of, with what they need from outside."""
    issue, settings = edition.issue, project.settings
    context = CheckContext(
        settings=settings,
        issue=issue,
        template=edition.template,
        plan=plan,
        compiled=[*compiled.values()],
        at=(circumstances.at or datetime.now(UTC)).astimezone(settings.zone),
        is_first_run=circumstances.is_first_run,
        earlier=earlier_issues(project.root, issue.id, issue.date),
        login=login_in(project.environment),
        refused_at=frozenset((f.source.file, f.source.line) for f in refused),
        trace=tracer(edition, settings, cache),
        vocabulary=edition.vocabulary,
    )
    context.evidence = circumstances.gather(context)
    return context


def tracer(edition: Edition, settings: Settings, cache: Cache = OWN) -> Tracer:
    """Composes a variant once more, marked; only when a fault in a page asks for its place."""

    def trace(variant: Variant) -> Sequence[Source]:
        composer = Composer(
            edition.issue,
            edition.template,
            settings,
            edition.content.total,
            marked=True,
            cache=cache,
        )
        marked = composer.compose(variant)
        if marked is None:
            raise ContentError(in_order(composer.findings))
        return [*origins(parse_page(filled_page(marked)), edition.template.page)]

    return trace
