"""As whom the mail is looked at: a version of it, a made-up reader, or one of the lists' people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from newsletter_mailer.audience.subscriber import Subscriber
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.sample_reader import MAILBOX, sample_values
from newsletter_mailer.issue.model import Issue, Section
from newsletter_mailer.plan.variants import Variant
from newsletter_mailer.preview.live.reader_search import name_of
from newsletter_mailer.preview.live.snapshot import Snapshot
from newsletter_mailer.settings.newsletter import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderChoice:
    """What the page asks for. Nothing at all asks for the version that most readers get."""

    variant: str = ""
    region: str = ""
    role: str = ""
    reader: Subscriber | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """Who looks."""

    kind: Literal["version", "made-up", "subscriber"]
    variant: Variant
    regions: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    subscriber: Subscriber | None = None

    @property
    def is_known(self) -> bool:
        """Whether regions and roles are one reader's."""
        return self.kind != "version"

    def values(self, compiled: CompiledVariant) -> Mapping[str, str]:
        if self.subscriber is not None:
            return self.subscriber.values
        return sample_values(compiled.fields())

    @property
    def mailbox(self) -> str:
        return self.subscriber.mailbox if self.subscriber else MAILBOX


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A section, whether the reader gets it, and why."""

    section: Section
    is_got: bool
    why: str


def persona_of(asked: ReaderChoice, snapshot: Snapshot) -> Persona | None:
    """None if the issue has nothing to show for anybody."""
    settings = snapshot.project.settings
    if asked.reader is not None:
        regions, roles = asked.reader.regions, asked.reader.roles
    elif asked.region in settings.regions or asked.role in settings.roles:
        regions = frozenset({asked.region} & {*settings.regions})
        roles = frozenset({asked.role} & {*settings.roles})
    else:
        chosen = (snapshot.find(asked.variant) if asked.variant else None) or snapshot.first()
        return Persona(kind="version", variant=chosen) if chosen else None
    return Persona(
        kind="subscriber" if asked.reader else "made-up",
        variant=snapshot.as_shown(snapshot.variants.of(regions, roles)),
        regions=regions,
        roles=roles,
        subscriber=asked.reader,
    )


def inclusions(issue: Issue, settings: Settings, persona: Persona) -> Iterator[Inclusion]:
    """Every section of the issue, in order."""
    got = {*persona.variant.slugs}
    for section in issue.sections:
        is_got = section.slug in got
        yield Inclusion(section, is_got, _why(section, is_got, settings, persona))


def _why(section: Section, is_got: bool, settings: Settings, persona: Persona) -> str:
    target = target_of(section, settings)
    if not section.is_targeted:
        return "For everyone."
    if not persona.is_known:
        return f"For {target}."
    if is_got:
        return f"For {target}: that fits."
    reasons = []
    if section.regions and section.regions.isdisjoint(persona.regions):
        reasons.append(
            f"this reader is in {_names(settings.regions, persona.regions)}"
            if persona.regions
            else "this reader has no region"
        )
    if section.roles and section.roles.isdisjoint(persona.roles):
        reasons.append(
            f"this reader is {_names(settings.roles, persona.roles)}"
            if persona.roles
            else "this reader has no role"
        )
    return f"Only for {target}; {' and '.join(reasons)}."


def target_of(section: Section, settings: Settings) -> str:
    """`directors in Dudley or Walsall`, as newsletter.toml names them; or everyone."""
    regions, roles = (
        _names(settings.regions, section.regions, "or"),
        _names(settings.roles, section.roles, "or"),
    )
    if not section.is_targeted:
        return "everyone"
    if not section.regions:
        return roles
    return f"{roles} in {regions}" if section.roles else f"readers in {regions}"


def label_of(variant: Variant, issue: Issue) -> str:
    """A version in words, by the sections that not everyone gets."""
    if len(variant.sections) == len(issue.sections):
        return "The whole issue"
    own = [
        section.title.plain() or section.slug for section in variant.sections if section.is_targeted
    ]
    return f"With \u201c{joined(own)}\u201d" if own else "What everyone gets"


def described(subscriber: Subscriber, settings: Settings) -> Mapping[str, object]:
    """A subscriber, as the page names one."""
    return {
        "name": name_of(subscriber) or subscriber.mailbox,
        "address": subscriber.mailbox,
        "regions": _sorted(settings.regions, subscriber.regions),
        "roles": _sorted(settings.roles, subscriber.roles),
        "lists": sorted(subscriber.lists),
    }


def joined(words: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def _names(names: Mapping[str, str], slugs: frozenset[str], last: str = "and") -> str:
    return joined(_sorted(names, slugs), last)


def _sorted(names: Mapping[str, str], slugs: frozenset[str]) -> list[str]:
    """In the order of newsletter.toml."""
    return [name for slug, name in names.items() if slug in slugs]
