"""Prints docs/rules.md: every rule of `check`, from the docstring of its question."""

from __future__ import annotations

from itertools import groupby

from newsletter_mailer.check.data.examples import example_of
from newsletter_mailer.check.questions.rule import Rule
from newsletter_mailer.check.rules import all_rules

HEAD = """\
# Rules

What `check` asks of an issue, and `send` before anything leaves. Made by
`tools/rules_page.py` from the code's own words.

A severity is changed, and a rule left out, in newsletter.toml for all issues, or in issue.toml for
one:

```toml
[check]
preheader = "error"
ignore = ["postal-address"]
```

A section leaves a rule out for itself with `ignore: [rule]` in its fields. An ignore that nothing
needs is a finding too. Rules that are called fixed cannot be changed: without them nothing could be
made. Rules that are called guards stand against fraud: only newsletter.toml can lower them or leave
them out, for a section and an issue's folder may come from anywhere.
"""


def page() -> str:
    parts = [HEAD]
    for group, rules in groupby(all_rules().values(), key=lambda rule: rule.group):
        parts.append(f"## {group}\n")
        parts += [entry(rule) for rule in rules]
    return "\n".join(parts)


def entry(rule: Rule) -> str:
    fixed = (", guard" if rule.guards else "") if rule.adjustable else ", fixed"
    needs = f" Asked only with `{rule.option}`." if rule.option else ""
    parts = [f"### {rule.id}", f"Severity: {rule.severity}{fixed}.{needs}", rule.manual]
    example = example_of(rule.id)
    if example is not None:
        parts.append(f"Found, in {example.file}:\n\n```text\n{example.bad}\n```")
        parts.append(f"Not found:\n\n```text\n{example.good}\n```")
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    print(page(), end="")
