"""The ledger's file and the write-ahead log over it do not belong together: one of them is lost, or
an older one is put in its place.

The installed command; counted from the server's side.
"""

from __future__ import annotations

import math
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.scene import Newsletter, addresses, plain_newsletter, read_until
from tests.faults.faulty_server import FaultyServer, faulty_server
from tests.faults.scenes import ISSUE, states
from tests.faults.sending import (
    LEDGER,
    OTHER,
    assert_refused,
    kill_in_the_middle,
    send,
    send_well,
    two_issues,
)

READERS = 20
COUNTERS = ("journal", "commits", "marks")  #: of sent.toml, while a run lasts
OBJECTS = addresses(READERS)[-1]  #: while the second run waits

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    return two_issues(tmp_path / "news", READERS)


@pytest.mark.fault("Its write-ahead log is lost, or it is copied without it")
@pytest.mark.parametrize(
    ("witness", "told"), [("journal", "write-ahead log"), ("sent.toml", "is older than"), ("", "")]
)
def test_a_ledger_without_its_log_mails_nobody_twice(
    tmp_path: Path, witness: str, told: str
) -> None:
    """If nobody knows how far the run had come, nobody who has no fate is mailed."""
    news = plain_newsletter(tmp_path / "news", 600)
    with faulty_server(pause=lambda: 0.01) as server:
        running = news.begin("send", "--issue", ISSUE, "--yes", env=server.environment())
        server.until(lambda: len(server.accepted) >= 30)  # before the log is brought into the file
        running.kill()
        running.communicate()
        for ending in ("-wal", "-shm"):
            (news.root / f"{LEDGER}{ending}").unlink()
        if witness != "journal":
            for journal in (news.root / ".newsletter").glob("*.journal"):
                journal.unlink()
        if not witness:
            file = f"issues/{ISSUE}/sent.toml"
            lines = news.read(file).splitlines(keepends=True)
            news.write(file, "".join(one for one in lines if not one.startswith(COUNTERS)))
        server.pause = lambda: 0.0
        done = send(news, server)

        assert server.twice() == []
        if witness:
            assert_refused(done, told, "ledger restore")
            ledger = str(news.root / LEDGER)
            assert news.run("ledger", "restore", ledger, "--yes").code == 0
            send(news, server)
            assert server.twice() == []
        lost = {*addresses(600)} - {*server.recipients()}
        assert {address for address, state in states(news).items() if state == "unknown"} >= lost


def put_in_place(old: Path, ledger: Path) -> None:
    """As a program that syncs a folder does."""
    shutil.copy(old, ledger.with_name("arriving"))
    ledger.with_name("arriving").replace(ledger)


def overwrite(old: Path, ledger: Path) -> None:
    ledger.write_bytes(old.read_bytes())


@pytest.mark.fault("An older one comes back over it while messages leave")
@pytest.mark.parametrize("arrives", [put_in_place, overwrite])
def test_an_older_ledger_that_arrives_while_messages_leave_mails_nobody_twice(
    news: Newsletter, server: FaultyServer, tmp_path: Path, arrives: Callable[[Path, Path], None]
) -> None:
    """Its log stays over it: a mixture that knows of the run, and of nobody in it."""
    send_well(news, server, issue=OTHER)
    old = tmp_path / "old.db"
    shutil.copy(news.root / LEDGER, old)
    server.most = READERS + 7
    running = news.begin("send", "--issue", ISSUE, "--yes", env=server.environment())
    server.until(lambda: len(server.accepted) >= READERS + 4)
    arrives(old, news.root / LEDGER)
    server.most = math.inf
    _, err = running.communicate(timeout=120)
    assert running.returncode == 3, err
    assert "was deleted or replaced" in err

    assert_refused(send(news, server), "ledger restore")
    assert news.run("ledger", "restore", str(old), "--yes").code == 0
    send(news, server)
    assert server.twice() == []


@pytest.mark.fault("All its files come back from the middle of a run that was cut off")
def test_a_ledgers_whole_folder_that_is_put_back_mails_nobody_twice(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    """Log, journal and all: nothing in it contradicts anything else."""
    folder, kept = news.root / ".newsletter", tmp_path / "kept"
    server.most = 5
    running = news.begin("send", "--issue", ISSUE, "--yes", env=server.environment())
    server.until(lambda: len(server.accepted) >= 5)
    shutil.copytree(folder, kept)
    server.most = 12
    server.until(lambda: len(server.accepted) >= 12)
    running.kill()
    running.communicate()
    server.most = math.inf
    for file in kept.iterdir():
        shutil.copy2(file, folder)

    assert_refused(send(news, server), f"issues/{ISSUE}/sent.toml, which knows more messages")
    assert_refused(news.run("resolve", "--issue", ISSUE, "--unknown", "resend"), "knows more")
    assert "not be the last word" in news.run("status", "--issue", ISSUE).err
    assert news.run("ledger", "restore", str(news.root / LEDGER), "--yes").code == 0
    send(news, server)
    assert server.twice() == []
    assert {*states(news).values()} <= {"sent", "unknown"}


def test_no_log_is_left_for_an_older_file_to_lie_under(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    """Of a ledger that was opened with a log, and closed well."""
    old = tmp_path / "old.db"
    kill_in_the_middle(news, server, lambda: shutil.copy(news.root / LEDGER, old))
    send(news, server)
    send(news, server)
    overwrite(old, news.root / LEDGER)

    assert_refused(send(news, server), "ledger restore")
    assert "not be the last word" in news.run("status", "--issue", ISSUE).err
    assert server.twice() == []


def test_an_older_file_under_a_log_that_a_reader_kept_open_is_told(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    """There is no journal then."""
    send_well(news, server, issue=OTHER)
    old = tmp_path / "old.db"
    shutil.copy(news.root / LEDGER, old)
    with closing(sqlite3.connect(news.root / LEDGER)) as reading:
        reading.execute("SELECT count(*) FROM run").fetchone()
        send_well(news, server)
        news.run("subscribers", "suppress", OBJECTS, "--reason", "manual")
        log = (news.root / f"{LEDGER}-wal").read_bytes()
    assert log
    (news.root / f"{LEDGER}-wal").write_bytes(log)
    overwrite(old, news.root / LEDGER)

    assert_refused(send(news, server), "not the file that its", "ledger restore")
    assert server.twice() == []


def touched(ledger: Path) -> None:
    ledger.touch()


def written_anew(ledger: Path) -> None:
    """The same octets: by a program that syncs, say."""
    ledger.write_bytes(ledger.read_bytes())


def brought_up_to_date(ledger: Path) -> None:
    """By somebody who looks into it with SQLite's own tool."""
    with closing(sqlite3.connect(ledger)) as database:
        database.execute("PRAGMA wal_checkpoint")


@pytest.mark.fault("Its file is touched while messages leave")
@pytest.mark.parametrize("harm", [touched, written_anew, brought_up_to_date])
def test_a_ledger_that_is_only_touched_goes_on(
    news: Newsletter, server: FaultyServer, harm: Callable[[Path], None]
) -> None:
    server.most = 7
    running = news.begin("send", "--issue", ISSUE, "--yes", env=server.environment())
    server.until(lambda: len(server.accepted) >= 7)
    harm(news.root / LEDGER)
    server.most = math.inf
    _, err = running.communicate()

    assert running.returncode == 0, err
    assert sorted(server.recipients()) == addresses(READERS)
    assert send(news, server).code == 0


@pytest.mark.fault("Only its journal comes back from the middle of a run that was cut off")
def test_an_older_journal_is_not_trusted(tmp_path: Path, server: FaultyServer) -> None:
    """The issue's sent.toml came back with it: the ledger has commits of which it knows nothing."""
    news, readers = plain_newsletter(tmp_path / "news", 1_000), addresses(1_000)
    file, kept = f"issues/{ISSUE}/sent.toml", tmp_path / "kept"
    kept.mkdir()
    server.most = 110
    running = news.begin("send", "--issue", ISSUE, "--yes", env=server.environment())
    server.until(lambda: len(server.accepted) >= 110)
    (journal,) = (news.root / ".newsletter").glob("*.journal")
    for one in (journal, news.root / file):
        shutil.copy(one, kept)
    server.most = 700
    server.until(lambda: len(server.accepted) >= 700)
    running.kill()
    running.communicate()
    server.most = math.inf
    shutil.copy(kept / journal.name, journal)
    shutil.copy(kept / "sent.toml", news.root / file)

    send(news, server)
    assert server.twice() == []
    unknown = {one for one, state in states(news).items() if state == "unknown"}
    assert {*readers} - unknown <= {*server.recipients()}


def test_a_ledger_that_makes_no_sense_with_an_older_log_can_count_without(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    """`ledger restore` of it sends nobody in a circle."""
    log = news.root / f"{LEDGER}-wal"
    kill_in_the_middle(news, server, lambda: shutil.copy(log, tmp_path / "log"))
    send(news, server)
    send(news, server, issue=OTHER)
    shutil.copy(tmp_path / "log", log)
    assert_refused(send(news, server), "ledger restore")
    assert news.run("ledger", "restore", str(news.root / LEDGER), "--yes").code == 0

    send(news, server)
    send(news, server, issue=OTHER)
    assert server.twice() == []
    assert {*states(news).values()} <= {"sent", "unknown"}


@pytest.fixture
def over_another(news: Newsletter, server: FaultyServer, tmp_path: Path) -> Newsletter:
    """Killed twice; the file as it was in the middle of the first run, beneath the log of the
    second, which says nothing of any reader: what it knew of them had been brought into the file.
    """
    old = tmp_path / "old.db"
    kill_in_the_middle(news, server, lambda: shutil.copy(news.root / LEDGER, old))
    opens = datetime.now(UTC) + timedelta(hours=4)
    hours = f"{opens:%H:%M}-{opens + timedelta(hours=1):%H:%M}"
    words = ("send", "--issue", ISSUE, "--yes", "--between", hours)
    running = news.begin(*words, env=server.environment())
    read_until(running, "Waiting until")
    done = news.run("subscribers", "suppress", OBJECTS, "--reason", "manual")
    assert done.code == 0, done.err
    running.kill()
    running.communicate()
    overwrite(old, news.root / LEDGER)
    return news


@pytest.mark.fault("An older file is put beneath the log of a run that was cut off")
@pytest.mark.parametrize(
    "before",
    [
        (),
        ("ledger", "backup", "kept.db"),
        ("subscribers", "suppress", addresses(READERS)[0], "--reason", "manual"),
        ("status", "--issue", ISSUE),
    ],
    ids=["at once", "after a backup", "after an objection", "after a look"],
)
def test_an_older_file_beneath_a_living_log_mails_nobody_twice(
    over_another: Newsletter, server: FaultyServer, before: tuple[str, ...]
) -> None:
    """Whoever opens it to write would bring the log into it, and nothing of the mixture shows."""
    if before:
        over_another.run(*before)
    assert_refused(send(over_another, server), "not the file that its", "ledger restore")
    assert_refused(send(over_another, server), "not the file that its", "ledger restore")
    ledger = str(over_another.root / LEDGER)
    restored = over_another.run("ledger", "restore", ledger, "--yes")
    assert (restored.code, "it counts without" in restored.err) == (0, True)

    send(over_another, server)
    assert server.twice() == []
    assert over_another.run("resolve", "--issue", ISSUE, "--unknown", "resend").code == 0
    send(over_another, server)
    assert OBJECTS not in {*server.recipients()}, "the log knew"
    sent = {one for one, state in states(over_another).items() if state == "sent"}
    assert sent <= {*server.recipients()}
    assert len(sent) >= READERS - 2


def test_status_says_that_an_older_file_lies_beneath_the_log(over_another: Newsletter) -> None:
    status = over_another.run("status", "--issue", ISSUE)

    assert "this may not be the last word" in status.err
    assert "not the file that its" in status.err


def test_a_ledger_that_is_cut_off_and_carried_elsewhere_goes_on_there(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    """By a stick, or a program that does not keep the times of files."""
    kill_in_the_middle(news, server)
    elsewhere = Newsletter(tmp_path / "elsewhere")
    shutil.copytree(news.root, elsewhere.root, copy_function=shutil.copyfile)
    shutil.rmtree(news.root)

    assert_refused(send(elsewhere, server), "was carried here whole", "ledger restore")
    ledger = str(elsewhere.root / LEDGER)
    assert elsewhere.run("ledger", "restore", ledger, "--yes").code == 0
    send(elsewhere, server)
    assert server.twice() == []
    assert {*states(elsewhere).values()} <= {"sent", "unknown"}
    assert len(server.accepted) == READERS, "it knows how far the run had come"
