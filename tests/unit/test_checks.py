"""Every question has an issue that it finds fault with, and a near miss that it leaves alone."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from newsletter_mailer.audience.subscriber import Subscriber
from newsletter_mailer.campaign.edition import Edition
from newsletter_mailer.campaign.prepare import tracer
from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.english.vocabulary import Vocabulary
from newsletter_mailer.check.runner.overrides import Overrides
from newsletter_mailer.check.runner.runner import ask_all
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.findings import Finding, Severity, Source, error
from newsletter_mailer.plan.plan import Filters, assignments, fields_in_use, make_plan
from newsletter_mailer.plan.variants import Variants
from tests.conftest import ISSUE
from tests.newsroom import Newsroom, text_section


def asked(
    newsroom: Newsroom,
    *readers: dict[str, str],
    columns: frozenset[str] = frozenset({"first_name", "code", "link"}),
    has_lists: bool = True,
) -> list[Finding]:
    """All that the questions find, when these readers (their values) get the issue."""
    issue = newsroom.issue
    edition = Edition(
        issue=issue,
        template=newsroom.template,
        content=newsroom.content,
        findings=(),
        vocabulary=Vocabulary({}),
        vocabulary_findings=(),
    )
    composer, variants = newsroom.composer(issue), Variants(issue)
    given = readers or ({"first_name": "Ann"},)
    fields = tuple(dict.fromkeys(name for values in given for name in values))
    people = [
        Subscriber(
            address=f"{number}@example.org",
            mailbox=f"{number}@example.org",
            fields=fields,
            cells=[values.get(name, "") for name in fields],
            regions=frozenset(),
            roles=frozenset(),
            lists=frozenset({"readers"}),
            place="recipients/readers.csv",
            line=number,
        )
        for number, values in enumerate(given, start=2)
    ]
    plan = make_plan(
        assignments(variants, [people], Filters(), lambda addresses: {}), fields_in_use(issue)
    )
    plan.include(variants.full())
    plan.columns, plan.has_lists = columns, has_lists
    compiled: list[CompiledVariant] = []
    for variant in plan.variants.values():
        made = composer.compose(variant)
        assert made is not None, composer.findings
        compiled.append(made)
    context = CheckContext(
        settings=newsroom.settings,
        issue=issue,
        template=newsroom.template,
        plan=plan,
        compiled=compiled,
        at=datetime(2030, 1, 15, 9, tzinfo=UTC),
        trace=tracer(edition, newsroom.settings),
    )
    overrides = Overrides(newsroom.settings, issue)
    granted = [*overrides.applied_to(ask_all(context), None)]
    assert of("internal-error", granted) == []
    return [one for one in granted if one.severity is not Severity.INFO]


def of(rule: str, findings: list[Finding]) -> list[Finding]:
    return [one for one in findings if one.rule == rule]


def lines(rule: str, findings: list[Finding]) -> list[int]:
    """Where the rule is broken."""
    return [one.source.line for one in of(rule, findings)]


def test_a_sound_issue_raises_no_question(newsroom: Newsroom) -> None:
    assert asked(newsroom) == []


@pytest.mark.parametrize(
    ("size", "severity"),
    [(70_000, None), (85_000, Severity.WARNING), (100_000, Severity.ERROR)],
)
def test_gmail_clipping(newsroom: Newsroom, size: int, severity: Severity | None) -> None:
    newsroom.write("20-long.md", text_section("word " * (size // 5), title="Long"))

    found = of("gmail-clipping", asked(newsroom))

    assert [one.severity for one in found] == ([severity] if severity else [])
    assert all("20-long.md" in one.hint for one in found)


def test_gmail_clipping_counts_the_longest_values(newsroom: Newsroom) -> None:
    newsroom.write("20-a.md", text_section("{{ subscriber.code }} " * 100))

    assert lines("gmail-clipping", asked(newsroom, {"code": "short"})) == []
    long = asked(newsroom, {"code": "short"}, {"code": "x" * 1000})
    assert lines("gmail-clipping", long) == [1]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{{ subscriber.code | default('x') }}", []),
        ("a\n{{ subscriber.cod | default('x') }}", [6]),
        ("{{ subscriber.email }}", [5]),
        ("{{ subscriber.organisation | default('x') }}", []),
    ],
)
def test_unknown_column(newsroom: Newsroom, body: str, expected: list[int]) -> None:
    newsroom.write("10-hello.md", text_section(body))

    found = of("unknown-column", asked(newsroom, {"code": "1"}))

    assert [one.source.line for one in found] == expected
    assert all("code" in one.hint for one in found)
    assert of("unknown-column", asked(newsroom, {"code": "1"}, has_lists=False)) == []


@pytest.mark.parametrize(
    ("body", "readers", "expected"),
    [
        ("{{ subscriber.code }}", [{"code": "1"}, {"code": "2"}], []),
        ("{{ subscriber.code | default('x') }}", [{"code": "1"}, {"code": ""}], []),
        ("{{ subscriber.code | default('') }}", [{"code": ""}], []),
        ("a\n\n{{ subscriber.code }}", [{"code": "1"}, {"code": ""}], [7]),
        ("{{ subscriber.code }}\n{{ subscriber.code | default('x') }}", [{}], [5]),
    ],
)
def test_missing_value(
    newsroom: Newsroom, body: str, readers: list[dict[str, str]], expected: list[int]
) -> None:
    newsroom.write("10-hello.md", text_section(body))

    assert lines("missing-value", asked(newsroom, *readers)) == expected


def test_missing_value_names_the_first_ten_places(newsroom: Newsroom) -> None:
    newsroom.write("10-hello.md", text_section("{{ subscriber.code }}"))

    (finding,) = of("missing-value", asked(newsroom, *[{"code": ""}] * 1200))

    assert "blank for 1,200 readers: recipients/readers.csv:2, " in finding.message
    assert finding.message.endswith("recipients/readers.csv:11 and 1,190 more.")


@pytest.mark.parametrize(
    ("body", "value", "expected"),
    [
        ("[a]({{ subscriber.link }})", "https://example.org/x", []),
        ("[a]({{ subscriber.link }})", "mailto:a@example.org", []),
        ("[a]({{ subscriber.link }})", "example.org", [5]),
        ("[a]({{ subscriber.link }})", "javascript:alert(1)", [5]),
        ("[a]({{ subscriber.link }})", "https:///x", [5]),
        ("{{ subscriber.link }}", "example.org", []),
        ("[a](https://example.org/{{ subscriber.link }})", "x y", []),
        ("[a]({{ subscriber.link | default('https://example.org') }})", "https://a.example", []),
        ("[a]({{ subscriber.link | default('nothing') }})", "https://a.example", [5]),
    ],
)
def test_not_a_link(newsroom: Newsroom, body: str, value: str, expected: list[int]) -> None:
    newsroom.write("10-hello.md", text_section(body))

    assert lines("not-a-link", asked(newsroom, {"link": value})) == expected


STORY = "---\nkind: story\ntitle: T\n%s\n---\nBody\n"


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        ("10-hello.md", text_section("a\nTODO: b"), [6]),
        ("10-hello.md", text_section("a FIXME"), [5]),
        ("10-hello.md", text_section("XXX"), [5]),
        ("10-hello.md", text_section("Lorem ipsum dolor"), [5]),
        ("10-hello.md", text_section("a", title="TODO, the title"), [3]),
        ("10-hello.md", STORY % "link_text: TODO", [4]),
        ("issue.toml", ISSUE.replace("The subject", "TODO: the subject"), [1]),
        ("issue.toml", ISSUE.replace("What inboxes", "TODO: what"), [2]),
        ("10-hello.md", text_section("todo lists, mastodon, XXXL, Texxxt, método"), []),
        ("10-hello.md", text_section("No ipsum, no lorem"), []),
    ],
)
def test_unfinished_text(newsroom: Newsroom, path: str, content: str, expected: list[int]) -> None:
    newsroom.write(path, content)

    assert lines("unfinished-text", asked(newsroom)) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (text_section(""), [1]),
        (text_section(" \n\n "), [1]),
        (text_section("a"), []),
        (text_section("{{ newsletter.name }}"), []),
        ("---\nkind: event\ntitle: T\nstarts: tbc\n---\n", []),
    ],
)
def test_empty_section(newsroom: Newsroom, content: str, expected: list[int]) -> None:
    newsroom.write("10-hello.md", content)

    assert lines("empty-section", asked(newsroom)) == expected


def test_preheader(newsroom: Newsroom) -> None:
    said = ISSUE.splitlines()[1]
    newsroom.write("issue.toml", ISSUE.replace(said, 'preheader = " "'))
    assert lines("preheader", asked(newsroom)) == [2]

    newsroom.write("issue.toml", ISSUE.replace(said, 'preheader = "x"'))
    assert lines("preheader", asked(newsroom)) == []


def test_postal_address(newsroom: Newsroom) -> None:
    toml = newsroom.folder.read("newsletter.toml")
    newsroom.folder.write("newsletter.toml", toml.replace("1 Sample Street", ""))

    (finding,) = of("postal-address", asked(newsroom))

    assert finding.source.file == "newsletter.toml"


def test_unknown_rule(newsroom: Newsroom) -> None:
    toml = newsroom.folder.read("newsletter.toml")
    newsroom.write("10-hello.md", text_section("a", ignore="[missing-alt, misssing-alt]"))
    newsroom.folder.write(
        "newsletter.toml",
        f"{toml}\n[check]\nignore = ['preheadr', 'preheader']\nbroken-toml = 'info'\n"
        "raw-html = 'info'\n",
    )

    found = of("unknown-rule", asked(newsroom))

    assert [(one.source.file.split("/")[-1], one.source.line) for one in found] == [
        ("newsletter.toml", toml.count("\n") + 4),  # broken-toml
        ("newsletter.toml", toml.count("\n") + 3),  # preheadr, in ignore
        ("10-hello.md", 4),
    ]
    assert '"preheader"' in found[1].hint
    assert '"missing-alt"' in found[2].hint


def wanted(
    newsroom: Newsroom, check: str, *findings: Finding, ignored: str = ""
) -> list[tuple[str, Severity]]:
    toml = newsroom.folder.read("newsletter.toml")
    newsroom.folder.write("newsletter.toml", f"{toml}\n[check]\n{check}\n")
    if ignored:
        newsroom.write("10-hello.md", text_section("a", ignore=f"[{ignored}]"))
    found = Overrides(newsroom.settings, newsroom.issue).applied_to(findings, None)
    return [(one.rule, one.severity) for one in found if one.rule != "unknown-rule"]


PREHEADER = error("preheader", Source("issue.toml"), "m")
RAW = error("raw-html", Source("issues/2030-01/10-hello.md", 3), "m")
BROKEN = error("broken-toml", Source("issue.toml"), "m")


@pytest.mark.parametrize(
    ("check", "ignored", "left"),
    [
        ("", "", [("preheader", "error"), ("raw-html", "error"), ("broken-toml", "error")]),
        ("preheader = 'info'", "",
         [("preheader", "info"), ("raw-html", "error"), ("broken-toml", "error")]),
        ("raw-html = 'warning'\npreheader = 'warning'", "",
         [("preheader", "warning"), ("raw-html", "warning"), ("broken-toml", "error")]),
        ("ignore = ['preheader', 'raw-html']", "", [("broken-toml", "error")]),
        # without these nothing can be made: they cannot be waved away
        ("broken-toml = 'info'\nignore = ['broken-toml']", "",
         [("preheader", "error"), ("raw-html", "error"), ("broken-toml", "error")]),
        # a section's own ignore holds for its own file
        ("", "raw-html", [("preheader", "error"), ("broken-toml", "error")]),
        ("", "preheader",
         [("preheader", "error"), ("raw-html", "error"), ("broken-toml", "error")]),
    ],
)  # fmt: skip
def test_the_newsletter_says_what_it_minds(
    newsroom: Newsroom, check: str, ignored: str, left: list[tuple[str, str]]
) -> None:
    assert wanted(newsroom, check, PREHEADER, RAW, BROKEN, ignored=ignored) == left


def test_a_section_says_what_does_not_apply_to_it(newsroom: Newsroom) -> None:
    newsroom.write("10-hello.md", text_section("a", ignore="[raw-html, empty-section]"))

    assert newsroom.issue.sections[0].ignored == {"raw-html", "empty-section"}


def test_a_guard_is_known_before_anything_was_asked() -> None:
    """In a process of its own: here others have loaded the rules."""
    asked = "from newsletter_mailer.check.runner.overrides import _guards; print(_guards(%r))"
    done = subprocess.run(
        [sys.executable, "-c", asked % "misleading-link"], capture_output=True, text=True
    )

    assert done.stdout == "True\n", done.stderr
