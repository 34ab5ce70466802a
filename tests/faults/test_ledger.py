"""What happens to the ledger while messages leave: its disk fills up, it goes, another one comes.

The installed command; counted from the server's side: nobody twice, nobody lost, the report true.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from newsletter_mailer.store.sqlite.store import SqliteStore
from tests.acceptance.scene import Newsletter, addresses, plain_newsletter
from tests.conftest import Result
from tests.faults.faulty_server import FaultyServer, faulty_server
from tests.faults.scenes import ISSUE, SEND, states

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mounts and limits of Linux")

READERS = 600
EVERYONE = sorted(addresses(READERS))
LEDGER = ".newsletter/ledger.db"


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    return plain_newsletter(tmp_path / "news", READERS)


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    """In no hurry, so that the ledger is written to several times."""
    with faulty_server(pause=lambda: 0.02) as server:
        yield server


def begin(news: Newsletter, server: FaultyServer, **env: str) -> subprocess.Popen[str]:
    """Returns when the first messages have left."""
    running = news.begin(*SEND, env=server.environment(**env))
    server.until(lambda: len(server.accepted) >= 10)
    return running


def end(running: subprocess.Popen[str]) -> Result:
    out, err = running.communicate(timeout=120)
    return Result(running.returncode, out, err)


def assert_it_stopped(server: FaultyServer, done: Result, *words: str) -> None:
    """Early, with one sentence, and no message twice."""
    assert done.code == 3, done.err
    assert "Traceback" not in done.err
    assert all(word in done.err for word in words), done.err
    assert len(server.accepted) < READERS, "it went on without a memory"
    assert server.twice() == []


def assert_the_next_run_finishes(
    news: Newsletter, server: FaultyServer, ledger: str = LEDGER, **env: str
) -> None:
    """With everybody's fate known: the journal had what the ledger lacked."""
    server.pause = lambda: 0.0
    done = news.command(*SEND, env=server.environment(**env))

    assert done.code == 0, done.err
    assert sorted(server.recipients()) == EVERYONE
    assert Counter(states(news, ledger).values()) == {"sent": READERS}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk; see the test with a limit instead")
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("no mounts in this container; see the test with a limit instead")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """To the last octet."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        for size in (1 << 16, 1):
            with suppress(OSError):
                while file.write(b"\0" * size):
                    pass
    return ballast


@pytest.mark.fault("The disk fills up")
def test_a_full_disk_stops_the_run_and_costs_nobody_anything(
    news: Newsletter, server: FaultyServer, small_disk: Path
) -> None:
    ledger = str(small_disk / "ledger.db")
    running = begin(news, server, LEDGER_URL=f"sqlite:///{ledger}")
    ballast = fill(small_disk)
    done = end(running)
    assert_it_stopped(server, done, "the disk is full")

    ballast.unlink()
    assert_the_next_run_finishes(news, server, ledger, LEDGER_URL=f"sqlite:///{ledger}")


@pytest.mark.fault("The disk is full from the start")
def test_a_disk_that_is_full_from_the_start_sends_nothing(
    news: Newsletter, server: FaultyServer, small_disk: Path
) -> None:
    ledger = str(small_disk / "ledger.db")
    ballast = fill(small_disk)
    done = news.command(*SEND, env=server.environment(LEDGER_URL=f"sqlite:///{ledger}"))

    assert done.code == 1, done.err
    assert "the disk is full" in done.err or "No space left" in done.err
    assert server.accepted == []
    ballast.unlink()
    assert_the_next_run_finishes(news, server, ledger, LEDGER_URL=f"sqlite:///{ledger}")


@pytest.mark.fault("A limit or quota is reached")
def test_a_limit_on_the_size_of_files_stops_the_run_and_costs_nobody_anything(
    news: Newsletter, server: FaultyServer
) -> None:
    """Like a quota, and no need to be root."""
    import resource

    running = begin(news, server)
    size = (news.root / f"{LEDGER}-wal").stat().st_size
    resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (size, size))
    done = end(running)
    assert_it_stopped(server, done, "the disk does not take it")

    assert_the_next_run_finishes(news, server)


@pytest.mark.fault("There is no room for the journal")
def test_without_room_for_its_journal_nothing_is_sent(
    news: Newsletter, server: FaultyServer
) -> None:
    import resource

    limited = subprocess.run(
        ["prlimit", "--fsize=500000", sys.executable, "-m", "newsletter_mailer", *SEND],
        cwd=news.root,
        env={**os.environ, **server.environment()},
        capture_output=True,
        text=True,
        check=False,
    )

    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 500_000
    assert limited.returncode == 1, limited.stderr
    assert "journal" in limited.stderr
    assert server.accepted == []
    assert_the_next_run_finishes(news, server)


def delete(ledger: Path) -> None:
    for name in ("", "-wal", "-shm"):
        ledger.with_name(f"{ledger.name}{name}").unlink(missing_ok=True)


def replace_with_a_new_one(ledger: Path) -> None:
    """Of another newsletter, say."""
    other = ledger.with_name("other.db")
    SqliteStore(other).open().close()
    delete(ledger)
    other.rename(ledger)


@pytest.mark.fault("It is deleted, or another is put in its place")
@pytest.mark.parametrize("harm", [delete, replace_with_a_new_one])
def test_a_ledger_that_goes_stops_the_run_and_another_one_mails_nobody(
    news: Newsletter, server: FaultyServer, harm: Callable[[Path], None]
) -> None:
    running = begin(news, server)
    harm(news.root / LEDGER)
    done = end(running)
    assert_it_stopped(server, done, "was deleted or replaced")

    before = [*server.accepted]
    again = news.command(*SEND, env=server.environment())
    assert again.code == 1, again.err
    assert "another ledger" in again.err
    assert server.accepted == before


@pytest.mark.fault("It was away, and is back")
def test_a_ledger_that_was_away_and_is_back_knows_everybody(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    running = begin(news, server)
    away = tmp_path / "away.db"
    (news.root / LEDGER).rename(away)
    done = end(running)
    assert_it_stopped(server, done, "was deleted or replaced")

    away.rename(news.root / LEDGER)
    assert_the_next_run_finishes(news, server)


@pytest.mark.fault("An older copy is put in its place")
def test_a_copy_of_the_ledger_from_before_the_run_mails_nobody(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    """A backup that is put back while messages leave: it does not know who got them."""
    news.command("subscribers", "suppress", "nobody@example.org", "--reason", "manual")
    backup = tmp_path / "backup.db"
    shutil.copy(news.root / LEDGER, backup)
    running = begin(news, server)
    delete(news.root / LEDGER)
    backup.rename(news.root / LEDGER)
    done = end(running)
    assert_it_stopped(server, done, "was deleted or replaced")

    before = [*server.accepted]
    again = news.command(*SEND, env=server.environment())
    assert again.code == 1, again.err
    assert "is older than" in again.err
    assert server.accepted == before


@pytest.mark.fault("It may not be written")
def test_a_ledger_that_may_not_be_written_sends_nothing(
    news: Newsletter, server: FaultyServer, small_disk: Path
) -> None:
    ledger = str(small_disk / "ledger.db")
    env = {"LEDGER_URL": f"sqlite:///{ledger}"}
    words = ("subscribers", "suppress", "nobody@example.org", "--reason", "manual")
    assert news.command(*words, env=env).code == 0
    remount(small_disk, "ro")
    done = news.command(*SEND, env=server.environment(**env))
    remount(small_disk, "rw")

    assert done.code == 1, done.err
    assert "error: The ledger" in done.err
    assert server.accepted == []
    assert_the_next_run_finishes(news, server, ledger, **env)


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


@pytest.mark.fault("It is damaged")
@pytest.mark.parametrize("where", [0, 4096, -4096])
def test_a_damaged_ledger_sends_nothing(news: Newsletter, server: FaultyServer, where: int) -> None:
    running = begin(news, server)
    running.terminate()
    end(running)
    taken = [*server.accepted]
    ledger = news.root / LEDGER
    whole = ledger.read_bytes()
    at = where % len(whole)
    ledger.write_bytes(whole[:at] + os.urandom(4096) + whole[at + 4096 :])
    done = news.command(*SEND, env=server.environment())

    assert done.code == 1, done.err
    assert "error: The ledger" in done.err
    assert "damaged" in done.err
    assert server.accepted == taken
    ledger.write_bytes(whole)
    assert_the_next_run_finishes(news, server)


def test_a_run_ends_as_the_ledger_says(news: Newsletter, server: FaultyServer) -> None:
    """What the others rest on: nothing of all that happens without a fault."""
    server.pause = lambda: 0.0
    done = news.command(*SEND, env=server.environment())

    assert done.code == 0, done.err
    assert sorted(server.recipients()) == EVERYONE
    assert [*(news.root / ".newsletter").glob("*.journal")] == []
    assert news.command("status", "--issue", ISSUE, "--json").json["counts"] == {"sent": READERS}


def test_a_run_that_a_full_disk_stopped_reports_what_left_by_its_journal(
    news: Newsletter, server: FaultyServer
) -> None:
    """And what the report says of everybody is what the server took, and the next run finds."""
    import resource

    running = begin(news, server)
    size = (news.root / f"{LEDGER}-wal").stat().st_size
    resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (size, size))
    done = end(running)

    assert done.code == 3, done.err
    report = done.json
    assert "the disk does not take it" in report["stopped"]
    assert "is told here by this run's journal" in done.err
    assert report["sent"] == len(server.accepted)
    assert report["planned"] == READERS
    assert report["remaining"] == READERS - report["sent"] - report["unknown"]
    dry = news.run("send", "--issue", ISSUE, "--dry-run", "--json").json
    same = ("unknown", "remaining", "deferred", "refused")
    assert {name: dry[name] for name in same} == {name: report[name] for name in same}
    assert dry["already_sent"] == report["sent"]
