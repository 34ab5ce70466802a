"""Repetition: what stands twice, within the issue or in an earlier one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter_mailer.check.context.audience_overlap import share_readers
from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.text.passages import Passage
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.lazy_patterns import lazy_pattern

_DOUBLED = lazy_pattern(
    r"(?<![\w'’-])(?P<word>[^\W\d_]+(?:['’]\w+)?)(?P<gap>\s+)(?P<again>(?P=word))(?![\w'’-])",
    re.IGNORECASE,
)
_LONG_PARAGRAPH = 12  #: words from which on a paragraph is not the same by chance
#: A blank line, or the end of the front matter.
_BREAK = lazy_pattern(r"\n[ \t]*\n|(?<=\n)---[ \t]*\n")


@check("doubled-word", Severity.WARNING, each=Passage)
def doubled_word(passage: Passage, ask: Ask) -> Iterator[Finding]:
    """The same word twice in a row, also across the end of a line: "in the the report".

    "had had", "that that" and the like can be right and are information. Names (Baden Baden) and
    words that are doubled on purpose (very very) are left alone.
    """
    meant = ask.context.vocabulary.words("words-doubled-on-purpose")
    may = ask.context.vocabulary.words("words-that-may-double")
    for found in _DOUBLED.finditer(passage.text):
        word, again = found["word"].casefold(), found["again"]
        if word in meant or (again[0].isupper() and found["word"][0].isupper()):
            continue
        yield ask.finding(
            passage.at(*found.span("again")),
            f'"{again}" stands here twice.',
            "Remove one of them, if only one is meant.",
            Severity.INFO if word in may else None,
        )


@check("doubled-text", Severity.WARNING)
def doubled_text(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A paragraph of twelve words or more that stands twice in the issue.

    Sections for different regions or roles may share their words: no reader gets both.
    """
    known: dict[str, list[Passage]] = {}
    for passage in context.passages:
        if passage.section is None or passage.where != "body" or len(passage.text) < 40:
            continue
        words = passage.text.casefold().split()
        if len(words) < _LONG_PARAGRAPH:
            continue
        others = known.setdefault(" ".join(words), [])
        for other in others:
            if other.section is not None and share_readers(other.section, passage.section):
                yield ask.finding(
                    passage.source,
                    f"This paragraph already stands in {other.source.file}, "
                    f"line {other.source.line}.",
                    "Remove one of them, or write what is new here.",
                )
                break
        others.append(passage)


@check("repeated-text", Severity.WARNING)
def repeated_text(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A paragraph of twelve words or more that an earlier issue had, word for word.

    It was probably left over when the issue was begun from the last one. Of several such paragraphs
    in a row the first is told. An event that is announced again is another rule's matter. A
    standing text may say ignore: [repeated-text].
    """
    stood: dict[str, str] = {}
    for earlier in context.earlier:
        for file, text in earlier.sections.items():
            for paragraph, _ in _paragraphs(text):
                stood.setdefault(paragraph, file)
    for section in context.issue.sections if stood else ():
        if section.starts is not None:
            continue
        text = context.issue.files.get(f"{section.slug}.md", b"").decode("utf-8", "replace")
        last = None
        for paragraph, line in _paragraphs(text):
            origin = stood.get(paragraph) if line >= section.body_line else None
            if origin is not None and origin != last:
                yield ask.finding(
                    section.source.at(line),
                    f"This paragraph stood in {origin} already.",
                    "Write what is new, or remove it.",
                )
            last = origin


def _paragraphs(text: str) -> Iterator[tuple[str, int]]:
    """The long paragraphs of a file as they are written, blanks and capitals apart, with lines."""
    line, position = 1, 0
    for gap in [*_BREAK.finditer(text), None]:
        end = gap.start() if gap else len(text)
        words = text[position:end].casefold().split()
        if len(words) >= _LONG_PARAGRAPH:
            yield " ".join(words), line + _leading(text[position:end])
        if gap:
            line += text.count("\n", position, gap.end())
            position = gap.end()


def _leading(paragraph: str) -> int:
    """Blank lines before its first word."""
    return paragraph.count("\n", 0, len(paragraph) - len(paragraph.lstrip()))
