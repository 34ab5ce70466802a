"""The bytes that leave: other people's parsers read in them what we put in."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from operator import itemgetter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter_mailer.characters.invisible import unmailable
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.header_fields import HeaderInjection
from newsletter_mailer.compose.message import CompiledMessage
from tests.conftest import ISSUE, SETTINGS, ProjectFolder
from tests.newsroom import LINKS, Newsroom, reader, text_section

VALUES = st.text(st.characters(codec="utf-8"), max_size=80).filter(
    lambda text: not unmailable(text) and text == " ".join(text.split())
)


def parsed(octets: bytes) -> EmailMessage:
    """The message as Python's own parser sees it; it may find nothing wrong in any part."""
    message = email.message_from_bytes(octets, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    for part in message.walk():
        assert part.defects == []
        for header in part.values():
            assert getattr(header, "defects", ()) == ()
    return message


def is_wire_format(octets: bytes) -> bool:
    lines = octets.split(b"\r\n")
    return (
        octets.isascii()
        and octets.endswith(b"\r\n")
        and all(len(line) <= 998 and not re.search(rb"[\r\n]", line) for line in lines)
        and not any(line.startswith(b".") for line in lines)
    )


def content(part: MIMEPart) -> str:
    text = part.get_content()
    assert isinstance(text, str)
    return text.replace("\r\n", "\n")


@pytest.fixture
def illustrated(newsroom: Newsroom, portrait: bytes) -> Newsroom:
    newsroom.use_plain_template()
    newsroom.write("images/a picture (2).jpg", portrait)
    newsroom.write(
        "10-hello.md",
        text_section(
            "Dear {{ subscriber.first_name | default('colleague') }},\n\n"
            "![a portrait](<images/a picture (2).jpg>)\n\n"
            "... [yours](https://example.org/{{ subscriber.code }})\n\n" + "é" * 2000
        ),
    )
    return newsroom


def test_the_headers_are_those_that_are_meant_and_no_others(newsroom: Newsroom) -> None:
    octets = newsroom.message().fill(reader(first_name="Zoë", last_name="O'Neill"))

    assert parsed(octets).items() == [
        ("Date", "Tue, 15 Jan 2030 09:00:00 +0000"),
        ("From", "Test News <news@example.org>"),
        ("Reply-To", "news@example.org"),
        ("To", "Zoë O'Neill <ann@example.org>"),
        ("Subject", "The subject"),
        ("Message-ID", "<abc@example.org>"),
        ("List-ID", '"Test News" <test-news.example.org>'),
        ("List-Unsubscribe", f"<{LINKS['unsubscribe_url']}>"),
        ("MIME-Version", "1.0"),
        ("Content-Type", parsed(octets)["Content-Type"]),
    ]
    assert b"Auto-Submitted" not in octets
    assert is_wire_format(octets)


def test_a_long_unsubscribe_address_stays_whole(newsroom: Newsroom) -> None:
    uri = "mailto:leave@example.org?subject=" + "Unsubscribe%20" * 20

    octets = newsroom.message(unsubscribe=uri).fill(reader())

    assert f"\r\nList-Unsubscribe: <{uri}>\r\n".encode() in octets


def test_a_name_that_is_no_ascii_leaves_the_list_id_alone(newsroom: Newsroom) -> None:
    toml = newsroom.folder.read("newsletter.toml").replace('"Test News"', '"Tëst \\"News\\""')
    newsroom.folder.write("newsletter.toml", f'list_id = "a.example.org"\n{toml}')

    assert parsed(newsroom.message().fill(reader()))["List-ID"] == "<a.example.org>"


def test_text_comes_first_and_both_parts_are_what_was_compiled(illustrated: Newsroom) -> None:
    compiled = illustrated.compiled()
    values = {"first_name": "Ann & Ben", "code": "a b/ü"}

    message = parsed(illustrated.message().fill(reader(**values)))

    assert message.get_content_type() == "multipart/alternative"
    text, related = message.iter_parts()
    assert isinstance(related, MIMEPart)
    assert (text.get_content_type(), related.get_content_type()) == (
        "text/plain", "multipart/related",
    )  # fmt: skip
    page, picture = related.iter_parts()
    cid = str(picture["Content-ID"]).strip("<>")
    addresses = dict.fromkeys(compiled.pictures, f"cid:{cid}")
    assert content(text) == compiled.words(values, LINKS)
    assert content(page) == compiled.page(values, LINKS, addresses)
    assert f'src="cid:{cid}"' in content(page)
    assert picture["Content-Disposition"].content_disposition == "inline"
    assert picture.get_content() == next(iter(compiled.pictures.values())).content
    assert {part["Content-Transfer-Encoding"] for part in (text, page)} == {"quoted-printable"}


def test_hosted_pictures_stay_outside(illustrated: Newsroom) -> None:
    toml = illustrated.folder.read("newsletter.toml")
    illustrated.folder.write(
        "newsletter.toml", f'images = "host"\nimage_base_url = "https://cdn.example.org/n/"\n{toml}'
    )

    octets = illustrated.message().fill(reader())
    message = parsed(octets)

    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip
    html = message.get_body(("html",))
    assert html is not None
    (source,) = re.findall(r'src="(https://cdn[^"]*\.jpg)"', content(html))
    assert re.fullmatch(r"https://cdn\.example\.org/n/[0-9a-f]{12}-a-picture-2-\.jpg", source)
    assert b"cid:" not in octets


def test_a_message_without_pictures_has_two_parts(newsroom: Newsroom) -> None:
    newsroom.use_plain_template()
    message = parsed(newsroom.message().fill(reader()))

    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def personal(
    tmp_path_factory: pytest.TempPathFactory, portrait: bytes
) -> tuple[CompiledVariant, CompiledMessage]:
    """A message with a picture, and a field in subject, text, attribute and link; compiled once."""
    newsroom = Newsroom(ProjectFolder(tmp_path_factory.mktemp("personal")))
    newsroom.folder.write("newsletter.toml", SETTINGS)
    newsroom.use_plain_template()
    newsroom.write("issue.toml", ISSUE.replace("The subject", "For {{ subscriber.a }}!"))
    newsroom.write("images/portrait.jpg", portrait)
    newsroom.write(
        "10-hello.md",
        text_section(
            "{{ subscriber.a }} {{ subscriber.b | default('b') }}\n{{ subscriber.a }}\n\n"
            "[l {{ subscriber.a }}](https://example.org/?q={{ subscriber.a }}"
            " 't {{ subscriber.b }}')\n\n![a portrait](images/portrait.jpg)"
        ),
    )
    compiled = newsroom.compiled()
    return compiled, newsroom.message(compiled)


@given(a=VALUES, b=VALUES, first=VALUES, last=VALUES)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
def test_any_values_are_read_back_in_every_part(
    personal: tuple[CompiledVariant, CompiledMessage], a: str, b: str, first: str, last: str
) -> None:
    compiled, compiled_message = personal
    values = {"a": a, "b": b, "first_name": first, "last_name": last}

    octets = compiled_message.fill(reader(**values))
    message = parsed(octets)

    assert is_wire_format(octets)
    assert len(message.keys()) == 10
    assert message["Subject"] == f"For {a}!"
    name = " ".join(part for part in (first, last) if part)
    shown = message["To"].addresses[0].display_name
    assert shown.replace(" ", "") == name.replace(" ", "")  # the rest is in test_headers.py
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert content(text) == compiled.words(values, LINKS)
    assert content(html) == compiled.page(values, LINKS, cid_addresses(compiled, message))


def cids(message: EmailMessage) -> dict[bytes, str]:
    """The Content-ID of each picture, by its octets."""
    return {
        part.get_content(): str(part["Content-ID"])
        for part in message.walk()
        if part.get_content_maintype() == "image"
    }


def cid_addresses(compiled: CompiledVariant, message: EmailMessage) -> dict[str, str]:
    """Where the page finds its pictures in this message (RFC 2392)."""
    found = cids(message)
    return {
        key: f"cid:{found[picture.content].strip('<>')}"
        for key, picture in compiled.pictures.items()
    }


def built_by_the_standard_library(
    compiled: CompiledVariant, values: Mapping[str, str], ours: EmailMessage
) -> EmailMessage:
    """The same parts, put together and written by Python's own `email`."""
    message = EmailMessage(email.policy.SMTP.clone(max_line_length=998))
    name = " ".join(part for part in (values["first_name"], values["last_name"]) if part)
    message["Date"] = "Tue, 15 Jan 2030 09:00:00 +0000"
    message["From"] = Address("Test News", addr_spec="news@example.org")
    message["Reply-To"] = "news@example.org"
    message["To"] = Address(name, addr_spec="ann@example.org")
    message["Subject"] = f"For {values['a']}!"
    message["Message-ID"] = "<abc@example.org>"
    message["List-ID"] = '"Test News" <test-news.example.org>'
    message["List-Unsubscribe"] = f"<{LINKS['unsubscribe_url']}>"
    message.set_content(compiled.words(values, LINKS), cte="quoted-printable")
    page = compiled.page(values, LINKS, cid_addresses(compiled, ours))
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    _, html = message.iter_parts()
    assert isinstance(html, EmailMessage)
    for octets, cid in cids(ours).items():
        html.add_related(octets, "image", "jpeg", cid=cid, disposition="inline")
    return parsed(message.as_bytes())


def seen(message: EmailMessage) -> list[tuple[str, str | bytes]]:
    """Each header and part as a mail program decodes it; without boundaries and encodings."""
    headers: list[tuple[str, str | bytes]] = [
        (name.lower(), str(value))
        for name, value in message.items()
        if not name.lower().startswith("content-")
    ]
    parts: list[tuple[str, str | bytes]] = [
        (
            f"{part.get_content_type()} {part['Content-ID'] or ''}",
            "" if part.is_multipart() else decoded(part),
        )
        for part in message.walk()
    ]
    return sorted(headers, key=itemgetter(0)) + parts


def decoded(part: MIMEPart) -> str | bytes:
    octets = part.get_content()
    if isinstance(octets, bytes):
        return octets
    return content(part).removesuffix("\n")  # the standard library ends every text with one


@given(a=VALUES, b=VALUES, first=VALUES, last=VALUES)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=100)
def test_it_is_the_message_that_the_standard_library_builds_of_the_same_parts(
    personal: tuple[CompiledVariant, CompiledMessage], a: str, b: str, first: str, last: str
) -> None:
    compiled, compiled_message = personal
    values = {"a": a, "b": b, "first_name": first, "last_name": last}

    pieces, size = compiled_message.pieces_and_size(reader(**values))
    ours = parsed(b"".join(pieces))

    assert size == sum(map(len, pieces))
    assert seen(ours) == seen(built_by_the_standard_library(compiled, values, ours))


@pytest.mark.parametrize("field", ["first_name", "last_name", "a"])
def test_a_line_break_in_a_header_is_refused(
    personal: tuple[CompiledVariant, CompiledMessage], field: str
) -> None:
    _, compiled_message = personal

    with pytest.raises(HeaderInjection):
        compiled_message.fill(reader(**{field: "Ann\r\nBcc: eve@example.org"}))


def test_the_default_also_serves_for_a_blank(illustrated: Newsroom) -> None:
    for values in ({}, {"first_name": ""}):
        text = parsed(illustrated.message().fill(reader(**values))).get_body(("plain",))
        assert text is not None
        assert "Dear colleague," in content(text)


def test_the_same_content_makes_the_same_bytes(illustrated: Newsroom) -> None:
    assert illustrated.message().fill(reader()) == illustrated.message().fill(reader())


def test_a_test_mail_says_so_in_its_subject(newsroom: Newsroom) -> None:
    octets = newsroom.message(subject_prefix="[TEST] ").fill(reader())

    assert parsed(octets)["Subject"] == "[TEST] The subject"
