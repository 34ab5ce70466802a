"""Two newsletters may share a ledger, and not an issue in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.scene import Newsletter, addresses, plain_newsletter
from tests.smtp_server import Behaviour, Inbox, smtp_server

READERS = 3
SEND = ("send", "--issue", "2030-01", "--yes", "--json")


@pytest.fixture
def one(tmp_path: Path) -> Newsletter:
    return plain_newsletter(tmp_path / "one", READERS)


def changed(news: Newsletter, old: str, new: str) -> None:
    text = news.read("newsletter.toml")
    assert old in text
    news.write("newsletter.toml", text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "Test News"', 'name = "Other News"'),
        ("<news@example.org>", "<news@example.com>"),
        ('name = "Test News"', 'name = "Test News"\nlist_id = "other.example.org"'),
    ],
)
def test_an_issue_of_another_newsletter_is_not_gone_on_with(
    one: Newsletter, tmp_path: Path, inbox: Inbox, old: str, new: str
) -> None:
    """Readers of both would never get the second one's: "already sent"."""
    other = plain_newsletter(tmp_path / "other", READERS)
    changed(other, old, new)
    shared = f"sqlite:///{tmp_path / 'shared.db'}"
    env = inbox.environment(LEDGER_URL=shared)

    first = one.run(*SEND, env=env)
    refused = [
        other.run(*words, env=env)
        for words in (
            SEND,
            (*SEND, "--accept-changes"),
            ("send", "--issue", "2030-01", "--dry-run"),
            ("status", "--issue", "2030-01"),
            ("resolve", "--issue", "2030-01", "--unknown", "resend"),
        )
    ]

    assert first.code == 0, first.err
    for done in refused:
        assert done.code == 1, done
        assert "of another newsletter: Test News <news@example.org>" in done.err
        assert "LEDGER_URL" in done.err
    assert sorted(inbox.recipients()) == addresses(READERS)

    (other.root / "issues/2030-01").rename(other.root / "issues/2030-01-other")
    done = other.run("send", "--issue", "2030-01-other", "--yes", "--json", env=env)
    assert done.code == 0, done.err
    assert done.json["sent"] == READERS


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "Test News"', 'name = "The Test News"'),
        ("<news@example.org>", "<newsletter@example.org>"),
        ('name = "Test News"', 'name = "Test News"\nlist_id = "news.example.org"'),
        ('from = "Test News <', 'from = "Tess at Test News <'),
    ],
)
def test_a_newsletter_under_a_new_name_is_the_same(one: Newsletter, old: str, new: str) -> None:
    """Its folder says itself that it sent the issue; the change is told as any other."""
    with smtp_server(
        Behaviour(at_rcpt=lambda who: "450 4.2.0 later" if "03" in who else None)
    ) as strict:
        first = one.run(*SEND, env=strict.environment())
    changed(one, old, new)
    with smtp_server() as inbox:
        asked = one.run(*SEND, env=inbox.environment())
        done = one.run(*SEND, "--accept-changes", env=inbox.environment())

    assert (first.code, asked.code) == (3, 1)
    assert "The issue has changed since some readers got it: newsletter.toml" in asked.err
    assert done.code == 0, done.err
    assert inbox.recipients() == ["reader03@example.org"]
