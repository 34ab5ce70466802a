"""What is too much for every day is asked in part: chosen by a seed, so that it can be repeated.

`SEED=... make test-sample` asks the same again; without one, pytest takes the time.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

#: In the environment, too: pytest-xdist's workers inherit it, and choose the same.
SEED = os.environ.get("SEED") or str(int(time.time()))
os.environ["SEED"] = SEED


T = TypeVar("T")


def of_each_kind(
    everything: Sequence[T], kinds: Callable[[T], set[Hashable]], seed: str = SEED
) -> list[T]:
    """Taken at random until every kind was seen; what shows none that is new is left out."""
    shuffled = random.Random(seed).sample(everything, len(everything))
    seen: set[Hashable] = set()
    chosen = []
    for one in shuffled:
        if not kinds(one) <= seen:
            seen |= kinds(one)
            chosen.append(one)
    return chosen
