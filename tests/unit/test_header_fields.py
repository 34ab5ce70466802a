"""No value can add a header, and mail programs read back what was meant."""

from __future__ import annotations

import email
import email.policy
from datetime import datetime, timedelta, timezone
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter_mailer.characters.invisible import has_line_break, unmailable
from newsletter_mailer.compose.header_fields import (
    HeaderInjection,
    date_header,
    mailbox_header,
    plain_header,
    text_header,
)

#: Whatever a list or an issue may hold: both refuse control characters and line breaks.
WORDS = st.text(st.characters(codec="utf-8"), max_size=200).filter(
    lambda text: not unmailable(text) and not has_line_break(text)
)
LOCAL_PARTS = st.from_regex(r"[a-z0-9]{1,20}(\.[a-z0-9+'_-]{1,20}){0,2}", fullmatch=True)
ADDRESSES = st.builds(lambda local, host: f"{local}@{host}", LOCAL_PARTS, st.sampled_from(
    ["example.org", "xn--bcher-kva.example", "a." * 60 + "example.org"]
))  # fmt: skip


def read_back(header: bytes) -> EmailMessage:
    message = email.message_from_bytes(header + b"\r\n", policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert len(message) == 1
    assert message.defects == []
    return message


def lines(header: bytes) -> list[bytes]:
    assert header.endswith(b"\r\n")
    assert header.isascii()
    found = header[:-2].split(b"\r\n")
    assert all(line.strip() and b"\r" not in line and b"\n" not in line for line in found)
    return found


@given(WORDS)
def test_any_subject_is_read_back_as_it_was(text: str) -> None:
    header = text_header("Subject", text)

    subject = read_back(header)["Subject"]
    assert subject == text
    assert subject.defects == ()
    assert all(len(line) <= 78 for line in lines(header))


@pytest.mark.parametrize(
    ("subject", "header"),
    [
        ("Autumn events", b"Subject: Autumn events\r\n"),
        ("", b"Subject: \r\n"),
        ("Caf\u00e9", b"Subject: =?utf-8?b?Q2Fmw6k=?=\r\n"),
        ("=?utf-8?b?Q2Fmw6k=?=", b"Subject: =?utf-8?b?PT91dGYtOD9iP1EyRm13Nms9Pz0=?=\r\n"),
        ("word " * 14 + "word", b"Subject: " + b"word " * 12 + b"word\r\n word word\r\n"),
    ],
)
def test_subjects_as_bytes(subject: str, header: bytes) -> None:
    assert text_header("Subject", subject) == header


def shown_name(header: bytes, mailbox: Address) -> str:
    """The name as RFC 2047 section 6.2 reads it: blanks between encoded words do not count.

    Python 3.11 counts them in names, though not in subjects (bpo-35547).
    """
    if header.count(b"=?utf-8?") < 2:
        return str(mailbox.display_name)
    phrase = header.decode().removeprefix("To:").rpartition("<")[0]
    return str(make_header(decode_header(phrase.strip())))


@given(WORDS, ADDRESSES)
@example("Ξενοφών-Θεμιστοκλής Παπακωνσταντινόπουλος", "x@example.org")
def test_any_name_is_read_back_as_it_was(name: str, address: str) -> None:
    header = mailbox_header("To", name, address)

    to = read_back(header)["To"]
    assert to.defects == ()
    (mailbox,) = to.addresses
    assert isinstance(mailbox, Address)
    assert shown_name(header, mailbox) == name.replace("\t", " ").strip()
    assert mailbox.addr_spec == address
    assert all(len(line) <= max(78, len(address) + 7) for line in lines(header))


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("", b"To: ann@example.org\r\n"),
        (" ", b"To: ann@example.org\r\n"),
        ("Ann Example", b"To: Ann Example <ann@example.org>\r\n"),
        ("O'Neill", b"To: O'Neill <ann@example.org>\r\n"),
        ("Example, Ann", b'To: "Example, Ann" <ann@example.org>\r\n'),
        ("Dr. Ann", b'To: "Dr. Ann" <ann@example.org>\r\n'),
        ('Ann "Annie" <x@y.org>', b'To: "Ann \\"Annie\\" <x@y.org>" <ann@example.org>\r\n'),
        ("a\\", b'To: "a\\\\" <ann@example.org>\r\n'),
        ("Zo\u00eb", b"To: =?utf-8?b?Wm/Dqw==?= <ann@example.org>\r\n"),
        ("(a comment)", b'To: "(a comment)" <ann@example.org>\r\n'),
    ],
)
def test_names_as_bytes(name: str, header: bytes) -> None:
    assert mailbox_header("To", name, "ann@example.org") == header


@pytest.mark.parametrize("injected", ["\r\n", "\n", "\r", "\u2028", "\u2029"])
def test_a_line_break_is_refused_not_mended(injected: str) -> None:
    evil = f"Ann{injected}Bcc: eve@example.org"

    with pytest.raises(HeaderInjection):
        text_header("Subject", evil)
    with pytest.raises(HeaderInjection):
        mailbox_header("To", evil, "ann@example.org")
    with pytest.raises(HeaderInjection):
        mailbox_header("To", "Ann", f"ann@example.org{injected}")
    with pytest.raises(HeaderInjection):
        plain_header("List-ID", evil)


@given(st.text(max_size=100))
def test_any_text_at_all_adds_no_header(text: str) -> None:
    try:
        header = mailbox_header("To", text, "ann@example.org") + text_header("Subject", text)
    except (HeaderInjection, UnicodeEncodeError):
        return
    message = email.message_from_bytes(header + b"\r\nbody", policy=email.policy.default)
    assert message.keys() == ["To", "Subject"]


def test_a_name_of_everyday_length_is_one_encoded_word() -> None:
    header = mailbox_header("To", "Κωνσταντίνος Νικολάου", "x@example.org")

    assert header.count(b"=?utf-8?") == 1


def test_a_smtputf8_address_is_left_as_it_is() -> None:
    header = mailbox_header("To", "Zoë", "zoë@example.org")

    assert header == "To: =?utf-8?b?Wm/Dqw==?= <zoë@example.org>\r\n".encode()


def test_a_long_address_of_a_list_is_never_encoded_or_cut() -> None:
    uri = "mailto:unsubscribe@example.org?subject=" + "Unsubscribe%20" * 20

    header = plain_header("List-Unsubscribe", f"<{uri}>")

    assert header == f"List-Unsubscribe: <{uri}>\r\n".encode()
    assert read_back(header)["List-Unsubscribe"] == f"<{uri}>"


@given(
    st.datetimes(timezones=st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m))))
)
def test_a_date_is_written_as_the_standard_library_writes_it(moment: datetime) -> None:
    assert date_header("Date", moment) == f"Date: {format_datetime(moment)}\r\n".encode()
