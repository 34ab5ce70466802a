"""Standard streams that fail, or that are written to while they are being written to."""

from __future__ import annotations

import io

import pytest
from typer import echo

from newsletter_mailer.cli.terminal.standard_streams import Watched


class Interrupted(io.StringIO):
    """A signal comes while it is used, and its handler has something to say."""

    def __init__(self, at: str) -> None:
        super().__init__()
        self.at, self.watched = at, Watched(self, lambda fault: None)
        self.is_used = False

    def write(self, text: str) -> int:
        self._use("write")
        written = super().write(text)
        self.is_used = False
        return written

    def flush(self) -> None:
        self._use("flush")
        self.is_used = False

    def _use(self, how: str) -> None:
        if self.is_used:
            raise RuntimeError("reentrant call")  # as io.BufferedWriter
        self.is_used = True
        if how == self.at:
            self.at = ""
            echo("Stopping.", file=self.watched)  # type: ignore[arg-type]


@pytest.mark.parametrize("at", ["write", "flush"])
def test_what_a_signals_handler_says_follows(at: str) -> None:
    stream = Interrupted(at)

    echo("Waiting until nine.", file=stream.watched)  # type: ignore[arg-type]
    echo("The end.", file=stream.watched)  # type: ignore[arg-type]

    assert sorted(stream.getvalue().splitlines()) == sorted(
        ["Waiting until nine.", "Stopping.", "The end."]
    )


class Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_octets_are_refused_also_after_a_failure() -> None:
    """Else click takes it for a stream of octets, and makes one of text around it."""
    faults: list[OSError] = []
    watched = Watched(Full(), faults.append)
    for _ in range(3):
        echo("Words.", file=watched)  # type: ignore[arg-type]

    assert faults
    with pytest.raises(TypeError):
        watched.write(b"")  # type: ignore[arg-type]
