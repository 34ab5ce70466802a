"""Targeting: who gets which section, and who gets none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.context.segments import Segment, segments_of
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.text.wording import joined, people, places
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.issue.model import Section
from newsletter_mailer.settings.newsletter import Settings

MOST_VARIANTS = 200
FEWEST_SECTIONS = 5  #: of an issue in which one section can be called few
THIN = 0.2  #: of the issue's sections
_NAMED = 5  #: segments named in a message


@check("section-reaches-nobody", Severity.WARNING, each=Section)
def section_reaches_nobody(section: Section, ask: Ask) -> Iterator[Finding]:
    """A section whose regions and roles no reader of the lists has.

    A reader must match both lines: `regions: [dudley]` with `roles: [director]` reaches the
    directors of Dudley only, and nobody if the lists have none. `check --matrix` shows who gets
    what. Asked only where the lists are at hand.
    """
    plan = ask.context.plan
    if not section.is_targeted or not plan.has_lists or not plan.census.people:
        return
    if not any(section.sees(*segment) for segment in plan.census.segments):
        yield ask.finding(
            section.source.at(_target_line(section)),
            f"Nobody in the lists gets this section: no reader has "
            f"{_target(section, ask.context.settings)}.",
            "Widen regions: and roles:, or look at the region and role columns of the lists.",
        )


@check("empty-for-readers", Severity.WARNING)
def empty_for_readers(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """Readers for whom the issue has no section at all: they are not mailed.

    It is an error if that is everyone. Without the lists, each declared region with each role is
    looked at.
    """
    plan, settings = context.plan, context.settings
    if context.issue.has_unread_sections:  # nobody knows what they would get
        return
    if any(not section.is_targeted for section in context.issue.sections):
        return
    nothing = {
        segment: count
        for segment, count in segments_of(plan, settings).items()
        if not any(section.sees(*segment) for section in context.issue.sections)
    }
    hint = "Add a section for everyone, or leave these readers out of the issue's lists."
    if plan.has_lists and plan.nothing_for.count:
        count = plan.nothing_for.count
        first = [source for _, source in plan.nothing_for.first]
        who = _segments(nothing, settings, counted=sum(nothing.values()) == count)
        yield ask.finding(
            first[0],
            f"The issue is empty for {people(count)} ({who}): {places(first, count)}.",
            hint,
            None if plan.variants else Severity.ERROR,
        )
    elif not plan.has_lists and nothing:
        yield ask.finding(
            context.issue.source,
            f"The issue is empty for readers of {_segments(nothing, settings, counted=False)}.",
            hint,
        )


@check("thin-issue", Severity.WARNING)
def thin_issue(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """Readers who get one section only, or less than a fifth of the issue's sections.

    Said of issues with at least five sections. Without the lists, each declared region with each
    role is looked at.
    """
    sections = context.issue.sections
    for_all = sum(1 for section in sections if not section.is_targeted)
    if (
        context.issue.has_unread_sections
        or len(sections) < FEWEST_SECTIONS
        or not _is_thin(for_all, len(sections))
    ):
        return
    thin: dict[int, dict[Segment, int]] = {}
    for segment, count in segments_of(context.plan, context.settings).items():
        seen = sum(1 for section in sections if section.sees(*segment))
        if seen and _is_thin(seen, len(sections)):
            thin.setdefault(seen, {})[segment] = count
    for seen, segments in sorted(thin.items()):
        is_counted = context.plan.has_lists
        who = _segments(segments, context.settings, counted=is_counted)
        readers = f"{people(sum(segments.values()))} ({who})" if is_counted else f"Readers of {who}"
        get = "gets" if is_counted and sum(segments.values()) == 1 else "get"
        yield ask.finding(
            context.issue.source,
            f"{readers} {get} only {seen} of {len(sections)} sections.",
            "Is there news for them too? Look at check --matrix.",
        )


@check("unused-region", Severity.INFO)
def unused_region(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A region of newsletter.toml that no reader has and no section names."""
    used = {slug for regions, _ in context.plan.census.segments for slug in regions}
    used.update(slug for section in context.issue.sections for slug in section.regions)
    return _unused(context, ask, "region", context.settings.regions, used)


@check("unused-role", Severity.INFO)
def unused_role(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A role of newsletter.toml that no reader has and no section names."""
    used = {slug for _, roles in context.plan.census.segments for slug in roles}
    used.update(slug for section in context.issue.sections for slug in section.roles)
    return _unused(context, ask, "role", context.settings.roles, used)


def _unused(
    context: CheckContext, ask: Ask, what: str, names: Mapping[str, str], used: set[str]
) -> Iterator[Finding]:
    if not context.plan.has_lists or not context.plan.census.people:
        return
    for slug, name in names.items():
        if slug not in used:
            yield ask.finding(
                context.settings.source(f"{what}s", slug),
                f"No reader has the {what} {name}, and no section names it.",
                f"Look at the {what} column of the lists, or remove the line.",
            )


@check("target-names-all", Severity.INFO, each=Section)
def target_names_all(section: Section, ask: Ask) -> Iterator[Finding]:
    """A target that names every region, or every role.

    It is not the same as no target: readers without a region, or without a role, do not get the
    section.
    """
    for key, chosen, known in (
        ("regions", section.regions, ask.context.settings.regions),
        ("roles", section.roles, ask.context.settings.roles),
    ):
        if len(known) > 1 and chosen >= known.keys():
            yield ask.finding(
                section.source.at(section.field_lines.get(key, 1)),
                f"The line {key}: names every one of them; only readers without any are left out.",
                f"Remove the line {key}: if the section is for everyone.",
            )


@check("many-variants", Severity.WARNING)
def many_variants(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """More than 200 variants: nobody can look at them all, and composing them takes long.

    A variant is a distinct set of sections that some readers see. Their number can double with
    each section that has a target of its own.
    """
    count = len(context.plan.variants)
    if count > MOST_VARIANTS:
        targets = len({(s.regions, s.roles) for s in context.issue.sections if s.is_targeted})
        yield ask.finding(
            context.issue.source,
            f"The issue has {count:,} variants, from {targets} different targets.",
            "Give sections the same regions: and roles: where you can.",
        )


def _is_thin(seen: int, of: int) -> bool:
    return seen <= 1 or seen < THIN * of


def _target_line(section: Section) -> int:
    return section.field_lines.get("regions") or section.field_lines.get("roles") or 1


def _target(section: Section, settings: Settings) -> str:
    """`the region Dudley and the role Director`."""
    ways = (("region", section.regions, settings.regions), ("role", section.roles, settings.roles))
    return " and ".join(
        f"the {what} {joined([names[slug] for slug in names if slug in slugs], 'or')}"
        if len(slugs) <= _NAMED
        else f"any of these {len(slugs)} {what}s"
        for what, slugs, names in ways
        if slugs
    )


def _segments(segments: Mapping[Segment, int], settings: Settings, *, counted: bool = True) -> str:
    """The biggest by name."""
    ordered = sorted(segments, key=lambda s: (-segments[s], sorted(s[0]), sorted(s[1])))
    named = [
        _name(segment, settings) + (f": {segments[segment]:,}" if counted else "")
        for segment in ordered[:_NAMED]
    ]
    more = len(ordered) - len(named)
    return "; ".join([*named, f"and {more:,} more groups"] if more > 0 else named)


def _name(segment: Segment, settings: Settings) -> str:
    regions, roles = segment
    return f"{_names(regions, settings.regions, 'region')}, {_names(roles, settings.roles, 'role')}"


def _names(slugs: frozenset[str], names: Mapping[str, str], what: str) -> str:
    if not slugs:
        return f"no {what}"
    if len(slugs) > 1 and slugs >= names.keys():
        return f"every {what}"
    words: Sequence[str] = [names.get(slug, slug) for slug in sorted(slugs)]
    return joined(words, "and")
