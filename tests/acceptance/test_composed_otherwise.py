"""The same files, composed by another version of the program: told where the words differ."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.acceptance.scene import EVERYONE, SETTINGS, Newsletter, newsletter, planted, run
from tests.conftest import Result
from tests.smtp_server import Behaviour, Inbox, smtp_server

APPROVE = ("approve", "--issue", "2030-01", "--by", "Maria Example")
SEND = ("send", "--issue", "2030-01", "--yes", "--json")
APPROVAL = "issues/2030-01/approval.toml"


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    made = newsletter(tmp_path / "news")
    made.write("newsletter.toml", f"require_approval = true\n{SETTINGS}")
    return made


def by_version(
    news: Newsletter, version: str, *words: str, adds: str = "", env: dict[str, str] | None = None
) -> Result:
    command = planted("another_version", version, adds)
    return run(*words, cwd=news.root, env=env, command=command)


def test_what_another_version_composes_otherwise_is_not_what_was_approved(
    news: Newsletter, inbox: Inbox
) -> None:
    env = inbox.environment()
    approved = by_version(news, "1.0", *APPROVE)
    forecast = by_version(news, "2.0", "send", "--issue", "2030-01", "--dry-run", adds="Bye.")
    refused = by_version(news, "2.0", *SEND, adds="Bye.", env=env)
    again = by_version(news, "2.0", *APPROVE, adds="Bye.")
    done = by_version(news, "2.0", *SEND, adds="Bye.", env=env)

    assert (approved.code, forecast.code, refused.code) == (0, 0, 1), refused.err
    said = "composed otherwise: newsletter-mailer 1.0 composed it then, 2.0 does now."
    assert said in refused.err
    assert said in forecast.err
    assert "approve --issue 2030-01 --by NAME" in refused.err
    assert (again.code, done.code) == (0, 0), again.err + done.err
    assert sorted(inbox.recipients()) == EVERYONE


def test_another_version_that_composes_the_same_makes_no_noise(
    news: Newsletter, inbox: Inbox
) -> None:
    by_version(news, "1.0", *APPROVE)
    done = by_version(news, "2.0", *SEND, env=inbox.environment())

    assert done.code == 0, done.err
    assert "otherwise" not in done.err
    (last,) = news.run("status", "--issue", "2030-01", "--json").json["runs"]
    assert (last["version"], last["template"]) == ("2.0", "regional")
    assert "newsletter-mailer 2.0" in news.run("status", "--issue", "2030-01").out


def test_where_no_approval_is_asked_for_it_is_told(news: Newsletter, inbox: Inbox) -> None:
    news.write("newsletter.toml", SETTINGS)
    by_version(news, "1.0", *APPROVE)
    done = by_version(news, "2.0", *SEND, adds="Bye.", env=inbox.environment())

    assert done.code == 0, done.err
    assert "note: No file was changed" in done.err


def test_an_approval_of_an_older_version_of_the_program_counts_for_its_files(
    news: Newsletter, inbox: Inbox
) -> None:
    """As version 0.9 wrote it: without what was composed, and with the seal of the rest."""
    import hashlib
    import json

    by_version(news, "0.9", *APPROVE)
    text = news.read(APPROVAL)
    table = tomllib.loads(text)
    assert table["version"] == "0.9"
    assert {*table["composed"]}
    rest = [
        table["by"],
        table["when"].isoformat(),
        table["content_hash"],
        sorted(table["files"].items()),
    ]
    seal = hashlib.sha256(json.dumps(rest, separators=(",", ":")).encode()).hexdigest()
    text = text.partition("\n[composed]")[0]
    text = re.sub("(?m)^(version|template) = .*\n", "", text)
    news.write(APPROVAL, re.sub('seal = ".*"', f'seal = "{seal}"', text))
    done = by_version(news, "2.0", *SEND, adds="Bye.", env=inbox.environment())

    assert done.code == 0, done.err
    assert "Approved by Maria Example" in done.err


def test_who_edits_what_was_composed_breaks_the_seal(news: Newsletter, inbox: Inbox) -> None:
    news.run(*APPROVE)
    text = news.read(APPROVAL)
    news.write(APPROVAL, re.sub('(?m)^"full" = "....', '"full" = "0000', text))
    done = news.run(*SEND, env=inbox.environment())

    assert done.code == 1
    assert "its seal is broken" in done.err


def test_the_rest_of_the_readers_get_what_the_first_got(tmp_path: Path) -> None:
    """Or the send stops, as for any change."""
    news = newsletter(tmp_path / "other")
    with smtp_server(
        Behaviour(at_rcpt=lambda who: "450 4.2.0 later" if "ben" in who else None)
    ) as strict:
        by_version(news, "1.0", *SEND, env=strict.environment())
    with smtp_server() as inbox:
        env = inbox.environment()
        refused = by_version(news, "2.0", *SEND, adds="Bye.", env=env)
        done = by_version(news, "2.0", *SEND, "--accept-changes", adds="Bye.", env=env)

    assert refused.code == 1
    assert "composed otherwise: newsletter-mailer 1.0 composed it then, 2.0 does now" in refused.err
    assert "--accept-changes" in refused.err
    assert done.code == 0, done.err
    assert inbox.recipients() == ["ben@example.org"]
