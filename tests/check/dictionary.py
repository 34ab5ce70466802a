"""A dictionary of just some words, as files for spylls: the same whichever a machine has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path


def words_of(texts: Iterable[str]) -> list[str]:
    """All words of these texts, as they stand and in small letters."""
    found = set(re.findall(r"[^\W\d_]+", " ".join(texts)))
    return sorted(found | {word.lower() for word in found})


def dictionary(folder: Path, words: list[str]) -> dict[str, str]:
    """Written into a new folder. The environment in which no other is asked, and no hunspell."""
    folder.mkdir()
    (folder / "en_GB.aff").write_text("SET UTF-8\n", "utf-8")
    (folder / "en_GB.dic").write_text("\n".join([str(len(words)), *words, ""]), "utf-8")
    return {"DICPATH": str(folder), "PATH": ""}
