"""Inbox: what readers see before they open it, the subject and the preheader."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.text.passages import Passage
from newsletter_mailer.compose.compiled import filled
from newsletter_mailer.compose.sample_reader import sample_values
from newsletter_mailer.compose.slots import Slots
from newsletter_mailer.findings import Finding, Severity, Source
from newsletter_mailer.issue.merge_text import MergeField, MergeText
from newsletter_mailer.lazy_patterns import lazy_pattern
from newsletter_mailer.toml_text import line_of

SUBJECT_FITS, SUBJECT_FITS_A_PHONE = 60, 40
PREHEADER_FITS = range(40, 111)
_LOUD = 0.7  #: of a subject's letters
_FEWEST_LETTERS = 10  #: of a subject that can be loud
_LONGEST_ACRONYM = 5  #: letters
_SHORTEST_REPEAT = 20  #: characters; fewer are alike by chance, such as a title "Welcome"

#: A text of a TOML file, and where its value begins.
_VALUE = lazy_pattern(r"""\s*["']?\w+["']?\s*=\s*("{3}|'{3}|["'])(.*?)\1""")
_FIELD = lazy_pattern(r"\{\{-?\s*([\w.]+)[^}]*\}\}")
_REPLY = lazy_pattern(r"\s*(?P<prefix>(?:re|fwd?|aw|wg)\s*:)", re.IGNORECASE)
_MARKS = lazy_pattern(r"[!?]{2,}")
_WORD = lazy_pattern(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_BLANKS = lazy_pattern(r"\s+")


@check("preheader", Severity.WARNING)
def preheader(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """No preheader: inboxes then show whatever text comes first."""
    if context.issue.preheader.is_empty:
        yield ask.finding(
            _place(context, "preheader"),
            "The issue has no preheader, the line that inboxes show after the subject.",
            'Add preheader = "..." with 40 to 110 characters.',
        )


@check("preheader-length", Severity.WARNING)
def preheader_length(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A preheader of less than 40 characters, or more than 110.

    Inboxes fill a short one up with whatever text comes next, and cut a long one off. Measured
    with the longest value of each merge field; without the lists, with a made-up reader's.
    """
    if context.issue.preheader.is_empty:
        return
    length = len(_filled(context, "preheader"))
    if length not in PREHEADER_FITS:
        is_short = length < PREHEADER_FITS.start
        yield ask.finding(
            _place(context, "preheader"),
            f"The preheader has {length} characters; "
            + ("inboxes have room for 40 to 110." if is_short else "inboxes show 110 at most."),
            "Say more of what the subject does not."
            if is_short
            else "Shorten it, or put the best of it first.",
        )


@check("preheader-repeats", Severity.WARNING)
def preheader_repeats(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A preheader that says again what the subject, the first title or the last issue said.

    Readers see the subject and the preheader side by side, and the first title right below. One
    that merely begins with the same few words is left alone.
    """
    issue = context.issue
    said = _filled(context, "preheader")
    first = issue.sections[0].title.plain() if issue.sections else ""
    for what, text in (("the subject", _filled(context, "subject")), ("the first title", first)):
        if _repeats(said, text):
            yield ask.finding(
                _place(context, "preheader"),
                f"The preheader repeats {what}.",
                "Say what the subject does not: it is the second line that readers see.",
            )
    if context.earlier and _is_same(issue.preheader, context.earlier[0].preheader):
        yield ask.finding(
            _place(context, "preheader"),
            f"The preheader is that of issue {context.earlier[0].id}.",
            "Say what is new in this issue.",
        )


@check("subject-length", Severity.WARNING)
def subject_length(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A subject of more than 60 characters, which most inboxes cut off.

    Above 40 it is information: phones show about as many. Measured with the longest value of each
    merge field; without the lists, with a made-up reader's.
    """
    length = len(_filled(context, "subject"))
    if length > SUBJECT_FITS_A_PHONE:
        is_long = length > SUBJECT_FITS
        yield ask.finding(
            _place(context, "subject"),
            f"The subject has {length} characters; "
            + ("most inboxes show about 60." if is_long else "a phone shows about 40."),
            "Put what matters first; the preheader has room for the rest.",
            None if is_long else Severity.INFO,
        )


@check("shouting-subject", Severity.WARNING)
def shouting_subject(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A subject in capitals, or with exclamation or question marks in a row.

    It reads as shouting, and spam filters count it (SpamAssassin: SUBJ_ALL_CAPS, PLING_QUERY).
    Acronyms do no harm: at least seven letters in ten must be capitals, and a word longer than
    acronyms are must be among them, or no small letter at all.
    """
    passage = _passage(context, "subject")
    if passage is None:
        return
    if _is_loud(passage.text, {*context.settings.check.acronyms, *context.issue.check.acronyms}):
        yield ask.finding(
            _place(context, "subject"),
            "The subject is written in capitals.",
            "Write it as a sentence.",
        )
    marks = _MARKS.search(passage.text)
    if marks:
        yield ask.finding(
            passage.at(marks.start(), marks.end()),
            f'"{marks[0]}" stands in the subject.',
            "One mark is enough; none is calmer.",
        )


@check("reply-subject", Severity.WARNING)
def reply_subject(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A subject that begins with Re: or Fwd:, as if it answered somebody.

    Readers feel misled, and spam filters count it where there is nothing that it answers.
    """
    passage = _passage(context, "subject")
    begins = _REPLY.match(passage.text) if passage else None
    if passage and begins:
        yield ask.finding(
            passage.at(begins.start("prefix"), begins.end()),
            f'The subject begins with "{begins["prefix"]}", as a reply or a forwarded mail does.',
            "Begin with what the issue is about.",
        )


@check("repeated-subject", Severity.WARNING)
def repeated_subject(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """The subject of the last issue once more.

    Gmail then shows both issues as one conversation, and readers think that they know it already.
    A subject that names {{ issue.date }} or {{ issue.id }} is never the same.
    """
    if context.earlier and _is_same(context.issue.subject, context.earlier[0].subject):
        yield ask.finding(
            _place(context, "subject"),
            f"Issue {context.earlier[0].id} had the same subject.",
            "Say what is new in this issue.",
        )


def _passage(context: CheckContext, where: str) -> Passage | None:
    return next((one for one in context.passages if one.where == where), None)


def _place(context: CheckContext, where: str) -> Source:
    """Where the text of a setting of issue.toml stands; line 1 if it is missing."""
    passage = _passage(context, where)
    if passage is None:
        text = context.issue.files.get("issue.toml", b"").decode("utf-8", "replace")
        return context.issue.source.at(line_of(text, where))
    if not 0 < passage.source.line <= len(passage.written):
        return passage.source
    found = _VALUE.match(passage.written[passage.source.line - 1])
    if not found:
        return passage.source
    return passage.source.at(passage.source.line, found.start(2) + 1, len(found[2]))


def _filled(context: CheckContext, where: str) -> str:
    """The subject or preheader with the longest values, as a reader may see it."""
    pieces = _pieces(context, where)
    fields = [piece for piece in pieces if not isinstance(piece, str)]
    known = {name: value for name, value in context.longest_values.items() if value}
    return filled(pieces, {**sample_values(fields), **known}, {}).strip()


def _pieces(context: CheckContext, where: str) -> Sequence[str | MergeField]:
    for compiled in context.compiled:
        return compiled.subject if where == "subject" else compiled.preheader
    issue = context.issue  # nothing could be composed
    slots = Slots(issue, context.template, context.settings, content_hash="")
    return slots.in_line(issue.subject if where == "subject" else issue.preheader)


def _is_loud(text: str, acronyms: set[str]) -> bool:
    words = [word for word in _WORD.findall(text) if word not in acronyms]
    letters = [letter for word in words for letter in word if letter.isupper() or letter.islower()]
    capitals = sum(map(str.isupper, letters))
    if len(letters) < _FEWEST_LETTERS or capitals < _LOUD * len(letters):
        return False
    return capitals == len(letters) or any(
        word.isupper() and len(word) > _LONGEST_ACRONYM for word in words
    )


def _repeats(said: str, other: str) -> bool:
    """Whether one says the whole of the other, and perhaps goes on."""
    short, long = sorted((_folded(said), _folded(other)), key=len)
    if short == long:
        return bool(short)
    is_telling = len(short) >= _SHORTEST_REPEAT
    return is_telling and long.startswith(short) and not long[len(short)].isalnum()


def _is_same(text: MergeText, earlier: str) -> bool:
    """Whether an earlier issue's raw text says the same."""
    ours = _folded(text.plain())
    theirs = _folded(_FIELD.sub(r"{{ \1 }}", earlier))
    return bool(ours) and "{{ issue." not in ours and ours == theirs


def _folded(text: str) -> str:
    return _BLANKS.sub(" ", text).strip(" .!?\u2026").casefold()
