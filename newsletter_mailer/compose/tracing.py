"""Where each element of a compiled page was written: found out by composing it once more, marked.

Every tag of the template's files and every block of a section's Markdown gets an attribute that
says its file and line; what stands outermost in a section says which section it is. The marked page
has the same elements in the same order as the page that is mailed, so that its n-th element tells
about the other's n-th. It is made when somebody asks for places, and never mailed.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from lxml import etree

from newsletter_mailer.compose.mjml import parse_mjml
from newsletter_mailer.findings import Source
from newsletter_mailer.issue.model import Section, Template
from newsletter_mailer.lazy_patterns import lazy_pattern

if TYPE_CHECKING:  # loading a parser of Markdown takes a twentieth of a build
    from markdown_it.token import Token

_MARK = "data-at"
#: A component of MJML keeps no foreign attribute; its class it keeps, on the box that it becomes.
_CLASS = "at-"
_OF, _OF_CLASS = "data-of", "of-"  #: the same for the slug of the section
#: Jinja2 and comments, which are left alone; and the beginning of a tag, up to its attributes. Its
#: name may be made by Jinja2: <h{{ section.level }} ...>.
_TAG = lazy_pattern(
    r"\{%.*?%\}|\{#.*?#\}|\{\{.*?\}\}|<!--.*?-->"
    r"|(?P<tag><[a-z](?:[a-z0-9-]|\{\{.*?\}\})*)(?=[\s/>{])",
    re.DOTALL,
)
_MARKED_CLASS = lazy_pattern(rf"(?:^|\s){_CLASS}(\S+?):(\d+)(?=\s|$|-outlook)")
_SECTION_CLASS = lazy_pattern(rf"(?:^|\s){_OF_CLASS}(\S+)")


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
    """Marks the section's Markdown, in place.

    Its lines are those of the section's own tokens. Behind a value that is Markdown itself, such as
    a subject with *emphasis*, they are those of tokens nearby.
    """
    line = 0
    for token, own in zip_longest(tokens, section.tokens[: len(tokens)]):
        line = line if own is None else own.line
        if token.nesting == 1 or token.type in ("hr", "fence", "code_block"):
            _mark(token, section, line)
        children, places = token.children or [], own.children if own else ()
        for child, place in zip_longest(children, places[: len(children)]):
            line = line if place is None else place.line
            if child.nesting == 1 or child.type in ("image", "code_inline"):
                _mark(child, section, line)


def _mark(token: Token, section: Section, line: int) -> None:
    """`line`: of the body, from 0."""
    token.attrSet(_MARK, f"{section.source.file}:{section.body_line + line}")


def mark_fragment(fragment: str, slug: str) -> str:
    """Marks what stands outermost in the MJML of a section with the section's slug."""
    root = parse_mjml(f"<mj-body>{fragment}</mj-body>")
    for outermost in root:
        for element in outermost if outermost.tag == "mj-raw" else [outermost]:
            if isinstance(element.tag, str):
                element.set(_OF, slug)
    return "".join(etree.tostring(element, encoding="unicode") for element in root)


def mark_components(root: etree._Element) -> None:
    """Turns the marks of MJML components into classes, in place."""
    for element in root.iter():
        if not isinstance(element.tag, str) or not element.tag.startswith("mj"):
            continue
        of, at = element.attrib.pop(_OF, None), element.attrib.pop(_MARK, None)
        if _is_in_head(element):
            continue
        classes = [
            prefix + str(mark)
            for prefix, mark in ((_OF_CLASS, of), (_CLASS, at))
            if mark is not None
        ]
        if classes:
            element.set("css-class", " ".join(classes))


def origins(tree: etree._Element, otherwise: Source) -> Iterator[Source]:
    """For each element of a marked page, in order: where it, or what it stands in, was written."""
    found: dict[etree._Element, Source] = {}
    for element in tree.iter():
        if isinstance(element.tag, str):
            parent = element.getparent()
            inherited = otherwise if parent is None else found.get(parent, otherwise)
            source = found[element] = _origin(element) or inherited
            yield source


def sections_in(tree: etree._Element) -> Iterator[str]:
    """For each element of a marked page, in order: the slug of the section that it belongs to.

    Empty for what is the template's own.
    """
    found: dict[etree._Element, str] = {}
    for element in tree.iter():
        if isinstance(element.tag, str):
            parent = element.getparent()
            inherited = "" if parent is None else found.get(parent, "")
            slug = found[element] = _slug(element) or inherited
            yield slug


def _slug(element: etree._Element) -> str | None:
    marked = _SECTION_CLASS.search(element.get("class", ""))
    return element.get(_OF) or (marked[1] if marked else None)


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
