"""Prints newsletter_mailer/check/data/examples.json: what breaks each rule, and what does not.

Cut out of the pairs of tests/check/pairs, which the tests hold to be true: the lines where a bad
issue breaks its rule, and what a good one has in their place. What no lines of a pair can show
stands in tests/check/examples.toml; so does why a rule has no example.
"""

from __future__ import annotations

import json
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from difflib import SequenceMatcher
from itertools import product
from pathlib import Path

from newsletter_mailer.check.data.examples import Example

CHECKS = Path(__file__).parents[1] / "tests" / "check"
_MOST_LINES = 3  #: of an example
_LONGEST = 92  #: characters of a line that is shown whole


def examples() -> dict[str, Example]:
    """By rule. Those that are written down go before what can be cut out."""
    written = tomllib.loads((CHECKS / "examples.toml").read_text("utf-8"))
    without = written.pop("without")
    rules = [one for one in (CHECKS / "pairs").iterdir() if one.name not in {*written, *without}]
    cut_out = {one.name: _example(one) for one in rules}
    return {
        **{rule: example for rule, example in cut_out.items() if example is not None},
        **{rule: Example(**example) for rule, example in written.items()},
    }


def _example(rule: Path) -> Example | None:
    bads, goods = sorted(rule.glob("bad*")), sorted(rule.glob("good*"))
    for bad, good in (*zip(bads, goods, strict=False), *product(bads, goods)):
        for file, line in _places(bad):
            wrong, right = _lines(bad, file), _lines(good, file)
            if line <= len(wrong) and right:
                example = Example(file, *_cut_out(wrong, right, line - 1))
                if example.bad and example.good and example.bad != example.good:
                    return example
    return None


def _places(case: Path) -> Iterator[tuple[str, int]]:
    """File and line of each finding."""
    for place in (case / "expected.txt").read_text("utf-8").splitlines():
        file, line, *_ = place.split(":")
        yield file, int(line)


def _lines(case: Path, file: str) -> Sequence[str]:
    """Of the case's own file; else of the sound project's. Nothing where it is no text."""
    for path in (case / file, CHECKS / "base" / file):
        if path.is_file():
            try:
                return path.read_text("utf-8").splitlines()
            except UnicodeDecodeError:
                return ()
    return ()


def _cut_out(wrong: Sequence[str], right: Sequence[str], at: int) -> tuple[str, str]:
    """The lines of the one from `at` on that differ, and those that stand for them in the other.

    Where the very line is not to blame, something is missing beside it: what was added is shown.
    """
    changes = SequenceMatcher(None, wrong, right, autojunk=False).get_opcodes()
    for kind, begin, end, other_begin, other_end in changes:
        if kind == "replace" and begin <= at < end:
            alike = _most_alike(wrong[at], right, other_begin, other_end)
            return _shown(wrong[at:end]), _shown(right[alike:other_end])
    for kind, begin, end, other_begin, other_end in changes:
        if kind == "insert":
            return _shown(wrong[at : at + 1]), _shown([wrong[at], *right[other_begin:other_end]])
        if kind == "replace":
            return _shown(wrong[begin:end]), _shown(right[other_begin:other_end])
    return "", ""


def _most_alike(line: str, lines: Sequence[str], begin: int, end: int) -> int:
    """Which of the lines says most nearly the same."""
    matcher = SequenceMatcher(None, "", line, autojunk=False)

    def likeness(at: int) -> float:
        matcher.set_seq1(lines[at])
        return matcher.ratio()

    return max(range(begin, end), key=likeness)


def _shown(lines: Sequence[str]) -> str:
    """The first few, without their common indent; what nobody sees is named."""
    chosen = [_legible(line.rstrip()) for line in lines[:_MOST_LINES] if line.strip()]
    indent = min((len(line) - len(line.lstrip()) for line in chosen), default=0)
    cut = (line[indent:] for line in chosen)
    return "\n".join(one if len(one) <= _LONGEST else f"{one[: _LONGEST - 3]}..." for one in cut)


def _legible(line: str) -> str:
    return "".join(
        f"<U+{ord(char):04X}>" if unicodedata.category(char) in ("Cc", "Cf") else char
        for char in line
    )


if __name__ == "__main__":
    table = {rule: asdict(example) for rule, example in examples().items()}
    print(json.dumps(table, indent=1, ensure_ascii=False, sort_keys=True))
