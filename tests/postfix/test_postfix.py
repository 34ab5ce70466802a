"""A real Postfix takes the issue over STARTTLS, and what it delivers reads without a defect.

Opt-in: `make test-mail`, as root, with Debian's package postfix.
"""

from __future__ import annotations

import email
import email.policy
import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest
import trustme

from tests.conftest import REPOSITORY, Mailer, ProjectFolder

pytestmark = pytest.mark.mail

_SERVICES = """\
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
_SETTINGS = """\
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


@dataclass(frozen=True)
class Postfix:
    """A running server with one mailbox for everybody."""

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

    @property
    def log(self) -> str:
        return (self.folder / "maillog").read_text("utf-8", errors="replace")

    def delivered(self, count: int) -> list[EmailMessage]:
        """The messages in the mailbox, once there are so many (or after half a minute)."""
        mailbox = self.folder / "mail" / "inbox" / "new"
        for _ in range(300):
            if mailbox.is_dir() and len(list(mailbox.iterdir())) >= count:
                break
            time.sleep(0.1)
        return [
            email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            for path in sorted(mailbox.iterdir())
        ]


@pytest.fixture
def postfix() -> Iterator[Postfix]:
    if shutil.which("postfix") is None or os.geteuid() != 0:
        pytest.fail("This needs root and Postfix: apt-get install postfix")
    folder = Path(tempfile.mkdtemp(prefix="postfix-"))
    folder.chmod(0o755)
    owner, group = pwd.getpwnam("postfix"), grp.getgrnam("postfix")
    for name in ("queue", "data", "mail", "config"):
        (folder / name).mkdir()
    for name in ("data", "mail"):
        os.chown(folder / name, owner.pw_uid, group.gr_gid)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    certificate = authority.issue_cert("localhost")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "config" / "main.cf").write_text(
        _SETTINGS.format(folder=folder, uid=owner.pw_uid, gid=group.gr_gid)
    )
    (folder / "config" / "master.cf").write_text(_SERVICES.format(port=port))
    command = ["postfix", "-c", str(folder / "config")]
    subprocess.run([*command, "start"], check=True, capture_output=True)
    try:
        yield Postfix(folder, port)
    finally:
        subprocess.run([*command, "stop"], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def test_postfix_takes_the_issue_over_starttls(
    postfix: Postfix, project: ProjectFolder, mailer: Mailer
) -> None:
    for name in ("issues", "recipients", "templates"):
        shutil.copytree(REPOSITORY / name, project.root / name, dirs_exist_ok=True)
    settings = (REPOSITORY / "newsletter.toml").read_text("utf-8")
    long_ago = 'past-event = "warning"\npast-deadline = "warning"\n'
    project.write("newsletter.toml", settings.replace("[check]\n", f"[check]\n{long_ago}"))
    (project.root / "issues" / "2025-08" / "sent.toml").unlink(missing_ok=True)
    project.write(
        "recipients/example.csv",
        project.read("recipients/example.csv") + "żółw@example.org,Żółw,Ąę,,dudley,director\n",
    )

    result = mailer("send", "--issue", "2025-08", "--yes", "--json", env=postfix.environment)

    assert result.code == 0, result.err + postfix.log
    messages = postfix.delivered(result.json["sent"])
    recipients = [str(message["Delivered-To"]) for message in messages]
    assert len(messages) == result.json["sent"] == result.json["planned"] == 49
    assert len(set(recipients)) == 49
    assert "żółw@example.org" in recipients
    assert "TLS connection established" in postfix.log
    for message in messages:
        assert not message.defects
        for part in message.walk():
            assert not part.defects
        assert message.get_body(("plain",)) is not None
        assert message.get_body(("html",)) is not None
        assert str(message["Subject"]).startswith("Regional Update")
