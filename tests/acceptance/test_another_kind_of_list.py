"""A new kind of list is one file: it is read, checked, mailed to and guarded as a CSV file is."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.acceptance import json_lines
from tests.acceptance.scene import EVERYONE, Newsletter, newsletter, run
from tests.conftest import Result
from tests.smtp_server import Inbox

SEND = ("send", "--issue", "2030-01", "--yes", "--json")
COMMAND = (sys.executable, str(json_lines.__file__))
DAN = {"email": "dan@example.org", "region": "walsall", "role": "director"}
ANN = {"email": "ANN@example.org", "region": "walsall", "role": ""}


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    """Readers are a CSV file, partners are JSON lines."""
    made = newsletter(tmp_path / "news")
    (made.root / "recipients/partners.csv").unlink()
    write_partners(made, DAN, ANN)
    return made


def write_partners(news: Newsletter, *rows: Mapping[str, str]) -> None:
    news.write("recipients/partners.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))


def typed(news: Newsletter, *words: str, env: Mapping[str, str] | None = None) -> Result:
    return run(*words, cwd=news.root, env=env, command=COMMAND)


def test_it_is_mailed_to_beside_the_others(news: Newsletter, inbox: Inbox) -> None:
    done = typed(news, *SEND, env=inbox.environment())

    assert done.code == 0, done.err
    assert sorted(inbox.recipients()) == EVERYONE
    dans = next(one.content for one in inbox.received if one.recipient == "dan@example.org")
    assert b"This is for directors." in dans
    assert b"This is for Dudley." not in dans


def test_what_is_wrong_in_it_is_told_with_its_row(news: Newsletter) -> None:
    write_partners(news, DAN, {**ANN, "email": "ann"}, {**DAN, "region": "nowhere"})

    done = typed(news, "check", "--issue", "2030-01", "--format", "json")

    found = {(one["rule"], one["file"], one["line"]) for one in done.json["findings"]}
    assert {
        ("bad-address", "recipients/partners.jsonl", 2),
        ("unknown-region", "recipients/partners.jsonl", 3),
        ("row-twice", "recipients/partners.jsonl", 3),
    } <= found


def test_its_rows_stand_in_no_report(news: Newsletter) -> None:
    bad = {**ANN, "email": "ann"}
    write_partners(news, DAN, bad)

    shown = typed(news, "check", "--issue", "2030-01")

    assert "recipients/partners.jsonl" in shown.out
    assert json.dumps(bad) not in shown.out


def test_no_option_writes_where_it_lies(news: Newsletter) -> None:
    before = news.snapshot()

    done = typed(news, "check", "--format", "json", "--output", "recipients/partners.jsonl")

    assert done.code == 2
    assert news.snapshot() == before


def test_a_misspelt_list_is_told_its_name(news: Newsletter) -> None:
    issue = news.root / "issues/2030-01/issue.toml"
    issue.write_text(issue.read_text("utf-8").replace('"partners"', '"partner"'), "utf-8")

    done = typed(news, *SEND, "--sandbox")

    assert done.code == 1
    assert 'Did you mean "partners"?' in done.err


def test_of_two_lists_of_one_name_neither_is_mailed(news: Newsletter) -> None:
    news.write("recipients/partners.csv", "email\ndan@example.org\n")

    done = typed(news, *SEND, "--sandbox")

    assert done.code == 1
    assert "recipients/partners.csv and recipients/partners.jsonl" in done.err
    assert news.outbox() == []
