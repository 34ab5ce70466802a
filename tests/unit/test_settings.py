"""newsletter.toml and the environment: what is wrong is told with its line, secrets stay secret."""

from __future__ import annotations

import json

import pytest

from newsletter_mailer.errors import ProjectError
from newsletter_mailer.findings import Severity
from newsletter_mailer.settings.newsletter import direction, read_settings, readers_settings
from newsletter_mailer.settings.smtp import read_smtp_settings
from tests.newsroom import made_settings

LEAST = 'name = "Test News"\nfrom = "Test News <news@example.org>"\n'


def wrong(text: str) -> tuple[int, str]:
    settings, findings = read_settings(text, {})
    assert settings is None
    return findings[0].source.line, f"{findings[0].message} {findings[0].hint}"


def test_two_lines_are_enough() -> None:
    settings = made_settings(LEAST)

    assert (settings.sender.name, settings.sender.address) == ("Test News", "news@example.org")
    assert settings.reply_to == settings.unsubscribe_mailto == "news@example.org"
    assert settings.list_id == "test-news.example.org"
    assert (settings.images, settings.language, settings.template) == ("embed", "en-GB", "regional")
    assert settings.image_base_url_if_hosted is None


@pytest.mark.parametrize(
    ("more", "line", "says"),
    [
        ('nmae = "x"', 3, 'Did you mean "name"?'),
        ("timezone = 3", 3, "not a text"),
        ('timezone = "Europe/Lundon"', 3, "not known"),
        ('timezone = "../../etc/passwd"', 3, "not known"),
        ('timezone = "/etc/passwd"', 3, "not known"),
        ('reply_to = "nobody"', 3, "not an e-mail address"),
        ('reply_to = "a@example.org\\nBcc: b@example.org"', 3, "control character"),
        ('unsubscribe_mailto = "x y@example.org"', 3, "not an e-mail address"),
        ('images = "inline"', 3, '"embed" or "host"'),
        ('images = "host"', 3, "needs image_base_url"),
        ('public_url = "example.org"', 3, "not a web address"),
        ('public_url = "javascript:alert(1)"', 3, "not a web address"),
        ('image_base_url = "https://example.org/a b"', 3, "not a web address"),
        ('list_id = "Test News"', 3, "list identifier"),
        ('list_id = "nodots"', 3, "list identifier"),
        ('list_id = "<a.example.org>"', 3, "list identifier"),
        ('language = "English (UK)"', 3, "not a language"),
        ("language = 'en\" onload=\"x'", 3, "not a language"),
        ('postal_address = "a\\u0001b"', 3, "control character"),
        ('template = "a\\u2028b"', 3, "line break"),
        ('require_approval = "yes"', 3, "true or false"),
        ("require_approval = 1", 3, "true or false"),
        ("requires_approval = true", 3, 'Did you mean "require_approval"?'),
        ("regions = 3", 3, "not a table"),
        ("[regions]\nDudley = 'x'", 4, "small letters"),
        ("[regions]\nall = 'x'", 4, "reserved"),
        ("[regions]\ndudley = 3", 4, "needs a name"),
        ("[regions]\ndudley = ' '", 4, "needs a name"),
        ("[roles]\n'a b' = 'x'", 4, "small letters"),
        ("check = 3", 3, "not a table"),
        ("[check]\npreheader = 'fatal'", 4, "does not understand"),
        ("[check]\nignore = 'preheader'", 4, "list of words"),
        ("broken", 3, "not valid TOML"),
    ],
)
def test_every_slip_is_told_with_its_line(more: str, line: int, says: str) -> None:
    at, message = wrong(f"{LEAST}{more}\n")

    assert at == line
    assert says in message


@pytest.mark.parametrize(
    ("written", "name", "address"),
    [
        ("news@example.org", "", "news@example.org"),
        ("<news@example.org>", "", "news@example.org"),
        ("Test News <news@example.org>", "Test News", "news@example.org"),
        ("Children, Families & You <news@example.org>", "Children, Families & You",
         "news@example.org"),
        ("\"News\" <news@example.org>", "News", "news@example.org"),
        ("\"The \\\"Best\\\" News\" <news@example.org>", "The \"Best\" News", "news@example.org"),
        ("Zoë's News <news@bücher.example>", "Zoë's News", "news@xn--bcher-kva.example"),
    ],
)  # fmt: skip
def test_a_sender_is_a_name_and_an_address(written: str, name: str, address: str) -> None:
    sender = made_settings(f"name = 'x'\nfrom = {json.dumps(written)}\n").sender

    assert (sender.name, sender.address) == (name, address)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", '"name" is missing'),
        ('name = "x"', '"from" is missing'),
        ('name = ""\nfrom = "a@example.org"', '"name" is missing'),
        ('name = "x"\nfrom = "nobody"', "not an e-mail address"),
        ('name = "x"\nfrom = "A <a@>"', "not an e-mail address"),
        ('name = "x"\nfrom = "A <a@example.org>, B <b@example.org>"', "not an e-mail address"),
    ],
)
def test_name_and_sender_must_be_there(text: str, says: str) -> None:
    assert says in wrong(text)[1]


def test_all_slips_are_told_at_once() -> None:
    _, findings = read_settings(f'{LEAST}images = "x"\ntimezone = "y"\nlist_id = "z"\n', {})

    assert len(findings) == 3


def test_the_environment_overrides_what_differs_between_machines_only() -> None:
    environment = {
        "IMAGE_BASE_URL": "https://cdn.example.org/",
        "NAME": "Evil",
        "FROM": "evil@example.net",
    }

    settings = made_settings(f'{LEAST}images = "host"\n', environment)

    assert settings.image_base_url_if_hosted == "https://cdn.example.org"
    assert settings.name == "Test News"
    assert settings.sender.address == "news@example.org"


def test_severities_and_ignored_rules() -> None:
    settings = made_settings(f'{LEAST}[check]\nignore = ["a"]\npreheader = "error"\n')

    assert settings.check.ignored == {"a"}
    assert settings.check.severities == {"preheader": Severity.ERROR}


def test_what_readers_see_holds_no_regions_and_no_severities() -> None:
    plain = readers_settings(made_settings(LEAST))
    more = readers_settings(made_settings(f"{LEAST}[regions]\na = 'A'\n[check]\nignore = ['x']\n"))
    other = readers_settings(made_settings(f"{LEAST}postal_address = 'Here'\n"))

    assert plain == more != other


@pytest.mark.parametrize(
    ("language", "written"),
    [("en-GB", "ltr"), ("ar", "rtl"), ("ur-PK", "rtl"), ("HE", "rtl"), ("arn", "ltr")],
)
def test_languages_know_their_direction(language: str, written: str) -> None:
    assert direction(language) == written


SMTP = {"SMTP_HOST": "mail.example.org"}


@pytest.mark.parametrize(
    ("environment", "port"),
    [
        ({}, 587),
        ({"SMTP_SECURITY": "starttls"}, 587),
        ({"SMTP_SECURITY": "TLS"}, 465),
        ({"SMTP_SECURITY": "none", "SMTP_ALLOW_PLAINTEXT": "yes"}, 25),
        ({"SMTP_HOST": "localhost", "SMTP_SECURITY": "none"}, 25),
        ({"SMTP_HOST": "127.0.0.1", "SMTP_SECURITY": "none"}, 25),
        ({"SMTP_HOST": "::1", "SMTP_SECURITY": "none"}, 25),
        ({"SMTP_PORT": "2525"}, 2525),
    ],
)
def test_the_port_follows_from_the_security(environment: dict[str, str], port: int) -> None:
    assert read_smtp_settings({**SMTP, **environment}).port == port


def test_a_server_beyond_ascii_is_asked_for_as_the_network_knows_it() -> None:
    settings = read_smtp_settings({"SMTP_HOST": "mail.straße.de", "SMTP_HELO_NAME": "BÜCHER.de"})

    assert settings.host == "mail.xn--strae-oqa.de"
    assert settings.helo_name == "xn--bcher-kva.de"


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"SMTP_HOST": ""}, "SMTP_HOST is not set"),
        ({"SMTP_HOST": "  "}, "--sandbox"),
        ({"SMTP_SECURITY": "ssl"}, "starttls, tls or none"),
        ({"SMTP_SECURITY": "none"}, "unencrypted"),
        ({"SMTP_SECURITY": "none", "SMTP_HOST": "127.evil.example"}, "unencrypted"),
        ({"SMTP_SECURITY": "none", "SMTP_ALLOW_PLAINTEXT": "no"}, "unencrypted"),
        ({"SMTP_HOST": "mail.\ue000.org"}, "no machine can have that name"),
        ({"SMTP_HELO_NAME": "news.\ue000.org"}, "no machine can have that name"),
        ({"SMTP_PORT": "0"}, "from 1 to 65535"),
        ({"SMTP_PORT": "65536"}, "from 1 to 65535"),
        ({"SMTP_PORT": "smtp"}, "from 1 to 65535"),
        ({"SMTP_PORT": "²"}, "from 1 to 65535"),
        ({"BOUNCE_ADDRESS": "nobody"}, "not an e-mail address"),
    ],
)
def test_a_server_that_cannot_be_used_is_told(environment: dict[str, str], says: str) -> None:
    with pytest.raises(ProjectError, match=says):
        read_smtp_settings({**SMTP, **environment})


def test_the_password_is_not_shown() -> None:
    settings = read_smtp_settings({**SMTP, "SMTP_PASSWORD": "tr0ub4dor", "SMTP_USERNAME": "ann"})

    assert settings.password == "tr0ub4dor"
    assert "tr0ub4dor" not in repr(settings)
