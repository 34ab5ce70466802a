"""[delivery] in newsletter.toml: slips are told with their line, and readers see none of it."""

from __future__ import annotations

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsletter_mailer.cli.options.sending_limits import Limits
from newsletter_mailer.settings.delivery import DeliverySettings
from newsletter_mailer.settings.newsletter import read_settings, readers_settings
from newsletter_mailer.settings.quantities import ANY_HOUR, Hours, span_text
from tests.newsroom import made_settings

LEAST = 'name = "Test News"\nfrom = "Test News <news@example.org>"\n'
FULL = """\
[delivery]
rate = "30/min"
connections = 2
messages_per_connection = 50
retry_for = "20m"
between = "09:00-17:00"

[delivery.domains]
"*.onmicrosoft.com" = "30/min"
"Dudley.example.org" = "1/s"
"""


def test_every_setting_is_understood() -> None:
    assert made_settings(LEAST + FULL).delivery == DeliverySettings(
        rate=30.0,
        connections=2,
        messages_per_connection=50,
        retry_for=timedelta(minutes=20),
        between=Hours(time(9), time(17)),
        domains={"*.onmicrosoft.com": 30.0, "dudley.example.org": 60.0},
    )


def test_without_the_table_nothing_is_said() -> None:
    assert made_settings(LEAST).delivery == DeliverySettings()


def test_readers_do_not_see_how_fast_mail_leaves() -> None:
    assert readers_settings(made_settings(LEAST + FULL)) == readers_settings(made_settings(LEAST))


@pytest.mark.parametrize(
    ("more", "line", "says"),
    [
        ("delivery = 3", 3, "not a table"),
        ("[delivery]\nrat = '30/min'", 4, 'Did you mean "rate"?'),
        ("[delivery]\nrate = 30", 4, 'Put it in "quotes"'),
        ("[delivery]\nrate = '30'", 4, "Write 30/min"),
        ("[delivery]\nrate = '0/min'", 4, "not a rate"),
        ("[delivery]\nrate = '३/min'", 4, "not a rate"),
        ("[delivery]\nconnections = 0", 4, "from 1 to 64"),
        ("[delivery]\nconnections = true", 4, "from 1 to 64"),
        ("[delivery]\nconnections = '4'", 4, "from 1 to 64"),
        ("[delivery]\nconnections = 65", 4, "from 1 to 64"),
        ("[delivery]\nmessages_per_connection = 0.5", 4, "from 1 to 100,000"),
        ("[delivery]\n\nretry_for = '20'", 5, "Write 90s, 20m"),
        ("[delivery]\nbetween = '9-17'", 4, "not a window"),
        ("[delivery]\nbetween = '09:00-25:00'", 4, "not a window"),
        ("[delivery]\nbetween = '09:00-09:00'", 4, "not a window"),
        ("[delivery]\ndomains = '30/min'", 4, '"*.onmicrosoft.com" = "30/min"'),
        ("[delivery.domains]\n'ann@example.org' = '30/min'", 4, "not a domain"),
        ("[delivery.domains]\n'' = '30/min'", 4, "not a domain"),
        ("[delivery.domains]\n'example.org' = 30", 4, 'Put it in "quotes"'),
        ("[delivery.domains]\n'example.org' = 'slow'", 4, "example.org:"),
    ],
)
def test_every_slip_is_told_with_its_line(more: str, line: int, says: str) -> None:
    settings, findings = read_settings(f"{LEAST}{more}\n", {})

    assert settings is None
    assert [finding.source.line for finding in findings] == [line]
    assert says in f"{findings[0].message} {findings[0].hint}"


def test_all_slips_are_told_at_once() -> None:
    _, findings = read_settings(f"{LEAST}[delivery]\nrate = 1\nconnections = 0\nx = 1\n", {})

    assert sorted(finding.source.line for finding in findings) == [4, 5, 6]


def test_an_option_overrides_the_setting() -> None:
    settings = made_settings(LEAST + FULL)
    said = Limits(
        rate=60.0,
        connections=9,
        per_connection=7,
        retry_for=timedelta(),
        between=Hours(time(22), time(6)),
    )
    pace = said.pace(settings, to_sandbox=False)

    assert pace.per_minute == 60.0
    assert pace.window is not None
    assert (pace.window.begins, pace.window.zone) == (time(22), ZoneInfo("Europe/London"))
    assert pace.domains.by_pattern == {"*.onmicrosoft.com": 30.0, "dudley.example.org": 60.0}
    assert (said.connections_of(settings), said.per_connection_of(settings)) == (9, 7)
    assert said.retry_for_of(settings, to_sandbox=False) == timedelta()


def test_without_an_option_the_setting_counts_and_else_the_usual() -> None:
    settings, nothing = made_settings(LEAST + FULL), Limits()
    pace = nothing.pace(settings, to_sandbox=False)

    assert pace.per_minute == 30.0
    assert pace.window is not None
    assert (nothing.connections_of(settings), nothing.per_connection_of(settings)) == (2, 50)
    assert nothing.retry_for_of(settings, to_sandbox=False) == timedelta(minutes=20)

    usual = made_settings(LEAST)
    assert not nothing.pace(usual, to_sandbox=False).has_limits
    assert (nothing.connections_of(usual), nothing.per_connection_of(usual)) == (3, 1_000)
    assert nothing.retry_for_of(usual, to_sandbox=False) == timedelta()


def test_none_lifts_a_limit_of_the_settings() -> None:
    pace = Limits(rate=float("inf"), between=ANY_HOUR).pace(
        made_settings(LEAST + FULL), to_sandbox=False
    )

    assert (pace.per_minute, pace.window) == (None, None)


def test_a_rehearsal_waits_for_no_limit_of_the_real_server() -> None:
    settings = made_settings(LEAST + FULL)

    assert not Limits().pace(settings, to_sandbox=True).has_limits
    assert Limits(rate=30.0).pace(settings, to_sandbox=True).per_minute == 30.0
    assert Limits().retry_for_of(settings, to_sandbox=True) == timedelta()


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (0.2, "1 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (150, "2 min"),
        (3599, "1 h"),
        (3_900, "1 h 5 min"),
        (47 * 3600, "47 h"),
        (100 * 3600, "4 d 4 h"),
    ],
)
def test_a_span_is_told_as_people_say_it(seconds: float, says: str) -> None:
    assert span_text(seconds) == says
