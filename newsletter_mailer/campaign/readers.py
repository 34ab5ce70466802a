"""read, plan: the lists of an issue, and who of them gets what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from newsletter_mailer.address import domain
from newsletter_mailer.audience.roster import Roster
from newsletter_mailer.audience.source import RowSchema
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.did_you_mean import closest, did_you_mean
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.issue.model import Issue
from newsletter_mailer.plan.plan import (
    Filters,
    Plan,
    Slip,
    Suppressed,
    assignments,
    fields_in_use,
    make_plan,
)
from newsletter_mailer.plan.profile import Examples
from newsletter_mailer.plan.typing_slips import likely_slips
from newsletter_mailer.plan.variants import Variants, every_combination
from newsletter_mailer.toml_text import line_of


def row_schema(project: Project, issue: Issue) -> RowSchema:
    """What the rows of the issue's lists are read by."""
    return RowSchema(
        fields=fields_in_use(issue),
        header_fields=issue.header_fields(),
        regions=project.settings.regions,
        roles=project.settings.roles,
    )


def read_lists(project: Project, issue: Issue, roster: Roster) -> tuple[str, ...]:
    """Fills the roster; the names of lists that are not there. Raises ProjectError."""
    absent: list[str] = []
    lists, schema = project.lists, row_schema(project, issue)
    for name in issue.lists:
        found = lists.find(name, schema)
        if found is None:
            absent.append(name)
        else:
            roster.add(found)
    return tuple(absent)


def plan_of(
    project: Project,
    variants: Variants,
    roster: Roster,
    filters: Filters,
    suppressed: Suppressed,
    absent: Sequence[str],
) -> Plan:
    """The plan of this run. Where a list is absent, every declared region and role is in it."""
    plan = make_plan(assignments(variants, roster.batches(), filters, suppressed), roster.fields)
    plan.columns = frozenset(roster.columns)
    plan.has_lists = not absent and roster.is_whole
    plan.census = roster.census()
    plan.slips = _slips(roster, likely_slips(plan.domains))
    if absent:
        _include_everyone(project, variants, plan)
    return plan


def absent_findings(
    project: Project, issue: Issue, absent: Sequence[str], needs_lists: bool, obstacle: str = ""
) -> Iterator[Finding]:
    """`obstacle`: why those whom the ledger still owes the issue cannot be mailed without lists."""
    line = line_of(issue.files["issue.toml"].decode(), "lists")
    lists = project.lists
    known = lists.names()
    for name in absent:
        hint = did_you_mean(name, known)
        instead = "" if needs_lists else " Every declared region and role is looked at instead."
        yield Finding(
            rule="absent-list",
            severity=_how_bad(needs_lists, bool(closest(name, known))),
            source=issue.source.at(line),
            message=f"The list {lists.place(name)} is not here.{instead}",
            hint=f"{hint} {obstacle}".strip(),
        )


def refuse_unknown(project: Project, issue: Issue, filters: Filters) -> None:
    """Raises ProjectError for a region, role or list that does not exist."""
    known = {
        "list": (filters.lists, issue.lists, "issue.toml names no list"),
        "region": (filters.regions, project.settings.regions, "newsletter.toml declares no region"),
        "role": (filters.roles, project.settings.roles, "newsletter.toml declares no role"),
    }
    for option, (chosen, possible, what) in known.items():
        for word in sorted(chosen - {*possible}):
            raise ProjectError(f'--{option}: {what} "{word}". {did_you_mean(word, possible)}')


def _how_bad(needs_lists: bool, is_misspelt: bool) -> Severity:
    """Where the real lists are kept elsewhere, their absence is no news; a misspelt name is."""
    if needs_lists:
        return Severity.ERROR
    return Severity.WARNING if is_misspelt else Severity.INFO


def _slips(roster: Roster, meant: Mapping[str, str]) -> Sequence[Slip]:
    """In the order of the lists."""
    slips: dict[str, Slip] = {}
    for address, source in roster.at_domains(meant.keys()):
        host = domain(address)
        slip = slips.setdefault(host, Slip(host, meant[host], Examples()))
        slip.addresses.add(address, source.file, source.line)
    return [*slips.values()]


def _include_everyone(project: Project, variants: Variants, plan: Plan) -> None:
    settings = project.settings
    for regions, roles in every_combination(settings.regions, settings.roles):
        plan.include(variants.of(regions, roles))
    plan.include(variants.full())
