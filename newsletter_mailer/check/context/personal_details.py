"""What an issue says about single persons, and where: in texts, alternative texts and links."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import unquote

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.english.personal_data import Kind, Personal, personal_data
from newsletter_mailer.check.english.vocabulary import Vocabulary
from newsletter_mailer.check.text.passages import Passage
from newsletter_mailer.check.text.written_alts import Alt
from newsletter_mailer.check.text.written_links import Link
from newsletter_mailer.findings import Source
from newsletter_mailer.issue.merge_text import MergeText


class PersonalDetail(NamedTuple):
    """A telephone number, a date of birth and the like. Its place is looked up when asked for."""

    kind: Kind
    find: Callable[[], Source]

    @property
    def source(self) -> Source:
        return self.find()


def personal_details(context: CheckContext) -> Iterator[PersonalDetail]:
    """Everything about persons in the issue."""
    vocabulary = context.vocabulary
    for passage in context.passages:
        for one in personal_data(passage.text, vocabulary):
            yield PersonalDetail(one.kind, _in_passage(passage, one))
    for alt in context.alts:
        for one in personal_data(alt.words, vocabulary):
            yield PersonalDetail(one.kind, _at(_within(alt, one)))
    for section in context.issue.sections:
        for name, value in section.fields.items():
            spec = section.kind.fields.get(name)
            if spec is not None and spec.type == "email" and isinstance(value, MergeText):
                place = section.source.at(section.field_lines.get(name, 1))
                for one in personal_data(value.plain(), vocabulary):
                    yield PersonalDetail(one.kind, _at(place))
    for link in context.links:
        for one in _reached_by(link, vocabulary):
            yield PersonalDetail(one.kind, _at(link.source))


def _in_passage(passage: Passage, one: Personal) -> Callable[[], Source]:
    return lambda: passage.at(one.start, one.end)


def _at(source: Source) -> Callable[[], Source]:
    return lambda: source


def _within(alt: Alt, one: Personal) -> Source:
    if not alt.source.column:
        return alt.source
    return alt.source.at(alt.source.line, alt.source.column + one.start, one.end - one.start)


def _reached_by(link: Link, vocabulary: Vocabulary) -> Iterator[Personal]:
    """Whom a link writes or rings to, if its words do not say so already."""
    scheme, _, rest = link.target.partition(":")
    if scheme.lower() not in ("mailto", "tel"):
        return
    said = {one.kind for one in personal_data(link.words, vocabulary)}
    for one in personal_data(unquote(rest.partition("?")[0]), vocabulary):
        if one.kind not in said:
            yield one
