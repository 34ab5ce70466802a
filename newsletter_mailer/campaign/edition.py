"""read, parse, plan, compose, check: what every job needs before its own work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from newsletter_mailer import starter
from newsletter_mailer.address import domain
from newsletter_mailer.audience.csv_lists import ListFile, absent_hint
from newsletter_mailer.audience.roster import Roster
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.check.asking import Wishes, ask_all
from newsletter_mailer.check.page import Tracer, filled_page, parse_page
from newsletter_mailer.check.subject import Evidence, Subject
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.composer import Composer
from newsletter_mailer.compose.sample import sample_values
from newsletter_mailer.compose.tracing import origins
from newsletter_mailer.errors import ContentError, ProjectError
from newsletter_mailer.findings import (
    Finding,
    Severity,
    Source,
    did_you_mean,
    has_errors,
    in_order,
)
from newsletter_mailer.issue.content_hash import ContentHash, content_hash
from newsletter_mailer.issue.earlier import earlier_issues
from newsletter_mailer.issue.folder import read_issue
from newsletter_mailer.issue.model import Issue, Template
from newsletter_mailer.issue.template_folder import read_template
from newsletter_mailer.plan.domains import likely_slips
from newsletter_mailer.plan.plan import (
    Assignment,
    Filters,
    Plan,
    Slip,
    Suppressed,
    assignments,
    fields_in_use,
    make_plan,
)
from newsletter_mailer.plan.variants import Variant, Variants, every_combination
from newsletter_mailer.settings import Settings
from newsletter_mailer.toml_lines import line_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """An issue, read whole."""

    issue: Issue
    template: Template
    content: ContentHash
    findings: Sequence[Finding]


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
    findings: list[Finding]

    def assignments(self, suppressed: Suppressed) -> Iterator[Assignment]:
        """Every reader of this run, once more; who must not be mailed is looked up anew."""
        return assignments(self.variants, self.roster.batches(), self.filters, suppressed)

    def sample_subject(self) -> str:
        """The subject as a made-up reader sees it."""
        for compiled in self.compiled.values():
            return compiled.subject_line(sample_values(compiled.fields()), {})
        return self.edition.issue.subject.plain()

    def refuse_errors(self) -> None:
        """Raises ContentError if there is an error among the findings."""
        if has_errors(self.findings):
            raise ContentError(self.findings)


def read_edition(project: Project, issue_id: str) -> Edition:
    """Raises ContentError when the files are too broken to go on, ProjectError."""
    settings = project.settings
    template, findings = read_template(project.root, settings.template, starter.templates())
    if template is None:
        raise ContentError(in_order(findings))
    issue, more = read_issue(project.root, issue_id, settings, template)
    findings = [*findings, *more]
    if issue is None:
        raise ContentError(in_order(findings))
    return Edition(
        issue=issue,
        template=template,
        content=content_hash(issue, template, settings),
        findings=findings,
    )


@contextmanager
def prepare(
    project: Project,
    issue_id: str,
    *,
    filters: Filters = Filters(),  # noqa: B008  # frozen
    suppressed: Suppressed = lambda addresses: {},
    needs_lists: bool = False,
    at: datetime | None = None,
    is_first_run: bool = False,
    gather: Callable[[Subject], Evidence] = lambda subject: Evidence(),
) -> Iterator[Prepared]:
    """read, parse, plan, compose, check. The lists' scratch file lives as long as the context.

    `needs_lists`: an absent list is an error, not a notice. `at`: the assumed time of sending, by
    default now. `is_first_run`: readers are about to get it for the first time, so that what is
    past is an error. `gather`: what the questions need from outside. Raises ContentError,
    ProjectError.
    """
    edition = read_edition(project, issue_id)
    issue = edition.issue
    check_filters(project, issue, filters)
    fields = fields_in_use(issue)
    with Roster(fields) as roster:
        absent = _read_lists(project, issue, roster, fields)
        findings = [
            *edition.findings,
            *roster.findings,
            *_absent_findings(project, issue, absent, needs_lists),
        ]
        variants = Variants(issue)
        plan = make_plan(assignments(variants, roster.batches(), filters, suppressed), fields)
        plan.columns = frozenset(roster.columns)
        plan.has_lists = not absent and not has_errors(_unreadable(roster.findings))
        plan.census = roster.census()
        plan.slips = _slips(roster, likely_slips(plan.domains))
        if absent:
            _include_everyone(project, variants, plan)
        composer = Composer(issue, edition.template, project.settings, edition.content.total)
        compiled = {}
        for variant in _sound(plan.variants.values(), edition):
            made = composer.compose(variant)
            if made is not None:
                compiled[variant.id] = made
        subject = Subject(
            settings=project.settings,
            issue=issue,
            template=edition.template,
            plan=plan,
            compiled=[*compiled.values()],
            at=(at or datetime.now(UTC)).astimezone(project.settings.zone),
            is_first_run=is_first_run,
            earlier=earlier_issues(project.root, issue.id, issue.date),
            smtp_username=project.environment.get("SMTP_USERNAME", ""),
            refused_at=frozenset((f.source.file, f.source.line) for f in composer.findings),
            trace=tracer(edition, project.settings),
        )
        subject.evidence = gather(subject)
        wanted = Wishes(project.settings, issue).granted(
            [*findings, *composer.findings, *ask_all(subject)],
            subject if compiled else None,
        )
        yield Prepared(
            project=project,
            edition=edition,
            roster=roster,
            filters=filters,
            suppressed=suppressed,
            variants=variants,
            plan=plan,
            compiled=compiled,
            findings=in_order(wanted),
        )


def _sound(variants: Iterable[Variant], edition: Edition) -> Iterator[Variant]:
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


def tracer(edition: Edition, settings: Settings) -> Tracer:
    """Composes a variant once more, marked; only when a fault in a page asks for its place."""
    otherwise = Source(f"{edition.template.folder}/newsletter.mjml")

    def trace(variant: Variant) -> Sequence[Source]:
        composer = Composer(
            edition.issue, edition.template, settings, edition.content.total, marked=True
        )
        marked = composer.compose(variant)
        if marked is None:
            raise ContentError(in_order(composer.findings))
        return [*origins(parse_page(filled_page(marked)), otherwise)]

    return trace


def check_filters(project: Project, issue: Issue, filters: Filters) -> None:
    """Raises ProjectError for a region, role or list that does not exist."""
    known = {
        "list": (filters.lists, issue.lists, "issue.toml names no list"),
        "region": (filters.regions, project.settings.regions, "newsletter.toml declares no region"),
        "role": (filters.roles, project.settings.roles, "newsletter.toml declares no role"),
    }
    for option, (chosen, possible, what) in known.items():
        for word in sorted(chosen - {*possible}):
            raise ProjectError(f'--{option}: {what} "{word}". {did_you_mean(word, possible)}')


def _unreadable(findings: Iterable[Finding]) -> Iterator[Finding]:
    """What kept a list from being read: its columns are not known then."""
    return (f for f in findings if f.rule in ("unreadable-list", "missing-column"))


def _read_lists(
    project: Project, issue: Issue, roster: Roster, fields: Sequence[str]
) -> tuple[str, ...]:
    """Fills the roster; the names of lists that are not there."""
    absent: list[str] = []
    for name in issue.lists:
        listed = ListFile(
            project.root,
            name,
            project.settings,
            fields=fields,
            header_fields=issue.header_fields(),
        )
        if listed.is_absent:
            absent.append(name)
        else:
            roster.add(listed)
    return tuple(absent)


def _absent_findings(
    project: Project, issue: Issue, absent: Sequence[str], needs_lists: bool
) -> Iterator[Finding]:
    line = line_of(issue.files["issue.toml"].decode(), "lists")
    for name in absent:
        hint = absent_hint(project.root, name)
        instead = "" if needs_lists else " Every declared region and role is looked at instead."
        yield Finding(
            rule="absent-list",
            severity=_how_bad(needs_lists, hint),
            source=issue.source.at(line),
            message=f"The list recipients/{name}.csv is not here.{instead}",
            hint=hint,
        )


def _how_bad(needs_lists: bool, hint: str) -> Severity:
    """Where the real lists are kept elsewhere, their absence is no news; a misspelt name is."""
    if needs_lists:
        return Severity.ERROR
    return Severity.WARNING if hint.startswith("Did you mean") else Severity.INFO


def _slips(roster: Roster, meant: Mapping[str, str]) -> Sequence[Slip]:
    return [
        Slip(address, meant[domain(address)], source)
        for address, source in roster.at_domains(meant.keys())
    ]


def _include_everyone(project: Project, variants: Variants, plan: Plan) -> None:
    settings = project.settings
    for regions, roles in every_combination(settings.regions, settings.roles):
        plan.include(variants.of(regions, roles))
    plan.include(variants.full())
