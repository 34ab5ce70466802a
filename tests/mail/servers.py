"""Real mail servers from Debian's packages, in a folder of their own, with one mailbox for all.

They need root. They offer STARTTLS and take nothing without it.
"""

from __future__ import annotations

import email
import email.policy
import grp
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import trustme

from tests.waiting import wait_until


@dataclass
class MailServer:
    """Of one kind; see the subclasses."""

    folder: Path
    port: int

    @property
    def environment(self) -> dict[str, str]:
        return {
            "SMTP_HOST": "localhost",
            "SMTP_PORT": str(self.port),
            "SMTP_SECURITY": "starttls",
            "SMTP_CA_FILE": str(self.folder / "ca.pem"),
        }

    def start(self) -> None:
        """Returns when it greets."""
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError

    def kill(self) -> None:
        """As if its machine had crashed: whatever it was doing."""
        raise NotImplementedError

    @property
    def log(self) -> str:
        raise NotImplementedError

    def recipient(self, message: EmailMessage) -> str:
        """To whom it delivered that message."""
        raise NotImplementedError

    def delivered(self, count: int) -> list[EmailMessage]:
        """The messages in the mailbox, once there are so many."""
        mailbox = self.folder / "mail" / "inbox" / "new"
        wait_until(
            lambda: mailbox.is_dir() and len(list(mailbox.iterdir())) >= count, lambda: self.log
        )
        return [
            email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            for path in sorted(mailbox.iterdir())
        ]

    def accepted(self, messages: list[EmailMessage]) -> set[tuple[str, str]]:
        """Recipient and queue id. A server that crashed may deliver twice what it took once."""
        return {
            (self.recipient(one), re.search(r"\bid (\S+)", str(one["Received"]))[1])  # type: ignore[index]  # or the test fails
            for one in messages
        }

    def _await_greeting(self) -> None:
        wait_until(self._greets, lambda: self.log)

    def _greets(self) -> bool:
        with (
            suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=5) as line,
        ):
            return line.recv(4) == b"220 "
        return False


_POSTFIX_SERVICES = """\
{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
_POSTFIX_SETTINGS = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.example.org
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
mynetworks = 127.0.0.0/8
strict_rfc821_envelopes = yes
smtputf8_enable = yes
virtual_mailbox_domains = static:all
virtual_mailbox_maps = static:inbox/
virtual_mailbox_base = {folder}/mail
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {folder}/server.pem
smtpd_tls_key_file = {folder}/server.pem
smtpd_tls_loglevel = 1
maillog_file = {folder}/maillog
maillog_file_prefixes = {folder}
"""


class Postfix(MailServer):
    command, user = "postfix", "postfix"

    def configure(self) -> None:
        owner, group = pwd.getpwnam("postfix"), grp.getgrnam("postfix")
        for name in ("queue", "data", "config"):
            (self.folder / name).mkdir()
        os.chown(self.folder / "data", owner.pw_uid, group.gr_gid)
        (self.folder / "config" / "main.cf").write_text(
            _POSTFIX_SETTINGS.format(folder=self.folder, uid=owner.pw_uid, gid=group.gr_gid)
        )
        services = _POSTFIX_SERVICES.format(port=self.port)
        (self.folder / "config" / "master.cf").write_text(services)

    def start(self) -> None:
        self._postfix("start", check=True)
        self._await_greeting()

    def stop(self) -> None:
        self._postfix("stop", check=False)

    def kill(self) -> None:
        master = int((self.folder / "queue/pid/master.pid").read_text())
        found = subprocess.run(["pgrep", "-P", str(master)], capture_output=True, check=False)
        for process in (master, *map(int, found.stdout.split())):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    @property
    def log(self) -> str:
        return (self.folder / "maillog").read_text("utf-8", errors="replace")

    def recipient(self, message: EmailMessage) -> str:
        return str(message["Delivered-To"])

    def _postfix(self, word: str, *, check: bool) -> None:
        words = ["postfix", "-c", str(self.folder / "config"), word]
        subprocess.run(words, check=check, capture_output=True)


_EXIM_SETTINGS = """\
primary_hostname = mail.example.org
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
smtp_accept_max = 100
smtputf8_advertise_hosts = *
chunking_advertise_hosts = *
pipelining_advertise_hosts = *
dsn_advertise_hosts = *
tls_advertise_hosts = *
tls_certificate = {folder}/server.pem
tls_privatekey = {folder}/server.pem
keep_environment =
acl_smtp_rcpt = takes_all
acl_smtp_data = takes_all
message_size_limit = 100M

begin acl
takes_all:
  require message = encryption is needed
          encrypted = *
  accept

begin routers
everybody:
  driver = accept
  transport = inbox

begin transports
inbox:
  driver = appendfile
  directory = {folder}/mail/inbox
  maildir_format
  envelope_to_add
  return_path_add
  user = Debian-exim
  group = Debian-exim
"""


class Exim(MailServer):
    command, user = "exim4", "Debian-exim"
    _daemon: subprocess.Popen[bytes] | None = None

    def configure(self) -> None:
        owner = pwd.getpwnam("Debian-exim")
        for name in ("spool", "log"):
            (self.folder / name).mkdir()
            os.chown(self.folder / name, owner.pw_uid, owner.pw_gid)
        os.chown(self.folder / "server.pem", owner.pw_uid, owner.pw_gid)
        settings = _EXIM_SETTINGS.format(folder=self.folder, port=self.port)
        (self.folder / "exim.conf").write_text(settings)

    def start(self) -> None:
        # A queue runner too: what was under way when it was killed goes on.
        self._daemon = subprocess.Popen(
            ["exim4", "-C", str(self.folder / "exim.conf"), "-bdf", "-q1s"],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._await_greeting()

    def stop(self) -> None:
        self.kill()

    def kill(self) -> None:
        assert self._daemon is not None
        with suppress(ProcessLookupError):
            os.killpg(self._daemon.pid, signal.SIGKILL)
        self._daemon.wait()

    @property
    def log(self) -> str:
        logs = sorted((self.folder / "log").glob("*log"))
        return "\n".join(log.read_text("utf-8", errors="replace") for log in logs)

    def recipient(self, message: EmailMessage) -> str:
        return str(message["Envelope-to"])


Kind = type[Postfix] | type[Exim]
KINDS: tuple[Kind, ...] = (Postfix, Exim)


def is_installed(kind: Kind) -> bool:
    return shutil.which(kind.command) is not None


@contextmanager
def running(kind: Kind) -> Iterator[MailServer]:
    """As long as the context lasts."""
    folder = Path(tempfile.mkdtemp(prefix="mail-"))
    folder.chmod(0o755)
    (folder / "mail").mkdir()
    owner = pwd.getpwnam(kind.user)
    os.chown(folder / "mail", owner.pw_uid, owner.pw_gid)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    certificate = authority.issue_cert("localhost")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = kind(folder, port)
    server.configure()
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
