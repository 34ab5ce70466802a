"""Which start of this machine it is: what a process left in memory is gone after another one."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

_LINUX = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """The same until the machine starts anew. Where in doubt another: that is the safe mistake."""
    if _LINUX.exists():
        return _LINUX.read_text("ascii").strip()
    if sys.platform == "darwin":
        done = subprocess.run(
            ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()
    # Windows: its monotonic clock counts from the start, in sleep too.
    return str(round((time.time() - time.monotonic()) / 60))
