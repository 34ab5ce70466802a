"""Composing, building and checking, beside the reference MJML compiler in the same run.

    make benchmark        or:  python benchmarks/composing.py [RUNS]

Needs node and npm (the peer, mjml, is pinned in benchmarks/package.json). Every figure is a median,
on a warm disk. In each round ours and the peer run one after the other, and how many times as fast
we are is the median of what it was within each round.
"""

from __future__ import annotations

import itertools
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from measuring import (
    PACKAGES,
    REPOSITORY,
    as_installed,
    install_peers,
    mjml_documents,
    peer_seconds,
    seconds,
    write_results,
)

from newsletter_mailer.campaign.edition import Edition, read_edition
from newsletter_mailer.campaign.project import Project, open_project
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.composer import Composer
from newsletter_mailer.compose.message import Recipient, compile_message, message_headers
from newsletter_mailer.issue.merge_text import MergeText
from newsletter_mailer.links import reader_links
from newsletter_mailer.plan.variants import Variants, every_combination
from newsletter_mailer.text_cache import Cache, Memory, key_of

ISSUE, SENT = "2025-08", "2025-08-29T09:00"
OURS = (sys.executable, "-m", "newsletter_mailer")
_WARM_ROUNDS = 3  #: each of as many runs as a round of whole processes has in all
#: What tells the components of a document apart while a page is put together.
_MARK = re.compile(r"<mj-raw>nlcomponentmark</mj-raw>")

_PEER = """
import mjml from 'mjml'
import { readFileSync } from 'node:fs'
const text = readFileSync(process.argv[2], 'utf8')
const work = () => mjml(text)
"""


def rendered_mjml(edition: Edition, project: Project) -> tuple[str, CompiledVariant]:
    """Our own document, as the compiler gets it, and what becomes of it."""
    with mjml_documents() as documents:
        compiled = compose(edition, project)
    return _MARK.sub("", max(documents, key=len)), compiled


def composer_of(edition: Edition, project: Project, cache: Cache) -> Composer:
    content = edition.content.total
    return Composer(edition.issue, edition.template, project.settings, content, cache=cache)


def compose(edition: Edition, project: Project, cache: Cache | None = None) -> CompiledVariant:
    """The full variant; without a cache, nothing is kept of it."""
    composer = composer_of(edition, project, cache or Memory())
    compiled = composer.compose(Variants(edition.issue).full())
    assert compiled is not None, composer.findings
    return compiled


def ordinary_mjml(size: int) -> str:
    """A document of about `size` octets in MJML's everyday components."""
    section = (
        "<mj-section><mj-column><mj-text><h2>A notice about a matter of some weight</h2>"
        "<p>Two or three sentences say what it is, whom it concerns and what they may do. They are "
        "as long as such sentences are, and end in a <a href='https://example.org/'>link</a>.</p>"
        "</mj-text><mj-button href='https://example.org/book'>Book a place</mj-button>"
        "</mj-column></mj-section>"
    )
    return f"<mjml><mj-body>{section * (size // len(section))}</mj-body></mjml>"


def run(*words: str | Path) -> Callable[[], object]:
    return lambda: subprocess.run(
        [*map(str, words)],
        check=True,
        capture_output=True,
        cwd=REPOSITORY,
        env=as_installed(),
    )


def fill_microseconds(
    compiled: CompiledVariant, project: Project, content: str
) -> tuple[float, int]:
    settings = project.settings
    message = compile_message(
        compiled,
        message_headers(settings, datetime.now(UTC)),
        reader_links(settings, ISSUE, compiled.variant.id),
        content_hash=content,
        image_base_url="https://example.org",
    )
    readers = [
        Recipient(
            mailbox=f"reader{number}@example.org",
            values={"first_name": f"Reader{number}", "last_name": "O'Neill"},
            message_id=f"{number:032x}@example.org",
        )
        for number in range(2000)
    ]
    size = len(message.fill(readers[0]))

    def fill_all() -> None:
        for reader in readers:
            message.fill(reader)  # handed to the wire, not kept

    took = seconds(fill_all, 9)
    return took / len(readers) * 1e6, size


@dataclass(frozen=True, slots=True)
class Row:
    """What took how long in each round, ours and the peer's: seconds."""

    what: str
    ours: Sequence[float]
    peer: Sequence[float]

    def line(self, goals: Mapping[str, str]) -> str:
        """Of the table."""
        ours, peer = (statistics.median(some) * 1000 for some in (self.ours, self.peer))
        times = statistics.median(
            theirs / own for own, theirs in zip(self.ours, self.peer, strict=True)
        )
        return (
            f"| {self.what} | {ours:.1f} | {peer:.1f} | {times:.2f} | {goals.get(self.what, '')} |"
        )


#: Times as fast as mjml, beside MJML of the same size.
GOALS = {
    "`build`, again": ">= 1.5",
    "`check`, again": ">= 1.5",
    "a variant, one section of which was edited": ">= 3",
    "each further variant of an issue": ">= 10",
}

#: What is measured in a round, by its name: each round's seconds.
Rounds = Mapping[str, Sequence[float]]


def rounds(count: int, works: Mapping[str, Callable[[], float]]) -> Rounds:
    """All of them one after the other, so many times: what is compared has the same neighbours."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(count):
        for name, work in works.items():
            found[name].append(work())
    return found


def whole_processes(source: Path, folder: Path, runs: int) -> Iterator[Row]:
    """build and check beside the mjml command, on a warm disk."""
    peer = run(PACKAGES / ".bin" / "mjml", source, "-o", folder / "peer.html")
    build = run(*OURS, "build", "--issue", ISSUE, "--out", folder / "build")
    check = run(*OURS, "check", "--issue", ISSUE, "--at", SENT)
    found = rounds(
        runs,
        {
            "mjml": lambda: seconds(peer, 1),
            "`build`, nothing kept": lambda: seconds(build, 1, forget),
            "`build`, again": lambda: seconds(build, 1),
            "`check`, nothing kept": lambda: seconds(check, 1, forget),
            "`check`, again": lambda: seconds(check, 1),
        },
    )
    yield from rows(found)


def rows(found: Rounds) -> Iterator[Row]:
    for what, ours in found.items():
        if what != "mjml":
            yield Row(what, ours, found["mjml"])


def forget() -> None:
    """As before the first command: nothing that was composed is kept."""
    shutil.rmtree(REPOSITORY / ".newsletter/cache", ignore_errors=True)


def edited(edition: Edition, times: int) -> Edition:
    """With a few more words in its first section."""
    first, *others = edition.issue.sections
    body = MergeText((*first.body.pieces, f" Word {times}."), (*first.body.lines, first.body_line))
    sections = (replace(first, body=body), *others)
    return replace(
        edition,
        issue=replace(edition.issue, sections=sections),
        content=replace(edition.content, total=key_of(str(times))),
    )


def in_one_process(edition: Edition, project: Project, source: Path, runs: int) -> Iterator[Row]:
    """The composer beside mjml's own function, both warm."""
    kept, edits = Memory(), itertools.count()
    compose(edition, project, kept)
    found = rounds(
        _WARM_ROUNDS,
        {
            "mjml": lambda: peer_seconds(_PEER, source, runs=runs),
            "the first variant, nothing kept": lambda: seconds(
                lambda: compose(edition, project), runs
            ),
            "a variant, one section of which was edited": lambda: seconds(
                lambda: compose(edited(edition, next(edits)), project, kept), runs
            ),
            "a variant as it was before": lambda: seconds(
                lambda: compose(edition, project, kept), runs
            ),
            "each further variant of an issue": lambda: statistics.median(
                further_seconds(edition, project, runs)
            ),
        },
    )
    yield from rows(found)


def further_seconds(edition: Edition, project: Project, runs: int) -> Iterator[float]:
    """For each variant but the first, none of which was composed before."""
    settings, variants = project.settings, Variants(edition.issue)
    readers = every_combination(settings.regions, settings.roles)
    full = variants.full()
    others = {one.id: one for one in (variants.of(*reader) for reader in readers) if one != full}
    for _ in range(runs):
        composer = composer_of(edition, project, Memory())
        composer.compose(full)
        for variant in others.values():
            begin = time.perf_counter()
            composer.compose(variant)
            yield time.perf_counter() - begin


def table(rows: Iterable[Row], goals: Mapping[str, str]) -> list[str]:
    head = "| what | ours: ms | mjml: ms | times as fast | goal |"
    return [head, "|---|--:|--:|--:|--:|", *(row.line(goals) for row in rows), ""]


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    install_peers()
    project = open_project(REPOSITORY, {})
    edition = read_edition(project, ISSUE)
    document, compiled = rendered_mjml(edition, project)
    lines = ["`build` and `check` make and check four variants; mjml compiles one document.", ""]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for what, text, goals in (
            ("MJML of the same size in everyday components", ordinary_mjml(len(document)), GOALS),
            ("our own document, most of which is HTML already", document, {}),
        ):
            source = folder / "peer.mjml"
            source.write_text(text, "utf-8")
            lines += [f"## mjml compiles {what}", "", "Whole processes:", ""]
            lines += table(whole_processes(source, folder, runs), goals)
            lines += ["In a warm process:", ""]
            lines += table(in_one_process(edition, project, source, runs), goals)
    start = seconds(run(*OURS, "--help"), runs)
    rehearsal = seconds(run(*OURS, "send", "--issue", ISSUE, "--dry-run"), runs)
    microseconds, size = fill_microseconds(compiled, project, edition.content.total)
    lines += [
        "## Other figures",
        "",
        f"- `--help`: {start * 1000:.0f} ms",
        f"- `send --dry-run`: {rehearsal * 1000:.0f} ms",
        f"- filling one subscriber into {size / 1024:.0f} KB: {microseconds:.1f} us",
        "",
    ]
    write_results(__file__, f"Composing {ISSUE}, beside mjml", lines)


if __name__ == "__main__":
    main()
