"""A fault of the server, played against the command, and what came of it: a run while it lasts, and
runs after it is over.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from newsletter_mailer.store.sqlite.store import SqliteStore
from tests.acceptance.scene import Newsletter, Warm, addresses, plain_newsletter
from tests.conftest import REPOSITORY, Certificates, Result
from tests.faults.cues import Cue, Fault, Stage
from tests.faults.faulty_server import Accepted, faulty_server

ISSUE = "2030-01"
SEND = ("send", "--issue", ISSUE, "--yes", "--json")
READERS = 5
VICTIM = 3  #: the message that a fault hits, of those stages that belong to one
EVERYONE = addresses(READERS)
BRISK = {"SMTP_TIMEOUT": "3"}  #: where it is the server that is waited for
OF_A_MESSAGE = (Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.BODY, Stage.DOT)


@dataclass(frozen=True)
class Scene:
    stage: Stage
    fault: Fault
    fate: str  #: what docs/faults.md says
    pipelining: bool = True
    encrypted: bool = False
    accepts: bool = False  #: the server takes the message, though nobody hears it

    def __str__(self) -> str:
        more = {
            "one by one": not self.pipelining,
            "encrypted": self.encrypted,
            "taken": self.accepts,
        }
        return ", ".join([self.stage, self.fault, *(name for name, is_so in more.items() if is_so)])


@dataclass(kw_only=True)
class Played:
    """Each run, with what the server had accepted after it."""

    runs: list[Result] = field(default_factory=list)
    truths: list[list[Accepted]] = field(default_factory=list)
    states: list[dict[str, str]] = field(default_factory=list)
    rude: list[str] = field(default_factory=list)
    was_reached: bool = False

    def taken(self, run: int) -> Counter[str]:
        """How many messages the server took for whom, up to the end of that run."""
        return Counter(one.recipient for one in self.truths[run])


def matrix() -> dict[Fault, dict[Stage, str]]:
    """What docs/faults.md says of each fault at each stage."""
    page = (REPOSITORY / "docs" / "faults.md").read_text("utf-8")
    head, *rows = (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in re.findall(r"(?m)^\|.*\| QUIT \|\n\|[-|]+\n(?:\|.*\n)+", page)[0].splitlines()
        if not re.fullmatch(r"[|-]+", line)
    )
    stages = [Stage(name) for name in head[1:]]
    return {Fault(name): dict(zip(stages, cells, strict=True)) for name, *cells in rows}


def play(scene: Scene, folder: Path, proof: Certificates, command: Warm) -> Played:
    """A run while the fault lasts, one after it, and if need be one after `resolve`."""
    news = plain_newsletter(folder, READERS)
    if scene.stage is Stage.BODY:
        add_picture(news)
    is_login, played = scene.stage is Stage.AUTH, Played()
    cue = Cue(
        scene.stage,
        scene.fault,
        message=VICTIM if scene.stage in OF_A_MESSAGE and scene.fate != "not begun" else 0,
        accepts=scene.accepts,
    )
    tls = proof.server if scene.encrypted or scene.stage is Stage.STARTTLS else None
    with faulty_server(
        cue, pipelining=scene.pipelining, starttls=tls, with_login=is_login
    ) as server:
        env = server.environment(SMTP_CA_FILE=str(proof.ca_file))

        def run(**more: str) -> Result:
            words = (*SEND, "--connections", "1")
            done = command(*words, cwd=news.root, env={**env, **more})
            played.runs.append(done)
            played.truths.append([*server.accepted])
            played.states.append(states(news))
            return done

        run(**(BRISK if scene.fault in (Fault.SILENCE, Fault.TRICKLE) else {}))
        played.was_reached = bool(server.played[scene.stage])
        server.cues = []
        run()
        if "unknown" in played.states[-1].values():
            command("resolve", "--issue", ISSUE, "--unknown", "resend", cwd=news.root, env=env)
            run()
        played.rude = server.rude
    return played


def states(news: Newsletter, path: str = ".newsletter/ledger.db") -> dict[str, str]:
    """By address, as the ledger has them. `path`: from the project's folder."""
    ledger = SqliteStore(news.root / path).read()
    if ledger is None:
        return {}
    with ledger:
        return {row.address: row.state.value for row in ledger.deliveries(ISSUE)}


def add_picture(news: Newsletter) -> None:
    """So that a message does not fit into the kernels' buffers."""
    picture = Image.frombytes("RGB", (700, 700), os.urandom(700 * 700 * 3))
    (news.root / f"issues/{ISSUE}/images").mkdir()
    picture.save(news.root / f"issues/{ISSUE}/images/noise.png")
    section = f"issues/{ISSUE}/10-hello.md"
    news.write(section, news.read(section) + "\n![Noise, as on a screen](images/noise.png)\n")
