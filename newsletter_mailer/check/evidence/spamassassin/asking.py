"""SpamAssassin, if it is installed, asked about each variant's message. Nothing leaves the machine.

It takes a second to start and a third of one for each message, so it is started once.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from newsletter_mailer.address import domain
from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.evidence.spamassassin.score import SpamHit, SpamScore
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.message import (
    MessageHeaders,
    Recipient,
    compile_message,
    message_headers,
)
from newsletter_mailer.compose.sample_reader import MAILBOX, sample_values
from newsletter_mailer.lazy_patterns import lazy_pattern
from newsletter_mailer.links import reader_links

_PATIENCE = 60.0  #: seconds to start, on a busy machine
_PATIENCE_EACH = 5.0  #: and for each message
#: Nothing of the network, of what was learned, or of the person's own preferences.
_ALONE = ("--local", "--test-mode", "--nocreate-prefs", "--prefspath=preferences")
_SETTINGS = ("use_bayes 0", "report_safe 0", "report_contact x", "clear_report_template")
_POINTS = lazy_pattern(r"(?P<rule>\w+)=(?P<points>-?\d+(?:\.\d+)?)")
#: ` 2.8 HTML_IMAGE_ONLY_24     BODY: HTML: images with 2000-2400 bytes of words`
_ABOUT = lazy_pattern(r"\s{0,3}-?\d+(?:\.\d+)?\s(?P<rule>\w+)\s+(?P<about>\S.*)")
_PART = lazy_pattern(r"^(?:BODY|RBL|URI|RAW|FULL|META): ")


class CannotAsk(Exception):
    """SpamAssassin gave no answer. The text is a sentence for a person."""


def spam_scores(
    context: CheckContext, environment: Mapping[str, str], note: Callable[[str], None]
) -> Mapping[str, SpamScore] | None:
    """By the id of the variant. None without SpamAssassin; `note` says why."""
    path = environment.get("PATH")
    program = shutil.which("spamassassin", path=path)
    if program is None:
        note(
            "The spam score was not checked: SpamAssassin is not installed (on Debian and Ubuntu: "
            "apt install spamassassin)."
        )
        return None
    # As it would be sent now: a stale date costs points of its own.
    headers = message_headers(context.settings, datetime.now(UTC))
    messages = [_message(compiled, headers, context) for compiled in context.compiled]
    try:
        scores = ask(program, path or "", messages)
    except CannotAsk as reason:
        note(f"The spam score was not checked: {reason}")
        return None
    note(
        "The spam score is SpamAssassin's, which many servers of councils and universities ask. "
        "Gmail and Microsoft 365 do not."
    )
    ids = (compiled.variant.id for compiled in context.compiled)
    return dict(zip(ids, scores, strict=True))


def ask(program: str, path: str, messages: Sequence[bytes]) -> Sequence[SpamScore]:
    """The score of each message. `path`: where programs are. Raises CannotAsk."""
    if not messages:
        return ()
    mark = secrets.token_hex(16)  # so that no message can pass for a report
    with tempfile.TemporaryDirectory(prefix="newsletter-spam-") as folder:
        names = [f"{number:04}.eml" for number in range(len(messages))]
        for name, message in zip(names, messages, strict=True):
            (Path(folder) / name).write_bytes(message)
        (Path(folder) / "preferences").touch()
        output = _run([program, *_ALONE, *_report_of(mark), *names], folder, path, len(messages))
    scores = [*parse_reports(output, mark)]
    if len(scores) != len(messages):
        raise CannotAsk(f"SpamAssassin answered for {len(scores)} of {len(messages)} messages.")
    return scores


def parse_reports(output: str, mark: str) -> Iterator[SpamScore]:
    """The scores in what SpamAssassin prints, in the order of the messages."""
    for report in output.split(f"{mark} begins")[1:]:
        report = report.partition(f"{mark} ends")[0]
        first, _, summary = report.lstrip().partition("\n")
        about = _about(summary)
        yield SpamScore(
            hits=tuple(
                SpamHit(
                    rule=one["rule"], points=float(one["points"]), about=about.get(one["rule"], "")
                )
                for one in _POINTS.finditer(first)
            )
        )


def _report_of(mark: str) -> Iterator[str]:
    """Our own form of the report: the usual one repeats the beginning of the message."""
    report = (f"{mark} begins", "_TESTSSCORES(,)_", "_SUMMARY_", f"{mark} ends")
    for line in (*_SETTINGS, *(f"report {line}" for line in report)):
        yield f"--cf={line}"


def _run(command: Sequence[str], folder: str, path: str, count: int) -> str:
    try:
        done = subprocess.run(  # noqa: S603  # the program found on PATH, names of our own
            command,
            cwd=folder,
            env={"PATH": path, "HOME": folder, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE + _PATIENCE_EACH * count,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise CannotAsk(f"SpamAssassin took more than {late.timeout:.0f} seconds.") from None
    except OSError as fault:
        raise CannotAsk(f"SpamAssassin cannot be started: {fault.strerror}.") from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise CannotAsk(f"SpamAssassin failed ({done.returncode}) and said: {said[:200]}")
    return done.stdout


def _about(summary: str) -> Mapping[str, str]:
    """SpamAssassin's words for each rule; a long one goes on in the next line."""
    words: dict[str, str] = {}
    rule = ""
    for line in summary.splitlines():
        found = _ABOUT.match(line)
        if found is not None:
            rule = found["rule"]
            words[rule] = _PART.sub("", found["about"].strip())
        elif rule and line.startswith(" ") and line.strip():
            words[rule] += f" {line.strip()}"
    return words


def _message(compiled: CompiledVariant, headers: MessageHeaders, context: CheckContext) -> bytes:
    """The bytes that a made-up reader would get."""
    message = compile_message(
        compiled,
        headers,
        reader_links(context.settings, context.issue.id, compiled.variant.id),
        content_hash=context.issue.id,
        image_base_url=context.settings.image_base_url_if_hosted,
    )
    name = hashlib.sha256(f"{context.issue.id} {compiled.variant.id}".encode()).hexdigest()
    return message.fill(
        Recipient(
            mailbox=MAILBOX,
            values=sample_values(compiled.fields()),
            message_id=f"{name[:32]}@{domain(headers.sender.address)}",
        )
    )
