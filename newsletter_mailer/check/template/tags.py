"""The tags of a template's files, and where they stand for the person who wrote them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from newsletter_mailer.check.template.mjml_tags import Tag, tags
from newsletter_mailer.compose.template_text import without_front_matter
from newsletter_mailer.findings import Source
from newsletter_mailer.issue.model import Template


class TemplateFile(NamedTuple):
    """A file of the template. What a kind's front matter says is left out, its lines are not."""

    path: str  #: in the project
    text: str

    @property
    def is_mjml(self) -> bool:
        return self.path.endswith(".mjml")

    def tags(self) -> tuple[Tag, ...]:
        return tags(self.text)

    def place(self, at: int, word: str = "") -> Source:
        """Of a character, or of the word that begins there."""
        line = self.text.count("\n", 0, at) + 1
        column = at - self.text.rfind("\n", 0, at)
        return Source(self.path, line, column, len(word))


class TemplateTag(NamedTuple):
    """A start tag, or something else between < and >, in a file of the template."""

    file: TemplateFile
    tag: Tag

    @property
    def source(self) -> Source:
        return self.file.place(self.tag.start)


def template_tags(template: Template) -> Iterator[TemplateTag]:
    """Every tag of the template's MJML files."""
    for file in template_files(template, ".mjml"):
        for tag in file.tags():
            yield TemplateTag(file, tag)


def template_files(template: Template, *endings: str) -> Iterator[TemplateFile]:
    """Those whose names end so, such as `.mjml`."""
    for name, text in template.texts.items():
        if name.endswith(endings):
            text = without_front_matter(name, text, template)
            yield TemplateFile(f"{template.folder}/{name}", text)
