"""The lists of words that a newsletter adds to the program's: vocabulary/NAME.txt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from newsletter_mailer.check.english.list_lines import fault_of, lines_of
from newsletter_mailer.check.english.vocabulary import Vocabulary, list_names
from newsletter_mailer.did_you_mean import did_you_mean
from newsletter_mailer.files.text_file import text_file
from newsletter_mailer.findings import Finding, Source, warning

VOCABULARY = "vocabulary"


def read_vocabulary(root: Path) -> tuple[Vocabulary, list[Finding]]:
    """The program's lists with those of the newsletter, and what is wrong with its files."""
    findings: list[Finding] = []
    added: dict[str, str] = {}
    for path in sorted((root / VOCABULARY).glob("*.txt")):
        file = f"{VOCABULARY}/{path.name}"
        if path.stem not in list_names():
            findings.append(
                warning(
                    "unknown-vocabulary",
                    Source(file),
                    f'There is no list of words "{path.stem}".',
                    did_you_mean(path.stem, list_names()),
                )
            )
            continue
        text = text_file(path, file, findings, within=root / VOCABULARY)
        if text is not None:
            added[path.stem] = text
            findings += _bad_lines(path.stem, file, text)
    return Vocabulary(added), findings


def _bad_lines(name: str, file: str, text: str) -> Iterator[Finding]:
    """What the list of this name cannot mean."""
    shipped = Vocabulary().words(name)
    for line in lines_of(text):
        source = Source(file, line.number)
        if not line.takes_out:
            fault = fault_of(name, line)
            if fault is not None:
                yield warning("bad-vocabulary", source, fault.message, fault.hint)
        elif shipped.isdisjoint((line.word, line.word.lower())):
            yield warning(
                "bad-vocabulary",
                source,
                f'"{line.word}" is taken out of {name}, which does not have it.',
                did_you_mean(line.word, shipped),
            )
