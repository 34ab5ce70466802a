"""Whatever stands in a TOML file: this issue and all others are checked, and nothing crashes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter_mailer.campaign.approval_file import CannotBeTrusted, read_approval
from newsletter_mailer.campaign.check import check
from newsletter_mailer.campaign.issues import all_issues
from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.errors import NewsletterError
from newsletter_mailer.issue.earlier_issues import earlier_issues
from tests.conftest import REPOSITORY

BASE = Path(__file__).parent / "base"
ISSUE, AT = "2030-01", datetime(2030, 1, 15, 9, tzinfo=UTC)

#: Each type of TOML, sound and odd.
VALUES = (
    '""', '"a"', '"readers"', '"\\u0000"', '"\\u202e"', '"{{ subscriber.first_name }}"', '"{% if"',
    '"2030-01-15"', "'''\na\nb'''", "0", "-1", "9223372036854775807", "0xff", "1.5", "inf", "nan",
    "true", "false", "2030-01-15", "0001-01-01", "9999-12-31", "2026-12-15T09:00:00",
    "2026-12-15T09:00:00-23:59", "9999-12-31T23:59:59Z", "09:00:00", "[]", "{}", '["a", 1]',
    '["readers"]', "[[[[]]]]", "{a = 1}", '{a = {b = "c"}}', '["../x"]',
    "[" * 3_000 + "]" * 3_000, "1" * 5_000, '"error"', '{ignore = 1, look-alike-host = "info"}',
    '{acronyms = {A = "\\u0000"}, clients = ["x"], ignore = ["y"]}', "{text = [], story = 1}",
    '{dudley = 1, "A b" = "x", all = ""}', '{rate = "x", hours = 1, domains = {"" = 2}}',
)  # fmt: skip
KEYS = {
    "issues/2030-01/issue.toml": (
        "subject", "preheader", "date", "lists", "lang", "groups", "check", "nothing", '""',
    ),
    "newsletter.toml": (
        "name", "from", "reply_to", "list_id", "timezone", "language", "template",
        "postal_address", "public_url", "image_base_url", "unsubscribe_mailto", "images",
        "require_approval", "regions", "roles", "check", "delivery", "nothing",
    ),
    "templates/regional/theme.toml": ("colours", "fonts", "nothing", "font", "colour"),
    "issues/2029-12/issue.toml": ("subject", "preheader", "date", "lists"),
    "issues/2029-12/sent.toml": ("ledger", "when", "content_hash", "lists"),
    "issues/2030-01/approval.toml": ("by", "when", "content_hash", "seal", "files"),
}  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    shutil.copytree(BASE, root)
    shutil.copytree(REPOSITORY / "templates", root / "templates")
    shutil.copytree(BASE / "issues/2030-01", root / "issues/2029-12")
    return root


def asked(root: Path) -> None:
    """All that reads the project's TOML files; faults are findings, or one sentence."""
    try:
        project = open_project(root, {})
        all_issues(project)
        findings = check(project, ISSUE, AT).findings
        assert [one for one in findings if one.rule == "internal-error"] == []
        read_approval(project, ISSUE, AT)
    except (NewsletterError, CannotBeTrusted):
        return


@contextmanager
def holding(file: Path, content: bytes) -> Iterator[None]:
    """The file with other content, for a moment."""
    sound = file.read_bytes() if file.is_file() else None
    file.write_bytes(content)
    yield
    if sound is None:
        file.unlink()
    else:
        file.write_bytes(sound)


def with_value(file: Path, key: str, value: str) -> bytes:
    before = file.read_text("utf-8").split("\n") if file.is_file() else []
    kept = [line for line in before if not line.startswith((key, f"[{key}"))]
    return "\n".join([f"{key} = {value}", *kept]).encode()


@pytest.mark.parametrize("file", ["issues/2029-12/issue.toml", "issues/2029-12/sent.toml"])
def test_another_issue_s_odd_value_is_no_fault_of_this_one(file: str, root: Path) -> None:
    for key in KEYS[file]:
        for value in VALUES:
            with holding(root / file, with_value(root / file, key, value)):
                all_issues(open_project(root, {}))
                earlier_issues(root, ISSUE, AT.date())


@pytest.mark.parametrize("key", KEYS["issues/2030-01/approval.toml"])
def test_an_odd_approval_is_not_trusted(key: str, root: Path) -> None:
    file = root / "issues/2030-01/approval.toml"
    for value in VALUES:
        with holding(file, with_value(file, key, value)), pytest.raises(CannotBeTrusted):
            read_approval(open_project(root, {}), ISSUE, AT)


@given(
    place=st.sampled_from([(file, key) for file, keys in KEYS.items() for key in keys]),
    value=st.sampled_from(VALUES),
)
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_value_of_any_type_is_taken_or_told(
    root: Path, place: tuple[str, str], value: str
) -> None:
    file, key = place

    with holding(root / file, with_value(root / file, key, value)):
        asked(root)


@given(
    file=st.sampled_from([*KEYS]),
    content=st.binary(max_size=300)
    | st.text(alphabet="ab.[]{}=\"'\\,#\n0123456789-:T \u202e", max_size=200).map(str.encode)
    | st.lists(st.sampled_from(VALUES), max_size=4).map("\n".join).map(str.encode),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_octets_in_a_toml_file_crash_a_check(root: Path, file: str, content: bytes) -> None:
    with holding(root / file, content):
        asked(root)
