"""Prints docs/rules.md: every rule of `check`, from the docstring of its question."""

from __future__ import annotations

import textwrap

from newsletter_mailer.check.registry import ADJUSTABLE
from newsletter_mailer.check.rules import all_rules

HEAD = """\
# Rules

What `check` asks of an issue, and `send` before anything leaves. Made by
`tools/rules_page.py` from the code's own words.

A severity is changed, and a rule left out, in newsletter.toml:

```toml
[check]
preheader = "error"
ignore = ["postal-address"]
```

and a section leaves a rule out for itself with `ignore: [rule]` in its fields.

Faults found while files are read (a misspelt field, an unknown kind or region, a picture that is
missing) are errors. Of those, the severity of these may be changed: {adjustable}. With
`bad-address = "warning"` the reader is skipped.
"""


def page() -> str:
    parts = [HEAD.format(adjustable=", ".join(f"`{rule}`" for rule in sorted(ADJUSTABLE)))]
    for rule in sorted(all_rules().values(), key=lambda rule: rule.id):
        first, _, rest = rule.manual.partition("\n")
        manual = "\n".join([first, textwrap.dedent(rest)]).strip()
        parts.append(f"## {rule.id}\n\nSeverity: {rule.severity}.\n\n{manual}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    print(page(), end="")
