"""Plain text: what spoils it, and mails that are all pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.page.page import Page
from newsletter_mailer.check.page.visible_text import ComparableText, visible_text
from newsletter_mailer.check.questions.registry import also, check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.text.passages import Passage
from newsletter_mailer.compose.line_wrapping import COLUMNS
from newsletter_mailer.compose.template_text import without_jinja
from newsletter_mailer.findings import Finding, Severity, Source
from newsletter_mailer.issue.merge_text import MergeText
from newsletter_mailer.issue.model import PictureUse, Section
from newsletter_mailer.issue.moments import Moment
from newsletter_mailer.lazy_patterns import lazy_pattern

#: SpamAssassin's HTML_IMAGE_ONLY_04 to _32: characters of words beside pictures.
ENOUGH_WORDS, HARDLY_ANY_WORDS = 3200, 800
_FEW = 5  #: words besides the title that a section with a picture should have

_SEE_HTML = lazy_pattern(
    r"(?:see|view|read|open|display|switch to|look at|click)\b[^.\n]{0,40}\bHTML\b"
    r"|\b(?:view|read|see|open)\b[^.\n]{0,30}\b(?:in|with) (?:a|your) (?:web )?browser\b"
    r"|\bHTML (?:version|e-?mail|message|part|format)\b"
    r"|\b(?:e-?mail|mail) (?:client|program|software|reader|app)\b[^.\n]{0,20}"
    r"\b(?:not|cannot|can't|doesn't|unable)\b[^.\n]{0,20}\b(?:display|show|support|render)",
    re.IGNORECASE,
)
_ENDING, _IN_BRACKETS = r"\.(?:png|jpe?g|gif)", r"[^\]\n]{1,100}?"
#: Left over where a picture stood: by Gmail, Outlook, Word and Apple Mail.
_PICTURE_LITTER = lazy_pattern(
    rf"\[(?:cid:{_IN_BRACKETS}|(?-i:image: ){_IN_BRACKETS}|inline image \d+"
    rf"|(?:embedded image|image removed by sender)(?:{_IN_BRACKETS})?"
    rf"|(?:image|img|picture)\s?\d*{_ENDING}|image:{_IN_BRACKETS}{_ENDING}"
    rf"|https?://[^\]\s]{{1,300}}{_ENDING})\]"
    r"|(?:\[?\b(?:a|an) [^\[\]\n.]{1,100})?(?:description automatically generated"
    r"|AI-generated content may be incorrect\.)(?: with [a-z]+ confidence)?\]?"
    rf"|<image\d+{_ENDING}>",
    re.IGNORECASE,
)
_JINJA = lazy_pattern(r"\{[{%#].*?[}%#]\}")
#: What no line end may stand in: web and mail addresses, and words as long as these.
_UNBROKEN = lazy_pattern(r"\S*(?:://|mailto:|tel:|@)\S*|\S{40,}")


@check("see-html-version", Severity.WARNING)
def see_html_version(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A .txt file of the template that sends readers of the plain text to the HTML.

    They see the plain text because they cannot, or do not want to, see the HTML: "See the HTML
    version" leaves them with nothing, and spam filters count it. Write the text itself.
    """
    for place, words in _in_text_files(context, _SEE_HTML):
        yield ask.finding(
            place,
            f'"{words}" sends readers of the plain text to what they do not see.',
            "Write the text itself there: {{ section.body }}.",
        )


@check("text-line-length", Severity.WARNING, each=Page)
def text_line_length(page: Page, ask: Ask) -> Iterator[Finding]:
    """A line of the plain text of more than 78 characters (RFC 5322, section 2.1.1).

    Mail programs break it anywhere, or not at all. Texts are broken by themselves; only a .txt
    file of the template, code, or a line of the postal address can be too long. Addresses of web
    pages cannot be broken and are left alone, and so is what the values of fields make longer.
    """
    context = ask.context
    for line in page.compiled.words({}, {}).splitlines():
        if len(line) > COLUMNS and _can_be_broken(line, context) and ask.is_first(line):
            place, hint = _of_line(context, page, line)
            yield ask.finding(
                place,
                f"A line of the plain text has {len(line)} characters; {COLUMNS} fit: "
                f'"{line.strip()[:40]}..."',
                hint,
            )


@check("picture-litter", Severity.WARNING, each=Passage)
def picture_litter(passage: Passage, ask: Ask) -> Iterator[Finding]:
    """What is left of a picture in text that was copied from a mail or from Word.

    Such as [cid:image001.png@01DA2B3C], [image: logo.png], [Image removed by sender.] or
    "Description automatically generated". Readers see it as it stands, in both parts. It is looked
    for in what you write, and in the .txt files of the template.
    """
    for found in _PICTURE_LITTER.finditer(passage.text):
        yield _litter(ask, passage.at(*found.span()), found[0])


@also("picture-litter", each=CheckContext)
def picture_litter_of_template(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    for place, words in _in_text_files(context, _PICTURE_LITTER):
        yield _litter(ask, place, words)


@check("image-only", Severity.WARNING, each=Section)
def image_only(section: Section, ask: Ask) -> Iterator[Finding]:
    """A section that is a picture and hardly a word, or pictures with few words in a whole mail.

    A flyer or poster as a picture says nothing to readers whose pictures are off (Outlook's
    usual), who listen, or who search their mail. SpamAssassin counts up to 2.8 points for pictures
    with fewer than 3,200 characters of words (HTML_IMAGE_ONLY); below 800 it is a warning here,
    from there on information. Pictures of the template alone, such as its masthead, are no matter.
    """
    if _has_pictures(section) and _words_of(ask.context, section) < _FEW:
        yield ask.finding(
            _picture_of(ask.context, section),
            "The section is a picture and hardly any words.",
            "Say in words what the picture says: what, when, where, for whom.",
        )


@also("image-only", each=CheckContext)
def images_and_few_words(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    bare = [
        (len(" ".join(visible_text(page.body).split())), page)
        for page in context.pages
        if any(map(_has_pictures, page.variant.sections)) and len(page.text) < 2 * ENOUGH_WORDS
    ]
    if bare and min(bare, key=lambda one: one[0])[0] < ENOUGH_WORDS:
        count, page = min(bare, key=lambda one: one[0])
        yield ask.finding(
            context.issue.source,
            f"The version {page.variant.id} has pictures and only {count:,} characters of words; "
            f"spam filters like to see {ENOUGH_WORDS:,}.",
            "Say more in words, or leave a picture out.",
            None if count < HARDLY_ANY_WORDS else Severity.INFO,
        )


def _in_text_files(context: CheckContext, pattern: re.Pattern[str]) -> Iterator[tuple[Source, str]]:
    """Where the template's .txt files have such words, outside Jinja2; and the words."""
    for name, text in context.template.texts.items():
        if name.endswith(".txt"):
            file = Source(f"{context.template.folder}/{name}")
            for number, line in enumerate(without_jinja(text).split("\n"), 1):
                for found in pattern.finditer(line):
                    yield file.at(number, found.start() + 1, len(found[0])), found[0]


def _litter(ask: Ask, place: Source, words: str) -> Finding:
    shown = words if len(words) <= 60 else f"{words[:57]}..."
    return ask.finding(
        place,
        f'"{shown}" is left over from a picture that was copied along.',
        "Remove it; put a picture that is meant into images/: ![What it shows](images/x.png).",
    )


def _has_pictures(section: Section) -> bool:
    """Shown ones: a portrait beside a letter is one too."""
    return bool(section.pictures) or any(
        isinstance(value, PictureUse) for value in section.fields.values()
    )


def _picture_of(context: CheckContext, section: Section) -> Source:
    return next((alt.source for alt in context.alts if alt.section is section), section.source)


def _words_of(context: CheckContext, section: Section) -> int:
    """How many it has besides its title."""
    return sum(
        len(ComparableText(passage.text).words)
        for passage in context.passages
        if passage.section is section
        and passage.where != "title"
        and not passage.where.endswith("_alt")
    )


def _can_be_broken(line: str, context: CheckContext) -> bool:
    """Whether it was too long already when lines were broken; values of fields came later."""
    rest = _UNBROKEN.sub("", line)
    for value in (context.settings.name, Moment(context.issue.date).date_text):
        rest = rest.replace(value, "")
    return len(rest) > COLUMNS


def _of_line(context: CheckContext, page: Page, line: str) -> tuple[Source, str]:
    """Where a line of the plain text comes from, and what to do about it."""
    words = line.strip()
    for section in page.variant.sections:
        for token in section.tokens:
            if token.type in ("fence", "code_block") and words in token.content:
                first = section.body_line + token.line
                before = token.content.count("\n", 0, token.content.find(words))
                place = section.source.at(first + before + (token.type == "fence"))
                return place, "Break the line."
    if words in context.settings.postal_address:
        return context.settings.source("postal_address"), "Write it in several lines."
    for section in page.variant.sections:
        name = f"sections/{section.kind.name}.txt"
        number = _line_of(context.template.texts.get(name, ""), section, words)
        if number:
            file = Source(f"{context.template.folder}/{name}")
            return file.at(number), f"Break it: {{{{ ... | wordwrap({COLUMNS}) }}}}."
    return context.template_source, "Break it."


def _line_of(text: str, section: Section, words: str) -> int:
    """The line of a section's .txt that such words may come from; 0 if none does."""
    shown = [
        name
        for name, value in section.fields.items()
        if isinstance(value, MergeText) and _stand_in(value.plain(), words)
    ]
    for number, line in enumerate(text.split("\n"), 1):
        pieces = _JINJA.split(line)
        if any(_stand_in(piece, words) for piece in pieces) or any(
            re.search(rf"\{{\{{[^}}]*\bsection\.{name}\b", line) for name in shown
        ):
            return number
    return 0


def _stand_in(piece: str, words: str) -> bool:
    """Whether words begin or go on as a piece does that is long enough to tell."""
    piece = piece.strip()[:40]
    return len(piece) >= 12 and piece in words
