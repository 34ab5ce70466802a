"""Sending, beside those who do it fastest, in the same run.

    make benchmark        or:  python benchmarks/delivery.py [MESSAGES]

A personalised issue of about 90 KB, the ledger durable (synchronous=FULL) and the journal on,
against Postfix's smtp-sink and a faster sink of our own (fastsink.c), and over STARTTLS to stunnel
in front of that. Client and sink are pinned to a core each. Needs Linux with two cores, root (to
pin), cc, Debian's postfix (smtp-source, smtp-sink) and stunnel4, node and npm (nodemailer), and a
registry of Python packages (mailmerge). Takes some 8 minutes, half of them for a million readers.

A round runs all peers one after the other, and machines are never quiet: a ratio is taken within a
round, of runs that had the same neighbours, and told is the median of such ratios.
"""

from __future__ import annotations

import csv
import json
import os
import resource
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import trustme
from measuring import HERE, REPOSITORY, as_installed, install_peers, write_results
from plot import growth_plot

ISSUE = "2025-08"
CONNECTIONS = 16
ROUNDS = 3
CLOSE_ROUNDS = 7  #: into fastsink: our goals beside smtp-source are near to what we reach
CLIENT, SINK = "0", "1"  #: cores
PORT, BEHIND = 2627, 2628  #: of the sink; of the one that stunnel stands before
_NOTICES = 18  #: as many as make a message of about 90 KB
_NAME = "{{NAME}}"
_OURS, _GENERATOR = "newsletter-mailer", "smtp-source"
_SMTPLIB_NAME = "smtplib, one connection"
_NODEMAILER_NAME = "nodemailer, pooled, composing"


@dataclass(frozen=True)
class Measured:
    """One run of one sender."""

    seconds: float
    octets: int  #: of content, all messages together
    messages: int
    start: float = 0.0  #: seconds of the client's processor until the first message leaves
    processor: float = 0.0  #: and after that
    sink: float = 0.0  #: seconds of the sink's processor

    @property
    def rate(self) -> float:
        return self.messages / self.seconds

    @property
    def megabytes(self) -> float:
        return self.octets / self.seconds / 1e6

    @property
    def processor_each(self) -> float:
        """Microseconds a message."""
        return self.processor / self.messages * 1e6


#: By sender, its runs: of each round that it took part in, the first rounds.
Found = Mapping[str, Sequence[Measured]]


@dataclass(frozen=True)
class Peer:
    """A sender, and in how many rounds it takes part."""

    name: str
    run: Callable[[], Measured]
    rounds: int = ROUNDS
    start: Callable[[], float] = lambda: 0.0  #: measures `Measured.start`, just before the run


@contextmanager
def sink(words: Sequence[str]) -> Iterator[int]:
    """A server on PORT, on a core of its own. Gives its process id."""
    with process(words) as server:
        greeted(PORT)
        yield server


@contextmanager
def encrypting_sink(folder: Path) -> Iterator[int]:
    """stunnel on PORT: offers STARTTLS and hands the rest to fastsink. Gives its process id."""
    settings = folder / "stunnel.conf"
    settings.write_text(
        f"foreground = yes\npid =\ndebug = err\n[sink]\nprotocol = smtp\n"
        f"accept = 127.0.0.1:{PORT}\nconnect = 127.0.0.1:{BEHIND}\ncert = {folder / 'server.pem'}\n"
    )
    with process(fast_sink(folder, BEHIND)), process(["stunnel", str(settings)]) as server:
        greeted(PORT)
        yield server


def greeted(port: int) -> None:
    """Returns when a server says its greeting there. Raises TimeoutError."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with (
            suppress(OSError),
            socket.create_connection(("127.0.0.1", port), timeout=1) as connection,
        ):
            if connection.recv(3) == b"220":
                return
        time.sleep(0.05)
    raise TimeoutError(f"no server says 220 on port {port}")


@contextmanager
def process(words: Sequence[str]) -> Iterator[int]:
    """On the sink's core. Gives its process id."""
    server = subprocess.Popen(["taskset", "-c", SINK, *words], stdout=subprocess.DEVNULL)
    try:
        yield server.pid
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def smtp_sink() -> list[str]:
    return ["smtp-sink", "-u", "nobody", f"127.0.0.1:{PORT}", "1000"]


def fast_sink(folder: Path, port: int = PORT) -> list[str]:
    program = folder / "fastsink"
    if not program.exists():
        subprocess.run(["cc", "-O2", "-o", str(program), str(HERE / "fastsink.c")], check=True)
    return [str(program), str(port)]


def certificates(folder: Path) -> Path:
    """Writes the server's certificate for stunnel; gives the file of who signed it."""
    authority, ca_file = trustme.CA(), folder / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(
        folder / "server.pem"
    )
    return ca_file


def project_of(folder: Path, readers: int) -> Path:
    """Issue 2025-08, its pictures hosted, with as many notices as make a message of 90 KB."""
    project = folder / f"project-{readers}"
    for name in ("issues", "templates"):
        shutil.copytree(REPOSITORY / name, project / name)
    settings = (REPOSITORY / "newsletter.toml").read_text()
    (project / "newsletter.toml").write_text(
        settings.replace(
            'images = "embed"', 'images = "host"\nimage_base_url = "https://img.example.org"'
        )
    )
    issue = project / "issues" / ISSUE
    for pattern in ("[67]*.md", "40-*.md"):  # one variant for all, and nothing that may be past
        for section in issue.glob(pattern):
            section.unlink()
    toml = (issue / "issue.toml").read_text()
    (issue / "issue.toml").write_text(toml.replace('["example"]', '["readers"]'))
    name = '{{ subscriber.first_name | default("you") }}'
    for number in range(_NOTICES):
        (issue / f"5{number:02}-notice.md").write_text(
            f"---\nkind: notice\ntitle: Notice number {number}\n---\n"
            f"What notice {number} says to {name}.{' Some more words follow.' * 30}\n"
        )
    write_list(project, readers)
    return project


def write_list(project: Path, readers: int) -> None:
    (project / "recipients").mkdir(exist_ok=True)
    with (project / "recipients/readers.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("email", "first_name", "region"))
        for number in range(readers):
            domain = f"council{number % 14}.example.org"
            table.writerow((f"reader{number}@{domain}", f"Reader{number}", "dudley"))


def command(project: Path, *words: str) -> list[str]:
    return [
        *("taskset", "-c", CLIENT, sys.executable, "-m", "newsletter_mailer"),
        *words,
        *("--issue", ISSUE, "--project", str(project)),
    ]


def environment(ca_file: Path | None = None) -> Mapping[str, str]:
    """The settings that lead to the sink, over STARTTLS if `ca_file` signed its certificate."""
    security = {"SMTP_SECURITY": "none"}
    if ca_file is not None:
        security = {"SMTP_SECURITY": "starttls", "SMTP_CA_FILE": str(ca_file)}
    return {**as_installed(), "SMTP_HOST": "localhost", "SMTP_PORT": str(PORT), **security}


def processor_of(words: Sequence[str], ca_file: Path | None = None) -> tuple[float, float]:
    """Runs a command: its seconds on the processor, and its peak memory in megabytes."""
    process = subprocess.Popen(
        words, env=environment(ca_file), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    complaint = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{words}: {complaint.decode(errors='replace')}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def start_of(project: Path) -> float:
    """Processor seconds of a `send` that ends where the first message would leave."""
    seconds, _ = processor_of(command(project, "send", "--dry-run"))
    return seconds


def forget(project: Path) -> None:
    shutil.rmtree(project / ".newsletter", ignore_errors=True)
    (project / "issues" / ISSUE / "sent.toml").unlink(missing_ok=True)


def ours(project: Path, size: int, ca_file: Path | None = None) -> Measured:
    """The command as a person runs it; the rate is that between its first and last outcome."""
    forget(project)
    processor_of(command(project, "send", "--yes", "--connections", str(CONNECTIONS)), ca_file)
    with sqlite3.connect(project / ".newsletter/ledger.db") as ledger:
        count, first, last = ledger.execute(
            "SELECT count(*), min(at), max(at) FROM delivery WHERE state = 'sent'"
        ).fetchone()
    return Measured((last - first) / 1000, (count - 1) * size, count - 1)


def smtp_source(messages: int, size: int) -> Measured:
    words = ["smtp-source", "-s", str(CONNECTIONS), "-l", str(size), "-m", str(messages)]
    words += ["-f", "news@example.org", "-t", "reader@example.org", f"127.0.0.1:{PORT}"]
    return timed(["taskset", "-c", CLIENT, *words], messages, size)


def timed(words: Sequence[str], messages: int, size: int) -> Measured:
    begin = time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return Measured(time.perf_counter() - begin, messages * size, messages)


_SMTPLIB = """
import smtplib, socket, ssl, sys, time
message = open(sys.argv[3], 'rb').read()
client = smtplib.SMTP('localhost', int(sys.argv[1]))
client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else TLS waits for each ACK
if sys.argv[4:]:
    client.starttls(context=ssl.create_default_context(cafile=sys.argv[4]))
begin = time.perf_counter()
for number in range(int(sys.argv[2])):
    client.sendmail('news@example.org', [f'reader{number}@example.org'], message)
print(time.perf_counter() - begin)
"""


def smtplib_alone(messages: int, size: int, message: Path, ca_file: Path | None = None) -> Measured:
    """One connection, reused; the message is made beforehand; nothing is remembered.

    It does not wait for ACKs, as smtplib by itself does: 15 ms a message over TLS.
    """
    words = [sys.executable, "-c", _SMTPLIB, str(PORT), str(messages), str(message)]
    return printed([*words, *signed_by(ca_file)], messages, size)


def nodemailer(messages: int, size: int, parts: Path, ca_file: Path | None = None) -> Measured:
    script = HERE / "peers" / "pooled.mjs"
    words = ["node", str(script), str(PORT), str(CONNECTIONS), str(messages), str(parts)]
    return printed([*words, *signed_by(ca_file)], messages, size)


def signed_by(ca_file: Path | None) -> list[str]:
    """A peer's last argument: with it, it talks over STARTTLS."""
    return [] if ca_file is None else [str(ca_file)]


def printed(words: Sequence[str], messages: int, size: int) -> Measured:
    """Of a peer that prints its own seconds."""
    done = subprocess.run(
        ["taskset", "-c", CLIENT, *words], check=True, stdout=subprocess.PIPE, text=True, cwd=HERE
    )
    return Measured(float(done.stdout), messages * size, messages)


def mailmerge(folder: Path, messages: int, size: int, parts: Path) -> Measured:
    """The command, from its list to the last message; it keeps no memory of whom it mailed."""
    home = folder / "mailmerge"
    program = home / "venv/bin/mailmerge"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home / "venv")], check=True)
        subprocess.run(
            [str(home / "venv/bin/pip"), "install", "--quiet", "mailmerge==2.3.0"], check=True
        )
    text = json.loads(parts.read_text())["html"].replace(_NAME, "{{name}}")
    (home / "template.txt").write_text(
        "TO: {{email}}\nSUBJECT: August 2025\nFROM: News <news@example.org>\n"
        f"Content-Type: text/html\n\n{text}\n"
    )
    (home / "server.conf").write_text(f"[smtp_server]\nhost = 127.0.0.1\nport = {PORT}\n")
    rows = "".join(f"reader{n}@example.org,Reader{n}\n" for n in range(messages))
    (home / "list.csv").write_text(f"email,name\n{rows}")
    names = {"template": "template.txt", "database": "list.csv", "config": "server.conf"}
    options = [word for name, file in names.items() for word in (f"--{name}", str(home / file))]
    return timed(
        ["taskset", "-c", CLIENT, str(program), "--no-dry-run", "--no-limit", *options],
        messages,
        size,
    )


def message_of(project: Path, folder: Path) -> tuple[int, Path, Path]:
    """Its size, the message itself, and its text and HTML with a place for the name."""
    built = folder / "built"
    processor_of(command(project, "build", "--out", str(built)))
    (eml,) = built.glob("*.eml")
    octets = eml.read_bytes()
    parsed = message_from_bytes(octets, policy=default)
    bodies = {
        name: parsed.get_body((kind,)).get_content().replace("Alex", _NAME)  # type: ignore[union-attr]  # both parts are there
        for name, kind in (("text", "plain"), ("html", "html"))
    }
    parts = folder / "parts.json"
    parts.write_text(json.dumps(bodies))
    return len(octets), eml, parts


def processor_seconds(pid: int) -> float:
    """What a process has used of its processor until now (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children_seconds() -> float:
    """What the commands that ended have used of their processor until now."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def rounds(peers: Sequence[Peer], server: int) -> Found:
    """`server`: the sink's process id."""
    found: dict[str, list[Measured]] = {peer.name: [] for peer in peers}
    for number in range(max(peer.rounds for peer in peers)):
        for peer in peers:
            if number < peer.rounds:
                start = peer.start()
                client, sink_ = children_seconds(), processor_seconds(server)
                measured = peer.run()
                found[peer.name].append(
                    replace(
                        measured,
                        start=start,
                        processor=children_seconds() - client - start,
                        sink=processor_seconds(server) - sink_,
                    )
                )
    return found


def median(runs: Sequence[Measured], figure: Callable[[Measured], float]) -> float:
    return statistics.median(map(figure, runs))


def ratios(found: Found, name: str, figure: Callable[[Measured], float]) -> list[float]:
    """Of each round: ours as a multiple of that sender's."""
    both = zip(found[_OURS], found[name], strict=False)
    return [figure(mine) / figure(theirs) for mine, theirs in both]


def megabytes(one: Measured) -> float:
    return one.megabytes


def processor_each(one: Measured) -> float:
    return one.processor_each


def table(title: str, found: Found) -> list[str]:
    lines = [
        f"### {title}",
        "",
        "| sender | messages/s | MB/s | ours is times as fast |",
        "|---|--:|--:|--:|",
    ]
    for name, runs in found.items():
        rate, octets = median(runs, lambda one: one.rate), median(runs, megabytes)
        ratio = statistics.median(ratios(found, name, megabytes))
        lines.append(f"| {name} | {rate:,.0f} | {octets:,.0f} | {ratio:.2f} |")
    return [*lines, ""]


def processors(found: Found) -> list[str]:
    mine, theirs = found[_OURS], found[_GENERATOR]
    each, theirs_each = median(mine, processor_each), median(theirs, processor_each)
    start = median(mine, lambda one: one.start)
    busy, busy_there = (median(runs, lambda one: one.sink / one.seconds) for runs in (mine, theirs))
    return [
        f"Our processor: {each:.0f} us a message, and {start:.1f} s until the first one leaves.",
        f"smtp-source's, which sends the same octets again and again: {theirs_each:.0f} us.",
        f"The sink's core was busy: {busy:.0%} of our run, {busy_there:.0%} of smtp-source's.",
        "",
    ]


def goals(in_the_clear: Found, encrypted: Found) -> list[str]:
    """`in_the_clear`: into fastsink."""
    rows = {
        "processor a message, of smtp-source's, into fastsink": (
            "<= 1.2",
            ratios(in_the_clear, _GENERATOR, processor_each),
        ),
        "octets a second, of smtp-source's, into fastsink": (
            ">= 1.2",
            ratios(in_the_clear, _GENERATOR, megabytes),
        ),
        "octets a second, of smtplib's, over STARTTLS": (
            ">= 4",
            ratios(encrypted, _SMTPLIB_NAME, megabytes),
        ),
    }
    lines = ["### Goals", "", "| | goal | here |", "|---|--:|--:|"]
    for name, (goal, of_rounds) in rows.items():
        lines.append(f"| {name} | {goal} | {statistics.median(of_rounds):.2f} |")
    lines += ["", "Of each round, from the least to the most:", ""]
    for name, (_, of_rounds) in rows.items():
        lines.append(f"- {name}: {', '.join(f'{one:.2f}' for one in sorted(of_rounds))}")
    return [*lines, ""]


def growth(folder: Path) -> list[str]:
    """Seconds and peak memory of the whole command, from 1,000 to 1,000,000 readers."""
    lines = [
        "### From 1,000 to 1,000,000 readers",
        "",
        "The whole command, planning included, into fastsink.",
        "",
        "| readers | send: processor s | us/reader | send: peak MB | dry run: s | peak MB |",
        "|--:|--:|--:|--:|--:|--:|",
    ]
    peaks: dict[str, list[tuple[float, float]]] = {"send": [], "send --dry-run": []}
    for readers in (1_000, 10_000, 100_000, 1_000_000):
        project = project_of(folder, readers)
        with sink(fast_sink(folder)):
            seconds, peak = processor_of(
                command(project, "send", "--yes", "--connections", str(CONNECTIONS))
            )
        forget(project)
        begin = time.perf_counter()
        _, dry_peak = processor_of(command(project, "send", "--dry-run"))
        dry = time.perf_counter() - begin
        each = seconds / readers * 1e6
        lines.append(
            f"| {readers:,} | {seconds:.1f} | {each:,.0f} | {peak:.0f} | {dry:.1f} "
            f"| {dry_peak:.0f} |"
        )
        peaks["send"].append((readers, peak))
        peaks["send --dry-run"].append((readers, dry_peak))
        shutil.rmtree(project)
    picture = HERE / "memory.svg"
    picture.write_text(growth_plot("Peak memory of the command", "readers", "MB", peaks, top=100))
    return [*lines, "", f"![Peak memory by number of readers]({picture.name})", ""]


def main(messages: int) -> None:
    install_peers()
    os.nice(-5)
    with tempfile.TemporaryDirectory(dir=HERE) as name:
        folder = Path(name)
        project = project_of(folder, messages)
        size, eml, parts = message_of(project, folder)
        lines = [
            f"A message has {size:,} octets; {CONNECTIONS} connections; {messages:,} messages,",
            "fewer of the slower senders. In a round all senders run one after the other:",
            f"{CLOSE_ROUNDS} rounds of the first two into fastsink, {ROUNDS} of all else.",
            "A rate is the median of its rounds. How many times as fast we are, and how much",
            "processor we take, is the median of what it was within each round: it need not be",
            "the ratio of two rates.",
            "",
        ]
        few = max(200, messages // 20)
        for title, words, times in (
            ("smtp-sink", smtp_sink(), ROUNDS),
            ("fastsink", fast_sink(folder), CLOSE_ROUNDS),
        ):
            with sink(words) as server:
                found = rounds(
                    (
                        Peer(_OURS, lambda: ours(project, size), times, lambda: start_of(project)),
                        Peer(_GENERATOR, lambda: smtp_source(messages, size), times),
                        Peer(_SMTPLIB_NAME, lambda: smtplib_alone(few, size, eml)),
                        Peer(_NODEMAILER_NAME, lambda: nodemailer(few, size, parts)),
                        Peer("mailmerge", lambda: mailmerge(folder, few, size, parts)),
                    ),
                    server,
                )
            lines += [*table(f"Into {title}", found), *processors(found)]
        ca_file = certificates(folder)
        with encrypting_sink(folder) as server:
            encrypted = rounds(
                (
                    Peer(
                        _OURS,
                        lambda: ours(project, size, ca_file),
                        start=lambda: start_of(project),
                    ),
                    Peer(_SMTPLIB_NAME, lambda: smtplib_alone(few, size, eml, ca_file)),
                    Peer(_NODEMAILER_NAME, lambda: nodemailer(few, size, parts, ca_file)),
                ),
                server,
            )
        lines += [
            *table("Over STARTTLS, into stunnel before fastsink", encrypted),
            f"Our processor: {median(encrypted[_OURS], processor_each):.0f} us a message.",
            "",
            *goals(found, encrypted),
            *growth(folder),
        ]
    write_results(__file__, "Sending, beside those who do it fastest", lines)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 20_000)
