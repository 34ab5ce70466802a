"""Send asks every question again at its own time, and refuses on an error."""

from __future__ import annotations

from datetime import date, timedelta

from tests.conftest import Mailer, ProjectFolder
from tests.smtp_server import Inbox

SEND = ("send", "--issue", "2030-01", "--yes", "--json")
EVENT = """\
---
kind: event
title: A seminar on reading with children
starts: {starts}
---

We look at what helps children to read.
"""


def write_event(project: ProjectFolder, *, days: int) -> None:
    starts = date.today() + timedelta(days=days)  # noqa: DTZ011  # the command asks the same clock
    project.write("issues/2030-01/30-seminar.md", EVENT.format(starts=starts.isoformat()))


def test_an_event_that_is_past_is_not_announced(
    project: ProjectFolder, mailer: Mailer, inbox: Inbox
) -> None:
    write_event(project, days=-2)

    refused = mailer(*SEND, env=inbox.environment())

    assert refused.code == 1
    assert "issues/2030-01/30-seminar.md" in refused.err
    assert "past-event" in refused.err
    assert inbox.recipients() == []


def test_what_is_past_by_the_time_of_sending_counts(
    project: ProjectFolder, mailer: Mailer, inbox: Inbox
) -> None:
    write_event(project, days=3)
    later = date.today() + timedelta(days=8)  # noqa: DTZ011  # the command asks the same clock

    refused = mailer(*SEND, "--at", f"{later.isoformat()}T09:00", env=inbox.environment())

    assert refused.code == 1
    assert "past-event" in refused.err
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

    assert (first.code, rest.code) == (0, 0), first.err + rest.err
    assert "past-event" in rest.err
    assert sorted(inbox.recipients()) == ["ann@example.org", "ben@example.org"]


def test_a_rehearsal_warns_of_what_is_past(project: ProjectFolder, mailer: Mailer) -> None:
    write_event(project, days=-2)

    for words in (("--sandbox",), ("--dry-run",)):
        done = mailer("send", "--issue", "2030-01", "--json", *words)

        assert "past-event" in done.err
        assert done.json["planned"] == 2
        assert "error:" not in done.err


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
