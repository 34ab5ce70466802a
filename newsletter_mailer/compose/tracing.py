"""Where each element of a compiled page was written: found out by composing it once more, marked.

Every tag of the template's files and every block of a section's Markdown gets an attribute that
says its file and line. The marked page has the same elements in the same order as the page that is
mailed, so that its n-th element tells about the other's n-th. It is made only when a fault was
found, and never mailed.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence

from lxml import etree
from markdown_it.token import Token

from newsletter_mailer.findings import Source
from newsletter_mailer.issue.model import Section, Template

_MARK = "data-at"
#: A component of MJML keeps no foreign attribute; its class it keeps, on the box that it becomes.
_CLASS = "at-"
#: Jinja2 and comments, which are left alone; and the beginning of a tag, up to its attributes. Its
#: name may be made by Jinja2: <h{{ section.level }} ...>.
_TAG = re.compile(
    r"\{%.*?%\}|\{#.*?#\}|\{\{.*?\}\}|<!--.*?-->"
    r"|(?P<tag><[a-z](?:[a-z0-9-]|\{\{.*?\}\})*)(?=[\s/>{])",
    re.DOTALL,
)
_MARKED_CLASS = re.compile(rf"(?:^|\s){_CLASS}(\S+?):(\d+)(?=\s|$|-outlook)")


def marked_template(template: Template) -> Template:
    """The template with a mark in each tag of its MJML files."""
    kinds = {
        name: dataclasses.replace(
            kind,
            template=_marked(kind.template, f"sections/{name}.mjml", kind.template_line, template),
        )
        for name, kind in template.kinds.items()
    }
    texts = {
        name: _marked(text, name, 1, template) if name.endswith(".mjml") else text
        for name, text in template.texts.items()
    }
    return dataclasses.replace(template, texts=texts, kinds=kinds)


def mark_tokens(section: Section, tokens: Sequence[Token]) -> None:
    """Marks the section's Markdown, in place."""
    for token in tokens:
        line = section.body_line + (token.map[0] if token.map else 0)
        if token.nesting == 1 or token.type in ("hr", "fence", "code_block"):
            token.attrSet(_MARK, f"{section.source.file}:{line}")
        for child in token.children or []:
            if child.nesting == 1 or child.type in ("image", "code_inline"):
                child.attrSet(_MARK, f"{section.source.file}:{line}")
            line += child.type in ("softbreak", "hardbreak")


def mark_components(root: etree._Element) -> None:
    """Turns the marks of MJML components into classes, in place."""
    for element in root.iter():
        if not isinstance(element.tag, str) or not element.tag.startswith("mj"):
            continue
        at = element.attrib.pop(_MARK, None)
        if at is not None and not _is_in_head(element):
            element.set("css-class", _CLASS + str(at))


def origins(tree: etree._Element, otherwise: Source) -> Iterator[Source]:
    """For each element of a marked page, in order: where it, or what it stands in, was written."""
    found: dict[etree._Element, Source] = {}
    for element in tree.iter():
        if isinstance(element.tag, str):
            parent = element.getparent()
            inherited = otherwise if parent is None else found.get(parent, otherwise)
            source = found[element] = _origin(element) or inherited
            yield source


def _origin(element: etree._Element) -> Source | None:
    at = element.get(_MARK)
    if at is not None:
        file, _, line = at.rpartition(":")
        return Source(file, int(line))
    marked = _MARKED_CLASS.search(element.get("class", ""))
    return Source(marked[1], int(marked[2])) if marked else None


def _is_in_head(element: etree._Element) -> bool:
    return element.tag in ("mjml", "mj-head") or any(
        ancestor.tag == "mj-head" for ancestor in element.iterancestors()
    )


def _marked(text: str, name: str, first_line: int, template: Template) -> str:
    """The text with a mark in each tag that stands outside Jinja2 and comments."""

    def mark(found: re.Match[str]) -> str:
        if found["tag"] is None:
            return found[0]
        line = first_line + text.count("\n", 0, found.start())
        return f'{found[0]} {_MARK}="{template.folder}/{name}:{line}"'

    return _TAG.sub(mark, text)
