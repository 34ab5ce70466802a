"""Who gets which variant, and who is skipped and why. Streams: it never holds all readers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from newsletter_mailer.audience.rows import Subscriber
from newsletter_mailer.findings import Source
from newsletter_mailer.issue.model import Issue
from newsletter_mailer.plan.variants import Variant, Variants

#: Given canonical addresses: why those of them that must not be mailed must not.
Suppressed = Callable[[Sequence[str]], Mapping[str, str]]

EXAMPLES = 10  #: places named per field of the profile
_WEB_ADDRESS = re.compile(r"(?:https?://[^\s/\"<>]+\S*|mailto:\S+|tel:\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Who is mailed in this run. Empty means no restriction; both options must match."""

    lists: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()

    def accepted(self, batch: Sequence[Subscriber]) -> Sequence[Subscriber]:
        if not (self.lists or self.regions or self.roles):
            return batch
        return [subscriber for subscriber in batch if self.accept(subscriber)]

    def accept(self, subscriber: Subscriber) -> bool:
        return (
            (not self.lists or not self.lists.isdisjoint(subscriber.lists))
            and (not self.regions or not self.regions.isdisjoint(subscriber.regions))
            and (not self.roles or not self.roles.isdisjoint(subscriber.roles))
        )


class Assignment(NamedTuple):
    """One reader and what they get. `variant` None: skipped, for `reason`."""

    subscriber: Subscriber
    variant: Variant | None
    reason: str = ""


@dataclass(slots=True)
class FieldProfile:
    """How a merge field is filled over all readers of this run."""

    missing: int = 0
    missing_at: list[Source] = field(default_factory=list)  #: the first ten
    not_a_link: int = 0
    not_a_link_at: list[Source] = field(default_factory=list)
    longest: str = ""


@dataclass(slots=True)
class Plan:
    """The run in numbers: what `check` reads, and what a person is asked to confirm."""

    variants: dict[str, Variant] = field(default_factory=dict)
    head_counts: Counter[str] = field(default_factory=Counter)  #: by variant id
    skipped: Counter[str] = field(default_factory=Counter)  #: by reason
    profile: dict[str, FieldProfile] = field(default_factory=dict)
    columns: frozenset[str] = frozenset()  #: of all lists that were read
    has_lists: bool = True

    @property
    def planned(self) -> int:
        return self.head_counts.total()

    def include(self, variant: Variant) -> None:
        """A variant that is composed and checked, though nobody may get it."""
        if variant.sections:
            self.variants.setdefault(variant.id, variant)


def assignments(
    variants: Variants,
    batches: Iterable[Sequence[Subscriber]],
    filters: Filters,
    suppressed: Suppressed,
) -> Iterator[Assignment]:
    """Every reader of this run, in the order of the lists."""
    for batch in batches:
        accepted = filters.accepted(batch)
        reasons = suppressed([subscriber.address for subscriber in accepted])
        for subscriber in accepted:
            if not subscriber.mailbox:
                yield Assignment(subscriber, None, "bad-address")
            elif subscriber.address in reasons:
                yield Assignment(subscriber, None, reasons[subscriber.address])
            else:
                variant = variants.of(subscriber.regions, subscriber.roles)
                if variant.sections:
                    yield Assignment(subscriber, variant)
                else:
                    yield Assignment(subscriber, None, "empty-issue")


def make_plan(assigned: Iterable[Assignment], fields: Iterable[str]) -> Plan:
    """Variants with head counts, skips, and the profile of the merge `fields` in use."""
    plan = Plan(profile={name: FieldProfile() for name in fields})
    profile = list(plan.profile.items())
    variants, head_counts = plan.variants, plan.head_counts
    for subscriber, variant, reason in assigned:
        if variant is None:
            plan.skipped[reason] += 1
            continue
        if variant.id not in variants:
            variants[variant.id] = variant
        head_counts[variant.id] += 1
        values = subscriber.values
        for name, seen in profile:
            _note(seen, values.get(name, ""), subscriber)
    return plan


def fields_in_use(issue: Issue) -> tuple[str, ...]:
    """The subscriber's fields that the issue names, and those of the To header."""
    named = (
        merge_field.name
        for merge_field, _ in issue.merge_fields()
        if merge_field.namespace == "subscriber"
    )
    return tuple(dict.fromkeys(("first_name", "last_name", *named)))


def _note(seen: FieldProfile, value: str, subscriber: Subscriber) -> None:
    if not value:
        seen.missing += 1
        if len(seen.missing_at) < EXAMPLES:
            seen.missing_at.append(subscriber.source)
        return
    if len(value) > len(seen.longest):
        seen.longest = value
    if ":" not in value or not _WEB_ADDRESS.fullmatch(value):
        seen.not_a_link += 1
        if len(seen.not_a_link_at) < EXAMPLES:
            seen.not_a_link_at.append(subscriber.source)
