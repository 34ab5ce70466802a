"""manifest.json: what the other outputs made, for programs."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any  # JSON

from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.outputs.html import PICTURES
from newsletter_mailer.outputs.registry import ComposedIssue, OutputFile

MANIFEST = "manifest.json"
#: The kinds that every manifest has named from the first, in that order.
_FIRST = ("html", "text", "eml")

#: Names below the manifest's folder, none of which leads out of it.
_OURS = re.compile(r"(?:(?!\.{1,2}/)[^/\\:\x00]+/)*(?!\.{1,2}$)[^/\\:\x00]+")

Made = Mapping[str, Sequence[OutputFile]]  #: by the kind of output


def manifest(edition: ComposedIssue, made: Made) -> dict[str, Any]:
    """`{"issue", "content_hash", "variants": [...]}`; paths are relative to it.

    `"files"` follows where an output makes what belongs to the issue as a whole; pictures are named
    in the pages. Raises ValueError if two outputs make the same file, or one makes two for a
    variant: it is named by its kind.
    """
    paths = sorted(file.path for files in made.values() for file in files)
    for path, next_one in itertools.pairwise(paths):
        if path == next_one:
            raise ValueError(f"two outputs make {path}")
    of_the_issue = [
        file.path
        for files in made.values()
        for file in files
        if not file.variant and not file.path.startswith(f"{PICTURES}/")
    ]
    return {
        "issue": edition.issue.id,
        "content_hash": edition.content_hash,
        "variants": [
            _entry(compiled, edition.head_counts[compiled.variant.id], made)
            for compiled in edition.variants
        ],
        **({"files": sorted(of_the_issue)} if of_the_issue else {}),
    }


def manifest_file(content: Mapping[str, Any]) -> OutputFile:
    text = json.dumps(content, indent=2, ensure_ascii=False)
    return OutputFile(path=MANIFEST, content=f"{text}\n".encode())


def _entry(compiled: CompiledVariant, subscribers: int, made: Made) -> dict[str, object]:
    variant = compiled.variant
    kinds = (*_FIRST, *(kind for kind in made if kind not in _FIRST))
    of_it = [(kind, file) for kind in kinds for file in made[kind] if file.variant == variant.id]
    files = dict(of_it)
    if len(files) < len(of_it):
        raise ValueError(f"an output makes two files of a kind for {variant.id}")
    return {
        "id": variant.id,
        "sections": list(variant.slugs),
        "subscribers": subscribers,
        **{kind: file.path for kind, file in files.items()},
        "html_bytes": len(files["html"].content),
    }


def named_in(content: bytes, kinds: Iterable[str]) -> set[str]:
    """The paths of files in a manifest; none if it is not a manifest of ours.

    Only such as lie below it: what a manifest says of other folders is not believed.
    """
    wanted = [*kinds]
    try:
        told = json.loads(content)
        named = {str(entry[kind]) for entry in told["variants"] for kind in wanted if kind in entry}
        named.update(str(path) for path in told.get("files", ()))
    except (ValueError, KeyError, TypeError, AttributeError):
        return set()
    return {path for path in named if _OURS.fullmatch(path)}
