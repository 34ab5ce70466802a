"""The page that shows what became of an issue: true, whole in one file, and it names no reader."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any  # fields of a run
from zoneinfo import ZoneInfo

import lxml.html
import pytest

from newsletter_mailer.report.page import About, page
from newsletter_mailer.report.standing import Reason, Standing
from newsletter_mailer.report.timeline import milestones, sittings
from newsletter_mailer.store.figures import Moment
from newsletter_mailer.store.resolutions import Resolution
from newsletter_mailer.store.runs import By, RunRecord
from newsletter_mailer.store.states import State

LONDON = ZoneInfo("Europe/London")
NINE = datetime(2030, 1, 15, 9, 0, tzinfo=UTC)
AT = int(NINE.timestamp())
ABOUT = About(newsletter="Test News", made=NINE + timedelta(hours=1), zone=LONDON)


def run(number: int, began: datetime, minutes: float | None, **more: Any) -> RunRecord:
    """`minutes` None: it was cut short."""
    ended = None if minutes is None else began + timedelta(minutes=minutes)
    usual = RunRecord(
        number=number,
        began=began,
        ended=ended,
        by=By("ann", "laptop"),
        filters={"lists": [], "regions": ["dudley"], "roles": []},
        content_hash="c0ffee",
        planned=100,
        skipped={"unsubscribed": 2},
        counts={State.SENT: 90, State.REFUSED: 10} if ended else None,
    )
    return replace(usual, **more)


STANDING = Standing(
    issue="2030-01",
    counts={State.SENT: 90, State.DEFERRED: 5, State.REFUSED: 3, State.UNKNOWN: 2},
    domains={
        "dudley.example.org": Counter({State.SENT: 80}),
        "walsall.example.org": Counter({State.SENT: 10, State.DEFERRED: 5, State.REFUSED: 3}),
    },
    variants={"full": Counter({State.SENT: 90}), "everyone": Counter({State.REFUSED: 3})},
    reasons=[
        Reason(State.DEFERRED, 451, "4.7.1", "Greylisted", 5),
        Reason(State.REFUSED, 550, None, "User unknown", 3),
    ],
    runs=[run(1, NINE, 10)],
    resolutions=[Resolution(NINE, By("ann", "laptop"), "resend", "", ["cat@example.org"], {})],
)
MOMENTS = [Moment(1, AT + second, State.SENT, 9) for second in range(0, 600, 60)]


def tree(
    standing: Standing = STANDING, moments: Sequence[Moment] = MOMENTS, about: About = ABOUT
) -> Any:
    return lxml.html.document_fromstring(page(standing, moments, about))


def words(element: Any) -> str:
    return " ".join(element.text_content().split())


def test_it_says_how_many_have_it_and_what_is_left_to_do() -> None:
    shown = tree()

    assert words(shown.find(".//h1")) == "90 of 100 readers have it"
    assert shown.findtext(".//title") == "2030-01: 90.0 % of readers have it – Test News"
    assert "5 readers are still owed it." in words(shown)
    assert "newsletter-mailer send --issue 2030-01" in words(shown)
    assert "2 are unknown." in words(shown)
    assert [words(h2) for h2 in shown.iter("h2")] == [
        "How it got there",
        "Where it went",
        "Why some do not have it",
        "Which version they read",
        "Runs",
        "Settled afterwards",
    ]


def test_nothing_left_to_do_is_said() -> None:
    shown = tree(Standing(issue="2030-01", counts={State.SENT: 3}))

    assert "Nothing is left to do." in words(shown)
    assert words(shown.find(".//h1")) == "3 of 3 readers have it"


def test_an_issue_that_was_not_sent_has_a_page_too() -> None:
    assert words(tree(Standing(issue="2030-01"), []).find(".//h1")) == "Nobody was mailed yet"


def test_a_rehearsal_says_that_nobody_was_mailed() -> None:
    shown = tree(about=About(newsletter="Test News", made=NINE, zone=LONDON, is_rehearsal=True))

    assert "Rehearsal: nobody was mailed" in words(shown)
    assert "newsletter-mailer send --issue 2030-01 --sandbox" in words(shown)
    assert "resolve" not in words(shown)


@pytest.mark.parametrize(
    ("sent", "of", "says"),
    [(9_999, 10_000, "99.9 %"), (10_000, 10_000, "100 %"), (1, 3, "33.3 %"), (0, 5, "0.0 %")],
)
def test_a_share_is_never_rounded_up_to_all(sent: int, of: int, says: str) -> None:
    counts = {State.SENT: sent, State.QUEUED: of - sent}
    shown = tree(Standing(issue="2030-01", counts={s: n for s, n in counts.items() if n}), [])

    assert f": {says} of readers" in shown.findtext(".//title")


def test_it_is_one_file_without_scripts_that_asks_nobody_for_anything() -> None:
    shown = tree()
    html = page(STANDING, MOMENTS, ABOUT)

    assert not [*shown.iter("script", "link", "img", "iframe", "object", "a", "form")]
    assert "http:" not in html
    assert "https:" not in html
    assert "url(" not in html
    assert not [
        name
        for element in shown.iter()
        for name in getattr(element, "attrib", {})
        if name[:2] == "on"
    ]
    (policy,) = shown.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'")


def test_it_names_no_reader_and_nobody_who_ran_it() -> None:
    html = page(STANDING, MOMENTS, ABOUT)

    assert "@example" not in html
    assert "cat@" not in html
    assert "laptop" not in html
    assert "dudley.example.org" in html, "domains are named"


def test_what_others_wrote_is_text() -> None:
    hostile = "<script>alert(1)</script>\"'&"
    standing = Standing(
        issue="2030-01",
        counts={State.REFUSED: 1},
        domains={hostile: Counter({State.REFUSED: 1})},
        variants={hostile: Counter({State.REFUSED: 1}), "b": Counter()},
        reasons=[Reason(State.REFUSED, 550, hostile, hostile, 1)],
        runs=[run(1, NINE, 1, filters={"lists": [hostile]}, skipped={hostile: 1})],
    )
    about = About(newsletter=hostile, made=NINE, zone=LONDON)
    html = page(standing, [], about)

    assert "<script" not in html
    assert words(lxml.html.document_fromstring(html)).count("alert(1)") >= 6


def test_every_picture_has_its_words() -> None:
    shown = tree()

    pictures = [*shown.iter("svg")]
    assert len(pictures) > 5
    for svg in pictures:
        assert svg.get("role") == "img" or svg.get("aria-hidden") == "true"
        assert svg.get("role") != "img" or svg.get("aria-label")
    (whole,) = shown.xpath("//*[@class='whole']/@aria-label")
    assert whole == "90 sent, 5 deferred, 3 refused, 2 unknown"


def test_the_place_with_the_most_trouble_comes_first_and_the_rest_is_one_row() -> None:
    many = {f"council{n:02}.example.org": Counter({State.SENT: n + 1}) for n in range(40)}
    many["council07.example.org"][State.REFUSED] = 1
    standing = Standing(issue="2030-01", counts={State.SENT: 820, State.REFUSED: 1}, domains=many)
    names = [words(row) for row in tree(standing, []).xpath("//tbody/tr/th")]

    assert names[0] == "council07.example.org"
    assert names[1] == "council39.example.org"
    assert (len(names), names[-1]) == (21, "20 more")


def test_times_are_those_of_the_newsletter_s_zone() -> None:
    summer = datetime(2030, 7, 15, 8, 0, tzinfo=UTC)
    standing = Standing(issue="2030-07", counts={State.SENT: 1}, runs=[run(1, summer, 1)])
    about = About(newsletter="x", made=summer.astimezone(LONDON), zone=LONDON)

    assert "15 July 2030, 09:00" in words(tree(standing, [], about))


def heights(path: str) -> list[float]:
    """Of the upper edge of an area, from the bottom."""
    there = path.removeprefix("M").split(" L")[0]
    return [100 - float(point.split(",")[1]) for point in there.split(" ")]


def test_the_curve_grows_to_what_was_sent() -> None:
    (sitting,) = sittings(MOMENTS, [run(1, NINE, 10)], 100, LONDON)
    (area,) = sitting.areas
    curve = heights(area.path)

    assert curve == sorted(curve)
    assert (curve[0], curve[-1]) == (0, 90)
    assert sitting.ended_with == {State.SENT: 90}


def test_days_between_two_runs_take_no_room() -> None:
    later = NINE + timedelta(days=3)
    moments = [*MOMENTS, Moment(2, int(later.timestamp()), State.SENT, 10)]
    runs = [run(1, NINE, 10), run(2, later, 5)]
    first, second = sittings(moments, runs, 100, LONDON)

    assert (first.width, second.width) == (1.0, 0.5)
    assert heights(second.areas[0].path)[0] == 90
    assert heights(second.areas[0].path)[-1] == 100


def test_what_a_run_that_was_cut_short_left_is_told_at_its_end() -> None:
    """The next run finds its answers in the journal, days later."""
    later = NINE + timedelta(days=3)
    told_later = Moment(1, int(later.timestamp()) - 1, State.UNKNOWN, 10)
    runs = [run(1, NINE, None), run(2, later, 5)]
    (sitting,) = sittings([*MOMENTS, told_later], runs, 100, LONDON)

    assert sitting.ended - sitting.began == timedelta(minutes=9)
    assert sitting.ended_with == {State.SENT: 90, State.UNKNOWN: 10}


def test_only_the_busiest_runs_are_drawn_and_the_others_counted() -> None:
    runs = [run(n, NINE + timedelta(hours=n), 10) for n in range(8)]
    moments = [Moment(n, AT + n * 3600 + 60, State.SENT, n + 1) for n in range(8)]
    drawn = sittings(moments, runs, 36, LONDON)

    assert [one.run for one in drawn] == [4, 5, 6, 7]
    assert drawn[0].ended_with == {State.SENT: 15}
    assert heights(drawn[-1].areas[0].path)[-1] == 100


@pytest.mark.parametrize(
    ("moments", "times"),
    [
        (MOMENTS, ["09:04:00", "09:08:00", "09:09:00"]),
        ([Moment(1, AT, State.SENT, 5)], ["09:00:00"] * 3),
        ([Moment(1, AT, State.REFUSED, 5)], []),
        ([], []),
    ],
)
def test_when_half_nine_in_ten_and_all_had_it(moments: list[Moment], times: list[str]) -> None:
    assert [f"{moment:%H:%M:%S}" for _, moment in milestones(moments, LONDON)] == times


def test_numbers_in_the_page_s_pictures_add_up() -> None:
    shown = tree()
    for svg in shown.xpath("//*[@class='bar' or @class='whole']"):
        widths: Mapping[str, float] = {
            rect.get("class"): float(rect.get("width")) for rect in svg.iter("rect")
        }
        assert sum(widths.values()) == pytest.approx(100, abs=0.1)
    assert not re.search(r"\bnan\b|\binf\b|None", page(STANDING, MOMENTS, ABOUT))
