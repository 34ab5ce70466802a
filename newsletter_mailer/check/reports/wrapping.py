"""Breaks a sentence into lines for a terminal."""

from __future__ import annotations

from rich.cells import cell_len


def wrapped(text: str, room: int | None) -> list[str]:
    """Broken at spaces, by the columns that the words take. `room` None: not at all."""
    if room is None:
        return [text]
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and cell_len(lines[-1]) + 1 + cell_len(word) > room:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return lines
