"""A host beyond ASCII is asked for by the name that browsers ask for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.address import domain, mailbox
from newsletter_mailer.host_names import BadHost, ascii_host


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        ("www.gov.uk", "www.gov.uk"),
        ("WWW.GOV.UK", "WWW.GOV.UK"),
        ("[2001:db8::1]", "[2001:db8::1]"),
        ("straße.de", "xn--strae-oqa.de"),
        ("strasse.de", "strasse.de"),
        ("STRAẞE.de", "xn--strae-oqa.de"),
        ("βόλος.com", "xn--nxasmm1c.com"),
        ("BÜCHER.Example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("例え。jp", "xn--r8jz45g.jp"),
        ("пример.рф.", "xn--e1afmkfd.xn--p1ai"),
        ("a_b.bücher.de", "a_b.xn--bcher-kva.de"),
        ("i❤.ws", "xn--i-7iq.ws"),
        ("g\u00adov.uk", "gov.uk"),
        ("ＧＯＶ．uk", "gov.uk"),
        ("xn--strae-oqa.bücher.de", "xn--strae-oqa.xn--bcher-kva.de"),
    ],
)
def test_a_host_is_asked_for_as_browsers_do(host: str, asked: str) -> None:
    assert ascii_host(host) == asked


@pytest.mark.parametrize("host", ["\ue000.de", "\u00ad.de", "ü..de", "ü" * 60 + ".de", "．"])
def test_what_is_no_host_is_told(host: str) -> None:
    with pytest.raises(BadHost):
        ascii_host(host)


@given(st.text())
def test_any_words_are_ascii_or_told(words: str) -> None:
    try:
        assert ascii_host(words).isascii()
    except BadHost:
        assert not words.isascii()


@pytest.mark.parametrize("host", ["straße.de", "STRAẞE.de", "faß.example.org"])
def test_an_address_s_domain_is_the_same_host(host: str) -> None:
    assert domain(mailbox(f"ann@{host}")) == ascii_host(host)
