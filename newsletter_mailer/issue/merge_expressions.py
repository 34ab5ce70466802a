"""The merge language in Jinja2's hands: its lexer finds the places, and its parser reads them.

The tree is then held against an allow-list, and is never rendered. (Rendering author's text, even
in the sandbox, is not safe: `{{ 'a' * 300000000 }}` took 5 s and 1.1 GB, and `{#anchor}` swallows
text up to the next `#}`.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import Environment, TemplateSyntaxError, nodes

from newsletter_mailer.characters.invisible import has_line_break, unmailable
from newsletter_mailer.did_you_mean import closest, did_you_mean
from newsletter_mailer.findings import Finding, Source, error
from newsletter_mailer.issue.merge_text import MergeField
from newsletter_mailer.links import LINKS

NAMESPACES = ("subscriber", "issue", "newsletter")
ISSUE_FIELDS = ("id", "subject", "date")
NEWSLETTER_FIELDS = ("name", "reply_to", "postal_address", "public_url")

_FOREIGN = {
    "block_begin": "A command {% %}",
    "raw_begin": "A command {% %}",
    "comment_begin": "A comment {# #}",
}
_LONGEST = 300  #: characters of one {{ }}: far above need, far below the parser's recursion limit
_BLANKS = re.compile(r"\s*")
_JINJA = Environment(keep_trailing_newline=True, autoescape=True)
_INSTEAD = (
    "Text here takes only {{ subscriber.FIELD }}, {{ issue.FIELD }}, {{ newsletter.FIELD }} or a "
    'link, each with | default("...") if you like. What differs by reader belongs in a section '
    "of its own with regions: or roles:."
)


def expressions(masked: str, source: Source, findings: list[Finding]) -> Iterator[tuple[int, int]]:
    """Where each {{ }} begins and ends; everything else of Jinja2's becomes a finding."""
    position = 0
    opened: int | None = None
    try:
        for _, kind, value in _JINJA.lex(masked):
            if kind == "variable_begin":
                opened = position
            elif kind in _FOREIGN:
                begins = _BLANKS.match(masked, position).end()  # type: ignore[union-attr]  # always
                place = source.at(source.line + masked.count("\n", 0, begins))
                findings.append(
                    error(
                        "merge-language", place, f"{_FOREIGN[kind]} is not possible here.", _INSTEAD
                    )
                )
                if kind == "comment_begin" or value.endswith("-"):
                    return  # it swallows what follows or goes before: read no further
            if kind in ("variable_begin", "variable_end") and value.strip(" \n\t{}"):
                break  # {{- strips blanks: what follows is not where the lexer says
            position += len(value)
            if kind == "variable_end" and opened is not None:
                yield opened, position
                opened = None
    except TemplateSyntaxError:
        if opened is None:
            opened = max(masked.find("{{", position), masked.find("{%", position), position)
    if opened is not None:
        findings.append(
            error(
                "merge-language",
                source.at(source.line + masked.count("\n", 0, opened)),
                "A merge field is not closed or not readable.",
                'Write it like this: {{ subscriber.first_name | default("colleague") }}. '
                "For two braces as text, put them in `code`.",
            )
        )


def merge_field(expression: str, place: Source, findings: list[Finding]) -> MergeField | None:
    found = None
    if len(expression) <= _LONGEST:
        try:
            found = _allowed(_JINJA.parse(expression))
        except TemplateSyntaxError:
            found = None
    if found is None:
        shown = expression if len(expression) <= 60 else expression[:57] + "..."
        findings.append(error("merge-language", place, f"{shown} is not a merge field.", _INSTEAD))
        return None
    if found.default is not None and (unmailable(found.default) or has_line_break(found.default)):
        findings.append(
            error(
                "merge-language",
                place,
                f"The default of {{{{ {found.label} }}}} holds a line break or control character.",
                "Write it on one line.",
            )
        )
        return None
    return _known(found, place, findings)


def _allowed(tree: nodes.Template) -> MergeField | None:
    match tree.body:
        case [nodes.Output(nodes=[expression])]:
            pass
        case _:
            return None
    default: str | None = None
    match expression:
        case nodes.Filter(
            node=nodes.Expr() as inner,
            name="default" | "d",
            args=[nodes.Const(value=str() as given)],
            kwargs=[],
            dyn_args=None,
            dyn_kwargs=None,
        ):
            expression, default = inner, given
    match expression:
        case nodes.Getattr(node=nodes.Name(name=namespace), attr=name):
            return MergeField(namespace, name, default)
        case nodes.Name(name=name):
            return MergeField("link", name, default)
    return None


def _known(field: MergeField, place: Source, findings: list[Finding]) -> MergeField | None:
    if field.namespace == "link":
        known: tuple[str, ...] = tuple(link.field for link in LINKS)
    elif field.namespace == "issue":
        known = ISSUE_FIELDS
    elif field.namespace == "newsletter":
        known = NEWSLETTER_FIELDS
    elif field.namespace == "subscriber":
        if not field.name.startswith("_"):
            return field  # whether a list has the column is the plan's question
        known = ()
    else:
        known = ()
        hint = did_you_mean(field.namespace, NAMESPACES)
        findings.append(
            error("unknown-field", place, f"There is no {{{{ {field.label} }}}}.", hint or _INSTEAD)
        )
        return None
    if field.name in known:
        return field
    hint = did_you_mean(field.name, known) if closest(field.name, known) else _INSTEAD
    findings.append(error("unknown-field", place, f"There is no {{{{ {field.label} }}}}.", hint))
    return None
