"""Composing, building and filling, beside the reference MJML compiler in the same run.

    make benchmark        or:  python benchmarks/compose.py

Needs node and npm (the peer, mjml, is pinned in benchmarks/package.json). Prints a table; every
figure is a median. "cold" drops the page cache before each run, where the system lets us (Linux, as
root).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from measuring import (
    PACKAGES,
    REPOSITORY,
    install_peers,
    machine,
    mjml_documents,
    peer_seconds,
    seconds,
)

from newsletter_mailer.campaign.edition import Edition, read_edition
from newsletter_mailer.campaign.project import Project, open_project
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.composer import Composer
from newsletter_mailer.compose.links import reader_links, unsubscribe_uri
from newsletter_mailer.compose.message import Recipient, compile_message, envelope_of
from newsletter_mailer.plan.variants import Variants

ISSUE = "2025-08"
_DROP_CACHES = Path("/proc/sys/vm/drop_caches")

_PEER = """
import mjml from 'mjml'
import { readFileSync } from 'node:fs'
const text = readFileSync(process.argv[2], 'utf8')
const work = () => mjml(text)
"""


def drop_caches() -> None:
    os.sync()
    _DROP_CACHES.write_text("3")


def can_drop_caches() -> bool:
    with suppress(OSError):
        drop_caches()
        return True
    return False


def rendered_mjml(edition: Edition, project: Project) -> tuple[str, CompiledVariant]:
    """Our own document, as the compiler gets it, and what becomes of it."""
    with mjml_documents() as documents:
        compiled = compose(edition, project)
    return max(documents, key=len), compiled


def composer_of(edition: Edition, project: Project) -> Composer:
    return Composer(edition.issue, edition.template, project.settings, edition.content.total)


def compose(edition: Edition, project: Project) -> CompiledVariant:
    composer = composer_of(edition, project)
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
        [*map(str, words)], check=True, capture_output=True, cwd=REPOSITORY
    )


def fill_microseconds(
    compiled: CompiledVariant, project: Project, content: str
) -> tuple[float, int]:
    settings = project.settings
    envelope = envelope_of(
        settings, datetime.now(UTC), reader_links(settings), unsubscribe_uri(settings)
    )
    message = compile_message(
        compiled, envelope, content_hash=content, image_base_url="https://example.org"
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


def main() -> None:
    install_peers()
    project = open_project(REPOSITORY, {})
    edition = read_edition(project, ISSUE)
    document, compiled = rendered_mjml(edition, project)
    print(f"{machine()}\n")
    print(f"{'what':58} {'ours':>10} {'mjml':>10} {'mjml/ours':>10}")

    def row(what: str, ours: float, peer: float, unit: str = "s") -> None:
        factor = 1000 if unit == "ms" else 1
        print(
            f"{what:58} {ours * factor:8.3f} {unit:2}{peer * factor:8.3f} {unit:2}"
            f"{peer / ours:9.2f}x"
        )

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own, ordinary = folder / "own.mjml", folder / "ordinary.mjml"
        own.write_text(document, "utf-8")
        ordinary.write_text(ordinary_mjml(len(document)), "utf-8")
        build = run(
            sys.executable,
            "-m",
            "newsletter_mailer",
            "build",
            "--issue",
            ISSUE,
            "--out",
            folder / "build",
        )
        command = PACKAGES / ".bin" / "mjml"
        for what, source in (("our document", own), ("everyday components", ordinary)):
            peer = run(command, source, "-o", folder / "peer.html")
            if can_drop_caches():
                row(
                    f"build (4 variants), whole process, cold; {what}",
                    seconds(build, 5, drop_caches),
                    seconds(peer, 5, drop_caches),
                )
            row(
                f"build (4 variants), whole process, warm disk; {what}",
                seconds(build, 7),
                seconds(peer, 7),
            )
        for _ in range(5):
            compose(edition, project)
        ours = seconds(lambda: compose(edition, project), 31)
        composer, variant = composer_of(edition, project), Variants(edition.issue).full()
        another = seconds(lambda: composer.compose(variant), 31)
        for what, source in (("our document", own), ("everyday components", ordinary)):
            theirs = peer_seconds(_PEER, source)
            row(f"composing the first variant, warm; {what}", ours, theirs, "ms")
            row(f"composing each further variant, warm; {what}", another, theirs, "ms")
        api = seconds(run(sys.executable, "-m", "newsletter_mailer", "--help"), 7)
        print(f"{'--help, whole process':58} {api:8.3f} s")
        microseconds, size = fill_microseconds(compiled, project, edition.content.total)
        print(f"{f'filling one subscriber into {size / 1024:.0f} KB':58} {microseconds:8.1f} us")


if __name__ == "__main__":
    main()
