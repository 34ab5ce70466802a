"""Lists: addresses that are hardly meant, rows that stand twice, and how many people there are."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.text.wording import people, places
from newsletter_mailer.findings import Finding, Severity, Source

#: Since the last issue, of the people in a list; and how many people that must be at least.
CHANGED, CHANGED_BY = 0.2, 5


@check("domain-typo", Severity.WARNING)
def domain_typo(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """An address whose domain is a letter away from one that many readers have, or from a big
    provider's.

    A letter missing, added, changed, or swapped with its neighbour: gmial.com, dudely.gov.uk. The
    domain meant must have at least three times as many readers of these lists. Mail to a mistyped
    domain bounces, or is read by a stranger who has registered it.
    """
    for slip in context.plan.slips:
        (address, source), *_ = slip.addresses.first
        count, readers = slip.addresses.count, context.plan.domains[slip.meant]
        sources = [place for _, place in slip.addresses.first]
        yield ask.finding(
            source,
            f'"{address}": the domain may be mistyped.'
            if count == 1
            else f'{count:,} addresses are at "{slip.domain}", which may be mistyped: '
            f"{places(sources, count)}.",
            f'Did you mean "@{slip.meant}"'
            + (
                f", which {people(readers)} {'has' if readers == 1 else 'have'}?"
                if readers
                else "?"
            ),
        )


@check("machine-address", Severity.WARNING)
def machine_address(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """An address in a list that no person reads, such as noreply@ or postmaster@.

    Mail to such addresses harms the sender's name with the providers. Shared mailboxes that people
    do read (info@, office@) are left alone.
    """
    machines = context.plan.machines
    for address, source in machines.first:
        yield ask.finding(
            source,
            f'"{address}" belongs to a machine: nobody reads what is sent to it.',
            "Remove the row, or ask for an address that somebody reads.",
        )
    if machines.count > len(machines.first):
        yield ask.finding(
            machines.first[-1][1],
            f"{machines.count - len(machines.first):,} more addresses that nobody reads.",
            "Mend those above first.",
        )


@check("row-twice", Severity.WARNING)
def row_twice(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """Rows of one list with the same address.

    The person gets one mail, addressed as the first row says, and what either row's regions and
    roles bring.
    """
    for doubles in context.plan.census.repeated.values():
        source, earlier = doubles.first[0]
        rows = [place for place, _ in doubles.first]
        yield ask.finding(
            source,
            f"The address here stands in line {earlier.line} already."
            if doubles.count == 1
            else f"{doubles.count:,} rows repeat an address of the same list: "
            f"{places(rows, doubles.count)}. The first repeats line {earlier.line}.",
            "Keep one row, with all regions and roles of the person.",
        )


@check("in-several-lists", Severity.INFO)
def in_several_lists(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """People who stand in more than one list of the issue.

    They get one mail, addressed as the first list says, with the regions and roles of all.
    """
    shared = context.plan.census.shared
    if shared.count:
        rows = [place for place, _ in shared.first]
        yield ask.finding(
            rows[0],
            f"{people(shared.count)} of this issue's lists "
            f"{'stands' if shared.count == 1 else 'stand'} in an earlier list too, and "
            f"{'gets' if shared.count == 1 else 'get'} one mail: {places(rows, shared.count)}.",
        )


@check("list-size", Severity.WARNING)
def list_size(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A list with over 20 % more or fewer people than when the last issue was sent.

    Perhaps an export went wrong. The sizes are kept in that issue's sent.toml; lists that changed
    by fewer than five people are left alone, and an empty one is another rule's.
    """
    for name, size in context.plan.census.sizes.items():
        earlier = next((one for one in context.earlier if name in one.list_sizes), None)
        if earlier is None or not size:
            continue
        before = earlier.list_sizes[name]
        if abs(size - before) > CHANGED * before and abs(size - before) >= CHANGED_BY:
            how = "grew" if size > before else "shrank"
            share = f" by {abs(size - before) / before:.0%}" if before else ""
            yield ask.finding(
                Source(context.plan.census.places[name]),
                f"The list {how}{share} since issue {earlier.id}, from {before:,} to {size:,} "
                "people.",
                "Make sure that it is the right export, and the whole of it.",
            )


@check("empty-list", Severity.WARNING)
def empty_list(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A list without a single usable address. If no list has one, that is an error."""
    for name, size in context.plan.census.sizes.items():
        if not size:
            yield ask.finding(
                Source(context.plan.census.places[name]),
                "This list holds no address that can be mailed.",
                "Fill it, or take it out of lists in issue.toml.",
                None
                if context.plan.census.people or not context.plan.has_lists
                else Severity.ERROR,
            )
