"""The rules' own words: one page of the manual, and the list of all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import groupby

from newsletter_mailer.check.data.examples import example_of
from newsletter_mailer.check.questions.rule import Rule
from newsletter_mailer.check.reports.text import Look
from newsletter_mailer.check.reports.wrapping import wrapped

_LEAST_ROOM = 40


def rule_list(rules: Iterable[Rule], look: Look) -> str:
    """Chapter by chapter: severity, id and summary of each rule."""
    rules = [*rules]
    indent = max((len(rule.id) for rule in rules), default=0) + 13
    chapters = groupby(rules, key=lambda rule: rule.group)
    return "\n".join(
        "\n".join([look.paint(group, "file"), "", *_entries(chapter, indent, look), ""])
        for group, chapter in chapters
    )


def _entries(rules: Iterable[Rule], indent: int, look: Look) -> Iterator[str]:
    for rule in rules:
        summary = rule.summary
        if rule.option:
            summary += f" ({rule.option})"
        first, *rest = wrapped(summary, _room(indent, look))
        severity = look.paint(f"{rule.severity:<9}", rule.severity.value)
        yield f"  {severity}{rule.id.ljust(indent - 11)}{first}"
        yield from (f"{' ' * indent}{line}" for line in rest)


def manual_page(rule: Rule, look: Look) -> str:
    """Id, severity, chapter; then the rule's manual, its paragraphs broken at the width."""
    head = f"{look.paint(rule.id, 'file')} ({look.paint(rule.severity, rule.severity.value)})"
    paragraphs = [_paragraph(part, look) for part in re.split(r"\n{2,}", rule.manual)]
    page = [f"{head}\n{rule.group.partition(':')[0]}", *paragraphs, *_example(rule, look)]
    return "\n\n".join([*page, _change(rule)])


def _example(rule: Rule, look: Look) -> Iterator[str]:
    """What breaks it, and what stands there where it is kept."""
    example = example_of(rule.id)
    if example is not None:
        yield f"{look.paint('Found', 'error')}, in {example.file}:\n\n{_indented(example.bad)}"
        yield f"Not found:\n\n{_indented(example.good)}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.split("\n"))


def _paragraph(text: str, look: Look) -> str:
    """Tables, lists, code and what is indented stay as they are."""
    if re.search(r"(?m)^(?:[ |>]|[-*] |```|\d+\. )", text):
        return text
    return "\n".join(wrapped(text.replace("\n", " "), _room(0, look)))


def _change(rule: Rule) -> str:
    if not rule.adjustable:
        return "It cannot be changed or ignored: without it nothing could be made."
    if rule.guards:
        return (
            "It stands against fraud, so that only newsletter.toml can lower it or leave it out; "
            f'issue.toml may make it an error:\n\n    [check]\n    {rule.id} = "error"'
        )
    asked = f"Asked only with {rule.option}.\n" if rule.option else ""
    return (
        f"{asked}Change it in newsletter.toml or issue.toml, or leave it out:\n\n"
        f'    [check]\n    {rule.id} = "error"        # or "warning", "info"\n'
        f'    ignore = ["{rule.id}"]\n\n'
        f"Or for one section, in its fields:\n\n    ignore: [{rule.id}]"
    )


def rule_object(rule: Rule) -> dict[str, object]:
    """For programs."""
    return {
        "id": rule.id,
        "severity": rule.severity.value,
        "chapter": rule.group.partition(":")[0],
        "summary": rule.summary,
        "manual": rule.manual,
        "adjustable": rule.adjustable,
        "guards": rule.guards,
        "option": rule.option,
        "example": asdict(example) if (example := example_of(rule.id)) else None,
    }


def _room(indent: int, look: Look) -> int:
    return max(_LEAST_ROOM, look.width - indent)
