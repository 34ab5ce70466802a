"""A link that every mail has is one row of a table: writers, templates and checks know it then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.scene import Newsletter, newsletter, planted, run
from tests.conftest import Result

HELLO = "issues/2030-01/10-hello.md"


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    made = newsletter(tmp_path / "news")
    made.write(HELLO, f"{made.read(HELLO)}\n[Read this page online]({{{{ view_online_url }}}})\n")
    return made


def with_link(news: Newsletter, *words: str) -> Result:
    return run(*words, cwd=news.root, command=planted("another_link"))


def test_nobody_knows_it_before(news: Newsletter) -> None:
    done = news.run("check", "--issue", "2030-01", "--json")

    assert "unknown-field" in {one["rule"] for one in done.json["findings"]}


def test_writers_and_templates_have_it(news: Newsletter) -> None:
    checked = with_link(news, "check", "--issue", "2030-01", "--json")
    built = with_link(news, "build", "--issue", "2030-01")

    assert (checked.json["errors"], built.code) == (0, 0), checked.out
    page, text = (news.read(f"build/2030-01/full.{suffix}") for suffix in ("html", "txt"))
    assert page.count('href="https://news.example.org/2030-01/full"') == 2
    assert "https://news.example.org/2030-01/full" in text


def test_each_variant_has_its_own(news: Newsletter) -> None:
    with_link(news, "build", "--issue", "2030-01")

    for variant in json.loads(news.read("build/2030-01/manifest.json"))["variants"]:
        page = news.read(f"build/2030-01/{variant['html']}")
        assert f'href="https://news.example.org/2030-01/{variant["id"]}"' in page


def test_it_is_not_taken_for_the_writer_s_own(news: Newsletter) -> None:
    news.write(HELLO, news.read(HELLO).replace("{{ view_online_url }}", "https://example.org/x"))

    checked = with_link(news, "check", "--issue", "2030-01", "--json")

    assert "a-sample" not in checked.out
