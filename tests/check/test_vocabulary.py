"""A newsletter changes the lists of words that rules go by, in files of its own."""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import Path

import pytest

from newsletter_mailer.campaign.prepare import Circumstances, prepare
from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.campaign.vocabulary import read_vocabulary
from newsletter_mailer.check.english.list_lines import fault_of, lines_of
from newsletter_mailer.check.english.vocabulary import Vocabulary, list_names
from newsletter_mailer.check.english.words import is_american
from newsletter_mailer.check.rules import all_rules
from tests.acceptance.scene import Newsletter, newsletter
from tests.conftest import REPOSITORY

HELLO = "issues/2030-01/10-hello.md"


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    made = newsletter(tmp_path / "news")
    links = "[the annex](https://www.gov.uk/a) and [more information](https://www.gov.uk/b)"
    made.write(HELLO, f"{made.read(HELLO)}\n{links}\n")
    return made


def vague(news: Newsletter) -> list[str]:
    done = news.run("check", "--issue", "2030-01", "--json")
    found = [one["message"] for one in done.json["findings"] if one["rule"] == "vague-link"]
    return [one.split('"')[1] for one in found]


def test_a_newsletter_adds_words_and_takes_some_out(news: Newsletter) -> None:
    assert vague(news) == ["more information"]

    news.write("vocabulary/vague-links.txt", "# ours\nthe  annex\n- more information\n")

    assert vague(news) == ["the annex"]


def test_capitals_say_nothing_in_a_list_that_has_none() -> None:
    changed = Vocabulary({"vague-links": "The Annex\n- More Information\n"}).words("vague-links")

    assert "the annex" in changed
    assert "more information" not in changed


def test_capitals_of_an_acronym_are_its_own() -> None:
    assert "eNews" in Vocabulary({"known-acronyms": "eNews\n"}).words("known-acronyms")


def test_a_file_that_cannot_be_read_is_named(news: Newsletter) -> None:
    (news.root / "vocabulary").mkdir()
    (news.root / "vocabulary" / "vague-links.txt").write_bytes(b"\xff\xfe")

    done = news.run("check", "--issue", "2030-01", "--json")

    told = {(one["rule"], one["file"]) for one in done.json["findings"]}
    assert ("unreadable-file", "vocabulary/vague-links.txt") in told


def test_the_words_that_were_checked_are_those_of_the_check_before_sending(
    news: Newsletter,
) -> None:
    """Under the ledger's lock all is asked once more, of the same words."""
    project = open_project(news.root, {})
    with prepare(project, "2030-01") as prepared:
        before = [one.message for one in prepared.findings]
        news.write("vocabulary/vague-links.txt", "the annex\n- more information\n")
        news.write("vocabulary/strange.txt", "words")
        prepared.ask_again(Circumstances())

        assert [one.message for one in prepared.findings] == before


@pytest.mark.parametrize("name", list_names())
def test_each_list_holds_words_once_and_in_order(name: str) -> None:
    path = REPOSITORY / "newsletter_mailer" / "check" / "data" / "en" / f"{name}.txt"
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    words = [line.partition(" = ")[0] for line in lines]

    assert words == sorted(set(words))
    assert Vocabulary().words(name) == {*words}
    assert len({" = " in line for line in lines}) == 1, "of all words something, or of none"


@pytest.mark.parametrize("name", list_names())
def test_each_list_says_first_which_rule_goes_by_it(name: str) -> None:
    path = REPOSITORY / "newsletter_mailer" / "check" / "data" / "en" / f"{name}.txt"
    lines = path.read_text("utf-8").splitlines()
    about = " ".join(takewhile(lambda line: line.startswith("#"), lines))

    assert {*re.findall(r"[a-z]+(?:-[a-z]+)+", about)} & all_rules().keys(), about


def test_a_newsletter_says_something_else_of_a_word_or_takes_it_out() -> None:
    changed = Vocabulary({"spam-phrases": "dear sir = 4\nAct Now = 1.5\n- dear madam\n"})
    points = changed.table("spam-phrases")

    assert (points["dear sir"], points["act now"], points["dear sirs"]) == ("4", "1.5", "2")
    assert "dear madam" not in points


def found_by(rule: str, news: Newsletter) -> list[str]:
    done = news.run("check", "--issue", "2030-01", "--at", "2030-01-14T09:00", "--json")
    return [one["message"] for one in done.json["findings"] if one["rule"] == rule]


def test_a_newsletter_has_spam_phrases_of_its_own(news: Newsletter) -> None:
    news.write(HELLO, f"{news.read(HELLO)}\nDear Sir, act\nnow, or call again. The offer (free).\n")
    own = "act now = 1.5\noffer ... (free)\ncall again = many points\n- dear sir\n"
    news.write("vocabulary/spam-phrases.txt", own)

    costs = " of the 5 points that make a mail spam for SpamAssassin."
    assert found_by("spam-phrase", news) == [
        f'"act now" costs 1.5{costs}',
        f'"call again" costs 1{costs}',
        f'"offer (free)" costs 1{costs}',
    ]


def test_a_newsletter_may_take_all_spam_phrases_out(news: Newsletter) -> None:
    news.write(HELLO, f"{news.read(HELLO)}\nDear Sir, it is 100% guaranteed.\n")
    assert len(found_by("spam-phrase", news)) == 2

    every = "".join(f"- {phrase}\n" for phrase in Vocabulary().words("spam-phrases"))
    news.write("vocabulary/spam-phrases.txt", every)

    assert found_by("spam-phrase", news) == []


def test_a_newsletter_names_its_own_venues_and_offices(news: Newsletter) -> None:
    words = "Meet Mr Sam Example, Depot, High Street, DY1 1HF, or ask sam.allotment@gmail.com."
    news.write(HELLO, f"{news.read(HELLO)}\n{words}\n")
    assert len(found_by("personal-data", news)) == 2

    news.write("vocabulary/venue-words.txt", "depot\n")
    news.write("vocabulary/office-mailboxes.txt", "allotment\n")

    assert found_by("personal-data", news) == []


def test_a_newsletter_names_what_is_done_by_a_day(news: Newsletter) -> None:
    news.write(HELLO, f"{news.read(HELLO)}\nSend books by 3 January. Pledge a tree by 4 January.\n")
    assert [one.split('"')[1] for one in found_by("past-deadline", news)] == ["3 January"]

    news.write("vocabulary/deadline-actions.txt", "pledge\n- send\n")

    assert [one.split('"')[1] for one in found_by("past-deadline", news)] == ["4 January"]


def test_a_newsletter_may_have_no_actions_at_all(news: Newsletter) -> None:
    news.write(
        HELLO, f"{news.read(HELLO)}\nThe town was founded by 3 January. Send\nit by 4 January.\n"
    )
    every = "".join(f"- {action}\n" for action in Vocabulary().words("deadline-actions"))
    news.write("vocabulary/deadline-actions.txt", every)

    assert found_by("past-deadline", news) == []


def test_a_venue_may_have_several_words(news: Newsletter) -> None:
    words = "Meet Mr Sam Example, Our Sixth\nForm, High Street, DY1 1HF."
    news.write(HELLO, f"{news.read(HELLO)}\n{words}\n")
    news.write("vocabulary/venue-words.txt", "form sixth\n")
    assert len(found_by("personal-data", news)) == 1

    news.write("vocabulary/venue-words.txt", "sixth form\n")

    assert found_by("personal-data", news) == []


@pytest.mark.parametrize("name", list_names())
def test_each_list_can_mean_what_it_holds(name: str) -> None:
    path = REPOSITORY / "newsletter_mailer" / "check" / "data" / "en" / f"{name}.txt"

    faults = [fault_of(name, line) for line in lines_of(path.read_text("utf-8"))]

    assert faults
    assert not any(faults)


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("spam-phrases", "act ... now = 1.5\n^ act... = 2.699\n^dear all\nact now\n- dear sir", []),
        ("spam-phrases", "... = 2\n^ = 1\n= 2\nact now =\nact now=2", [1, 2, 3, 4, 5]),
        (
            "spam-phrases",
            "act now ... = 2\n\n... act = 1\ndear ^ friend\n...9... = 1",
            [1, 3, 4, 5],
        ),
        ("spam-phrases", "act now = many\nact = 1,5\nnow = -1\nhere = 1e3", [1, 2, 3, 4]),
        ("spam-phrases", "- deer sir\n-\n- Dear Sir = 2", [1, 2]),
        ("american-spellings", "ph = f\n-ise = -ize", []),
        ("american-spellings", "colour\nour =\n= or\nour = or = er", [1, 2, 3, 4]),
        ("vague-links", "The annex\nour site, please\n- More information", []),
        ("vague-links", "here ... now\n^ here\nhere = 2\n...", [1, 2, 3, 4]),
        ("venue-words", "sixth form\nst. mary's", []),
        ("venue-words", "sixth ... form\n^ sixth\ndepot = 1", [1, 2, 3]),
        ("known-acronyms", "eNews\n- AGM", []),
        ("known-acronyms", "KS 2\n- agm", [1, 2]),
        ("everyday-words", "e.g.\nco-op\nad hoc", [3]),
        ("office-mailboxes", "allotment.office\nthe office", [2]),
        ("deadline-fields", "pledge\nsign-up\nreply_by", [2, 3]),
        ("words-doubled-on-purpose", "ta\nta ta", [2]),
    ],
)
def test_a_line_that_its_list_cannot_mean_is_told(
    tmp_path: Path, name: str, text: str, lines: list[int]
) -> None:
    (tmp_path / "vocabulary").mkdir()
    (tmp_path / "vocabulary" / f"{name}.txt").write_text(text, "utf-8")

    _, findings = read_vocabulary(tmp_path)

    assert [one.source.line for one in findings] == lines
    assert {one.source.file for one in findings} <= {f"vocabulary/{name}.txt"}
    assert {one.rule for one in findings} <= {"bad-vocabulary"}


def test_spam_phrases_without_words_are_looked_for_nowhere(news: Newsletter) -> None:
    own = "act now ... = 2\n... act = 2\n... = 2\n"
    news.write("vocabulary/spam-phrases.txt", own)

    assert found_by("internal-error", news) == []
    assert len(found_by("bad-vocabulary", news)) == 3


def test_a_spelling_without_the_other_makes_no_word_american() -> None:
    assert not is_american("color", "colour", {"u": ""})


@pytest.mark.parametrize(
    ("word", "british"),
    [
        ("color", "colour"),
        ("center", "centre"),
        ("theaters", "theatres"),
        ("traveling", "travelling"),
        ("defense", "defence"),
        ("analyze", "analyse"),
        ("enrollment", "enrolment"),
        ("skillful", "skilful"),
        ("gray", "grey"),
    ],
)
def test_american_spellings_are_known_by_their_letters(word: str, british: str) -> None:
    spellings = Vocabulary().table("american-spellings")

    assert is_american(word, british, spellings)
    assert is_american(word.upper(), british.title(), spellings)
    assert not is_american(british, word, spellings)
    assert not is_american(word, british, {})


@pytest.mark.parametrize(
    ("word", "suggestion"),
    [("redy", "ready"), ("fencse", "fences"), ("or", "our"), ("her", "here")],
)
def test_a_slip_is_not_american(word: str, suggestion: str) -> None:
    assert not is_american(word, suggestion, Vocabulary().table("american-spellings"))


def test_every_list_is_on_the_page_about_checking() -> None:
    page = (REPOSITORY / "docs" / "checking.md").read_text("utf-8")

    assert {*list_names()} <= {*re.findall(r"`([a-z-]+)`", page)}
