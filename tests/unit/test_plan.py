"""Who gets what: targets decide what a reader sees, filters only who is mailed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.audience.census import EXAMPLES
from newsletter_mailer.audience.subscriber import Subscriber
from newsletter_mailer.findings import Source
from newsletter_mailer.issue.kinds import Kind
from newsletter_mailer.issue.merge_text import MergeField, MergeText
from newsletter_mailer.issue.model import Issue, Section
from newsletter_mailer.plan.plan import Filters, assignments, fields_in_use, make_plan
from newsletter_mailer.plan.variants import Variants, every_combination

KIND = Kind(
    name="text", label="", help="", fields={}, template="", template_line=1, source=Source("k")
)


def section(slug: str, regions: Iterable[str] = (), roles: Iterable[str] = ()) -> Section:
    return Section(
        slug=slug,
        kind=KIND,
        title=MergeText(),
        body=MergeText(("text",), (1,)),
        body_line=1,
        fields={},
        regions=frozenset(regions),
        roles=frozenset(roles),
        source=Source(f"{slug}.md"),
    )


def issue_of(*sections: Section) -> Issue:
    return Issue(
        id="2030-01",
        subject=MergeText(("S",), (1,)),
        preheader=MergeText(),
        date=date(2030, 1, 15),
        lists=("readers",),
        language="en-GB",
        groups={},
        sections=sections,
        source=Source("issue.toml"),
        files={},
    )


FIELDS = ("first_name", "code")


def subscriber(
    name: str, regions: str = "", roles: str = "", lists: str = "readers", **values: str
) -> Subscriber:
    return Subscriber(
        address=f"{name}@example.org",
        mailbox=f"{name}@example.org",
        fields=FIELDS,
        cells=[values.get(name, "") for name in FIELDS],
        regions=frozenset(regions.split()),
        roles=frozenset(roles.split()),
        lists=frozenset(lists.split()),
        place="recipients/readers.csv",
        line=len(name),
    )


@pytest.mark.parametrize(
    ("regions", "roles", "reader_regions", "reader_roles", "sees"),
    [
        ("", "", "", "", True),
        ("", "", "dudley", "director", True),
        ("dudley", "", "dudley", "", True),
        ("dudley", "", "", "", False),
        ("dudley", "", "walsall", "", False),
        ("dudley", "", "walsall dudley", "", True),
        ("dudley walsall", "", "walsall", "director", True),
        ("", "director", "dudley", "director", True),
        ("", "director", "dudley", "", False),
        ("dudley", "director", "dudley", "director", True),
        ("dudley", "director", "dudley", "", False),
        ("dudley", "director", "", "director", False),
        ("dudley", "director", "walsall", "director", False),
        ("dudley walsall", "director officer", "walsall", "officer", True),
    ],
)
def test_a_target_decides_who_sees_a_section(
    regions: str, roles: str, reader_regions: str, reader_roles: str, sees: bool
) -> None:
    targeted = section("a", regions.split(), roles.split())
    variant = Variants(issue_of(targeted, section("b"))).of(
        frozenset(reader_regions.split()), frozenset(reader_roles.split())
    )

    assert ("a" in variant.slugs) == sees
    assert "b" in variant.slugs


SLUGS = st.frozensets(st.sampled_from(["r1", "r2", "r3"]), max_size=3)
SECTIONS = st.lists(st.tuples(SLUGS, SLUGS), max_size=6).map(
    lambda targets: [
        section(f"{number}0-{'x' * 15}", regions, roles)
        for number, (regions, roles) in enumerate(targets, start=1)
    ]
)


@given(SECTIONS, st.lists(st.tuples(SLUGS, SLUGS), max_size=10))
def test_variants_are_distinct_sets_with_distinct_file_names(
    sections: list[Section], readers: list[tuple[frozenset[str], frozenset[str]]]
) -> None:
    variants = Variants(issue_of(*sections))
    found = [variants.of(regions, roles) for regions, roles in readers] + [variants.full()]

    assert len({variant.id.lower() for variant in found}) == len(
        {variant.slugs for variant in found}
    )
    for variant, (regions, roles) in zip(found, readers, strict=False):
        assert list(variant.slugs) == [one.slug for one in sections if one.sees(regions, roles)]
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}", variant.id)
    assert all(variants.of(*reader) is variants.of(*reader) for reader in readers)


def test_variants_are_named_after_what_sets_them_apart() -> None:
    variants = Variants(
        issue_of(section("10-a"), section("20-b", ["dudley"]), section("30-c", ["walsall"]))
    )

    def name(regions: str) -> str:
        return variants.of(frozenset(regions.split()), frozenset()).id

    assert name("") == "everyone"
    assert name("dudley") == "20-b"
    assert name("dudley walsall") == "full"


def test_long_names_that_begin_alike_stay_apart() -> None:
    long = [section(f"{number}0-{'x' * 30}", ["dudley", "walsall"]) for number in (1, 2)]
    variants = Variants(issue_of(*long, section("30-a", ["dudley"]), section("40-b", ["walsall"])))

    dudley = variants.of(frozenset({"dudley"}), frozenset())
    walsall = variants.of(frozenset({"walsall"}), frozenset())

    assert dudley.id != walsall.id
    assert len(dudley.id) <= 60


def test_without_a_list_every_region_and_role_is_looked_at() -> None:
    assert [*every_combination(["a", "b"], ["x"])] == [
        (frozenset(regions), frozenset(roles))
        for regions in ([], ["a"], ["b"])
        for roles in ([], ["x"])
    ]


READERS = [
    subscriber("ann", "dudley", "director"),
    subscriber("ben", "walsall", "officer"),
    subscriber("cem", "", ""),
    subscriber("dee", "dudley walsall", "", "extra"),
]


@pytest.mark.parametrize(
    ("filters", "mailed"),
    [
        (Filters(), ["ann", "ben", "cem", "dee"]),
        (Filters(regions=frozenset({"dudley"})), ["ann", "dee"]),
        (Filters(regions=frozenset({"dudley", "walsall"})), ["ann", "ben", "dee"]),
        (Filters(roles=frozenset({"director"})), ["ann"]),
        (Filters(roles=frozenset({"director", "officer"})), ["ann", "ben"]),
        (Filters(regions=frozenset({"walsall"}), roles=frozenset({"director"})), []),
        (Filters(lists=frozenset({"extra"})), ["dee"]),
        (Filters(lists=frozenset({"extra"}), regions=frozenset({"dudley"})), ["dee"]),
    ],
)
def test_filters_narrow_who_is_mailed_and_never_what_they_see(
    filters: Filters, mailed: list[str]
) -> None:
    issue = issue_of(section("a"), section("b", ["dudley"]), section("c", ["walsall"], ["officer"]))

    def plan(chosen: Filters) -> dict[str, tuple[str, ...]]:
        return {
            one.subscriber.address.split("@")[0]: one.variant.slugs if one.variant else ()
            for one in assignments(Variants(issue), [READERS], chosen, lambda addresses: {})
            if one.is_mailed
        }

    everyone = plan(Filters())
    assert plan(filters) == {name: everyone[name] for name in mailed}
    assert everyone["dee"] == ("a", "b")


def test_everyone_skipped_has_a_reason() -> None:
    issue = issue_of(section("a", ["dudley"]))
    bad = Subscriber(
        address="readers:9", mailbox="", fields=FIELDS, cells=["", ""],
        regions=frozenset({"dudley"}),
        roles=frozenset(), lists=frozenset({"readers"}), place="readers.csv", line=9,
    )  # fmt: skip
    made = assignments(
        Variants(issue),
        [[*READERS, bad], [subscriber("eve", "dudley")]],
        Filters(),
        lambda addresses: {"dee@example.org": "bounced"} if "dee@example.org" in addresses else {},
    )

    plan = make_plan(made, [])

    assert plan.skipped == {"empty-issue": 2, "bad-address": 1, "bounced": 1}
    assert plan.planned == 2
    assert dict(plan.head_counts) == {"full": 2}
    assert [*plan.variants] == ["full"]


def test_the_profile_counts_what_is_missing_and_where() -> None:
    readers = [subscriber("x" * number, code="") for number in range(1, 15)]
    readers += [subscriber("ann", code="short"), subscriber("ben", code="much longer")]
    readers += [subscriber("cem", code="https://example.org/x")]

    made = assignments(Variants(issue_of(section("a"))), [readers], Filters(), lambda _: {})
    profile = make_plan(made, ["code", "absent"]).profile

    code, absent = profile["code"], profile["absent"]
    blank = code.blank_in(["full"])
    assert (blank.count, len(blank.first), code.longest) == (14, EXAMPLES, "https://example.org/x")
    assert blank.first[0] == ("", Source("recipients/readers.csv", 1))
    assert (code.not_a_link, len(code.not_a_link_at)) == (2, 2)
    assert absent.blank_in(["full"]).count == 17


def test_the_profile_knows_who_of_a_variants_readers_lacks_a_value() -> None:
    readers = [
        *(subscriber("x" * number, "dudley", code="") for number in range(1, 12)),
        subscriber("ann", "walsall", code=""),
        subscriber("ben", "dudley", code="has one"),
    ]

    issue = issue_of(section("a"), section("b", ["dudley"]))
    made = assignments(Variants(issue), [readers], Filters(), lambda _: {})
    code = make_plan(made, ["code"]).profile["code"]

    assert code.blank_in(["full"]).count == 11
    assert code.blank_in(["everyone"]).first == [("", Source("recipients/readers.csv", 3))]
    assert code.blank_in(["full", "everyone"]).count == 12
    assert len(code.blank_in(["full", "everyone"]).first) == EXAMPLES
    assert code.blank_in(["nobody's"]).count == 0


def test_the_fields_in_use_are_those_of_the_issue_and_of_the_to_header() -> None:
    issue = issue_of(section("a"))
    with_field = Section(
        slug="b",
        kind=KIND,
        title=MergeText((MergeField("subscriber", "organisation"),), (1,)),
        body=MergeText((MergeField("newsletter", "name"), MergeField("subscriber", "x")), (1, 1)),
        body_line=1,
        fields={},
        source=Source("b.md"),
    )

    assert fields_in_use(issue) == ("first_name", "last_name")
    assert fields_in_use(issue_of(with_field)) == (
        "first_name", "last_name", "organisation", "x",
    )  # fmt: skip
