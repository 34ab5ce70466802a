"""The command `preview` as a process of its own: from its start, or forked from one that is warm.

A fork has imported everything and done nothing: its own memory, files, signals and exit code,
without the half second of processor time that a start takes.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TextIO  # Any: what travels as JSON

from tests.acceptance.warm import run

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerContext, ForkServerProcess

_PATIENCE = 20  #: seconds for a preview to end
_CAN_FORK = "forkserver" in multiprocessing.get_all_start_methods()
_IMPORTED = ("tests.preview.commands", "newsletter_mailer.preview.server.server")


class Command(Protocol):
    """A command that runs."""

    pid: int

    def line(self) -> str:
        """The next that it prints; empty when it has ended."""

    def complaints(self) -> str:
        """All of its standard error, once it has ended."""

    def interrupt(self) -> int:
        """Ctrl-C. The exit code."""


@contextmanager
def begun(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Iterator[Command]:
    """`newsletter-mailer` with these words, from its start. It is killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-X", "utf8", "-m", "newsletter_mailer", *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        yield _Begun(process)
    finally:
        process.kill()
        process.communicate()


@contextmanager
def forked(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Iterator[Command]:
    """The same, forked; from its start where a system does not fork."""
    with ExitStack() as stack:
        if not _CAN_FORK:
            yield stack.enter_context(begun(words, folder, environment))
            return
        err = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="preview-"))) / "err"
        job = {"words": words, "cwd": str(folder), "env": {**environment}, "err": str(err)}
        ours, theirs = _forking().Pipe(duplex=False)
        process = _forking().Process(target=_run, args=(job, theirs), daemon=True)
        process.start()
        theirs.close()
        stack.callback(process.join)
        stack.callback(process.kill)
        out = stack.enter_context(os.fdopen(os.dup(ours.fileno()), encoding="utf-8"))
        stack.enter_context(ours)
        yield _Forked(process, out, err)


class _Begun:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.pid = process.pid
        self._process = process

    def line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def complaints(self) -> str:
        assert self._process.stderr is not None
        return self._process.stderr.read()

    def interrupt(self) -> int:
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(_PATIENCE)


class _Forked:
    def __init__(self, process: ForkServerProcess, out: TextIO, err: Path) -> None:
        assert process.pid is not None
        self.pid = process.pid
        self._process, self._out, self._err = process, out, err

    def line(self) -> str:
        return self._out.readline()

    def complaints(self) -> str:
        return self._err.read_text("utf-8")

    def interrupt(self) -> int:
        os.kill(self.pid, signal.SIGINT)
        self._process.join(_PATIENCE)
        assert self._process.exitcode is not None, "Ctrl-C does not end it"
        return self._process.exitcode


@cache
def _forking() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*_IMPORTED])
    return context


def _run(job: dict[str, Any], out: Connection) -> None:
    sys.exit(run({**job, "out": f"/dev/fd/{out.fileno()}"}))
