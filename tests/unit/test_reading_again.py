"""What was read before is the same when it is read again, and no work."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from newsletter_mailer.findings import Finding
from newsletter_mailer.issue import markdown, merge_expressions, pictures, yaml_table
from newsletter_mailer.issue.body_tokens import BodyToken
from newsletter_mailer.issue.folder import read_issue
from newsletter_mailer.issue.model import Issue, Template
from newsletter_mailer.issue.template_folder import read_template
from newsletter_mailer.text_cache import Memory
from tests.conftest import REPOSITORY, ProjectFolder
from tests.golden.test_golden import HERE, ISSUES
from tests.newsroom import Newsroom, text_section
from tests.unit.test_variant_cache import DAMAGES, Damaged

Edition = tuple[Template | None, Issue | None, list[Finding]]


def read(root: Path, issue: str, cache: Memory) -> Edition:
    newsroom = Newsroom(ProjectFolder(root), issue_id=issue)
    settings = newsroom.settings
    template, findings = read_template(root, settings.template, REPOSITORY / "templates", cache)
    assert template is not None, findings
    made, more = read_issue(root, issue, settings, template, cache=cache)
    return template, made, more


def tokens(edition: Edition) -> list[Sequence[BodyToken]]:
    """Of all sections: two that are equal may have other ones."""
    _, issue, findings = edition
    assert issue is not None, findings
    return [section.tokens for section in issue.sections]


@pytest.fixture
def without_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads YAML, Markdown, a merge field or a picture now fails."""
    for module, name in (
        (yaml_table, "read_yaml"),
        (markdown, "code_ranges"),
        (merge_expressions, "expressions"),
        (pictures, "image_header"),
    ):
        monkeypatch.delattr(module, name)


@pytest.mark.parametrize("issue", ISSUES)
def test_what_was_read_before_is_not_read_again(issue: str, request: pytest.FixtureRequest) -> None:
    memory = Memory()
    before = read(HERE, issue, memory)
    request.getfixturevalue("without_readers")

    again = read(HERE, issue, memory)
    assert again == before
    assert tokens(again) == tokens(before)


#: All but one, which says something else of front matter.
UNREADABLE = [name for name in DAMAGES if name != "other slots"]


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_damaged_is_read_again(name: str) -> None:
    damaged = Damaged(DAMAGES[name])
    before = read(HERE, "everything", damaged)

    again = read(HERE, "everything", damaged)
    assert again == before
    assert tokens(again) == tokens(before)


def test_what_is_wrong_is_told_again(newsroom: Newsroom) -> None:
    newsroom.write("20-twice.md", "---\nkind: text\ntitle: a\ntitle: b\n---\n")
    newsroom.write("30-field.md", text_section("{{ subscriber.x|e }}"))
    newsroom.write("35-html.md", text_section("<br>"))
    newsroom.write("images/p.jpg", b"\xff\xd8\xff")
    newsroom.write("40-picture.md", text_section("![A picture](images/p.jpg)"))
    memory = Memory()
    _, _, findings = read(newsroom.folder.root, newsroom.issue_id, memory)

    assert len(findings) == 4
    assert read(newsroom.folder.root, newsroom.issue_id, memory)[2] == findings
