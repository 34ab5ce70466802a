"""Who gets which variant, and who is skipped and why. Streams: it never holds all readers."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from newsletter_mailer.audience.census import Census
from newsletter_mailer.audience.subscriber import STANDARD, Subscriber
from newsletter_mailer.issue.model import Issue
from newsletter_mailer.plan.profile import Examples, FieldProfile
from newsletter_mailer.plan.variants import Variant, Variants

#: Given canonical addresses: why those of them that must not be mailed must not.
Suppressed = Callable[[Sequence[str]], Mapping[str, str]]

#: Why a row of a list is nobody who could be mailed, now or later.
NO_READER = frozenset({"bad-address", "empty-issue"})
_AT_ONCE = 150  #: readers whose values are looked at together
#: What a list usually says of a person; whatever else it has is its own.
USUAL_FIELDS = frozenset(STANDARD)
#: What stands before the @-sign of addresses that belong to a machine, not to a reader.
_MACHINES = frozenset(
    {
        *("noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "nobody", "root"),
        *("postmaster", "hostmaster", "mailer-daemon", "abuse", "bounce", "bounces"),
    }
)


def nobody_suppressed(_addresses: Sequence[str]) -> Mapping[str, str]:
    """`Suppressed`, where there is no ledger."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Who is mailed in this run. Empty means no restriction; all options must match."""

    lists: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()  #: canonical

    @property
    def is_narrow(self) -> bool:
        return self != Filters()

    def accept(self, subscriber: Subscriber) -> bool:
        return (
            (not self.lists or not self.lists.isdisjoint(subscriber.lists))
            and (not self.regions or not self.regions.isdisjoint(subscriber.regions))
            and (not self.roles or not self.roles.isdisjoint(subscriber.roles))
            and (not self.addresses or subscriber.address in self.addresses)
        )


class Slip(NamedTuple):
    """A domain a letter away from one that many have, and the addresses that are there."""

    domain: str
    meant: str
    addresses: Examples


class Assignment(NamedTuple):
    """One reader and what they get. `variant` None: skipped, for `reason`."""

    subscriber: Subscriber
    variant: Variant | None
    reason: str = ""
    is_mailed: bool = True  #: False: a reader of the issue, and not of this run


@dataclass(slots=True)
class Plan:
    """The readers in numbers: what `check` reads, and what a person is asked to confirm.

    But for the counts of this run, everything is of all readers.
    """

    variants: dict[str, Variant] = field(default_factory=dict)
    head_counts: Counter[str] = field(default_factory=Counter)  #: of this run, by variant id
    skipped: Counter[str] = field(default_factory=Counter)  #: of this run, by reason
    nothing_for: Examples = field(default_factory=Examples)  #: readers whose issue is empty
    profile: dict[str, FieldProfile] = field(default_factory=dict)
    domains: Counter[str] = field(default_factory=Counter)  #: readers by their address's domain
    slips: Sequence[Slip] = ()  #: domains that are likely slips of the pen
    machines: Examples = field(default_factory=Examples)  #: addresses that no person reads
    census: Census = field(default_factory=Census)  #: of all lists, whoever is mailed
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
    """Every reader of the lists, in their order; `filters` tell which are of this run."""
    is_narrow = filters.is_narrow
    for batch in batches:
        reasons = suppressed([subscriber.address for subscriber in batch])
        for subscriber in batch:
            is_mailed = not is_narrow or filters.accept(subscriber)
            if not subscriber.mailbox:
                yield Assignment(subscriber, None, "bad-address", is_mailed)
            elif subscriber.address in reasons:
                yield Assignment(subscriber, None, reasons[subscriber.address], is_mailed)
            else:
                variant = variants.of(subscriber.regions, subscriber.roles)
                if variant.sections:
                    yield Assignment(subscriber, variant, "", is_mailed)
                else:
                    yield Assignment(subscriber, None, "empty-issue", is_mailed)


def make_plan(assigned: Iterable[Assignment], fields: Iterable[str]) -> Plan:
    """Variants with head counts, skips, and the profile of the merge `fields` in use.

    Counted is who is of this run. What is checked, the variants and the profile, is of all readers:
    whoever narrows a run sends the rest later, when it is too late to change the issue. Many
    readers at a time: a column is looked at as a whole, in a third of the time.
    """
    plan = Plan(profile={name: FieldProfile() for name in fields})
    rest = iter(assigned)
    while some := [*itertools.islice(rest, _AT_ONCE)]:
        variants = [one.variant for one in some if one.variant is not None]
        if len(variants) == len(some):
            readers = [one.subscriber for one in some]
        else:
            readers = [one.subscriber for one in some if one.variant is not None]
            _note_skipped(plan, some)
        plan.head_counts.update([one.variant.id for one in some if one.variant and one.is_mailed])
        plan.variants.update({variant.id: variant for variant in variants})
        if readers:
            cells = zip(*[reader.cells for reader in readers], strict=True)
            columns = dict(zip(readers[0].fields, cells, strict=True))
            for name, seen in plan.profile.items():
                seen.note(name, columns, readers, variants)
            _note_addresses(plan, readers)
    return plan


def _note_skipped(plan: Plan, some: Sequence[Assignment]) -> None:
    for reader, variant, reason, is_mailed in some:
        if variant is None:
            if is_mailed:
                plan.skipped[reason] += 1
            if reason == "empty-issue":
                plan.nothing_for.add(reader.mailbox, reader.place, reader.line)


def _note_addresses(plan: Plan, readers: Sequence[Subscriber]) -> None:
    """An address has one @-sign only, so that all can be cut at once."""
    halves = "@".join([reader.address for reader in readers]).split("@")
    plan.domains.update(halves[1::2])
    if not _MACHINES.isdisjoint(halves[::2]):
        for reader, local_part in zip(readers, halves[::2], strict=True):
            if local_part in _MACHINES:
                plan.machines.add(reader.mailbox, reader.place, reader.line)


def fields_in_use(issue: Issue) -> tuple[str, ...]:
    """The subscriber's fields that the issue names, and those of the To header."""
    named = (
        merge_field.name
        for merge_field, _ in issue.merge_fields()
        if merge_field.namespace == "subscriber"
    )
    return tuple(dict.fromkeys(("first_name", "last_name", *named)))
