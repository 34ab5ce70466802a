"""One issue to many readers, its sender killed again and again, until it is done."""

from __future__ import annotations

import math
import random
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.scene import COMMAND, Newsletter, addresses, environment, plain_newsletter
from tests.conftest import Result
from tests.faults.faulty_server import FaultyServer
from tests.faults.scenes import ISSUE, SEND, states

_GIVE_UP = 120.0  #: seconds for one run
_LONGEST_START = 2.0  #: seconds in which a sender that was to send nothing yet is killed


@dataclass(kw_only=True)
class Campaign:
    """How it went. Everything is counted from the server's side but the states."""

    readers: int
    news: Newsletter
    server: FaultyServer
    chance: random.Random
    slowest: float  #: seconds that the server takes for an answer
    kills: int = 0
    early: int = 0  #: of the kills, before the run's first message was taken
    in_flight: int = 0  #: connections at work, summed over the kills: that many may be unknown

    def kill_again_and_again(self, times: int) -> None:
        """So often, spread over the whole issue."""
        for kills_to_come in reversed(range(times)):
            self._kill_one(kills_to_come)
        self.server.most = math.inf

    def finish(self) -> Result:
        """A run that nobody kills."""
        done = subprocess.run(
            [COMMAND, *SEND],
            cwd=self.news.root,
            env=environment(self.server.environment()),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def resend_unknown(self) -> Result:
        subprocess.run(
            [COMMAND, "resolve", "--issue", ISSUE, "--unknown", "resend"],
            cwd=self.news.root,
            env=environment(),
            check=True,
            capture_output=True,
        )
        return self.finish()

    @property
    def states(self) -> dict[str, str]:
        return states(self.news)

    def _kill_one(self, kills_to_come: int) -> None:
        """However quick the sender is, at least one message is left for each of those to come."""
        server, chance = self.server, self.chance
        connections = chance.choice((1, 2, 4, 8, 16))
        slowness = chance.uniform(0, self.slowest)
        server.pipelining = chance.random() < 0.7
        server.pause = lambda: chance.uniform(0, slowness) if slowness else 0.0
        before, begun = len(server.accepted), len(server.begun)
        left = self.readers - begun - kills_to_come
        wanted = chance.randint(0, min(left, round(2 * left / (kills_to_come + 1))))
        server.most = begun + min(left, wanted + connections)
        sender = subprocess.Popen(
            [COMMAND, *SEND, "--connections", str(connections)],
            cwd=self.news.root,
            env=environment(server.environment()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        if wanted:
            assert self._await(sender, before + wanted, _GIVE_UP), "it hangs"
            time.sleep(chance.uniform(0, 0.004 + slowness))
        else:  # at any moment from its start to its first message
            self._await(sender, before + 1, chance.uniform(0, _LONGEST_START))
        sender.kill()
        _, told = sender.communicate()
        assert sender.returncode == -signal.SIGKILL, told.decode()
        self.kills += 1
        self.early += len(server.accepted) == before
        self.in_flight += connections

    def _await(self, sender: subprocess.Popen[bytes], accepted: int, seconds: float) -> bool:
        """Whether so many messages were taken by then. It doesn't wait for a sender that ended."""
        give_up = time.monotonic() + seconds
        while len(self.server.accepted) < accepted and sender.poll() is None:
            to_wait = give_up - time.monotonic()
            if to_wait <= 0:
                return False
            with self.server.news:
                self.server.news.wait(min(to_wait, 0.05))
        return True

    def assert_nobody_twice_nobody_lost(self) -> tuple[set[str], set[str]]:
        """Gives who is unknown, and who of them the server took."""
        taken, found = Counter(self.server.recipients()), self.states
        everyone = {*addresses(self.readers)}
        of_state = {
            state: {a for a, s in found.items() if s == state} for state in {*found.values()}
        }
        unknown, sent = of_state.pop("unknown", set()), of_state.pop("sent", set())
        assert [address for address, count in taken.items() if count > 1] == []
        assert of_state == {}, "everybody is sent or unknown"
        assert sent | unknown == everyone
        assert sent <= {*taken}, "reported, but not taken"
        assert {*taken} - sent <= unknown, "taken, but not reported"
        return unknown, unknown & {*taken}


def campaign(
    folder: Path, server: FaultyServer, *, readers: int, seed: str, slowest: float
) -> Campaign:
    return Campaign(
        readers=readers,
        news=plain_newsletter(folder, readers),
        server=server,
        chance=random.Random(seed),
        slowest=slowest,
    )
