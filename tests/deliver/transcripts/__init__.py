"""Conversations as text: what the server says (S:), what we say (C:), and what comes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from newsletter_mailer.deliver.smtp.replies import Reply, ReplyReader


@dataclass(frozen=True)
class Transcript:
    """A title and its lines, comments left out."""

    title: str
    lines: Sequence[str]

    def __str__(self) -> str:
        return self.title

    def steps(self) -> Iterator[tuple[str, Reply | str]]:
        """What each line is of, and its rest; lines of one reply are one step."""
        reader = ReplyReader()
        for line in self.lines:
            word, _, rest = line.partition(":")
            rest = rest.removeprefix(" ")
            if word != "S":
                assert reader.is_between_replies, f"half a reply before: {line}"
                yield word, rest
            for reply in reader.feed(f"{rest}\r\n".encode() if word == "S" else b""):
                yield word, reply


def transcripts(name: str) -> list[Transcript]:
    text = (Path(__file__).parent / name).read_text("utf-8")
    found = re.findall(r"(?m)^## (.+)\n((?:(?!##).*\n?)*)", text)
    return [
        Transcript(title, [line for line in body.splitlines() if line and line[0] != "#"])
        for title, body in found
    ]
