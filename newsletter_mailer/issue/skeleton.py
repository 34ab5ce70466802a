"""What `new` and `add` write: an issue from the last one's skeleton, a section of a kind."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date

from newsletter_mailer.issue.front_matter import FrontMatter, read_front_matter
from newsletter_mailer.issue.kinds import Kind
from newsletter_mailer.issue.moments import BadMoment, parse_moment

UNFINISHED = "TODO"


def next_issue_toml(text: str, day: date) -> str:
    """The last issue's settings with a subject and preheader to be written, and the new date."""
    for key, value in (
        ("subject", f'"{UNFINISHED}: the subject"'),
        ("preheader", f'"{UNFINISHED}: what inboxes show after the subject"'),
        ("date", day.isoformat()),
    ):
        text = re.sub(rf"(?m)^{key}\s*=.*$", f"{key} = {value}", text, count=1)
    return text


def dated_issue_toml(text: str, day: date) -> str:
    """The same settings on another day."""
    return re.sub(r"(?m)^date\s*=.*$", f"date = {day.isoformat()}", text, count=1)


def next_section(text: str, file: str, kinds: Mapping[str, Kind], day: date) -> str | None:
    """The section for the issue of `day`; None for an event that is past then.

    An event to come stays as it is; another section keeps its targets and the fields that its kind
    says to keep, and gets a title and a text to be written.
    """
    front = read_front_matter(text, file)
    kind = kinds.get(str(front.values.get("kind", "")))
    if front.findings or kind is None:
        return text
    if kind.is_event:
        return text if _is_to_come(front.values, day) else None
    head = [line for key, lines in _fields(front, text) for line in _kept(kind, key, lines)]
    body = f"{UNFINISHED}: write the {kind.label.lower()}."
    return "\n".join(["---", *head, "---", "", body, ""])


def _fields(front: FrontMatter, text: str) -> Iterator[tuple[str, list[str]]]:
    """Each field of the front matter with its lines as they are written."""
    lines = text.split("\n")
    starts = sorted((line - 1, path[0]) for path, line in front.lines.items() if len(path) == 1)
    ends = [start for start, _ in starts[1:]] + [front.body_line - 2]
    for (start, key), end in zip(starts, ends, strict=True):
        yield key, lines[start:end]


def _kept(kind: Kind, key: str, lines: list[str]) -> list[str]:
    """What of a field goes into the next issue: who writes stays, what was news does not."""
    spec = kind.fields.get(key)
    if key == "title":
        return [f"title: {UNFINISHED}, the title"]
    if spec is None or spec.keep or kind.fields.get(key.removesuffix("_alt"), spec).keep:
        return lines
    return [f"{key}: {UNFINISHED}"] if spec.required else []


def new_section(kind: Kind, title: str) -> str:
    """A section file with the kind's fields; those that may be left out are comments."""
    lines = ["---", f"kind: {kind.name}", f"title: {_yaml(title)}"]
    for spec in kind.fields.values():
        if spec.name == "title":
            continue
        example = f"for example {_yaml(spec.example)}" if spec.example and spec.required else ""
        note = "; ".join(filter(None, (spec.help, example)))
        value = UNFINISHED if spec.required else _yaml(spec.example) if spec.example else ""
        mark = "" if spec.required else "# "
        lines.append(f"{mark}{spec.name}: {value}".rstrip() + (f"  # {note}" if note else ""))
    lines += [
        "# regions: [dudley, walsall]  # only readers of these regions",
        "# roles: [director]  # only readers of these roles",
        "---",
        "",
        f"{UNFINISHED}: write the {kind.label.lower()}.",
        "",
    ]
    return "\n".join(lines)


def section_file_name(title: str, existing: list[str]) -> str:
    """`80-a-title.md`: after all the others."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50].strip("-") or "section"
    numbers = [int(found[0]) for name in existing if (found := re.match(r"\d+", name))]
    number = (max(numbers, default=0) // 10 + 1) * 10
    return f"{number}-{slug}.md"


def day_of(issue_id: str, today: date) -> date:
    """`2025-08` is the first of August, `2025-08-29` that day; any other id is today."""
    found = re.fullmatch(r"(\d{4})-(\d{2})(?:-(\d{2}))?", issue_id)
    if found:
        try:
            return date(int(found[1]), int(found[2]), int(found[3] or 1))
        except ValueError:
            pass  # an id such as 2025-13 is a name like any other
    return today


def _is_to_come(values: Mapping[str, object], day: date) -> bool:
    from datetime import UTC

    for key in ("ends", "starts"):
        value = values.get(key)
        if isinstance(value, str) and value:
            try:
                moment = parse_moment(value, UTC)
            except BadMoment:
                continue  # a time alone, or a fault that `check` names
            return moment.day_date is None or moment.day_date >= day
    return True


def _yaml(text: str) -> str:
    """The text as a YAML scalar; a JSON string is one."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ,.'()/-]*", text) and not text.endswith(" "):
        return text
    return json.dumps(text, ensure_ascii=False)
