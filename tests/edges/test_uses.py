"""Which ledger is the last one: what stands outside it, where it is at home, where it should be."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from newsletter_mailer.errors import LedgerError, OutdatedLedger
from newsletter_mailer.store.generation import (
    NEVER_USED,
    Generation,
    Use,
    Witness,
    in_words,
    unknown,
)
from newsletter_mailer.store.sqlite import machine_and_path
from newsletter_mailer.store.sqlite.generation_file import generation_file, read_generation
from newsletter_mailer.store.sqlite.ledger import SqliteLedger
from newsletter_mailer.store.sqlite.machine_and_path import NOWHERE, Home, elsewhere, home_of
from newsletter_mailer.store.sqlite.store import SqliteStore
from newsletter_mailer.store.sqlite.transactions import transaction
from newsletter_mailer.store.sqlite.unsafe_folders import (
    file_system,
    file_system_of_mac,
    synced_folder,
)

NOW = datetime(2030, 1, 15, 9, 0, tzinfo=UTC)


def told(number: int, mark: str = "a", ledger: str = "ours") -> Witness:
    return Witness(ledger=ledger, generation=Generation(number, mark), file=f"file {number}{mark}")


# (what the ledger knows, what is told outside it, what of that it does not know)
KNOWN = [
    ([], [told(0, "")], []),
    ([(1, "a"), (2, "b")], [told(1, "a"), told(2, "b")], []),
    ([(1, "a")], [told(2, "b"), told(1, "a"), told(3, "c")], ["file 3c", "file 2b"]),
    ([(1, "a"), (2, "b")], [told(2, "other")], ["file 2other"]),
    ([(1, "a")], [told(7, "x", "another ledger's")], []),
]


@pytest.mark.parametrize(("known", "witnesses", "strange"), KNOWN)
def test_whatever_tells_of_a_use_that_the_ledger_lacks_is_found(
    known: list[tuple[int, str]], witnesses: list[Witness], strange: list[str]
) -> None:
    found = unknown(witnesses, "ours", [Generation(*one) for one in known])

    assert [one.file for one in found] == strange


def test_the_sentence_says_which_is_older() -> None:
    last = Use(generation=Generation(4, "a"), at=NOW, what="send", issue="2030-01")

    assert in_words([told(6)], last, "L") == (
        "The ledger L is older than file 6a: it ends with use 4, send 2030-01 on 15 January 2030 "
        "at 09:00 UTC, and there use 6 is told."
    )
    assert "Two copies of the ledger L went on" in in_words([told(3, "z")], last, "L")
    assert "was never used" in in_words([told(1)], None, "L")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1]",
        "{}",
        '{"ledger": 1}',
        '{"ledger": "a", "number": "x", "token": ""}',
        '{"ledger": "a", "number": null, "token": ""}',
        '{"ledger": "a", "number": Infinity, "token": ""}',
        '{"ledger": "a", "number": 1e30, "token": ""}',
        "[" * 4000,
        '"' * 4096,
        "\0" * 5000,
    ],
)
def test_a_file_beside_the_ledger_that_says_nothing_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ledger.db"
    with SqliteStore(path).open() as ledger:
        use(ledger, "send")
    generation_file(path).write_text(text, "utf-8")

    with SqliteStore(path).open() as ledger, pytest.raises(LedgerError, match=r"ledger restore \""):
        ledger.hold()


def test_a_use_stands_beside_the_ledger_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with SqliteStore(path).open() as ledger:
        assert ledger.generation() == NEVER_USED
        assert read_generation(path) is None
        use(ledger, "suppress")
        beside = read_generation(path)
        assert beside is not None
        assert beside.witnesses[0].generation == ledger.generation()
    assert os.name == "nt" or generation_file(path).stat().st_mode & 0o777 == 0o600


def use(ledger: SqliteLedger, what: str) -> None:
    with transaction(ledger._database):
        ledger.uses.record(what, NOW)
    ledger.uses.publish()


def on(machine: str, host: str = "desk") -> Callable[[Home], Home]:
    return lambda here: here._replace(machine=machine, host=host)


# (how the last home differs from here, whether the ledger's old place holds it too, is it a copy)
HOMES = [
    (lambda here: here, True, False),
    (lambda here: NOWHERE, True, False),
    (lambda here: here._replace(path="/old/ledger.db"), False, False),
    (lambda here: here._replace(path="/old/ledger.db"), True, True),
    (lambda here: here._replace(path="/old/ledger.db", number="1"), False, True),
    (lambda here: here._replace(host="renamed"), True, False),
    (lambda here: here._replace(number="1"), True, False),
    (lambda here: here._replace(host="clone", number="1"), True, True),
    (on("another machine"), True, True),
    (on("another machine", ""), False, True),
    (lambda here: here._replace(machine="", host="laptop-b"), False, True),
]


@pytest.mark.parametrize(("differs", "is_there_too", "is_copy"), HOMES)
def test_a_copy_is_told_from_a_folder_that_was_renamed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    differs: Callable[[Home], Home],
    is_there_too: bool,
    is_copy: bool,
) -> None:
    monkeypatch.setattr(machine_and_path, "_machine", lambda: "this machine")
    path = tmp_path / "ledger.db"
    path.touch()
    last = differs(home_of(path))

    where = elsewhere(path, last, lambda other: is_there_too)
    assert bool(where) == is_copy
    assert last.path in where or not is_copy


def test_a_ledger_that_came_from_another_machine_mails_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same path there: a synced folder."""
    path = tmp_path / "ledger.db"
    monkeypatch.setattr(machine_and_path, "_machine", lambda: "laptop a")
    with SqliteStore(path).open() as ledger:
        use(ledger, "send")
    monkeypatch.setattr(machine_and_path, "_machine", lambda: "laptop b")

    with (
        SqliteStore(path).open() as ledger,
        pytest.raises(OutdatedLedger, match="is a copy of the one"),
    ):
        ledger.hold()


# (path, the part of it that a program syncs)
SYNCED = [
    ("C:/Users/maria/OneDrive - Sample Council/news/ledger.db", "OneDrive - Sample Council"),
    ("C:/Users/maria/OneDrive/news/ledger.db", "OneDrive"),
    ("/home/maria/Dropbox/news/ledger.db", "Dropbox"),
    ("/Users/maria/Library/CloudStorage/GoogleDrive-maria/ledger.db", "CloudStorage"),
    ("/Users/maria/Library/Mobile Documents/com~apple~CloudDocs/ledger.db", "Mobile Documents"),
    ("/home/maria/Nextcloud/ledger.db", "Nextcloud"),
    ("/home/maria/boxes/ledger.db", ""),
    ("/home/maria/our newsletter/ledger.db", ""),
    ("C:/news/.newsletter/ledger.db", ""),
]


@pytest.mark.parametrize(("path", "part"), SYNCED)
def test_a_synced_folder_is_known_by_its_name(path: str, part: str) -> None:
    kind = PureWindowsPath if path.startswith("C:") else PurePosixPath
    assert synced_folder(kind(path)) == part


MOUNTS = """\
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:45 / /mnt/share rw,relatime - cifs //files/share rw
31 22 0:46 / /mnt/our\\040share rw,relatime shared:5 master:1 - nfs4 files:/x rw
32 30 0:47 / /mnt/share/local rw - ext4 /dev/vdb rw
"""


MAC = """\
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
/dev/disk5s1 on /Volumes/stick (msdos, local, nodev, nosuid, noowners)
//maria@files/our share on /Volumes/our share (smbfs, nodev, nosuid, mounted by maria)
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/Users/maria/ledger.db", "apfs"),
        ("/Volumes/stick/ledger.db", "msdos"),
        ("/Volumes/our share/news/ledger.db", "smbfs"),
    ],
)
def test_a_network_drive_is_known_on_macos(path: str, kind: str) -> None:
    assert file_system_of_mac(PurePosixPath(path), MAC) == kind


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/maria/ledger.db", "ext4"),
        ("/mnt/share/news/ledger.db", "cifs"),
        ("/mnt/shared/ledger.db", "ext4"),
        ("/mnt/our share/ledger.db", "nfs4"),
        ("/mnt/share/local/ledger.db", "ext4"),
    ],
)
def test_a_network_drive_is_known_by_its_mount(path: str, kind: str) -> None:
    assert file_system(PurePosixPath(path), MOUNTS) == kind
