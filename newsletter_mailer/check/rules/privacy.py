"""Privacy: what a newsletter says about single persons, and must not say by mistake."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote

from newsletter_mailer.check.context.link_targets import LinkTarget
from newsletter_mailer.check.context.personal_details import PersonalDetail
from newsletter_mailer.check.english.personal_data import (
    Kind,
    is_of_a_group,
    personal_data,
)
from newsletter_mailer.check.english.vocabulary import Vocabulary
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.issue.body_tokens import FIELD
from newsletter_mailer.lazy_patterns import lazy_pattern

_IDENTITY_NUMBERS: dict[Kind, str] = {
    "NHS number": "An NHS number",
    "National Insurance number": "A National Insurance number",
    "unique pupil number": "A unique pupil number",
}
_ABOUT_A_PERSON: dict[Kind, tuple[str, str]] = {
    "mobile": (
        "A mobile telephone number",
        "Readers pass newsletters on: give a number of the organisation, or ask its owner. ",
    ),
    "date of birth": ("A person's date of birth", "Remove it, or say the age. "),
    "post code beside a name": (
        "A post code beside a person's name",
        "Together they tell where somebody lives: remove one of them. ",
    ),
    "private address": (
        "An e-mail address that looks like a private person's",
        "Give an address of the organisation, or ask its owner. ",
    ),
    "case number": (
        "The number of a case, or of somebody in a case system,",
        "Remove it: colleagues can look up whom it means. ",
    ),
}
_SAFELINKS = "safelinks.protection.outlook.com"
_ADDRESS = lazy_pattern(
    r"(?<![\w.+'-])(?P<box>[\w.+'-]+)@(?!group\.calendar\.google\.com)[\w-]+(?:\.[\w-]+)+"
)
#: What other newsletters add to their links so that they know who follows them.
_FOLLOWED = frozenset({"mceid", "hsenc", "mkttok", "olyencid", "cksubscriberid", "vgoee", "mcuid"})
_NAMES = ("firstname", "fname", "forename", "givenname", "lastname", "lname", "surname", "fullname")
_OF_A_READER = frozenset(
    {
        *_NAMES,
        *("name", "email", "emailaddress", "mail", "useremail", "phone", "telephone", "tel"),
        *("mobile", "dob", "dateofbirth", "upn", "nino", "nhs", "nhsnumber"),
    }
)
_BETWEEN_PARAMETERS = str.maketrans("#?", "&&")
_NO_LETTER = lazy_pattern(r"[^a-z]")


@check("identity-number", Severity.ERROR, each=PersonalDetail)
def identity_number(detail: PersonalDetail, ask: Ask) -> Iterator[Finding]:
    """A number by which the state knows one person: NHS, National Insurance, unique pupil number.

    It has no place in a newsletter. It is told by its form and its check digit (NHS Data
    Dictionary; HMRC, NIM39110; Department for Education, Unique pupil numbers), so that a slip is
    not found. Numbers of meetings, books, charities and telephones are left alone, and so is
    HMRC's example QQ 12 34 56 C. The message does not repeat the number: logs keep messages.
    """
    if detail.kind in _IDENTITY_NUMBERS:
        yield ask.finding(
            detail.source,
            f"{_IDENTITY_NUMBERS[detail.kind]} stands here.",
            "Remove it. If it was mailed or published before, tell your data protection officer.",
        )


@check("personal-data", Severity.WARNING, each=PersonalDetail)
def personal_data_in_text(detail: PersonalDetail, ask: Ask) -> Iterator[Finding]:
    """What tells about one person: a mobile number, a date of birth, a home, a private address.

    Also the number of a case ("case no. 12345"). It is looked for in all texts, alternative texts
    and links to write or ring to. A venue's address with its post code is fine, and so are years
    between which pupils were born. A service's mobile number is fine too: the section may then say
    ignore: [personal-data]. Readers pass newsletters on, and archives keep them (UK GDPR, article
    5). Numbers of the NHS and the like are another rule's matter: identity-number.
    """
    if detail.kind in _ABOUT_A_PERSON:
        what, hint = _ABOUT_A_PERSON[detail.kind]
        yield ask.finding(
            detail.source,
            f"{what} stands here.",
            f"{hint}If it is meant to be public, write ignore: [personal-data] in the section.",
        )


@check("phone-number", Severity.INFO, each=PersonalDetail)
def phone_number(detail: PersonalDetail, ask: Ask) -> Iterator[Finding]:
    """A telephone number, which nobody but a person who rings it can check.

    Numbers of places (01, 02) and of services (03, 08, 09) are mostly an organisation's. Mobile
    numbers are a warning of their own: personal-data.
    """
    if detail.kind == "telephone":
        yield ask.finding(
            detail.source,
            "A telephone number stands here.",
            "Ring it once: is it right, and an organisation's?",
        )


@check("data-in-link", Severity.WARNING, each=LinkTarget)
def data_in_link(link: LinkTarget, ask: Ask) -> Iterator[Finding]:
    """A link whose address says who somebody is: ?email=jo@example.org, an Outlook Safe Link.

    Web sites keep the addresses that are asked for, and so do the scanners in front of mailboxes.
    A link that was copied from a mail in Outlook (safelinks.protection.outlook.com) has the
    address of whoever got that mail in it, and one from another newsletter a code that stands for
    its reader (mc_eid, mkt_tok). A merge field in a link sends each reader's value. Addresses of
    an office (info@, enquiries@) are left alone, and so is what a mailto: link fills in.
    """
    told = _told(link.target, ask.context.vocabulary)
    if told is not None:
        what, hint = told
        yield ask.finding(link.source, f"The address of this link holds {what}.", hint)


def _told(target: str, vocabulary: Vocabulary) -> tuple[str, str] | None:
    """What a link's address says about a person, and what to do."""
    if not target.lower().startswith("http"):
        return None
    page, _, query = target.replace("#", "?", 1).partition("?")
    if _SAFELINKS in page.lower() and _ADDRESS.search(unquote(query)):
        return (
            "the e-mail address of whoever copied it from Outlook",
            "Follow the link, and copy the address that the browser shows.",
        )
    for name, value in parse_qsl(query.translate(_BETWEEN_PARAMETERS)):
        key = _NO_LETTER.sub("", name.lower())
        if key in _FOLLOWED:
            return (
                f"{name}, a code for whoever got the newsletter that it was copied from",
                f"Remove {name}= and what follows it, and try the link.",
            )
        if FIELD in value and key in _OF_A_READER:
            return (
                f"each reader's own value for {name}, which the web site then keeps",
                "Link to the page without it, unless readers know and the site needs it.",
            )
        address = _ADDRESS.search(value)
        is_of_a_person = address is not None and not is_of_a_group(address["box"], vocabulary)
        if is_of_a_person or _is_personal(key, value, vocabulary):
            return (
                f"a person's data in {name}=",
                f"Remove {name}= and what follows it, and try the link.",
            )
    return None


def _is_personal(key: str, value: str, vocabulary: Vocabulary) -> bool:
    is_named = key in _NAMES and value[:1].isalpha() and FIELD not in value
    found = personal_data(value, vocabulary)
    return is_named or any(one.kind != "telephone" for one in found)
