"""Reads one TOML file: issue.toml, newsletter.toml, theme.toml, approval.toml or sent.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any  # values of a TOML table

from newsletter_mailer.files.text_file import text_file
from newsletter_mailer.findings import Finding
from newsletter_mailer.toml_text import parse_toml


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A file's text and table; where it cannot be read both may be empty, and `findings` say why.

    The table's values may be of any TOML type, whatever was meant to stand there.
    """

    text: str  #: line ends as \n
    table: Mapping[str, Any]
    findings: tuple[Finding, ...]


def read_toml(path: Path, file: str) -> TomlFile:
    """The file at `path`, called `file` in findings. Raises nothing: a fault is a finding.

    A link out of its folder is one.
    """
    findings: list[Finding] = []
    text = text_file(path, file, findings, within=path.parent)
    if text is None:
        return TomlFile("", {}, tuple(findings))
    table, broken = parse_toml(text, file)
    return TomlFile(text, table, tuple(broken))
