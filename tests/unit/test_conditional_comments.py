"""What stands in a conditional comment is for classic Outlook alone, or for all others."""

from __future__ import annotations

import pytest
from lxml import html

from newsletter_mailer.compose.conditional_comments import (
    CONDITIONAL,
    is_hidden_from_outlook,
    merged,
)


@pytest.mark.parametrize(
    ("comment", "content"),
    [
        ("[if mso]><td>t</td><![endif]", "<td>t</td>"),
        ("[if (gte mso 9)|(IE)]><td><![endif] ", "<td>"),
        ("[if mso | IE]><![endif]", ""),
        ("[if !mso]><!", None),
        ("<![endif]", None),
        (" a note ", None),
        ("[iframe]><td><![endif]", None),
    ],
)
def test_what_outlook_reads_in_a_comment(comment: str, content: str | None) -> None:
    found = CONDITIONAL.fullmatch(comment)

    assert (found and found["inside"]) == content


def test_neighbouring_conditionals_are_one() -> None:
    page = "<!--[if mso | IE]></td><![endif]-->\n<!--[if mso | IE]><td><![endif]--><p>t</p>"

    assert merged(page) == "<!--[if mso | IE]></td><td><![endif]--><p>t</p>"


@pytest.mark.parametrize(
    ("page", "is_hidden"),
    [
        ("<div><!--[if !mso]><!--><p>t</p><!--<![endif]--></div>", True),
        ("<div><!--[if !mso]><!--><div><p>t</p></div><!--<![endif]--></div>", True),
        ("<div><!--[if !mso]><!--><b>t</b><!--<![endif]--><p>t</p></div>", False),
        ("<div><!--[if mso]><b>t</b><![endif]--><p>t</p></div>", False),
        ("<div><p>t</p></div>", False),
    ],
)
def test_what_is_hidden_from_outlook(page: str, is_hidden: bool) -> None:
    paragraph = html.fragment_fromstring(page).find(".//p")

    assert paragraph is not None
    assert is_hidden_from_outlook(paragraph) is is_hidden
