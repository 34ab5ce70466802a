"""Every word of an issue is found with its line and column in the writer's file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.runner.runner import ask_all
from newsletter_mailer.check.text import passages
from newsletter_mailer.check.text.passages import passages_of
from newsletter_mailer.check.text.written_alts import alts_of
from newsletter_mailer.check.text.written_lines import columns_of
from newsletter_mailer.check.text.written_links import links_of
from newsletter_mailer.findings import Source
from newsletter_mailer.plan.plan import Plan
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
        ("---\nkind: text\ntitle: A\n---\nDear {{ subscriber.first_name | default('dusk') }}, dusk",
         "dusk", ("body", 5, 53)),
        ("---\nkind: text\ntitle: A\n---\nDear {{\n subscriber.first_name\n}}, hello",
         "hello", ("body", 7, 5)),
        ("---\nkind: text\ntitle: A\n---\nDear {{ subscriber.a\n| default('dusk')\n}} dusk",
         "dusk", ("body", 7, 4)),
        ("---\nkind: text\ntitle: A\n---\n{{ subscriber.a\n}} {{\n\nsubscriber.b }}\nsee\n\nbehind",
         "see", ("body", 9, 1)),
        ("---\nkind: text\ntitle: A\n---\n{{ subscriber.a\n}} {{\n\nsubscriber.b }}\nsee\n\nbehind",
         "behind", ("body", 11, 1)),
        ("---\nkind: text\ntitle: A\n---\n[a](https://example.org/{{\nsubscriber.a }}) behind",
         "behind", ("body", 6, 18)),
        ("---\nkind: text\ntitle: A\n---\n<https://example.org/{{\nsubscriber.a }}> behind",
         "behind", ("body", 6, 18)),
        ("---\nkind: text\ntitle: >-\n  Dear {{ subscriber.a\n  }}\n---\n\nhello",
         "hello", ("body", 8, 1)),
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


def test_a_link_behind_a_field_of_several_lines_has_its_place(newsroom: Newsroom) -> None:
    newsroom.write(
        "10-hello.md",
        "---\nkind: text\ntitle: A\n---\nDear {{ subscriber.first_name\n}},\n\n"
        "see {{\nissue.id }} in [one](https://example.org/1) or\n[two](https://example.org/2).\n",
    )

    places = [(one.words, one.source.line, one.source.column) for one in links_of(newsroom.issue)]

    assert places == [("one", 9, 17), ("two", 10, 2)]


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


def test_dates_and_times_are_read_once_however_long_the_issue(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cache of some size would be emptied by every rule before the next one asks."""
    body = "\n\n".join(f"Paragraph {number} of 12 March 2030, 10:00." for number in range(1500))
    newsroom.write("10-hello.md", f"---\nkind: text\ntitle: A\n---\n\n{body}\n")
    read: Counter[str] = Counter()
    for name in ("dates_in", "likely_times"):
        reader = getattr(passages, name)

        def counted(text: str, *more: object, reader: Callable[..., object] = reader) -> object:
            read[f"{reader.__name__}: {text}"] += 1
            return reader(text, *more)

        monkeypatch.setattr(passages, name, counted)
    compiled = newsroom.compiled()
    context = CheckContext(
        settings=newsroom.settings,
        issue=newsroom.issue,
        template=newsroom.template,
        plan=Plan(),
        compiled=[compiled],
        at=datetime(2030, 1, 15, 9, tzinfo=UTC),
        trace=lambda variant: (),
    )

    list(ask_all(context))

    assert len(read) > 2 * 1500
    assert {*read.values()} == {1}


def test_a_line_is_taken_apart_once_however_many_places_are_asked_for(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.write("10-hello.md", f"---\nkind: text\ntitle: A\n---\nOne line.\n{'(' * 500}\n")
    brackets = next(passage for passage in passages_of(newsroom.issue) if "((" in passage.text)
    lines: list[str] = []

    def noting(line: str, words: str) -> Sequence[int]:
        lines.append(line)
        return columns_of(line, words)

    monkeypatch.setattr(passages, "columns_of", noting)

    found = [brackets.at(start, start + 1) for start in range(10, 510)]

    assert [(place.line, place.column) for place in found] == [(6, n) for n in range(1, 501)]
    assert len({id(line) for line in lines}) == 1
