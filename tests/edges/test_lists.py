"""Lists as spreadsheets and people write them: read, or refused with the line to look at."""

from __future__ import annotations

import csv
import io
import itertools
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter_mailer.address import BadAddress, canonical, mailbox
from newsletter_mailer.audience.csv_lists import CsvList, CsvLists
from newsletter_mailer.audience.roster import Roster
from newsletter_mailer.audience.source import RowSchema
from newsletter_mailer.audience.subscriber import Subscriber
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.findings import Finding
from newsletter_mailer.settings.newsletter import Settings, read_settings

FIELDS = ("first_name", "last_name")


def newsletter() -> Settings:
    found, findings = read_settings(
        """
        name = "Test"
        from = "news@example.org"
        [regions]
        dudley = "Dudley"
        stoke-on-trent = "Stoke-on-Trent"
        walsall = "Walsall"
        [roles]
        director = "Director"
        head-of-service = "Head of Service"
        """,
        {},
    )
    assert found is not None, findings
    return found


NEWSLETTER = newsletter()


def lists(folder: Path) -> CsvLists:
    return CsvLists(Project(root=folder, settings=NEWSLETTER, environment={}))


def opened(
    folder: Path,
    name: str,
    *,
    fields: Sequence[str] = (),
    header_fields: frozenset[str] = frozenset(),
) -> CsvList:
    schema = RowSchema(
        fields=tuple(fields),
        header_fields=header_fields,
        regions=NEWSLETTER.regions,
        roles=NEWSLETTER.roles,
    )
    return lists(folder).list_named(name, schema)


def read(
    folder: Path,
    *contents: str | bytes,
    fields: Sequence[str] = FIELDS,
    header_fields: frozenset[str] = frozenset(),
) -> tuple[list[Subscriber], list[Finding]]:
    """The people and findings of one or more lists, named a, b, c and so on."""
    (folder / "recipients").mkdir(exist_ok=True)
    with Roster(fields) as roster:
        for name, content in zip("abc", contents, strict=False):
            octets = content if isinstance(content, bytes) else content.encode()
            (folder / "recipients" / f"{name}.csv").write_bytes(octets)
            roster.add(opened(folder, name, fields=fields, header_fields=header_fields))
        return list(itertools.chain.from_iterable(roster.batches())), roster.findings


def told(findings: Sequence[Finding]) -> list[tuple[str, int]]:
    return [(finding.rule, finding.source.line) for finding in findings]


TABLE = "email,first_name,last_name\r\nzoe@example.org,Zoë,O’Neill\r\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_every_encoding_of_a_spreadsheet_is_read(tmp_path: Path, encoding: str) -> None:
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")

    people, findings = read(tmp_path, mark + TABLE.encode(encoding))

    assert not findings
    assert [person.values for person in people] == [{"first_name": "Zoë", "last_name": "O’Neill"}]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "table",
    [
        "email,first_name,region\nann@example.org,Ann,dudley",
        "email;first_name;region\nann@example.org;Ann;dudley",
        "email\tfirst_name\tregion\nann@example.org\tAnn\tdudley",
        'email,first_name,region\nann@example.org,Ann,"dudley;walsall"',
        "email,first_name,region\nann@example.org,Ann,dudley;walsall;;",
        'email;first_name;region\nann@example.org;Ann;"dudley;walsall"',
        '"email","first_name","region"\n"ann@example.org","Ann","dudley"',
        '"email";"first_name";"region"\n"ann@example.org";"Ann";"dudley"',
        "sep=;\nemail;first_name;region\nann@example.org;Ann;dudley",
        "SEP=,\nemail,first_name,region\nann@example.org,Ann,dudley",
        '"sep=;"\n\nemail;first_name;region\nann@example.org;Ann;dudley',
        "\n\n,,\nemail,first_name,region\n\n,,\nann@example.org,Ann,dudley\n\n\n",
        " E MAIL ,First Name,REGION\nann@example.org,Ann,dudley".replace("E MAIL", "Email"),
        "EMAIL,FIRST-NAME,Region\n  ann@example.org  ,  Ann ,  DUDLEY  ",
        "\ufeff\ufeffemail,first  name,region\nann@example.org,Ann,dudley",
        "email,first_name,region,\nann@example.org,Ann,dudley,",
        "email,first_name,region,shoe size\nann@example.org,Ann,dudley,38",
        "region,first_name,email\ndudley,Ann,ann@example.org",
        "email,first_name,region,role\nann@example.org,Ann,dudley",
    ],
)
def test_every_shape_of_a_list_gives_the_same_person(
    tmp_path: Path, table: str, line_end: str
) -> None:
    people, findings = read(tmp_path, table.replace("\n", line_end), fields=("first_name",))

    assert not findings
    assert [(one.mailbox, one.values["first_name"]) for one in people] == [
        ("ann@example.org", "Ann")
    ]
    assert "dudley" in people[0].regions


def test_a_single_column_is_a_list(tmp_path: Path) -> None:
    people, findings = read(tmp_path, "email\nann@example.org\nben@example.org\n")

    assert not findings
    assert [person.mailbox for person in people] == ["ann@example.org", "ben@example.org"]
    assert people[0].values == {"first_name": "", "last_name": ""}


def test_the_last_line_needs_no_line_end(tmp_path: Path) -> None:
    assert len(read(tmp_path, "email\nann@example.org")[0]) == 1


@pytest.mark.parametrize(
    ("content", "rule", "line", "words"),
    [
        ("", "unreadable-list", 1, "empty"),
        ("\n\n\n", "unreadable-list", 1, "empty"),
        (b"\xef\xbb\xbf", "unreadable-list", 1, "empty"),
        ("sep=;\n", "unreadable-list", 1, "empty"),
        ("name,organisation\nAnn,Council\n", "missing-column", 1, "name, organisation"),
        ("\n\nname\nAnn\n", "missing-column", 3, "name"),
        ("E-mail,name\nann@example.org,Ann\n", "missing-column", 1, 'Did you mean "E-mail"?'),
        ("email address\nann@example.org\n", "missing-column", 1, 'mean "email address"?'),
        ("ann@example.org\nben@example.org\n", "missing-column", 1, "first line names"),
        ("email,Name,name\n", "doubled-column", 1, '"name"'),
        ("email,Email\n", "doubled-column", 1, '"email"'),
        ("email,na\x1b[31mme\n", "control-character", 1, "control character"),
        ('"email,first_name\nann@example.org,Ann\n', "unreadable-list", 1, "never closed"),
        ("email\nann\n", "bad-address", 2, '"ann" is not an e-mail address'),
        ("email,first_name\n,Ann\n", "bad-address", 2, "no address"),
        ("\n\nemail\n\n\nann\n", "bad-address", 6, "ann"),
        ('email,x\nann@example.org,"a\nb\nc"\nben\n', "bad-address", 5, "ben"),
        ('email,x\r\nann@example.org,"a\r\nb"\r\nben\r\n', "bad-address", 4, "ben"),
        ("email,region\nann@example.org,Dudly\n", "unknown-region", 2, 'mean "dudley"?'),
        ("email,role\nann@example.org,Directr\n", "unknown-role", 2, 'mean "director"?'),
        ("email,region\nann@example.org,dudley/walsall\n", "unknown-region", 2, "dudley/walsall"),
        ("email,first_name\nann@example.org,A\x07nn\n", "control-character", 2, "control"),
        ("email,first_name\nann@example.org,A\x1bnn\n", "control-character", 2, "control"),
        ("email,first_name\nann@example.org,A\x85nn\n", "control-character", 2, "control"),
        ("email\nann@example.org\nb\0n@example.org\n", "unreadable-list", 3, "zero bytes"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "unreadable-list", 3, "zero bytes"),
        (b"PK\x03\x04\x14\x00\x06\x00", "unreadable-list", 1, "zero bytes"),
        ("email\nann@example.org\n".encode("utf-16-le"), "unreadable-list", 1, "zero bytes"),
        (b"\xff\xfee\0m\0a\0i\0l\0\n\0\x00", "unreadable-list", 2, "UTF-16"),
        (b"email\nzoe\x81@example.org\n", "unreadable-list", 2, "neither UTF-8 nor"),
        (b"\xef\xbb\xbfemail\nann@example.org\n\xe9\n", "unreadable-list", 3, "UTF-8"),
        (
            b"email,first_name\nzoe@example.org,Zo\xc3\xab\nren@example.org,Ren\xe9\n",
            "unreadable-list",
            3,
            "UTF-8 text, and this one is not",
        ),
        (b"email,pr\xc3\xa9nom,n\xe9\n", "unreadable-list", 1, "UTF-8 text, and this one is not"),
        (
            b"email,pr\xc3\xa9nom\n" + b"ann@example.org,Ann\n" * 60_000 + b"\xe9\n",
            "unreadable-list",
            60_002,
            "UTF-8 text, and this one is not",
        ),
        ('email,x\nann@example.org,"a\nben@example.org,b\n', "unreadable-list", 2, "never closed"),
        ('email,x\nann@example.org,"a "b" c"\n', "unreadable-list", 2, "closing quote"),
        (
            'email,x\nann@example.org,"' + "a\n" * 70_000 + "\n",
            "unreadable-list",
            2,
            "131,072 characters",
        ),
        ("email,x\nann@example.org," + "a" * 200_000 + "\n", "unreadable-list", 2, "131,072"),
        ("email,x\nann@example.org," + "a" * 3_000_000 + "\n", "unreadable-list", 2, "million"),
        ("email,first_name\nann@example.org,Ann,extra\n", "ragged-row", 2, "3 cells"),
    ],
    ids=lambda value: ascii(value)[:50],
)
def test_every_fault_has_its_line_and_says_what_is_wrong(
    tmp_path: Path, content: str | bytes, rule: str, line: int, words: str
) -> None:
    _, findings = read(tmp_path, content)

    assert (rule, line) in told(findings)
    wrong = next(finding for finding in findings if finding.rule == rule)
    assert wrong.source.file == "recipients/a.csv"
    assert words in f"{wrong.message} {wrong.hint}"
    assert wrong.hint or rule == "unknown-region"
    assert all(finding.message.isprintable() for finding in findings)


def test_all_faults_of_all_lists_are_told_at_once(tmp_path: Path) -> None:
    people, findings = read(
        tmp_path,
        "email,region,first_name\n"
        "bad,nowhere,Ann\n"
        "ok@example.org,nowhere;elsewhere,Ben\n"
        'odd@example.org,dudley,"Cy" x\n'
        "also bad,,\n",
        "name\nAnn\n",
        "email\nworse\n",
    )

    assert [(one.rule, one.source.file[11:], one.source.line) for one in findings] == [
        ("bad-address", "a.csv", 2),
        ("unknown-region", "a.csv", 3),
        ("unknown-region", "a.csv", 3),
        ("unreadable-list", "a.csv", 4),
        ("bad-address", "a.csv", 5),
        ("missing-column", "b.csv", 1),
        ("bad-address", "c.csv", 2),
    ]
    assert [person.mailbox for person in people] == ["", "ok@example.org", "", ""]


def test_more_than_a_thousand_findings_are_summed_up_by_rule(tmp_path: Path) -> None:
    rows = ["bad", "ann@example.org,nowhere"] * 1_500

    _, findings = read(tmp_path, "\n".join(["email,region", *rows]))

    assert len(findings) == 1_002
    assert findings[-2].message.startswith("1,000 more findings")
    assert {one.rule for one in findings[-2:]} == {"bad-address", "unknown-region"}


def test_a_directory_is_no_list(tmp_path: Path) -> None:
    (tmp_path / "recipients" / "a.csv").mkdir(parents=True)
    listed = opened(tmp_path, "a")

    assert lists(tmp_path).has("a")
    assert list(listed.rows()) == []
    assert told(listed.findings) == [("unreadable-list", 1)]


def test_a_list_that_is_not_there_is_absent(tmp_path: Path) -> None:
    assert not lists(tmp_path).has("a")
    assert lists(tmp_path).fingerprint("a") is None
    assert lists(tmp_path).names() == []


def test_a_line_break_in_a_value_becomes_a_space(tmp_path: Path) -> None:
    table = 'email,organisation\nann@example.org,"Council\r\nof\nDudley\u2028North"\n'

    people, findings = read(tmp_path, table, fields=("organisation",))

    assert not findings
    assert people[0].values["organisation"] == "Council of Dudley North"


@pytest.mark.parametrize("column", ["email", "first_name", "last_name", "motto"])
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\u2028", "\u2029"])
def test_a_line_break_in_what_becomes_a_header_is_a_finding(
    tmp_path: Path, column: str, line_break: str
) -> None:
    row = {"email": "ann@example.org", "first_name": "Ann", "last_name": "E", "motto": "m"}
    row[column] += f"{line_break}Bcc: everyone@example.org"
    table = io.StringIO(newline="")
    csv.writer(table).writerows([row, row.values()])

    people, findings = read(
        tmp_path, table.getvalue(), fields=("motto",), header_fields=frozenset({"motto"})
    )

    assert ("line-break", 2) in told(findings)
    assert all(person.values["motto"].isprintable() for person in people)


@pytest.mark.parametrize(
    ("cell", "slugs"),
    [
        ("", set()),
        ("  ", set()),
        (";;", set()),
        ("dudley", {"dudley"}),
        ("DUDLEY", {"dudley"}),
        ("Stoke-on-Trent", {"stoke-on-trent"}),
        ("stoke on trent", {"stoke-on-trent"}),
        ("STOKE_ON_TRENT", {"stoke-on-trent"}),
        (" dudley ; walsall ", {"dudley", "walsall"}),
        ("dudley;Dudley;dudley", {"dudley"}),
        ("all", {"dudley", "walsall", "stoke-on-trent"}),
        ("dudley; All", {"dudley", "walsall", "stoke-on-trent"}),
    ],
)
def test_a_region_is_known_by_slug_or_name_in_any_case(
    tmp_path: Path, cell: str, slugs: set[str]
) -> None:
    people, findings = read(tmp_path, f'email\tregion\nann@example.org\t"{cell}"\n')

    assert not findings
    assert people[0].regions == slugs
    assert people[0].roles == frozenset()


def test_one_person_over_several_lists_is_one_entry(tmp_path: Path) -> None:
    people, findings = read(
        tmp_path,
        "email,first_name,region\nAnn@Example.org,Ann,dudley\nben@example.org,Ben,\n",
        "email,first_name,region,role\nANN@EXAMPLE.ORG,Anna,walsall,director\n",
        "email\nann@example.org\ncy@example.org\nann@example.org\n",
    )

    assert not findings
    assert [person.mailbox for person in people] == [
        "Ann@Example.org",
        "ben@example.org",
        "cy@example.org",
    ]
    ann = people[0]
    assert ann.values["first_name"] == "Ann"
    assert ann.regions == {"dudley", "walsall"}
    assert ann.roles == {"director"}
    assert ann.lists == {"a", "b", "c"}
    assert (ann.source.file, ann.source.line) == ("recipients/a.csv", 2)


def test_a_person_twice_in_one_list_is_one_entry_with_both_regions(tmp_path: Path) -> None:
    people, _ = read(
        tmp_path,
        "email,region\nzoe@bücher.example,dudley\nZoe@xn--bcher-kva.example,walsall\n",
    )

    assert [(one.mailbox, one.regions) for one in people] == [
        ("zoe@xn--bcher-kva.example", frozenset({"dudley", "walsall"}))
    ]


def test_two_bad_rows_are_two(tmp_path: Path) -> None:
    people, _ = read(tmp_path, "email\nbad\nbad\n")

    assert [person.mailbox for person in people] == ["", ""]
    assert len({person.address for person in people}) == 2


def test_a_person_is_found_by_canonical_address(tmp_path: Path) -> None:
    (tmp_path / "recipients").mkdir()
    (tmp_path / "recipients/a.csv").write_text("email\nann@example.org\nBen@example.org\n")
    with Roster(()) as roster:
        roster.add(opened(tmp_path, "a"))

        found = roster.find("ben@example.org")
        assert len(roster) == 2
        assert found is not None
        assert found.mailbox == "Ben@example.org"
        assert roster.find("cy@example.org") is None


def test_many_people_keep_their_order_and_stay_apart(tmp_path: Path) -> None:
    addresses = [f"person{number}@example.org" for number in range(100_000)]

    people, findings = read(tmp_path, "\n".join(["email", *addresses, *reversed(addresses)]))

    assert not findings
    assert [person.address for person in people] == addresses


def test_a_scratch_file_that_cannot_be_kept_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))

    with pytest.raises(ProjectError, match=r"scratch file.*No such file"), Roster(()):
        pass


def safely(text: str) -> str | None:
    try:
        return canonical(mailbox(text.strip()))
    except BadAddress:
        return None


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
plain = st.text("ab ,;\"'\té|", max_size=8)


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.one_of(texts, st.sampled_from(["ann@example.org", "Ben@example.org", "zoë@b.org"])),
            st.one_of(plain, texts),
            st.one_of(plain, texts),
        ),
        max_size=6,
    ),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    delimiter=st.sampled_from([",", ";", "\t"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_whatever_a_csv_writer_writes_is_read_back_or_told(
    rows: list[tuple[str, str, str]], encoding: str, delimiter: str, quoting: int
) -> None:
    table = io.StringIO(newline="")
    writer = csv.writer(table, delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]  # hypothesis draws an int
    writer.writerows([("email", "first_name", "last_name"), *rows])
    with tempfile.TemporaryDirectory() as folder:
        people, findings = read(Path(folder), table.getvalue().encode(encoding))

    if findings:
        assert all(finding.source.line >= 1 for finding in findings)
        assert all(finding.message.isprintable() for finding in findings)
        return
    expected: dict[str, dict[str, str]] = {}
    for address, first, last in rows:
        if "".join((address, first, last)).strip():
            known = safely(address)
            assert known is not None
            expected.setdefault(known, {"first_name": first.strip(), "last_name": last.strip()})
    assert {one.address: dict(one.values) for one in people} == expected


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(b"email,region\n".__add__)))
def test_no_octets_whatever_break_the_reading(octets: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        people, _ = read(Path(folder), octets)

    assert all(person.mailbox.isprintable() for person in people)
