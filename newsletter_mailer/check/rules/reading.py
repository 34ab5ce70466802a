"""Reading: what is found while files are read, before any question is asked."""

from __future__ import annotations

from newsletter_mailer.check.questions.registry import found_while_reading
from newsletter_mailer.findings import Severity

_GROUP = "Reading: what is found while files are read, before any question is asked"


def _error(rule: str, manual: str) -> None:
    found_while_reading(rule, Severity.ERROR, manual, group=_GROUP)


def _adjustable(rule: str, severity: Severity, manual: str) -> None:
    found_while_reading(rule, severity, manual, group=_GROUP, adjustable=True)


_error(
    "project",
    """What keeps a whole newsletter from being read: no such template, a folder that is gone.

    Commands stop with this sentence; the preview shows it in the place of the issue.
    """,
)
_error("broken-toml", "A settings file that is not valid TOML.")
_error("settings", "A setting of newsletter.toml or .env that is missing, misspelt or impossible.")
_error("issue-settings", "A setting of issue.toml that is missing, misspelt or impossible.")
_error("unreadable-file", "A file that cannot be read, or that is not UTF-8 text.")
_error("file-name", "A file of an issue or a template whose name cannot be used on every system.")
_error("front-matter", "Front matter (the lines between ---) that cannot be understood.")
_error("empty-issue", "An issue without sections.")
_error("unknown-kind", "A section of a kind that the template does not have.")
_error("unknown-field", "A field that the kind, or the merge language, does not know.")
_error("missing-field", "A field that the kind requires and the section lacks.")
_error("bad-value", "A field that takes yes or no, and has something else.")
_error(
    "bad-date",
    """A date in a field that is not one: the 31st of a month with 30 days, an event that ends
    before it starts.

    Write 2025-10-15 09:30, 2025-10-15, or tbc where the date is still open.
    """,
)
_error("bad-link", "A field for a web address that holds something else.")
_error("bad-picture", "A picture that is missing, damaged, too heavy, or of an unusual format.")
_error("line-break", "A line break in a value that becomes a title or a header of the message.")
_error("unknown-region", "A region that newsletter.toml does not declare.")
_error("unknown-role", "A role that newsletter.toml does not declare.")
_error(
    "merge-language",
    """Something between {{ and }} that is not a merge field.

    Text takes {{ subscriber.FIELD }}, {{ issue.FIELD }}, {{ newsletter.FIELD }} and the links,
    each with | default("...") if you like. What differs by reader belongs in a section of its own
    with regions: or roles:.
    """,
)
_error("merge-place", "A merge field where no reader's value may stand: a link's host, a style.")
_error("nesting", "Quotes, lists, emphasis or brackets nested so deeply that text would be lost.")
_error("unsafe-link", "A link that mail programs do not open, such as javascript: or file:.")
_error("relative-link", "A link that leads nowhere from a mail: without a host, or empty.")
_error("template", "A mistake in the template's own files.")
_error("template-kind", "A kind of the template that is declared wrongly.")
_error("unreadable-list", "A list that cannot be read.")
_error("missing-column", "A list without the column email.")
_error("doubled-column", "A column that stands twice in a list's first line.")
_error("control-character", "A control character in a list or text: it cannot be typed or seen.")
_error(
    "internal-error",
    """A rule that failed. This is a mistake in newsletter-mailer, not in the issue; what the rule
    asks is not answered, so the check fails.
    """,
)
_adjustable(
    "bad-address",
    Severity.ERROR,
    """A row of a list whose address nothing can be mailed to.

    Also one that a word processor changed (a curly apostrophe, a dash, a character that cannot be
    seen): nobody has such an address, and what was typed is told. With severity "warning" its
    reader is skipped.
    """,
)
found_while_reading(
    "absent-list",
    Severity.INFO,
    """A list of the issue that is not here.

    Where the real lists are kept elsewhere, in CI for instance, every declared region and role is
    looked at instead. A name that is nearly that of a list at hand is a warning, and `send` needs
    its lists.
    """,
    group=_GROUP,
)
_adjustable("ragged-row", Severity.WARNING, "A row of a list with more cells than columns.")
_adjustable("missing-alt", Severity.ERROR, "A picture without words for who does not see it.")
_adjustable("raw-html", Severity.WARNING, "HTML in a section: readers would see it as it stands.")
_adjustable("empty-target", Severity.WARNING, "A line regions: or roles: that names none.")
_adjustable(
    "unknown-rule",
    Severity.WARNING,
    "A rule under [check] or in a section's ignore that does not exist, or cannot be changed.",
)
found_while_reading(
    "guarded-rule",
    Severity.WARNING,
    """A section or an issue.toml that would silence a rule which stands against fraud.

    Text that is pasted may bring `ignore: [misleading-link]` along, and so may an issue's folder
    that comes from elsewhere. Such a rule is ignored or lowered in newsletter.toml only, which
    belongs to who owns the newsletter. These rules say so in their entry.
    """,
    group=_GROUP,
    adjustable=True,
    guards=True,
)
_adjustable(
    "unknown-vocabulary",
    Severity.WARNING,
    """A file in the folder vocabulary/ that is named after no list of words.

    Each list that rules go by can be changed for a newsletter: vocabulary/vague-links.txt holds
    words of links that say nothing, one a line; a line that begins with "- " takes one out.
    """,
)
_adjustable(
    "bad-vocabulary",
    Severity.WARNING,
    """A line in a file of the folder vocabulary/ that its list cannot mean.

    Words that are never found there, points that are no number, a spelling without the other one,
    a "- " before what the list does not have.
    """,
)
_adjustable(
    "unused-ignore",
    Severity.WARNING,
    """An ignore that nothing needs any more.

    For newsletter.toml, whose ignores are meant for all issues, it is only information.
    """,
)
