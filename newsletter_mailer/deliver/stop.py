"""A person's wish that no further message is begun."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Stop(threading.Event):
    """Wakes the event loop that waits: where the clock stands still, no timer ever would."""

    def __init__(self) -> None:
        super().__init__()
        self.wake: Callable[[], object] = lambda: None

    def set(self) -> None:
        super().set()
        self.wake()
