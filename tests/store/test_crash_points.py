"""A sender may die between any two steps, whatever keeps the ledger."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.store.crash_points import CrashPoints
from tests.store.stores import KEPT


@pytest.mark.parametrize("kept", [name for name in KEPT if name != "sqlite"])
def test_nobody_gets_two_and_nobody_is_lost(kept: str) -> None:
    """SQLite's is asked in tests/edges/, where its files are lost as well."""

    class OfOneKind(CrashPoints):
        def __init__(self) -> None:
            super().__init__(KEPT[kept])

    run_state_machine_as_test(OfOneKind, settings=settings(stateful_step_count=30))
