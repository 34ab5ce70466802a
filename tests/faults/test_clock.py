"""The machine's clock is set while messages leave, or between two runs.

With Debian's package faketime: what `date` says jumps, as if an administrator had set it.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.scene import Newsletter, addresses, plain_newsletter, read_until
from tests.faults.cues import Cue, Fault, Stage
from tests.faults.faulty_server import FaultyServer, faulty_server
from tests.faults.scenes import SEND
from tests.terminal import Terminal

LIBRARY = next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)

pytestmark = pytest.mark.skipif(LIBRARY is None, reason="needs Debian's package faketime")

READERS = 40
EVERYONE = addresses(READERS)


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    return plain_newsletter(tmp_path / "news", READERS)


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with faulty_server(pause=lambda: 0.05) as server:
        yield server


class Clock:
    """What the wall clock shows in the processes that get its environment."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set("+0")

    def set(self, offset: str) -> None:
        self._file.write_text(offset)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # nor does `date --set`
        }


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path / "clock")


@pytest.mark.fault("The clock is set")
@pytest.mark.parametrize("offset", ["-1d", "+1d"])
def test_a_clock_that_is_set_changes_nothing_of_a_run(
    news: Newsletter, server: FaultyServer, clock: Clock, offset: str
) -> None:
    """Neither who is mailed, nor when one who was put off is tried again."""
    server.cues = [Cue(Stage.RCPT, Fault.CODE_451, message=3)]
    words = (*SEND, "--retry-for", "10m")
    running = news.begin(*words, env=server.environment(**clock.environment))
    server.until(lambda: len(server.accepted) >= 10)
    clock.set(offset)
    server.cues = []
    _, err = running.communicate(timeout=120)

    assert running.returncode == 0, err
    assert server.played[Stage.RCPT] >= 1
    assert sorted(server.recipients()) == EVERYONE


@pytest.mark.parametrize("offset", ["-1d", "+1d"])
def test_a_clock_that_is_set_between_two_runs_keeps_nobody_waiting(
    news: Newsletter, server: FaultyServer, clock: Clock, offset: str
) -> None:
    """What the first run used up of a limit is over after a moment, not after a day."""
    words = (*SEND, "--rate", "20/s")
    running = news.begin(*words, env=server.environment(**clock.environment))
    server.until(lambda: len(server.accepted) >= 10)
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=120)
    clock.set(offset)
    done = news.command(*words, env=server.environment(**clock.environment))

    assert done.code == 0, done.err
    assert sorted(server.recipients()) == EVERYONE


@dataclass(frozen=True)
class SeenBy:
    """A server, and the clock of whoever sends to it."""

    server: FaultyServer
    clock: Clock

    def environment(self) -> dict[str, str]:
        return self.server.environment(**self.clock.environment)


@pytest.mark.fault("An event passes while a send waits or asks")
def test_what_passes_while_it_asks_is_past_when_the_answer_comes(
    news: Newsletter, server: FaultyServer, clock: Clock
) -> None:
    day = datetime.now(UTC).date() + timedelta(days=10)
    news.write(
        "issues/2030-01/20-seminar.md",
        f"---\nkind: event\ntitle: Spring Seminar\nstarts: {day}\nplace: Dudley\n---\nCome.\n",
    )
    issue = "issues/2030-01/issue.toml"
    news.write(issue, news.read(issue).replace("2030-01-15", f"{day - timedelta(days=10)}"))
    terminal = Terminal(news, SeenBy(server, clock), "send", "--issue", "2030-01")
    terminal.read_until("[y/N]: ")
    clock.set("+20d")
    terminal.type("y\n")

    assert terminal.end() == 1
    assert "past-event" in terminal.screen
    assert server.accepted == []


@pytest.mark.fault("The clock stands still while it waits")
def test_a_run_that_waits_for_its_hours_is_stopped_while_the_clock_stands_still(
    news: Newsletter, server: FaultyServer
) -> None:
    """No timer ends then, and it is heard all the same."""
    frozen = {"LD_PRELOAD": str(LIBRARY), "FAKETIME": "2029-01-15 03:00:00"}
    words = (*SEND, "--between", "09:00-17:00")
    running = news.begin(*words, env=server.environment(**frozen))
    read_until(running, "Waiting until")
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=120)

    assert running.returncode == 1, err
    assert json.loads(out)["remaining"] == READERS
    assert server.accepted == []
