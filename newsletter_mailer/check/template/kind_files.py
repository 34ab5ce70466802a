"""Where a template's files say what becomes of a field of a kind."""

from __future__ import annotations

import re

from newsletter_mailer.findings import Source
from newsletter_mailer.issue.model import Section, Template
from newsletter_mailer.issue.moments import Moment


def has_text_file(template: Template, section: Section) -> bool:
    """Whether its kind says itself how it reads in plain text."""
    return _name(section) in template.texts


def text_file(template: Template, section: Section, where: str) -> Source:
    """For what plain text lacks: the kind's .txt; without one, where the field lacks a label."""
    if has_text_file(template, section):
        return Source(f"{template.folder}/{_name(section)}")
    return declared(template, section, where)


def declared(template: Template, section: Section, where: str) -> Source:
    """Where a kind's .mjml declares a field; its first line for the text."""
    text = template.texts.get(f"sections/{section.kind.name}.mjml", "")
    found = re.search(rf"^[ \t]+{re.escape(where)}[ \t]*:", text, re.MULTILINE)
    return section.kind.source.at(text.count("\n", 0, found.end()) + 1 if found else 1)


def add_to_text(template: Template, section: Section, where: str) -> str:
    """What to do so that the plain text has a field."""
    if has_text_file(template, section):
        return f"Add {{{{ section.{shown_as(section, where)} }}}} to it."
    file = _name(section)
    return f"Give the field a label, such as {where}: {{..., label: Where}}, or write {file}."


def shown_as(section: Section, where: str) -> str:
    """How a template's file writes the value of a field."""
    if where == "starts":
        return "when"
    return f"{where}.text" if isinstance(section.fields.get(where), Moment) else where


def _name(section: Section) -> str:
    return f"sections/{section.kind.name}.txt"
