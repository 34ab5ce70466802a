"""Every word of an issue is found with its line and column in the writer's file."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter_mailer.check.passages import alts_of, links_of, passages_of
from newsletter_mailer.findings import Source
from tests.newsroom import Newsroom

FILE = "issues/2030-01/10-hello.md"


def place(newsroom: Newsroom, section: str, word: str, nth: int = 0) -> tuple[str, int, int]:
    """Where the passage says that the word stands, when it has it for the nth time."""
    newsroom.write("10-hello.md", section)
    for passage in passages_of(newsroom.issue):
        start = -1
        for _ in range(nth + 1):
            start = passage.text.find(word, start + 1)
        if start >= 0:
            found = passage.at(start, start + len(word))
            return passage.where, found.line, found.column
    raise AssertionError(f"no passage has {word}")


@pytest.mark.parametrize(
    ("section", "word", "found"),
    [
        ("---\nkind: text\ntitle: kind title here\n---\na", "title", ("title", 3, 13)),
        ('---\nkind: text\ntitle: "A: z"\n---\na', "z", ("title", 3, 12)),
        ("---\nkind: text\ntitle: A\n---\n\nfirst\nsecond word", "word", ("body", 7, 8)),
        ("---\nkind: text\ntitle: A\n---\n**bold** and _word_", "word", ("body", 5, 15)),
        ("---\nkind: text\ntitle: A\n---\n- one\n- two\n  three", "three", ("body", 7, 3)),
        ("---\nkind: text\ntitle: A\n---\n> one\n> two", "two", ("body", 6, 3)),
        ("---\nkind: text\ntitle: A\n---\n## A head", "head", ("body", 5, 6)),
        ("---\nkind: text\ntitle: A\n---\n[the word](https://example.org)", "word", ("body", 5, 6)),
        ("---\nkind: text\ntitle: A\n---\n[a page](https://example.org/word) a word",
         "word", ("body", 5, 38)),
        ("---\nkind: text\ntitle: A\n---\nDear {{ subscriber.first_name | default('x') }}, hello",
         "hello", ("body", 5, 50)),
        ("---\nkind: notice\ntitle: A\nlink: https://example.org\nlink_text: Go there\n---\na",
         "there", ("link_text", 5, 15)),
        ("---\nkind: text\ntitle: >-\n  folded\n  title\n---\na", "title", ("title", 3, 0)),
    ],
)  # fmt: skip
def test_a_word_has_its_place(
    newsroom: Newsroom, section: str, word: str, found: tuple[str, int, int]
) -> None:
    assert place(newsroom, section, word) == found


def test_the_second_of_two_equal_words(newsroom: Newsroom) -> None:
    section = "---\nkind: text\ntitle: A\n---\nthe cat and the dog"

    assert place(newsroom, section, "the", nth=1) == ("body", 5, 13)


def test_code_pictures_and_fields_are_no_words(newsroom: Newsroom) -> None:
    newsroom.write(
        "10-hello.md",
        "---\nkind: text\ntitle: A\n---\nSee `code` and {{ subscriber.first_name | default('x') }}."
        "\n\n    block\n",
    )

    bodies = [one.text for one in passages_of(newsroom.issue) if one.where == "body"]

    assert bodies == ["See \ufffc and \ufffc."]


def test_the_subject_and_the_preheader_come_first(newsroom: Newsroom) -> None:
    first, second, *_ = passages_of(newsroom.issue)

    assert (first.where, first.source.line) == ("subject", 1)
    assert first.at(4, 11) == Source("issues/2030-01/issue.toml", 1, 16, 7)
    assert (second.where, second.source.line) == ("preheader", 2)


def test_links_and_pictures_have_their_places(newsroom: Newsroom) -> None:
    newsroom.write(
        "10-hello.md",
        "---\nkind: notice\ntitle: A\nlink: https://example.org/a\nlink_text: Go\n---\n"
        "Read [one](https://example.org/1) and\n[two **bold**](mailto:a@example.org).\n",
    )

    links = [(one.words, one.target, one.source.line, one.source.column)
             for one in links_of(newsroom.issue)]  # fmt: skip

    assert links == [
        ("Go", "https://example.org/a", 4, 7),
        ("one", "https://example.org/1", 7, 7),
        ("two bold", "mailto:a@example.org", 8, 16),
    ]
    assert list(alts_of(newsroom.issue)) == []


@given(body=st.text(alphabet="ab *_[]()`>#-1.\n\u00e9\u202e{}", max_size=80))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_place_lies_in_the_file(newsroom: Newsroom, body: str) -> None:
    newsroom.write("10-hello.md", f"---\nkind: text\ntitle: A\n---\n{body}")
    issue, _ = newsroom.read()
    assert issue is not None
    written = newsroom.folder.read(FILE).split("\n")

    for passage in passages_of(issue):
        for start in range(len(passage.text)):
            found = passage.at(start, start + 3)
            if found.file == FILE and found.column:
                word = passage.text[start : start + 3].split("\n")[0].strip()
                line = written[found.line - 1]
                assert line[found.column - 1 :].startswith(word)
