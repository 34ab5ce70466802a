"""Where a template's style sheets say something that was found in a compiled page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter_mailer.findings import Source
from newsletter_mailer.issue.model import Template
from newsletter_mailer.lazy_patterns import lazy_pattern

#: A declared value: up to the end of the declaration, Jinja2's braces and all.
_VALUE = lazy_pattern(r"\s*:\s*((?:\{[{%].*?[%}]\}|[^;{}])*)", re.DOTALL)
_OUTSIDE_STYLES = lazy_pattern(
    r"\A.*?<mj-style[^>]*>|</mj-style>.*?(?:<mj-style[^>]*>|\Z)", re.DOTALL
)
_IMPORTANT = lazy_pattern(r"!\s*important")
_LONG_HEX = lazy_pattern(r"#(\w)\1(\w)\2(\w)\3\b")
_SPACE = lazy_pattern(r"\s+")


class TemplateStyles:
    """The style sheets of a template: its .css files, and what stands in mj-style."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._places: dict[tuple[str, str], Source | None] = {}

    def place(self, name: str, value: str = "") -> Source | None:
        """Where they declare `name: value`, or say `name` where there is no value.

        The very words; else where Jinja2 writes the value; else where the property stands. The
        inliner writes some values in its own way, so that only the property is the same; it may
        also stand in an element then, and is not guessed.
        """
        key = (name, value)
        if key not in self._places:
            self._places[key] = self._place(name, value)
        return self._places[key]

    def _place(self, name: str, value: str) -> Source | None:
        exact, written, near = [], [], []
        before = r"(?<![\w-])" if name[0].isalpha() else ""
        after = r"(?![\w-])" if name[-1].isalnum() else ""
        words = re.compile(f"{before}{re.escape(name)}{after}")
        for file, text in self._sheets():
            for found in words.finditer(text):
                declared = _VALUE.match(text, found.end())
                place = self._source(file, text, found)
                if not value or (declared and _plain(declared[1]) == _plain(value)):
                    exact.append(place)
                elif declared and "{" in declared[1]:
                    written.append(place)
                elif declared:
                    near.append(place)
        if any(name in text for file, text in self._template.texts.items() if _is_mjml(file)):
            near = []
        return next(iter([*exact, *written, *near]), None)

    def _sheets(self) -> Iterator[tuple[str, str]]:
        for file, text in self._template.texts.items():
            if file.endswith(".css"):
                yield file, text
            elif _is_mjml(file) and "<mj-style" in text:
                yield file, _OUTSIDE_STYLES.sub(_blank, text)

    def _source(self, file: str, text: str, found: re.Match[str]) -> Source:
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        return Source(f"{self._template.folder}/{file}", line, column, len(found[0]))


def _is_mjml(file: str) -> bool:
    return file.endswith(".mjml")


def _blank(found: re.Match[str]) -> str:
    return "".join(char if char == "\n" else " " for char in found[0])


def _plain(value: str) -> str:
    """A value as two ways of writing it agree."""
    small = _SPACE.sub("", _IMPORTANT.sub("", value.lower())).replace("'", '"')
    return _LONG_HEX.sub(r"#\1\2\3", small)
