"""Words: what is unfinished, left over or lacks its other half."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.context.template_words import template_words
from newsletter_mailer.check.english.pairing import Unpaired, unpaired
from newsletter_mailer.check.questions.registry import also, check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.text.passages import Passage
from newsletter_mailer.check.text.written_lines import placed_tokens
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.issue.model import Section
from newsletter_mailer.lazy_patterns import lazy_pattern
from newsletter_mailer.links import LINKS

_MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
#: Words in square brackets that ask for others; not "[your] team" or "[...]" in a quotation.
_TO_FILL_IN = (
    r"(?<!\[)\[\s*(?i:(?:insert|enter|add|write|put|fill in|tbc|tba)\b[^\[\]\n]{0,60}"
    r"|(?:your|event|speaker|first|last|full|job|contact) [\w ,/-]{0,20}"
    r"\b(?:name|title|date|time|venue|place|details|organisation|text|link)\b[^\[\]\n]{0,40}"
    r"|(?:name|date|time|venue|place|title|link|url|e-?mail|phone|number|amount|text)"
    r"(?: (?:here|of|to|and|tbc)\b[^\[\]\n]{0,60})?"
    r"|xx+|\?+)\s*\]"
)
_UNFINISHED = lazy_pattern(
    rf"{_TO_FILL_IN}"
    r"|\b(?:TODO|FIXME|XXX+)\b|(?i:\blorem ipsum\b|\bdolor sit amet\b)"
    r"|\b(?:XX|DD|dd)[/.](?:XX|MM|mm)(?:[/.](?:XX|YY|yy|XXXX|YYYY|yyyy))?\b"
    rf"|\bXX?:XX\b|[£€]X+\b|\bXX\b(?= {_MONTH}\b)"
)
_OPEN = lazy_pattern(
    r"\bT\.?B\.?[CA]\b(?!-)|\btbc\b|(?i:\bdetails\s+to\s+follow\b"
    r"|(?<!\bneed\s)(?<!\bneeds\s)(?<!\bhas\s)(?<!\bhave\s)(?<!\bhad\s)"
    r"\bto\s+be\s+(?:confirmed|announced)\b(?=\s*(?:[.,;:!)]|\Z)))"
)
#: Where a value was to be put by another tool (Mailchimp, Campaign Monitor, Salesforce, Word,
#: Outlook, GOV.UK Notify), or by ours. In a body *|FNAME|* is |FNAME| in italics.
_MERGE_CODE = lazy_pattern(
    r"\*\|[A-Z0-9_:/ ]{1,40}\|\*|\|[A-Z][A-Z0-9_:]{2,40}\|"
    r"|%%[\w. ]{1,40}%%|(?<![\w%])%[A-Z][A-Z_]{2,40}%(?![\w%])|##\w{1,40}##|\$\$\w{1,40}\$\$"
    r"|\[\[[\w. ]{1,40}\]\]|\{![\w.]{1,40}\}"
    r"|«[A-Z][\w ]{0,40}»|<<\w[\w ]{0,40}(?<! )>>|\(\([\w ]{1,40}\)\)|\$\{[\w.]{1,40}\}"
    r"|\{\{|\}\}|\{%|%\}"
    r"|\[(?:firstname|lastname|fullname|first_name|last_name)(?:,[^\]]*)?\]"
    r"|\{(?:first|last|full)[ _-]?name\}|\bnlq[0-9a-f]{8}x\d+z"
)
#: A merge field that was put in `code` and is shown as it stands.
_FIELD_IN_CODE = lazy_pattern(
    rf"\{{\{{\s*(?:(?:subscriber|issue|newsletter)\.\w+|{'|'.join(link.field for link in LINKS)})"
)


@check("unfinished-text", Severity.ERROR, each=Passage)
def unfinished_text(passage: Passage, ask: Ask) -> Iterator[Finding]:
    """Something that was to be filled in: TODO, XXX, lorem ipsum, [insert date], XX/XX, £X.

    It is looked for in texts, the subject and the preheader, not in `code`. TBC, TBA
    and "to be confirmed" are a warning: an event whose date is open says starts: tbc, which is not
    meant here.
    """
    for found in _UNFINISHED.finditer(passage.text):
        yield ask.finding(
            passage.at(*found.span()),
            f'"{found[0]}" stands here: the text is not finished.',
            "Write the text, or remove what is not needed.",
        )
    for found in _OPEN.finditer(passage.text):
        yield ask.finding(
            passage.at(*found.span()),
            f'"{found[0]}" stands here: something is still open.',
            "Write it if it is known by now; otherwise say when readers will learn it.",
            Severity.WARNING,
        )


@check("leftover-code", Severity.ERROR, each=Passage)
def leftover_code(passage: Passage, ask: Ask) -> Iterator[Finding]:
    """A merge code that readers would see: *|FNAME|*, %%first%%, [[name]], stray {{ or {%.

    It came along with a text from another tool. Here a reader's value is written
    {{ subscriber.first_name | default("colleague") }}, and not between `back quotes`: what stands
    there is shown as it is, which is a warning.
    """
    for found in _MERGE_CODE.finditer(passage.text):
        yield ask.finding(
            passage.at(*found.span()),
            f'Readers would see "{found[0]}".',
            'Write {{ subscriber.first_name | default("colleague") }}, or remove it.',
        )


@also("leftover-code", each=Section)
def field_in_code(section: Section, ask: Ask) -> Iterator[Finding]:
    for token in section.tokens:
        block = (token, section.body_line + token.line)
        for child, line in [block, *placed_tokens(token, section)]:
            field = _FIELD_IN_CODE.search(child.content) if child.type in _CODE else None
            if field is not None:
                yield ask.finding(
                    section.source.at(line),
                    f"The field {field[0]} }}}} stands in code, and is shown as it is.",
                    "Remove the back quotes or the indent around it.",
                    Severity.WARNING,
                )


@also("leftover-code", each=CheckContext)
def leftover_code_of_template(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    for found, source in template_words(context, _MERGE_CODE.finditer):
        yield ask.finding(source, f'Readers would see "{found[0]}".', "Mend the template.")


@check("unpaired-mark", Severity.WARNING, language="en")
def unpaired_mark(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A bracket or quotation mark without its other half in the same paragraph.

    Apostrophes (children's, managers', '90s), inches, lists such as a) and b) and faces :-) are
    not meant. A quotation over several paragraphs opens each of them and closes the last.
    """
    passages = context.passages
    for passage, following in zip(passages, [*passages[1:], None], strict=True):
        for mark in unpaired(passage.text):
            if not _goes_on(mark, passage, following):
                yield ask.finding(
                    passage.at(*_with_its_word(passage.text, mark)),
                    f"The {mark.name} {mark.mark} is opened here and not closed."
                    if mark.is_opening
                    else f"The {mark.name} {mark.mark} is closed here and was not opened.",
                    "Add the other half, or remove this one.",
                )


@check("empty-section", Severity.WARNING, each=Section)
def empty_section(section: Section, ask: Ask) -> Iterator[Finding]:
    """A section with neither text nor fields."""
    if section.body.is_empty and not section.fields:
        yield ask.finding(section.source, "The section has no text.", "Write it, or remove it.")


_CODE = ("code_inline", "code_block", "fence")


def _goes_on(mark: Unpaired, passage: Passage, following: Passage | None) -> bool:
    """Whether a quotation is opened again by the next paragraph."""
    return (
        mark.is_opening
        and mark.mark in "“\"'‘"
        and following is not None
        and following.section is passage.section
        and following.where == passage.where == "body"
        and following.text.startswith(mark.mark)
    )


def _with_its_word(text: str, mark: Unpaired) -> tuple[int, int]:
    """The mark with a few letters beside it: alone it may stand in the Markdown of a link too."""
    if mark.is_opening:
        return mark.start, min(mark.end + 3, len(text))
    return max(0, mark.start - 3), mark.end
