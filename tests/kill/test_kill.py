"""`kill -9` of the sender at random moments, resumed until done: nobody twice, nobody lost."""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.faulty_server import faulty_server
from tests.kill.campaign import campaign
from tests.sample import SEED

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


def kill_and_resume(folder: Path, *, readers: int, times: int, slowest: float) -> str:
    """How it went, in a sentence; raises AssertionError where a promise is broken."""
    sys.stdout.write(f"SEED={SEED}\n")  # pytest shows it where this fails
    with faulty_server() as server:
        issue = campaign(folder, server, readers=readers, seed=SEED, slowest=slowest)
        issue.kill_again_and_again(times)
        last = issue.finish()
        unknown, taken = issue.assert_nobody_twice_nobody_lost()
        assert last.code == (last.code_in_part if unknown else 0), last.err
        assert last.json["unknown"] == len(unknown)
        assert len(unknown) <= issue.in_flight
        assert issue.kills == times

        again = issue.resend_unknown()
        assert again.code == 0, again.err
        assert {one.recipient for one in server.accepted} == {*issue.states}
        assert {one.recipient for one in server.twice()} == taken
        assert len({*server.accepted}) == readers, "one Message-ID per reader, also of copies"
        assert server.rude == []
    return (
        f"{readers:,} readers, a server that takes up to {slowest * 1000:.0f} ms for an answer, "
        f"{issue.kills} kills ({issue.early} before a run's first message): "
        f"0 twice, 0 lost, {len(unknown)} unknown, of which the server had taken {len(taken)}"
    )


@pytest.mark.parametrize(
    ("readers", "times", "slowest"),
    [(300, 10, 0.0), (120, 6, 0.02)],
    ids=["a quick server", "a slow server"],
)
def test_after_a_few_kills_nobody_has_two_and_nobody_is_lost(
    tmp_path: Path, readers: int, times: int, slowest: float
) -> None:
    kill_and_resume(tmp_path / "news", readers=readers, times=times, slowest=slowest)


@pytest.mark.kill
def test_after_200_kills_nobody_has_two_and_nobody_is_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two issues side by side, one with a quick server and one with a slow one."""
    began = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        playing = [
            pool.submit(kill_and_resume, tmp_path / "quick", readers=2_000, times=200, slowest=0.0),
            pool.submit(kill_and_resume, tmp_path / "slow", readers=600, times=60, slowest=0.02),
        ]
        told = [story.result() for story in playing]
    with capsys.disabled():
        seconds = time.monotonic() - began
        sys.stdout.write("\n".join(["", f"SEED={SEED}, {seconds:.0f} s", *told, ""]))
