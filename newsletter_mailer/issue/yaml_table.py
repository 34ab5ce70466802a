"""YAML 1.2, read as texts with their lines.

Everything is text until a kind's declared field type says what it is: no `no` that becomes False,
no version that becomes a number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from newsletter_mailer.characters.invisible import unmailable
from newsletter_mailer.findings import Finding, Source, error

if TYPE_CHECKING:
    from newsletter_mailer.issue.front_matter import Value

_LONGEST = 64 * 1024  #: characters of front matter
_DEEPEST = 6
_MOST_BRACKETS = 50  #: open at once; the parser takes 4 s for 10,000, and far fewer mean a slip
_STANDARD_TAG = "tag:yaml.org,2002:"
_OWN_TAGS = frozenset(
    {"bool", "float", "int", "map", "merge", "null", "seq", "str", "timestamp", "value"}
)


@dataclass(frozen=True, slots=True)
class YamlTable:
    """The values, the line of every key by its path, and what is wrong."""

    values: dict[str, Value] = field(default_factory=dict)
    lines: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def read_yaml(text: str, source: Source) -> YamlTable:
    """`source`: the first line."""
    if len(text) > _LONGEST:
        return _broken(source, "The front matter is longer than 64 KB.", "Shorten it.")
    if found := unmailable(text):
        character, at = found
        return _broken(
            source.at(source.line + text.count("\n", 0, at)),
            f"The front matter holds an invisible control character ({character}).",
            "Delete it, and type the words around it again.",
        )
    if _brackets_open_at_once(text) > _MOST_BRACKETS:
        return _broken(source, "The front matter is nested too deeply to read.", "Flatten it.")
    try:
        root = _nodes(text)
        if root is None:
            return YamlTable()
        reader = _Reader(source)
        values = reader.value(root, ())
    except MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        line = source.line + (mark.line if mark else 0)
        what = (fault.problem or "it cannot be read").replace("\n", " ")
        return _broken(
            source.at(line),
            f"The front matter is not valid YAML: {what}.",
            'A line reads "key: value"; a value that holds ": " or begins with a sign such as '
            '[ { @ or * needs "quotes".',
        )
    except (YAMLError, ValueError) as fault:
        return _broken(
            source, f"The front matter is not valid YAML: {str(fault).splitlines()[0]}.", ""
        )
    except RecursionError:
        return _broken(source, "The front matter is nested too deeply to read.", "Flatten it.")
    if not isinstance(values, dict):
        return _broken(
            source, "The front matter is not made of key: value lines.", "Write key: value."
        )
    return YamlTable(values, reader.lines, reader.findings)


def _nodes(text: str) -> Node | None:
    """What YAML makes of it. Raises YAMLError."""
    root: Node | None = YAML(typ="safe", pure=True).compose(text)
    return root


def _broken(source: Source, message: str, hint: str) -> YamlTable:
    return YamlTable(findings=[error("front-matter", source, message, hint)])


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.lines: dict[tuple[str, ...], int] = {}
        self.findings: list[Finding] = []

    def value(self, node: Node, path: tuple[str, ...]) -> Value:
        line = self.source.line + node.start_mark.line
        self.lines.setdefault(path, line)
        if len(path) > _DEEPEST:
            self.wrong(line, "The front matter is nested too deeply.")
            return ""
        if node.anchor is not None:
            self.wrong(
                line,
                "Anchors and aliases (& and *) are not possible here.",
                'Write the value out; a text that begins with & or * needs "quotes".',
            )
            return ""
        if not _is_plain(node):
            self.wrong(
                line,
                f"The tag {node.ctag or node.tag} is not possible here.",
                'Write the value alone; a text that begins with ! needs "quotes".',
            )
            return ""
        if isinstance(node, ScalarNode):
            if found := unmailable(str(node.value)):
                self.wrong(line, f"This holds an invisible control character ({found[0]}).")
                return ""
            is_null = node.style is None and node.value in ("~", "null", "Null", "NULL")
            return "" if is_null else str(node.value)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, str(index))) for index, item in enumerate(node.value)]
        if isinstance(node, MappingNode):
            table: dict[str, Value] = {}
            for key_node, value_node in node.value:
                key = str(key_node.value) if isinstance(key_node, ScalarNode) else ""
                at = self.source.line + key_node.start_mark.line
                if not key:
                    self.wrong(at, "A key of the front matter is not a word.")
                    continue
                if key in table:
                    self.wrong(at, f'"{key}" stands twice in the front matter.')
                    continue
                self.lines[(*path, key)] = at
                table[key] = self.value(value_node, (*path, key))
            return table
        raise ValueError("it holds something that is neither text, list nor table")

    def wrong(self, line: int, message: str, hint: str = "") -> None:
        self.findings.append(error("front-matter", self.source.at(line), message, hint))


def _is_plain(node: Node) -> bool:
    """Whether the node has no tag but those that YAML itself gives to texts, lists and tables."""
    tag = str(node.tag or "")
    return tag.startswith(_STANDARD_TAG) and tag.removeprefix(_STANDARD_TAG) in _OWN_TAGS


def _brackets_open_at_once(text: str) -> int:
    most = opened = 0
    for found in re.finditer(r"[\[\]{}]", text):
        opened = opened + 1 if found[0] in "[{" else max(0, opened - 1)
        most = max(most, opened)
    return most
