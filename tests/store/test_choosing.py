"""The scheme of LEDGER_URL says which store keeps the ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter_mailer.errors import ProjectError
from newsletter_mailer.store import stores
from tests.store.memory.store import MemoryStore
from tests.store.scene import ANN, Desk


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("sqlite:///.newsletter/ledger.db", "project/.newsletter/ledger.db"),
        ("sqlite:///../kept/ledger.db", "kept/ledger.db"),
        ("SQLite:///ledger.db", "project/ledger.db"),
    ],
)
def test_a_relative_path_starts_from_the_project(tmp_path: Path, url: str, place: str) -> None:
    assert str(stores.ledger_at(url, tmp_path / "project")) == str((tmp_path / place).resolve())


def test_an_absolute_path_is_where_it_says(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"

    assert str(stores.ledger_at(url, Path("/elsewhere"))) == str((tmp_path / "ledger.db").resolve())


def test_one_ledger_has_one_place_whatever_links_lead_to_it(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)

    direct, linked = (
        stores.ledger_at(f"sqlite:///{name}/ledger.db", tmp_path) for name in ("real", "link")
    )

    assert direct == linked


@pytest.mark.parametrize(
    "url", ["", "ledger.db", "sqlite:", "sqlite://", "sqlite:///", "sqlite://a"]
)
def test_what_is_no_url_of_a_ledger_is_one_sentence(url: str) -> None:
    with pytest.raises(ProjectError, match=r"LEDGER_URL is not understood: write sqlite:///path"):
        stores.ledger_at(url, Path())


def test_a_scheme_that_nobody_serves_is_one_sentence_without_its_password() -> None:
    with pytest.raises(ProjectError, match=r"begins with mysql://, and no ledger") as refused:
        stores.ledger_at("mysql://maria:secret@db.example.org/news", Path())

    assert "secret" not in str(refused.value)


def test_another_store_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(stores.STORES, "memory", MemoryStore)

    with stores.ledger_at("memory://here", tmp_path).open() as ledger:
        ledger.hold()
        assert Desk(ledger).claim(Desk(ledger).begin(ANN)) == [ANN]
