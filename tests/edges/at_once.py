"""Processes that do the same thing at the same moment."""

from __future__ import annotations

import subprocess
import sys

#: Stands in a script where all are to go on together.
TOGETHER = 'print("ready", flush=True); sys.stdin.readline()'


def at_once(script: str, *words: str, count: int) -> list[subprocess.Popen[str]]:
    """So many processes of a Python script with TOGETHER in it; they have just passed that."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return processes
