"""August 2025, the real issue: everyone in the sample list gets theirs, once."""

from __future__ import annotations

import csv
import email
import email.policy
import re
import shutil
import tomllib
from collections import Counter
from dataclasses import dataclass
from email.message import EmailMessage

import pytest

from tests.acceptance.scene import Newsletter
from tests.conftest import REPOSITORY, Result

BLACK_COUNTRY = {"dudley", "sandwell", "walsall", "wolverhampton"}
#: Words that only readers of these sections see.
FOR_THE_BLACK_COUNTRY = "Black Country: help shape"
FOR_DIRECTORS = "choose your co-design conversation"


@dataclass(frozen=True)
class Sent:
    news: Newsletter
    done: Result
    mails: dict[str, EmailMessage]
    trace: list[str]  #: Delivered-To of every message


@pytest.fixture(scope="module")
def august(tmp_path_factory: pytest.TempPathFactory) -> Sent:
    news = Newsletter(tmp_path_factory.mktemp("august"))
    for name in ("issues", "templates", "recipients", "newsletter.toml"):
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, news.root / name)
        else:
            shutil.copyfile(source, news.root / name)
    done = news.command("send", "--issue", "2025-08", "--sandbox", "--json")
    assert done.code == 0, done.err
    policy = email.policy.default.clone(raise_on_defect=True)
    mails = [
        email.message_from_bytes(file.read_bytes(), policy=policy)
        for file in news.outbox("2025-08")
    ]
    trace = [mail["Delivered-To"] for mail in mails]
    return Sent(news, done, dict(zip(trace, mails, strict=True)), trace)


def subscribers() -> list[dict[str, str]]:
    with (REPOSITORY / "recipients/example.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return " ".join(str(part.get_content()).split())


def test_every_reader_gets_it_once(august: Sent) -> None:
    everyone = sorted(row["email"].lower() for row in subscribers())

    assert sorted(address.lower() for address in august.trace) == everyone
    assert len(everyone) == 48
    report = august.done.json
    assert (report["planned"], report["sent"], report["variants"]) == (48, 48, 4)
    assert report["skipped"] == {}


def test_each_message_names_one_reader_and_nobody_else(august: Sent) -> None:
    for address, mail in august.mails.items():
        (to,) = mail.get_all("To", [])
        (mailbox,) = to.addresses
        assert mailbox.addr_spec == address
        assert mail.get_all("Cc") is None
        assert mail.get_all("Bcc") is None
        words = f"{mail.items()} {body(mail, 'plain')} {body(mail, 'html')}"
        assert not any(other in words for other in august.trace if other != address)


def test_names_are_written_as_the_list_has_them(august: Sent) -> None:
    for row in subscribers():
        mail = next(m for a, m in august.mails.items() if a.lower() == row["email"].lower())
        (mailbox,) = mail["To"].addresses
        assert mailbox.display_name == f"{row['first_name']} {row['last_name']}".strip()
        greeting = f"Dear {row['first_name'] or 'colleague'},"
        assert greeting in body(mail, "plain")


def test_each_reader_sees_their_own_sections(august: Sent) -> None:
    settings = tomllib.loads((REPOSITORY / "newsletter.toml").read_text("utf-8"))
    seen: Counter[tuple[bool, bool]] = Counter()
    for row in subscribers():
        mail = next(m for a, m in august.mails.items() if a.lower() == row["email"].lower())
        regions = slugs(row["region"], settings["regions"])
        roles = slugs(row["role"], settings["roles"])
        expected = (not BLACK_COUNTRY.isdisjoint(regions), "director" in roles)
        seen[expected] += 1
        for kind in ("plain", "html"):
            text = body(mail, kind)
            assert (FOR_THE_BLACK_COUNTRY in text, FOR_DIRECTORS in text) == expected
    assert len(seen) == 4, "every variant has a reader"


def slugs(cell: str, known: dict[str, str]) -> set[str]:
    """What a cell of the list means: slugs or display names, any case, or all."""
    names = {name.casefold(): slug for slug, name in known.items()}
    words = [word.strip().casefold() for word in cell.split(";") if word.strip()]
    if words == ["all"]:
        return set(known)
    return {names.get(word, word) for word in words}


def test_every_message_is_text_first_and_7_bit(august: Sent) -> None:
    for mail in august.mails.values():
        assert mail.get_content_type() == "multipart/alternative"
        first, second = mail.iter_parts()
        assert first.get_content_type() == "text/plain"
        assert second.get_content_type() == "multipart/related"
    for file in august.news.outbox("2025-08"):
        content = file.read_bytes()
        assert content.isascii()
        assert max(map(len, content.split(b"\r\n"))) <= 998


def test_the_headers_say_who_writes_and_how_to_leave(august: Sent) -> None:
    for mail in august.mails.values():
        assert mail["From"] == "Regional Update <newsletter@example.org>"
        assert mail["Reply-To"] == "regional.team@example.org"
        assert mail["List-ID"] == '"Regional Update" <regional-update.example.org>'
        assert mail["List-Unsubscribe"].startswith("<mailto:unsubscribe@example.org?subject=")
        assert mail["Auto-Submitted"] is None
        assert mail["Subject"] == "Regional Update, August 2025: SEND plans and autumn events"
    ids = {mail["Message-ID"] for mail in august.mails.values()}
    assert len(ids) == 48
    assert all(re.fullmatch(r"<[^<>@\s]+@example\.org>", one) for one in ids)
    assert len({mail["Date"] for mail in august.mails.values()}) == 1


def test_the_next_rehearsal_mails_nobody_again(august: Sent) -> None:
    again = august.news.run("send", "--issue", "2025-08", "--sandbox", "--json")

    assert again.code == 0, again.err
    assert again.json["already_sent"] == 48
    assert len(august.news.outbox("2025-08")) == 48
