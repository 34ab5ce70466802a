"""Send asks every question again at its own time, and refuses on an error."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.conftest import Mailer, ProjectFolder
from tests.smtp_server import Inbox

HELLO = "issues/2030-01/10-hello.md"
SEMINAR = "issues/2030-01/30-seminar.md"
SEND = ("send", "--issue", "2030-01", "--yes", "--json")
EVENT = """\
---
kind: event
title: A seminar on reading with children
starts: {starts}
---

We look at what helps children to read.
"""
NOTICE = """\
---
kind: notice
title: A survey on reading with children
closes: {closes}
---

We ask what helps children to read.
"""


def day(days: int) -> str:
    """So many days from today."""
    return (date.today() + timedelta(days=days)).isoformat()  # noqa: DTZ011  # the command's clock


def write_event(project: ProjectFolder, *, days: int) -> None:
    project.write(SEMINAR, EVENT.format(starts=day(days)))


def test_an_event_that_is_past_is_not_announced(
    project: ProjectFolder, mailer: Mailer, inbox: Inbox
) -> None:
    write_event(project, days=-2)

    refused = mailer(*SEND, env=inbox.environment())

    assert refused.code == 1
    assert refused.names(f"{SEMINAR}:4: error"), refused.err
    assert "past-event" in refused.err
    assert inbox.recipients() == []
    assert not (project.root / ".newsletter").exists()


def test_a_deadline_that_has_passed_is_not_announced(
    project: ProjectFolder, mailer: Mailer, inbox: Inbox
) -> None:
    project.write("issues/2030-01/40-survey.md", NOTICE.format(closes=day(-2)))

    refused = mailer(*SEND, env=inbox.environment())

    assert refused.code == 1
    assert refused.names("issues/2030-01/40-survey.md:4: error"), refused.err
    assert "past-deadline" in refused.err
    assert inbox.recipients() == []


def test_what_was_right_when_it_was_checked_is_asked_again(
    project: ProjectFolder, mailer: Mailer, inbox: Inbox
) -> None:
    write_event(project, days=-2)

    checked = mailer("check", "--issue", "2030-01", "--at", f"{day(-5)}T09:00")
    refused = mailer(*SEND, env=inbox.environment())

    assert (checked.code, refused.code) == (0, 1)
    assert inbox.recipients() == []


def test_what_is_past_by_the_time_of_sending_counts(
    project: ProjectFolder, mailer: Mailer, inbox: Inbox
) -> None:
    write_event(project, days=3)

    refused = mailer(*SEND, "--at", f"{day(8)}T09:00", env=inbox.environment())

    assert refused.code == 1
    assert refused.names(f"{SEMINAR}:4: error"), refused.err
    assert inbox.recipients() == []


def test_once_some_readers_have_it_the_others_get_it_too(
    project: ProjectFolder, mailer: Mailer, inbox: Inbox
) -> None:
    project.write(
        "newsletter.toml", project.read("newsletter.toml") + '\n[check]\npast-event = "warning"\n'
    )
    write_event(project, days=-2)
    first = mailer(*SEND, "--region", "dudley", env=inbox.environment())
    settings = project.read("newsletter.toml")
    project.write("newsletter.toml", settings.replace('past-event = "warning"', ""))

    rest = mailer(*SEND, env=inbox.environment())
    checked = mailer("check", "--issue", "2030-01")

    assert (first.code, rest.code, checked.code) == (0, 0, 0), first.err + rest.err + checked.out
    for done in (rest, checked):
        assert done.names(f"{SEMINAR}:4: warning"), done
    assert sorted(inbox.recipients()) == ["ann@example.org", "ben@example.org"]


def test_a_rehearsal_warns_of_what_is_past(project: ProjectFolder, mailer: Mailer) -> None:
    write_event(project, days=-2)

    for words in (("--sandbox",), ("--dry-run",)):
        done = mailer("send", "--issue", "2030-01", "--json", *words)

        assert done.code == 0, done.err
        assert done.names(f"{SEMINAR}:4: warning"), done.err
        assert done.json["planned"] == 2
        assert "error:" not in done.err
        is_told = "note: What is past is a warning in a dry run. It stops the first real one."
        assert (is_told in done.err) == (words == ("--dry-run",))


@pytest.mark.parametrize("how", ["--dry-run", "--sandbox", "--yes"])
def test_no_way_to_send_passes_over_an_error(
    project: ProjectFolder, mailer: Mailer, inbox: Inbox, how: str
) -> None:
    project.write(HELLO, project.read(HELLO) + "\nTODO: more.\n")
    before = sorted(project.root.rglob("*"))

    refused = mailer("send", "--issue", "2030-01", "--json", how, env=inbox.environment())

    assert (refused.code, refused.out) == (1, "")
    assert refused.names(f"{HELLO}:10: error"), refused.err
    assert inbox.recipients() == []
    assert sorted(project.root.rglob("*")) == before


def test_a_warning_stops_nothing_and_is_shown(
    project: ProjectFolder, mailer: Mailer, inbox: Inbox
) -> None:
    project.write(HELLO, project.read(HELLO) + "\nThe the end.\n")

    done = mailer(*SEND, env=inbox.environment())

    assert done.code == 0, done.err
    assert done.names(f"{HELLO}:10: warning"), done.err
    assert len(inbox.recipients()) == 2


def test_an_error_found_in_a_page_stops_the_run(
    project: ProjectFolder, mailer: Mailer, inbox: Inbox
) -> None:
    file = "templates/regional/sections/text.mjml"
    project.write(file, project.read(file).replace("{{ section.body }}", '<img src="x.png" />'))

    refused = mailer(*SEND, env=inbox.environment())

    assert refused.code == 1
    assert refused.names(f"{file}:11: error"), refused.err
    assert inbox.recipients() == []


def test_a_mistake_in_one_section_does_not_hide_those_in_others(
    project: ProjectFolder, mailer: Mailer
) -> None:
    project.write(
        "issues/2030-01/20-more.md",
        "---\nkind: text\ntitle: More\n---\n\nLook at this: ![](images/x.png)\n",
    )
    file = "templates/regional/parts/ui.mjml"
    ui = project.read(file)
    project.write(file, ui.replace('role="presentation" border="0"', 'border="0"'))

    found = mailer("check", "--issue", "2030-01", "--format", "json").json["findings"]

    assert {"issues/2030-01/20-more.md", file} <= {one["file"] for one in found}


@pytest.mark.parametrize("narrowed", [("--region", "dudley"), ("--role", "director")])
@pytest.mark.parametrize(
    ("text", "rows", "place"),
    [
        ("Code {{ subscriber.code }}.", ("", "7"), "issues/2030-01/20-walsall.md:6: error"),
        ("[here](#nowhere)", ("7", "7"), "issues/2030-01/20-walsall.md:6: error"),
        ("Welcome.", ("7", "7"), "recipients/readers.csv:4: error"),
    ],
    ids=["another reader's field", "another variant's page", "another reader's address"],
)
def test_a_run_for_some_checks_the_whole_issue(
    project: ProjectFolder,
    mailer: Mailer,
    inbox: Inbox,
    narrowed: tuple[str, str],
    text: str,
    rows: tuple[str, str],
    place: str,
) -> None:
    """Ann is mailed, and what is wrong is Ben's: once Ann has it, the issue stays as it is."""
    last = "cat@example.org" if "readers" not in place else "cat"
    project.write(
        "recipients/readers.csv",
        "email,first_name,last_name,region,role,code\n"
        "ann@example.org,Ann,Example,dudley,director,1\n"
        f"ben@example.org,Ben,O'Neill,walsall,,{rows[0]}\n"
        f"{last},Cat,Sample,walsall,,{rows[1]}\n",
    )
    project.write(
        "issues/2030-01/20-walsall.md",
        f"---\nkind: text\ntitle: Walsall\nregions: [walsall]\n---\n{text}\n",
    )
    refused = mailer(*SEND, *narrowed, env=inbox.environment())

    assert refused.code == 1
    assert refused.names(place), refused.err
    assert inbox.recipients() == []


def test_a_run_for_some_mails_and_counts_no_other(
    project: ProjectFolder, mailer: Mailer, inbox: Inbox
) -> None:
    done = mailer(*SEND, "--region", "dudley", env=inbox.environment())

    assert (done.code, done.json["planned"], done.json["sent"]) == (0, 1, 1)
    assert inbox.recipients() == ["ann@example.org"]
