"""Waiting for what no event tells: a file, a log, another process."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 60.0  #: seconds; other tests may be at work beside this one
_INTERVAL = 0.05


def wait_until(true: Callable[[], object], so_far: Callable[[], object] = lambda: "") -> None:
    """Asks until it is true. What is known by then is told where it never is."""
    give_up = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < give_up, f"it never came: {so_far()}"
        time.sleep(_INTERVAL)
