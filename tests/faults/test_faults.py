"""The server misbehaves at every stage: nobody twice, nobody lost, the report true.

Told from the server's side; docs/faults.md has the table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import Any

import pytest

from tests.faults.cues import Fault, Stage
from tests.faults.scenes import EVERYONE, OF_A_MESSAGE, READERS, VICTIM, Played, Scene, matrix
from tests.sample import of_each_kind

FATES = matrix()
LOST_WORDS = (Fault.SILENCE, Fault.CLOSE, Fault.RESET)
OTHERS = READERS - 1
#: What `send` reports while the fault lasts, and its exit code.
REPORTS = {
    "no harm": (0, {"sent": READERS}),
    "later": (3, {"sent": OTHERS, "deferred": 1}),
    "refused": (3, {"sent": OTHERS, "refused": 1}),
    "unknown": (3, {"sent": OTHERS, "unknown": 1}),
    "stops": (3, {"sent": VICTIM - 1, "deferred": 1, "remaining": READERS - VICTIM}),
    "not begun": (1, {}),
}
COUNTED = ("sent", "deferred", "refused", "unknown", "remaining")


def scenes() -> list[Scene]:
    """With PIPELINING; what belongs to a message also without; what is lost also encrypted."""
    found: list[Scene] = []
    for fault, cells in FATES.items():
        for stage, cell in cells.items():
            if cell == "-":
                continue
            fate, *others = cell.split(" / ")
            one_by_one = others[0] if others else fate
            for accepts in (False, True) if fate == "unknown" else (False,):
                found.append(Scene(stage, fault, fate, accepts=accepts))
                if stage in OF_A_MESSAGE:
                    found.append(Scene(stage, fault, one_by_one, accepts=accepts, pipelining=False))
                if stage in OF_A_MESSAGE and fault in LOST_WORDS:
                    found.append(Scene(stage, fault, fate, accepts=accepts, encrypted=True))
    return found


def kinds(scene: Scene) -> set[Hashable]:
    """What a sample of the scenes has of each."""
    way = (scene.pipelining, scene.encrypted, scene.accepts)
    return {("way", way), (scene.fault, scene.fate), (scene.stage, scene.fate)}


#: A sample by SEED; `make test-faults` plays them all.
SAMPLE = frozenset(of_each_kind(scenes(), kinds))


def marked(scene: Scene) -> Any:  # pytest's own type for it is private
    return pytest.param(scene, id=str(scene), marks=() if scene in SAMPLE else pytest.mark.grid)


def test_the_table_has_every_fault_at_every_stage() -> None:
    assert {*FATES} == {*Fault}
    for cells in FATES.values():
        assert {*cells} == {*Stage}
        fates = {fate for cell in cells.values() for fate in cell.split(" / ")}
        assert fates <= {*REPORTS, "-"}


@pytest.mark.parametrize("scene", [*map(marked, scenes())])
def test_a_server_that_misbehaves(scene: Scene, played: Played) -> None:
    first, second = played.runs[:2]
    told = first.err + second.err
    assert played.was_reached
    assert played.rude == []
    assert "Traceback" not in told
    assert "in the program itself" not in told

    code, report = REPORTS[scene.fate]
    assert first.code == code, told
    if scene.fate == "not begun":
        assert (played.truths[0], played.states[0]) == ([], {})
        assert first.err.splitlines()[-1].startswith("error: ")
    else:
        counts = {name: count for name in COUNTED if (count := first.json[name])}
        assert counts == report, told
        assert_the_report_is_true(scene, played)
    assert_the_next_run_finishes(scene, played)


def assert_the_report_is_true(scene: Scene, played: Played) -> None:
    """Sent is what the server took; of what is unknown either may be the case."""
    states, taken = played.states[0], played.taken(0)
    assert {*states} == {*EVERYONE}
    assert Counter(states.values())["sending"] == 0
    for address, state in states.items():
        assert taken[address] == (scene.accepts if state == "unknown" else state == "sent"), address


def assert_the_next_run_finishes(scene: Scene, played: Played) -> None:
    """Nobody twice but who was reported unknown, and then sent again on purpose."""
    refused = {a for a, state in played.states[0].items() if state == "refused"}
    unknown = {a for a, state in played.states[0].items() if state == "unknown"}
    second = played.runs[1]
    assert second.code == (second.code_in_part if refused or unknown else 0), second.err
    assert {a for a, state in played.states[1].items() if state == "sent"} == (
        {*EVERYONE} - refused - unknown
    )
    assert max(played.taken(1).values()) == 1

    last = played.taken(-1)
    done = played.runs[-1]
    assert done.code == (done.code_in_part if refused else 0), done.err
    assert {*last} == {*EVERYONE} - refused
    twice = {address for address, count in last.items() if count > 1}
    assert twice == (unknown if scene.accepts else set())
    of_each = {address: [m for m, a in played.truths[-1] if a == address] for address in twice}
    assert all(len({*ids}) == 1 for ids in of_each.values()), (
        "the same Message-ID, so it can be dropped"
    )
