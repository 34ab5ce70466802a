"""Who gets which section: head counts by region and role."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal  # Any: JSON

from newsletter_mailer.check.context.segments import Segment, segments_of
from newsletter_mailer.issue.model import Issue
from newsletter_mailer.plan.plan import Plan
from newsletter_mailer.settings.newsletter import Settings

NONE = ""  #: the slug of the group that has no region, or no role


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Everyone of one region, or of one role. Who has several is counted in each."""

    kind: Literal["region", "role"]
    slug: str  #: NONE for those who have none
    name: str
    readers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A section, and how many readers of each group get it."""

    file: str
    title: str
    target_regions: tuple[str, ...]  #: as newsletter.toml has them; empty means everyone
    target_roles: tuple[str, ...]
    readers: int
    regions: Mapping[str, int]  #: by slug; only those above 0
    roles: Mapping[str, int]

    @property
    def is_targeted(self) -> bool:
        return bool(self.target_regions or self.target_roles)

    def of(self, group: Group) -> int:
        return (self.regions if group.kind == "region" else self.roles).get(group.slug, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Sections by region and role.

    Without the lists nobody can be counted: then a `reader` is one of each declared region and
    role, and `is_counted` is False.
    """

    is_counted: bool
    readers: int  #: people; they may have several regions and roles, or none
    groups: tuple[Group, ...]  #: regions, then roles, as newsletter.toml has them
    rows: tuple[Row, ...]

    def as_json(self) -> dict[str, Any]:
        """Head counts are null where nobody can be counted."""

        def heads(count: int) -> int | None:
            return count if self.is_counted else None

        return {
            "counted": self.is_counted,
            "readers": heads(self.readers),
            "groups": [
                {
                    "kind": one.kind,
                    "slug": one.slug,
                    "name": one.name,
                    "readers": heads(one.readers),
                }
                for one in self.groups
            ],
            "sections": [
                {
                    "file": row.file,
                    "title": row.title,
                    "target": {
                        "regions": list(row.target_regions),
                        "roles": list(row.target_roles),
                    },
                    "readers": heads(row.readers),
                    "regions": {slug: heads(count) for slug, count in row.regions.items()},
                    "roles": {slug: heads(count) for slug, count in row.roles.items()},
                }
                for row in self.rows
            ],
        }


def matrix_of(issue: Issue, settings: Settings, plan: Plan) -> Matrix:
    """From the numbers of the lists, not from the readers themselves."""
    segments = segments_of(plan, settings)
    of_regions, of_roles = _by_group(segments.items())
    return Matrix(
        is_counted=plan.has_lists,
        readers=sum(segments.values()),
        groups=(
            *_groups("region", settings.regions, "no region", of_regions),
            *_groups("role", settings.roles, "no role", of_roles),
        ),
        rows=tuple(_rows(issue, settings, segments)),
    )


def _rows(issue: Issue, settings: Settings, segments: Mapping[Segment, int]) -> Iterator[Row]:
    for section in issue.sections:
        seeing = [(segment, count) for segment, count in segments.items() if section.sees(*segment)]
        regions, roles = _by_group(seeing)
        yield Row(
            file=section.source.file,
            title=section.title.plain(),
            target_regions=tuple(slug for slug in settings.regions if slug in section.regions),
            target_roles=tuple(slug for slug in settings.roles if slug in section.roles),
            readers=sum(count for _, count in seeing),
            regions=regions,
            roles=roles,
        )


def _by_group(segments: Iterable[tuple[Segment, int]]) -> tuple[Counter[str], Counter[str]]:
    regions: Counter[str] = Counter()
    roles: Counter[str] = Counter()
    for (of_regions, of_roles), count in segments:
        for slug in of_regions or (NONE,):
            regions[slug] += count
        for slug in of_roles or (NONE,):
            roles[slug] += count
    return regions, roles


def _groups(
    kind: Literal["region", "role"],
    names: Mapping[str, str],
    nothing: str,
    readers: Mapping[str, int],
) -> Iterator[Group]:
    """Those that newsletter.toml declares, and who has none, if somebody has none."""
    for slug, name in names.items():
        yield Group(kind=kind, slug=slug, name=name, readers=readers.get(slug, 0))
    if names and readers.get(NONE):
        yield Group(kind=kind, slug=NONE, name=nothing, readers=readers[NONE])
