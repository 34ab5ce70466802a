"""Which addresses are one, and which are the same."""

from __future__ import annotations

import email_validator
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.address import (
    _EVERYDAY,
    BadAddress,
    canonical,
    domain,
    mailbox,
    needs_smtputf8,
)

ACCEPTED = {
    "ann@example.org": "ann@example.org",
    "Ann.Example@Example.ORG": "Ann.Example@Example.ORG",
    "ann+news@example.org": "ann+news@example.org",
    "ann_example@example.org": "ann_example@example.org",
    "_ann@example.org": "_ann@example.org",
    "ann_@example.org": "ann_@example.org",
    "ann-example@example-council.gov.uk": "ann-example@example-council.gov.uk",
    "o'neill@example.org": "o'neill@example.org",
    "O'Neill.Zoë-Ann@example.org": "O'Neill.Zoë-Ann@example.org",
    "1234567890@example.org": "1234567890@example.org",
    "a@b.cd": "a@b.cd",
    "ann@123.com": "ann@123.com",
    "ann@a.b.c.d.e.f.example.org": "ann@a.b.c.d.e.f.example.org",
    "ann@example.museum": "ann@example.museum",
    "ann/bob@example.org": "ann/bob@example.org",
    "ann=bob@example.org": "ann=bob@example.org",
    "#ann@example.org": "#ann@example.org",
    "{ann}@example.org": "{ann}@example.org",
    "ann!bob@example.org": "ann!bob@example.org",
    "'ann'@example.org": "'ann'@example.org",
    "ann@corp.local": "ann@corp.local",
    "ann@council.test": "ann@council.test",
    "a/b@council.test": "a/b@council.test",
    "ann@xn--bcher-kva.example": "ann@xn--bcher-kva.example",
    "ann@bücher.example": "ann@xn--bcher-kva.example",
    "ann@BÜCHER.example": "ann@xn--bcher-kva.example",
    "ann@bu\u0308cher.example": "ann@xn--bcher-kva.example",
    "ann@例え.jp": "ann@xn--r8jz45g.jp",
    "zoe\u0308@example.org": "zoë@example.org",
    "用户@example.org": "用户@example.org",
    "иван@пример.рф": "иван@xn--e1afmkfd.xn--p1ai",
    f"{'a' * 64}@example.org": f"{'a' * 64}@example.org",
    f"ann@{'b' * 63}.org": f"ann@{'b' * 63}.org",
    f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.org": f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.org",
}
REFUSED = [
    "",
    " ",
    "@",
    "ann",
    "ann@",
    "@example.org",
    "ann@@example.org",
    "ann@example",
    "ann@localhost",
    "ann@example.",
    "ann@.org",
    "ann@example..org",
    "ann@-example.org",
    "ann@example-.org",
    "ann@ex_ample.org",
    "ann@example.org.",
    "ann@example,org",
    "ann@exam ple.org",
    "ann example@example.org",
    ".ann@example.org",
    "ann.@example.org",
    "ann..example@example.org",
    "ann@192.168.0.1",
    "ann@[192.168.0.1]",
    "ann@[IPv6:::1]",
    "ann@ab--cd.org",
    "ann@xn--.org",
    "ann@xn--a.org",
    '"ann example"@example.org',
    "Ann <ann@example.org>",
    "<ann@example.org>",
    "mailto:ann@example.org",
    "ann@example.org; ben@example.org",
    "ann@example.org,ben@example.org",
    "ann@example.org ben@example.org",
    "ann(comment)@example.org",
    "ann@example.org\n",
    "ann@example.org\r\nBcc: all@example.org",
    "ann\n@example.org",
    "ann\0@example.org",
    "ann\u200b@example.org",
    "\u202eann@example.org",
    "ann\u2028@example.org",
    "ann@example.org\u00ad",
    "ann\\@example.org",
    "ann@exam\uff20ple.org",
    "ann\uff20example.org",
    "\ud800@example.org",
    f"{'a' * 65}@example.org",
    f"{'ü' * 33}@example.org",
    f"ann@{'b' * 64}.org",
    f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 63}.org",
    f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 62}.org",
    "a" * 100_000 + "@example.org",
    "a@" + "b." * 100_000 + "org",
]


@pytest.mark.parametrize(("written", "mailed"), ACCEPTED.items())
def test_an_address_is_mailed_as_written_with_its_domain_as_the_wire_wants(
    written: str, mailed: str
) -> None:
    assert mailbox(written) == mailed


@pytest.mark.parametrize("written", REFUSED, ids=lambda text: ascii(text)[:40])
def test_what_is_no_address_is_refused_with_the_end_of_a_sentence(written: str) -> None:
    with pytest.raises(BadAddress) as refused:
        mailbox(written)

    reason = str(refused.value)
    assert reason
    assert not reason.endswith(".")
    assert reason[0].islower()
    assert reason.isprintable()


#: As word processors, phones, PDFs and web pages have it -> as it was typed.
LOOK_ALIKES = {
    "O\u2019Neill@example.org": "O'Neill@example.org",
    "O\u2018Neill@example.org": "O'Neill@example.org",
    "O\u02bcNeill@example.org": "O'Neill@example.org",
    "O\u00b4Neill@example.org": "O'Neill@example.org",
    "O\u2032Neill@example.org": "O'Neill@example.org",
    "O\uff07Neill@example.org": "O'Neill@example.org",
    "m.o\u2019neill@bücher.example": "m.o'neill@xn--bcher-kva.example",
    "zoë.o\u2019neill@example.org": "zoë.o'neill@example.org",
    **{
        f"ann{chr(hyphen)}lee@example.org": "ann-lee@example.org"
        for hyphen in range(0x2010, 0x2016)
    },
    **{f"ann@ex{chr(hyphen)}ample.org": "ann@ex-ample.org" for hyphen in range(0x2010, 0x2016)},
    "ann\u2212lee@example.org": "ann-lee@example.org",
    "ann\ufe63lee@example.org": "ann-lee@example.org",
    "\uff41\uff4e\uff4e@example.org": "ann@example.org",
    "ann@\uff45xample.org": "ann@example.org",
    "ann\uff11@example.org": "ann1@example.org",
    "ann@example\uff0eorg": "ann@example.org",
    "ann\uff20example.org": "ann@example.org",
    "ann@例え\uff0ejp": "ann@xn--r8jz45g.jp",
    "o\ufb03ce@example.org": "office@example.org",
    "\ufb01ona@example.org": "fiona@example.org",
    "ann\u200b@example.org": "ann@example.org",
    "ann@example\u200c.org": "ann@example.org",
    "ann@exam\u2060ple.org": "ann@example.org",
    "ann@example.org\ufeff": "ann@example.org",
    "ann@ex\u00adample.org": "ann@example.org",
    "\u202aann@example.org\u202c": "ann@example.org",
    "ann\u00a0@example.org": "ann@example.org",
    "ann@example.org\u202f": "ann@example.org",
    "\u201cann@example.org\u201d": "ann@example.org",
    "\u2039ann@example.org\u203a": "ann@example.org",
    "ann\u2044bob@example.org": "ann/bob@example.org",
    "ann\u2026@example.org": "",  # no address either way: nothing is proposed
    "ann\u2019example.org": "",
}
#: What scripts need, and what people have: no look-alike of anything.
LEGITIMATE = [
    *("zoë@example.org", "用户@example.org", "иван@пример.рф", "δοκιμή@παράδειγμα.gr"),
    *(
        "м\u02bcята@пример.укр",
        "ann@м\u02bcята.укр",
        "ann@col\u00b7lega.cat",
        "l\u00b7l@example.org",
    ),
    *("א\u05f3@example.org", "ann@צ\u05f3ק.example", "カ\u30fbタ@example.org", "ann@カー.example"),
    *("ann@例子。中国", "ann@例子\uff61中国", "उदाहरण@उदाहरण.भारत", "مثال@مثال.example"),
    *("\u02bbohana@example.org", "ñandú@example.org", "straße@example.org", "øre@example.org"),
    *("o'neill@example.org", "o`neill@example.org", "ann-lee@ex-ample.org", "\uff71ｲ@example.org"),
    *("一二@example.org", "ー@example.org", "🙂@example.org", "①@example.org"),
]


@pytest.mark.parametrize(("written", "meant"), LOOK_ALIKES.items(), ids=ascii)
def test_what_autocorrection_made_of_an_address_is_told_with_what_was_typed(
    written: str, meant: str
) -> None:
    with pytest.raises(BadAddress) as refused:
        mailbox(written)

    assert refused.value.meant == meant
    assert (f"Did you mean {meant}?" in refused.value.suggestion) == bool(meant)
    strange = [
        char
        for char in written
        if not char.isascii() and f"U+{ord(char):04X}" in str(refused.value)
    ]
    assert strange, "the character is named"
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("written", LEGITIMATE, ids=ascii)
def test_what_a_script_needs_is_nobodys_mistake(written: str) -> None:
    assert mailbox(written)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann@Example.org", "ann@example.ORG"),
        ("zoë@example.org", "zoe\u0308@example.org"),
        ("ZOË@example.org", "zoë@example.org"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@bücher.example", "ann@XN--BCHER-KVA.example"),
        ("J\u030c@example.org", "\u01f0@example.org"),
    ],
)
def test_the_same_person_is_the_same_whatever_the_spelling(one: str, other: str) -> None:
    assert canonical(mailbox(one)) == canonical(mailbox(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann@example.org", "ann@example.com"),
        ("a.nn@example.org", "ann@example.org"),
        ("ann+1@example.org", "ann@example.org"),
        ("zoe@example.org", "zoë@example.org"),
    ],
)
def test_different_people_stay_different(one: str, other: str) -> None:
    assert canonical(mailbox(one)) != canonical(mailbox(other))


def test_only_the_part_before_the_at_sign_can_need_smtputf8() -> None:
    assert not needs_smtputf8(mailbox("ann@bücher.example"))
    assert needs_smtputf8(mailbox("zoë@example.org"))
    assert domain(mailbox("Ann@Bücher.Example")) == "xn--bcher-kva.example"


local = st.text("abzAZ09_'+-.!#/=ë", min_size=1, max_size=70)
host = st.text("abzAZ09-.xnü", min_size=1, max_size=70)


@given(st.builds("{}@{}".format, local, host))
def test_the_fast_way_takes_nothing_that_the_thorough_one_refuses(text: str) -> None:
    if len(text) > 64 or not _EVERYDAY.fullmatch(text):
        return
    email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
    thorough = email_validator.validate_email(
        text, check_deliverability=False, globally_deliverable=False
    )

    assert thorough.normalized.lower() == mailbox(text).lower()


@given(st.from_regex(_EVERYDAY, fullmatch=True))
def test_everyday_addresses_are_valid_ones(text: str) -> None:
    if len(text) <= 64:
        email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
        email_validator.validate_email(text, check_deliverability=False, globally_deliverable=False)


@given(st.one_of(st.text(), st.builds("{}@{}".format, st.text(), st.text())))
def test_no_text_whatever_breaks_the_reading(text: str) -> None:
    try:
        mailed = mailbox(text)
    except BadAddress:
        return
    assert mailbox(mailed) == mailed
    assert mailed.isprintable()
    assert " " not in mailed
