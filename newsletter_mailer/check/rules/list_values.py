"""Values of the lists: cells that nobody typed on purpose."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.text.merge_fields import FieldValues, fields_of
from newsletter_mailer.check.text.wording import people, places
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.plan.profile import FieldProfile, is_web_address
from newsletter_mailer.plan.suspicious_values import NAMES, Suspicion, meant_by

LONGEST_VALUE = 60
LONGEST_NAME = 40


@check("name-in-capitals", Severity.WARNING, each=FieldValues)
def name_in_capitals(values: FieldValues, ask: Ask) -> Iterator[Finding]:
    """First or last names in a list that are all capitals, or all small letters.

    The reader sees them in the greeting and in the To line. One or two capitals (C, JP), a single
    small letter, and names with a small particle (van der Meer) are left alone.
    """
    hint = "Write names as their owners do."
    yield from _suspected(values, ask, "capitals", "in capitals", hint)
    yield from _suspected(values, ask, "small", "in small letters", hint)


@check("placeholder-value", Severity.WARNING, each=FieldValues)
def placeholder_value(values: FieldValues, ask: Ask) -> Iterator[Finding]:
    """A value such as "n/a", "null", "-", "#REF!" or "Test" in a column that the issue uses.

    Where there is no value, the cell must be blank: then the field's default is shown. A surname
    such as Null beside a first name is left alone.
    """
    yield from _suspected(
        values,
        ask,
        "placeholder",
        "filled in with words that are no value",
        "Leave the cell blank where there is nothing to say.",
    )


@check("html-in-value", Severity.WARNING, each=FieldValues)
def html_in_value(values: FieldValues, ask: Ask) -> Iterator[Finding]:
    """A value with HTML's way to write a character, such as "Smith &amp; Sons".

    Readers would see it just so: values are text, never HTML.
    """
    yield from _suspected(
        values,
        ask,
        "markup",
        "written with HTML entities",
        "Write the character itself: & for &amp;, \u00e9 for &eacute;.",
    )


@check("garbled-value", Severity.WARNING, each=FieldValues)
def garbled_value(values: FieldValues, ask: Ask) -> Iterator[Finding]:
    """A value that was read in the wrong encoding: "M\u00c3\u00a9abh" for "M\u00e9abh".

    It happens when a CSV file in UTF-8 is opened in a spreadsheet as if it were not.
    """
    examples = values.profile.suspicious.get("garbled")
    likely = meant_by(examples.first[0][0]) if examples else ""
    meant = f' "{likely}" is meant.' if examples and likely != examples.first[0][0] else ""
    yield from _suspected(
        values, ask, "garbled", "garbled", f"Export the list anew as CSV UTF-8.{meant}"
    )


@check("unseen-value", Severity.WARNING, each=FieldValues)
def unseen_value(values: FieldValues, ask: Ask) -> Iterator[Finding]:
    """A value with a character that nobody sees, in a column that the issue uses.

    It may turn the words beside it round, and what is compared with it does not match. See
    unseen-character for which these are.
    """
    yield from _suspected(
        values,
        ask,
        "unseen",
        "written with a character that nobody sees",
        "Type the value anew in the list.",
    )


@check("long-value", Severity.INFO)
def long_value(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A value of more than 60 characters (a name: more than 40) that stands in the text.

    It may break the layout on a phone, where about 40 characters fit on a line.
    """
    for name in dict.fromkeys(use.field.name for use in fields_of(context.issue)):
        profile = context.plan.profile.get(name, FieldProfile())
        most = LONGEST_NAME if name in NAMES else LONGEST_VALUE
        is_long = len(profile.longest) > most and not is_web_address(profile.longest)
        if is_long and profile.longest_at is not None:
            yield ask.finding(
                profile.longest_at,
                f"The {name} here has {len(profile.longest)} characters: "
                f'"{profile.longest[:most]}...".',
                "Look at it in the preview, or shorten it in the list.",
            )


def _suspected(
    values: FieldValues, ask: Ask, suspicion: Suspicion, what: str, hint: str
) -> Iterator[Finding]:
    """One finding for all such values of a field, at the first of them."""
    examples = values.profile.suspicious.get(suspicion)
    if examples is not None:
        sources = [source for _, source in examples.first]
        yield ask.finding(
            sources[0],
            f"The {values.name} of {people(examples.count)} is {what}, such as "
            f'"{examples.first[0][0]}": {places(sources, examples.count)}.',
            hint,
        )
