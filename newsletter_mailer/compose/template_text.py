"""A template's files as texts, read and not rendered."""

from __future__ import annotations

import re

from newsletter_mailer.issue.model import Template

#: Stands where a template writes a value. It may also be part of a tag's name: <h{{ level }}>.
BLANK = "\ufffc"

_JINJA = re.compile(r"\{%.*?%\}|\{#.*?#\}|\{\{.*?\}\}", re.DOTALL)
_NO_LINE_END = re.compile(r"[^\n]")


def without_jinja(source: str) -> str:
    """Jinja2's marks blanked out, so that every character keeps its line and column.

    Where a value would stand, there is BLANK; statements and comments are spaces.
    """

    def blank(found: re.Match[str]) -> str:
        filler = BLANK if found[0].startswith("{{") else " "
        return _NO_LINE_END.sub(filler, found[0])

    return _JINJA.sub(blank, source)


def without_front_matter(name: str, text: str, template: Template) -> str:
    """A kind's declaration becomes empty lines, so that line numbers stay true."""
    for kind in template.kinds.values():
        if name == f"sections/{kind.name}.mjml":
            return "\n" * (kind.template_line - 1) + kind.template
    return text
