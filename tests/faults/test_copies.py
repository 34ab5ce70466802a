"""The ledger is not the one that was used last: an older copy, one of two, one under another name.

The installed command; counted from the server's side: whatever is put back, moved, copied or
renamed, nobody gets an issue twice, and what is refused says why.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import signal
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.scene import Newsletter, addresses, plain_newsletter
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
from tests.terminal import Terminal

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and links of POSIX")

READERS = 20
EVERYONE = addresses(READERS)
SECTION = f"issues/{ISSUE}/10-hello.md"


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    """Half of the readers are in Dudley."""
    made = two_issues(tmp_path / "news", READERS)
    rows = [
        f"{address},Reader,{number},{'dudley' if number % 2 else 'walsall'}"
        for number, address in enumerate(EVERYONE)
    ]
    made.write("recipients/readers.csv", "\n".join(["email,first_name,last_name,region", *rows]))
    return made


@pytest.mark.fault("A backup of the ledger from before an issue is put back")
@pytest.mark.parametrize("first", [(), ("--region", "dudley")], ids=["before it", "in its middle"])
def test_an_older_ledger_mails_nobody_and_says_which_is_older(
    news: Newsletter, server: FaultyServer, tmp_path: Path, first: tuple[str, ...]
) -> None:
    send_well(news, server, *first, issue=ISSUE if first else OTHER)
    shutil.copy(news.root / LEDGER, tmp_path / "backup.db")
    send_well(news, server)
    shutil.copy(tmp_path / "backup.db", news.root / LEDGER)

    refused = send(news, server)
    assert_refused(refused, "is older than", f"issues/{ISSUE}/sent.toml", "ledger restore")
    assert_refused(news.run("resolve", "--issue", ISSUE, "--unknown", "resend"), "is older than")
    kept = news.run("ledger", "backup", str(tmp_path / "kept.db"))
    assert (kept.code, "note: The ledger" in kept.err) == (0, True)
    status = news.run("status", "--issue", ISSUE)
    assert "this may not be the last word" in status.err
    assert "is older than" in status.err
    assert server.twice() == []


def test_the_file_beside_the_ledger_tells_of_what_no_issue_does(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    """Who unsubscribed since the backup would be mailed."""
    news.run("subscribers", "suppress", EVERYONE[0], "--reason", "manual")
    shutil.copy(news.root / LEDGER, tmp_path / "backup.db")
    news.run("subscribers", "suppress", EVERYONE[1], "--reason", "unsubscribed")
    shutil.copy(tmp_path / "backup.db", news.root / LEDGER)

    assert_refused(send(news, server), "is older than", "ledger.db.generation")
    assert server.accepted == []


def test_where_only_a_journal_tells_of_it_nobody_is_mailed_again_who_objected(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    """A ledger that may not send lifts no suppression."""
    news.run("subscribers", "suppress", EVERYONE[0], "--reason", "unsubscribed")
    shutil.copytree(news.root / ".newsletter", tmp_path / "kept")
    kill_in_the_middle(news, server)
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (news.root / ".newsletter" / name).unlink()
    for file in (tmp_path / "kept").iterdir():
        shutil.copy2(file, news.root / ".newsletter")
    (news.root / "issues" / ISSUE / "sent.toml").unlink()

    refused = news.run("subscribers", "unsuppress", EVERYONE[0])

    assert_refused(refused, "is not as it was last used here", "ledger restore")
    assert "unsubscribed" in news.run("subscribers", "show", EVERYONE[0]).out


def test_a_ledger_that_is_put_back_all_the_same_leaves_unknown_whom_it_does_not_know(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    send_well(news, server, issue=OTHER)
    shutil.copy(news.root / LEDGER, tmp_path / "backup.db")
    news.run("subscribers", "suppress", EVERYONE[0], "--reason", "unsubscribed")
    send_well(news, server, "--region", "dudley")
    restored = news.run("ledger", "restore", str(tmp_path / "backup.db"), "--yes")
    assert restored.code == 0, restored.err
    assert ISSUE in restored.err
    assert "kept in" in restored.err

    send(news, server)
    assert server.twice() == []
    assert Counter(states(news).values()) == {"unknown": READERS - 1}, "who objected is left out"
    assert send(news, server, issue=OTHER).code == 0, "of this issue all is known"

    got = [address for address, state in states(news).items() if address in server.recipients()]
    words = [word for address in got for word in ("--address", address)]
    assert news.run("resolve", "--issue", ISSUE, "--unknown", "resend", *words[:2]).code == 0
    send(news, server)
    assert Counter(states(news).values()) == {"unknown": READERS - 2, "sent": 1}


@pytest.mark.fault("The folder is copied to a second place, and both go on")
def test_of_two_copies_only_the_one_that_was_used_goes_on(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    send_well(news, server, "--region", "dudley")
    copy = Newsletter(tmp_path / "second place" / "news")
    shutil.copytree(news.root, copy.root)

    assert_refused(send(copy, server), "is a copy of the one in use at", str(news.root))
    send_well(news, server)
    assert sorted(server.recipients()) == EVERYONE


def test_a_folder_that_is_moved_or_renamed_goes_on(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    send_well(news, server, "--region", "dudley")
    moved = Newsletter(news.root.rename(tmp_path / "newsletter 2030"))

    send_well(moved, server)
    assert sorted(server.recipients()) == EVERYONE


def test_two_copies_that_both_went_on_are_told_apart_by_their_sent_toml(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    """Someone said on both machines that the other is gone."""
    send_well(news, server, issue=OTHER)
    copy = Newsletter(tmp_path / "copy")
    shutil.copytree(news.root, copy.root)
    assert copy.run("ledger", "restore", str(copy.root / LEDGER), "--yes").code == 0
    send_well(copy, server)
    for _ in range(3):
        send_well(news, server, issue=OTHER)
    shutil.copy(copy.root / f"issues/{ISSUE}/sent.toml", news.root / f"issues/{ISSUE}/sent.toml")

    assert_refused(send(news, server), f"issues/{ISSUE}/sent.toml tells of use")
    assert server.twice() == []


def test_a_ledger_moves_to_another_machine_and_goes_on_there(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    send_well(news, server, "--region", "dudley")
    stick, clone = tmp_path / "stick.db", Newsletter(tmp_path / "clone")
    moved = news.run("ledger", "move", str(stick))
    assert moved.code == 0, moved.err
    assert oct(stick.stat().st_mode)[-3:] == "600", "it holds addresses"
    shutil.copytree(news.root, clone.root, ignore=shutil.ignore_patterns(".newsletter"))

    assert_refused(send(news, server), "was moved to", str(stick))
    assert_refused(
        news.run("subscribers", "suppress", EVERYONE[0], "--reason", "manual"), "was moved to"
    )
    assert_refused(send(clone, server), "sent with another ledger", "ledger restore FILE")
    assert clone.run("ledger", "restore", str(stick), "--yes").code == 0
    send_well(clone, server)
    assert sorted(server.recipients()) == EVERYONE


def test_a_backup_is_whole_though_a_send_is_at_work(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    file = tmp_path / "kept.db"
    server.most = 10
    running = news.begin("send", "--issue", ISSUE, "--yes", env=server.environment())
    server.until(lambda: len(server.accepted) >= 7)
    kept = news.run("ledger", "backup", str(file))
    again = news.run("ledger", "backup", str(file))
    server.most = READERS
    running.communicate()

    assert kept.code == 0, kept.err
    assert_refused(again, "is there already")
    assert_refused(news.run("ledger", "move", str(file)), "is there already")
    assert send(news, server).code == 0
    assert news.run("ledger", "restore", str(file), "--yes").code == 0
    send(news, server)
    assert server.twice() == []
    assert {*states(news).values()} <= {"sent", "unknown"}


@pytest.mark.parametrize("is_gone", [False, True], ids=["it is there", "only its log is"])
def test_a_backup_that_is_put_over_a_ledger_cut_off_counts_at_once(
    news: Newsletter, server: FaultyServer, tmp_path: Path, is_gone: bool
) -> None:
    """Neither the old one's log nor its journal is taken for its own."""
    send_well(news, server, issue=OTHER)
    kept = tmp_path / "kept.db"
    assert news.run("ledger", "backup", str(kept)).code == 0
    kill_in_the_middle(news, server)
    if is_gone:
        (news.root / LEDGER).unlink()
    restored = news.run("ledger", "restore", str(kept), "--yes")

    assert restored.code == 0, restored.err
    sent = send(news, server)
    assert "OutdatedLedger" not in sent.err
    assert "is not as it was last used" not in sent.err
    assert Counter(states(news).values()) == {"unknown": READERS}
    assert server.twice() == []
    assert send(news, server, issue=OTHER).code == 0


def test_nobody_is_suppressed_in_a_new_ledger_where_an_issue_names_one(
    news: Newsletter, server: FaultyServer
) -> None:
    """The next issue would find a ledger, and mail whoever had unsubscribed in the lost one."""
    send_well(news, server, issue=OTHER)
    shutil.rmtree(news.root / ".newsletter")
    words = ("subscribers", "suppress", EVERYONE[0], "--reason", "unsubscribed")

    assert_refused(news.run(*words), f"issues/{OTHER}/sent.toml names one", "ledger begin")
    assert not (news.root / LEDGER).exists()


def test_a_new_beginning_can_send_whatever_the_old_ledger_left(
    news: Newsletter, server: FaultyServer
) -> None:
    send_well(news, server, issue=OTHER)
    (news.root / LEDGER).unlink()
    assert (news.root / f"{LEDGER}.generation").exists()
    assert news.run("ledger", "begin", "--yes").code == 0

    send_well(news, server)


def test_a_copy_that_is_to_count_learns_from_the_one_that_it_was_made_of(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    send_well(news, server, "--region", "walsall")
    copy = Newsletter(tmp_path / "copy")
    shutil.copytree(news.root, copy.root)
    send_well(news, server)
    assert copy.run("ledger", "restore", str(copy.root / LEDGER), "--yes").code == 0

    send(copy, server)
    assert server.twice() == []
    assert Counter(states(copy).values()) == {"sent": READERS / 2, "unknown": READERS / 2}


def test_an_issue_in_doubt_that_does_not_exist_is_a_slip(
    news: Newsletter, server: FaultyServer
) -> None:
    send_well(news, server)
    words = ("ledger", "restore", str(news.root / LEDGER), "--in-doubt", "2030-1", "--yes")

    assert_refused(news.run(*words), 'Did you mean "2030-01"')


def test_a_person_may_say_that_an_issue_was_sent_since_the_whole_folder_was_kept(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    """Nothing is left that tells of it."""
    send_well(news, server, issue=OTHER)
    shutil.copytree(news.root, tmp_path / "kept")
    send_well(news, server)
    shutil.rmtree(news.root)
    (tmp_path / "kept").rename(news.root)
    words = ("ledger", "restore", str(news.root / LEDGER), "--in-doubt", ISSUE, "--yes")
    assert news.run(*words).code == 0

    send(news, server)
    assert server.twice() == []
    assert {*states(news).values()} == {"unknown"}


def test_nothing_is_put_back_by_a_script_that_does_not_say_so(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    send_well(news, server)
    assert news.run("ledger", "backup", str(tmp_path / "kept.db")).code == 0
    before = news.snapshot()

    assert_refused(news.run("ledger", "restore", str(tmp_path / "kept.db")), "Add --yes")
    assert_refused(
        news.run("ledger", "restore", str(tmp_path / "none.db"), "--yes"), "no ledger in"
    )
    assert_refused(news.run("ledger", "begin", "--yes"), "There is a ledger")
    assert news.snapshot() == before


def test_a_copy_that_is_damaged_is_not_put_back(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    send_well(news, server, "--region", "dudley")
    kept = tmp_path / "kept.db"
    assert news.run("ledger", "backup", str(kept)).code == 0
    octets = kept.read_bytes()
    kept.write_bytes(octets[:8192] + bytes(8192) + octets[16384:])
    before = news.snapshot()

    assert_refused(news.run("ledger", "restore", str(kept), "--yes"), "damaged")
    assert news.snapshot() == before
    send_well(news, server)
    assert sorted(server.recipients()) == EVERYONE


def out_of_sight(news: Newsletter, tmp_path: Path) -> Path:
    """As on another branch."""
    return (news.root / "issues" / ISSUE).rename(tmp_path / "out of sight")


@pytest.mark.parametrize("lacks", ["the issue", "its sent.toml"])
def test_who_restores_a_ledger_need_not_see_the_issue_that_it_does_not_know(
    news: Newsletter, server: FaultyServer, tmp_path: Path, lacks: str
) -> None:
    """The file beside the ledger names it."""
    send_well(news, server, issue=OTHER)
    shutil.copy(news.root / LEDGER, tmp_path / "backup.db")
    send_well(news, server)
    shutil.copy(tmp_path / "backup.db", news.root / LEDGER)
    if lacks == "the issue":
        hidden = out_of_sight(news, tmp_path)
    else:
        (news.root / f"issues/{ISSUE}/sent.toml").unlink()
    restored = news.run("ledger", "restore", str(news.root / LEDGER), "--yes")
    assert restored.code == 0, restored.err
    assert ISSUE in restored.err
    if lacks == "the issue":
        hidden.rename(news.root / "issues" / ISSUE)

    send(news, server)
    assert server.twice() == []
    assert {*states(news).values()} == {"unknown"}


def test_a_run_that_another_send_settled_is_still_known_to_have_gone_further(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    """That one did not see the sent.toml which tells."""
    server.most = 5
    running = news.begin("send", "--issue", ISSUE, "--yes", env=server.environment())
    server.until(lambda: len(server.accepted) >= 5)
    shutil.copytree(news.root / ".newsletter", tmp_path / "kept")
    server.most = 12
    server.until(lambda: len(server.accepted) >= 12)
    running.kill()
    running.communicate()
    server.most = math.inf
    for file in (tmp_path / "kept").iterdir():
        shutil.copy2(file, news.root / ".newsletter")
    hidden = out_of_sight(news, tmp_path)
    send(news, server, issue=OTHER)
    hidden.rename(news.root / "issues" / ISSUE)

    assert_refused(send(news, server), "which knows more messages", "ledger restore")
    assert server.twice() == []


@pytest.mark.fault("It is lost, and there is no copy of it")
def test_an_issue_of_a_lost_ledger_is_in_the_hands_of_a_person(
    news: Newsletter, server: FaultyServer
) -> None:
    kill_in_the_middle(news, server)
    shutil.rmtree(news.root / ".newsletter")
    assert_refused(send(news, server), "ledger begin", f"--in-doubt {ISSUE}")
    assert news.run("ledger", "begin", "--yes").code == 0
    assert_refused(send(news, server), f"--in-doubt {ISSUE}")
    words = ("ledger", "restore", str(news.root / LEDGER), "--in-doubt", ISSUE, "--yes")
    restored = news.run(*words)
    assert restored.code == 0, restored.err

    send(news, server)
    assert server.twice() == []
    assert Counter(states(news).values()) == {"unknown": READERS}
    missed = [one for one in EVERYONE if one not in server.recipients()]
    asked = [word for one in missed for word in ("--address", one)]
    assert news.run("resolve", "--issue", ISSUE, "--unknown", "resend", *asked).code == 0
    send(news, server)
    assert server.twice() == []
    assert sorted(server.recipients()) == EVERYONE


@pytest.mark.fault("It vanishes while a send waits or asks")
def test_no_new_ledger_is_made_where_one_was_seen(news: Newsletter, server: FaultyServer) -> None:
    send_well(news, server, "--region", "dudley")
    terminal = Terminal(news, server, "send", "--issue", ISSUE)
    terminal.read_until("[y/N]: ")
    shutil.rmtree(news.root / ".newsletter")
    terminal.type("y\n")

    assert terminal.end() == 1
    assert "was here, and is gone" in terminal.screen
    assert len(server.accepted) == READERS / 2
    assert not (news.root / LEDGER).exists()


def test_no_new_ledger_is_made_where_an_issue_names_one(
    news: Newsletter, server: FaultyServer
) -> None:
    """It also knows who wants no more mail."""
    send_well(news, server, issue=OTHER)
    shutil.rmtree(news.root / ".newsletter")

    assert_refused(send(news, server), f"issues/{OTHER}/sent.toml names one", "ledger begin")
    assert not (news.root / LEDGER).exists()
    assert news.run("ledger", "begin", "--yes").code == 0
    send_well(news, server)
    assert_refused(send(news, server, issue=OTHER), "another ledger")


@pytest.mark.fault("Another machine sends while a send waits or asks")
def test_what_another_machine_sent_meanwhile_is_looked_at_again(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    """Its sent.toml arrives between the question and the answer."""
    other = Newsletter(tmp_path / "other machine")
    shutil.copytree(news.root, other.root)
    terminal = Terminal(news, server, "send", "--issue", ISSUE)
    terminal.read_until("[y/N]: ")
    send_well(other, server)
    shutil.copy(other.root / f"issues/{ISSUE}/sent.toml", news.root / f"issues/{ISSUE}/sent.toml")
    terminal.type("y\n")

    assert terminal.end() == 1
    assert "sent with another ledger" in terminal.screen
    assert sorted(server.recipients()) == EVERYONE


@pytest.mark.fault("A second terminal sends another text while a send waits or asks")
def test_a_text_that_was_corrected_in_another_terminal_is_not_followed_by_the_old_one(
    news: Newsletter, server: FaultyServer
) -> None:
    terminal = Terminal(news, server, "send", "--issue", ISSUE)
    terminal.read_until("[y/N]: ")
    news.write(SECTION, news.read(SECTION).replace("for *everyone*", "CORRECTED"))
    send_well(news, server, "--region", "dudley")
    terminal.type("y\n")

    assert terminal.end() == 1
    assert "10-hello.md" in terminal.screen
    assert len(server.accepted) == READERS / 2
    assert all(b"CORRECTED" in content for content in server.contents.values())


@pytest.mark.fault("An approval is taken back while a send waits or asks")
def test_an_approval_that_is_gone_meanwhile_stops_it(
    news: Newsletter, server: FaultyServer
) -> None:
    news.write("newsletter.toml", "require_approval = true\n" + news.read("newsletter.toml"))
    assert news.run("approve", "--issue", ISSUE, "--by", "Maria Example").code == 0
    terminal = Terminal(news, server, "send", "--issue", ISSUE)
    terminal.read_until("[y/N]: ")
    (news.root / f"issues/{ISSUE}/approval.toml").unlink()
    terminal.type("y\n")

    assert terminal.end() == 1
    assert "Nobody has approved" in terminal.screen
    assert server.accepted == []


@pytest.mark.fault("Files beside the ledger are deleted while messages leave")
def test_a_second_sender_is_kept_out_whatever_is_deleted_beside_the_ledger(
    tmp_path: Path,
) -> None:
    news = plain_newsletter(tmp_path / "news", 60)
    with faulty_server(most=20, may_grow=True) as server:
        running = news.begin("send", "--issue", ISSUE, "--yes", env=server.environment())
        server.until(lambda: len(server.accepted) >= 10)
        kept = {"ledger.db", "ledger.db-wal", "ledger.db-shm"}
        for file in (news.root / ".newsletter").iterdir():
            if file.name not in kept and not file.name.endswith(".journal"):
                file.unlink()
        second = send(news, server)
        server.most = 60
        running.communicate()

    assert_refused(second, "Another send is at work")
    assert server.twice() == []
    assert sorted(server.recipients()) == addresses(60)


@pytest.mark.fault("An issue's folder gets another name")
def test_an_issue_under_another_name_is_the_same_issue(
    news: Newsletter, server: FaultyServer
) -> None:
    send_well(news, server)
    folder = news.root / "issues"
    (folder / ISSUE).rename(folder / f"{ISSUE}-final")

    refused = send(news, server, issue=f"{ISSUE}-final")
    assert_refused(refused, f"sent as {ISSUE}", "Name the folder")
    assert sorted(server.recipients()) == EVERYONE


def spelled_otherwise(issues: Path) -> str:
    return "spring"


def through_a_link(issues: Path) -> str:
    (issues / "easter").symlink_to("Spring")
    return "easter"


@pytest.mark.parametrize("name", [spelled_otherwise, through_a_link])
def test_an_issue_has_the_name_of_its_folder_however_it_is_called(
    news: Newsletter, server: FaultyServer, name: Callable[[Path], str]
) -> None:
    """As Windows and macOS find it."""
    issues = news.root / "issues"
    (issues / OTHER).rename(issues / "Spring")
    send_well(news, server, issue="Spring")
    other = name(issues)
    done = send(news, server, issue=other)

    assert done.code == 0, done.err
    assert "20 already sent" in done.err
    assert sorted(server.recipients()) == EVERYONE
    status = news.run("status", "--issue", other, "--json").json
    assert (status["issue"], status["counts"]) == ("Spring", {"sent": READERS})


def test_a_ledger_through_a_link_is_the_same_ledger(tmp_path: Path, server: FaultyServer) -> None:
    news = plain_newsletter(tmp_path / "news", 60)
    real = tmp_path / "elsewhere.db"
    (news.root / "link.db").symlink_to(real)
    env = server.environment(LEDGER_URL="sqlite:///link.db")
    server.most = 20
    running = news.begin("send", "--issue", ISSUE, "--yes", env=env)
    server.until(lambda: len(server.accepted) >= 10)
    direct = server.environment(LEDGER_URL=f"sqlite:///{real}")
    second = news.run("send", "--issue", ISSUE, "--yes", env=direct)
    counts = news.run("status", "--issue", ISSUE, "--json", env=env).json["counts"]
    server.most = 60
    running.communicate()

    assert_refused(second, "Another send is at work")
    assert sum(counts.values()) == 60, "it looks where the log is"
    assert server.twice() == []
    news.write(SECTION, news.read(SECTION) + "\nMore.\n")
    changed = news.run("send", "--issue", ISSUE, "--yes", env=env)
    assert_refused(changed, "has changed since some readers got it")


def damaged(file: Path) -> None:
    file.write_text("", "utf-8")


def nested(file: Path) -> None:
    file.write_text(f"ledger = {'[' * 3000}", "utf-8")


def of_another_type(file: Path) -> None:
    file.write_text(re.sub("when = .*", "when = 7", file.read_text("utf-8")), "utf-8")


@pytest.mark.fault("sent.toml is empty or damaged")
@pytest.mark.parametrize("harm", [damaged, nested, of_another_type])
def test_a_sent_toml_that_says_nothing_stops_with_advice_that_can_be_followed(
    news: Newsletter, server: FaultyServer, harm: Callable[[Path], None]
) -> None:
    send_well(news, server, "--region", "dudley")
    file = news.root / f"issues/{ISSUE}/sent.toml"
    harm(file)

    refused = send(news, server)
    assert_refused(refused, "sent.toml cannot be read", "ledger restore")
    assert send(news, server, issue=OTHER).code == 0, "it is of another issue"
    assert news.run("ledger", "restore", str(news.root / LEDGER), "--yes").code == 0
    send(news, server)
    assert server.twice() == []
    assert Counter(states(news).values()) == {"sent": READERS / 2, "unknown": READERS / 2}
    assert tomllib.loads(file.read_text("utf-8"))["issue"] == ISSUE


@pytest.mark.fault("It lies in a synced folder, or on a network drive")
def test_a_synced_folder_is_told_once_with_what_is_safe_there(
    news: Newsletter, server: FaultyServer, tmp_path: Path
) -> None:
    synced = Newsletter(tmp_path / "OneDrive - Sample Council" / "news")
    shutil.copytree(news.root, synced.root)
    first = send(synced, server, "--region", "dudley")
    second = send(synced, server)

    assert first.code == second.code == 0
    assert "in a folder that is synced (OneDrive - Sample Council)" in first.err
    assert "LEDGER_URL" in first.err
    assert "synced" not in second.err
    assert "synced" not in send(news, server, "--dry-run").err


def test_a_killed_sender_and_a_copy_of_all_files_make_no_second_one(
    tmp_path: Path,
) -> None:
    """The whole folder is copied after the kill, and both try to go on."""
    news = plain_newsletter(tmp_path / "news", 60)
    with faulty_server(most=20, may_grow=True) as server:
        running = news.begin("send", "--issue", ISSUE, "--yes", env=server.environment())
        server.until(lambda: len(server.accepted) >= 10)
        running.send_signal(signal.SIGKILL)
        running.communicate()
        copy = Newsletter(tmp_path / "copy")
        shutil.copytree(news.root, copy.root)
        server.most = 60
        assert_refused(send(copy, server), "is a copy of the one in use")
        send(news, server)
        assert_refused(send(copy, server), "is a copy of the one in use")
        assert server.twice() == []
