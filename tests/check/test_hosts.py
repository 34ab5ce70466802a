"""What a link's words name, and what imitates the name of a site: tables to be read."""

from __future__ import annotations

import pytest

from newsletter_mailer.check.addresses.hosts import imitated_in, imitation, other_than_shown

EVIL = "https://evil-site.com/"


@pytest.mark.parametrize(
    ("words", "target"),
    [
        ("www.gov.uk", EVIL),
        ("Go to www.gov.uk", EVIL),
        ("(www.gov.uk)", EVIL),
        ("Read https://www.gov.uk/page today", EVIL),
        ("gov.uk: the form", EVIL),
        ("Sign in at GOV.UK.", EVIL),
        ("The form on nhs.uk/form?a=1", EVIL),
        ("https://www.gov.uk@evil-site.com/", EVIL),
        ("www.gov.uk/?next=evil-site.com", EVIL),
        ("www.gov.uk", "https://www.gov.uk.evil-site.com/"),
        ("www.gov.uk", "https://www.gov.xn--uklogin-2d7c.evil-site.com/"),
        ("www.gov.uk", "https://203.0.113.7/"),
        ("help@gov.uk", EVIL),
        ("Write to help@gov.uk now", EVIL),
        ("help@gov.uk", "mailto:help@evil-site.com"),
        ("help@gov.uk", "mailto:other@gov.uk?subject=Hello"),
        ("mailto:help@gov.uk", "mailto:other@gov.uk"),
        ("www.gov.uk", "mailto:help@evil-site.com"),
        ("w\u2060ww.g\u200bov.uk", EVIL),
        ("g\u00adov\u200d.uk", EVIL),
        ("www\uff0egov\uff0euk", EVIL),
        ("\uff57\uff57\uff57.gov.uk", EVIL),
        ("www\u3002gov\u3002uk", EVIL),
        ("help\uff20gov.uk", EVIL),
        ("https:\u2215\u2215gov.uk\uff0flogin", EVIL),
        ("www.g\u043ev.uk", EVIL),
        ("\u202eku.vog.www//:sptth\u202c", EVIL),
        ("\u2067ku.vog\u2069", EVIL),
    ],
)
def test_words_that_name_another_place_than_the_link_s_are_seen(words: str, target: str) -> None:
    assert other_than_shown(words, target)


@pytest.mark.parametrize(
    ("words", "target"),
    [
        ("gov.uk", "https://www.gov.uk/page"),
        ("www.gov.uk", "https://GOV.UK"),
        ("GOV.UK guidance", "https://assets.publishing.service.gov.uk/a.pdf"),
        ("publishing.service.gov.uk", "https://www.gov.uk/"),
        ("https://www.gov.uk/a?b=walsall.gov.uk", "https://www.gov.uk/a?b=walsall.gov.uk"),
        ("e.g. this, i.e. that", EVIL),
        ("St.Mary's school", EVIL),
        ("Mr.Smith", EVIL),
        ("agenda.pdf", EVIL),
        ("minutes.docx and table.xlsx", EVIL),
        ("Node.js and ASP.NET Core", EVIL),
        ("at 10.30 a.m.", EVIL),
        ("version 2.0", EVIL),
        ("The meeting is over.It was good", EVIL),
        ("@DudleyCouncil", EVIL),
        ("Book now", EVIL),
        ("", EVIL),
        ("help@gov.uk", "mailto:Help@GOV.UK?subject=Hello"),
        ("help@gov.uk", "mailto:help%40gov.uk"),
        ("ann@gov.uk or ben@gov.uk", "mailto:ann@gov.uk,ben@gov.uk"),
        ("help@walsall.gov.uk", "https://www.walsall.gov.uk/contact"),
        ("Write to walsall.gov.uk", "mailto:help@walsall.gov.uk"),
        ("0121 555 0123, www.gov.uk", "tel:+441215550123"),
        ("www.gov.uk", "#agenda"),
        ("www.m\u00fcnchen.de", "https://xn--mnchen-3ya.de/"),
        ("help@m\u00fcnchen.de", "mailto:help@xn--mnchen-3ya.de"),
        ("help@stra\u00dfe.de", "mailto:help@stra\u00dfe.de"),
        ("\u00bd price \u2026", EVIL),
    ],
)
def test_words_that_name_no_other_place_are_left_alone(words: str, target: str) -> None:
    assert other_than_shown(words, target) == ""


@pytest.mark.parametrize(
    ("host", "how"),
    [
        ("www.g\u043ev.uk", "Cyrillic and Latin"),
        ("www.xn--gv-fmc.uk", "Cyrillic and Latin"),
        ("\u03bfffice.com", "Greek and Latin"),
        ("xn--80ak6aa92e.com", "apple"),
        ("www.xn--80ak6aa92e.com", "apple"),
        ("\u0261ov.uk", "gov"),
        ("www.gov.uk\u2044a.evil.com", "U+2044"),
        ("www.gov.uk\u2215a.evil.com", "U+2215"),
        ("www.gov.uk\uff0fa.evil.com", "U+FF0F"),
        ("www.gov\uff0euk.evil.com", "U+FF0E"),
        ("\uff47ov.uk", "U+FF47"),
        ("g\u200dov.uk", "U+200D"),
        ("g\u00adov.uk", "U+00AD"),
        ("\u30b5\u043e.jp", "Cyrillic and Katakana"),
    ],
)
def test_a_name_that_imitates_another_is_seen(host: str, how: str) -> None:
    assert how in imitation(host)


@pytest.mark.parametrize(
    "host",
    [
        "www.gov.uk",
        "m\u00fcnchen.de",
        "xn--mnchen-3ya.de",
        "caf\u00e9.example",
        "\u6771\u4eac\u30bf\u30ef\u30fc.jp",
        "\u30ab\u30bf\u3072\u3089abc.jp",
        "\uc11c\uc6b8-city.kr",
        "\u0441\u0431\u0435\u0440\u0431\u0430\u043d\u043a.\u0440\u0444",
        "\u0440\u043e\u0441\u0441\u0438\u044f.com",
        "\u0627\u0644\u0639\u0631\u0628\u064a\u0629.example",
        "xn--",
        "xn--\u00fc",
        "xn--99999999999",
        "",
        "203.0.113.7",
    ],
)
def test_a_name_of_its_own_is_left_alone(host: str) -> None:
    assert imitation(host) == ""


@pytest.mark.parametrize(
    ("word", "is_seen"),
    [
        ("www.gov.uk\u2044login", True),
        ("(www.gov\uff0euk)", True),
        ("\u201cwww.g\u043ev.uk\u201d,", True),
        ("help@g\u043ev.uk", True),
        ("gov.uk\u2026", False),
        ("\u201cwww.gov.uk\u201d", False),
        ("1\u20442", False),
        ("na\u00efve\u2014www.gov.uk\u2014caf\u00e9", False),
        ("www.gov.uk/caf\u00e9", False),
        ("\uff21\uff22\uff23", False),
        ("p\u043e", False),
    ],
)
def test_an_address_in_the_text_is_what_it_looks_like_or_told(word: str, is_seen: bool) -> None:
    assert bool(imitated_in(word)) is is_seen


@pytest.mark.parametrize("part", ["a.", "a@", "www.", "\uff0e", "https://", "a.uk@", "xn--a."])
def test_long_words_do_not_keep_anybody_waiting(part: str) -> None:
    """A moment each; were the time quadratic, hours."""
    other_than_shown(part * 100_000, EVIL)
    imitated_in(part * 100_000 + "\u2044")
