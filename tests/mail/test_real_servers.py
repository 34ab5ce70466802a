"""Real mail servers take the issue over STARTTLS, and what they deliver reads without a defect.

Opt-in: `make test-mail`, as root, with Debian's package postfix or exim4-daemon-light.
"""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.acceptance.scene import Newsletter, addresses, plain_newsletter
from tests.conftest import REPOSITORY, Mailer, ProjectFolder
from tests.faults.scenes import states
from tests.mail.servers import Exim, MailServer

pytestmark = pytest.mark.mail

SEND = ("send", "--issue", "2030-01", "--yes", "--json")
READERS = 300


@pytest.fixture
def real_issue(project: ProjectFolder) -> ProjectFolder:
    """Issue 2025-08 of this repository, as if it was to go out now; a reader with a Polish name."""
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
    return project


def test_a_real_server_takes_the_issue_over_starttls(
    mail_server: MailServer, real_issue: ProjectFolder, mailer: Mailer
) -> None:
    env = mail_server.environment
    result = mailer("send", "--issue", "2025-08", "--yes", "--json", env=env)

    assert result.code == 0, result.err + mail_server.log
    messages = mail_server.delivered(result.json["sent"])
    recipients = [mail_server.recipient(message) for message in messages]
    assert len(messages) == result.json["sent"] == result.json["planned"] == 49
    assert len(set(recipients)) == 49
    assert "żółw@example.org" in recipients
    assert ("TLS connection established" if not isinstance(mail_server, Exim) else "X=TLS") in (
        mail_server.log
    )
    for message in messages:
        assert not message.defects
        for part in message.walk():
            assert not part.defects
        assert message.get_body(("plain",)) is not None
        assert message.get_body(("html",)) is not None
        assert str(message["Subject"]).startswith("Regional Update")


def test_a_real_server_that_is_killed_and_comes_back_gets_each_message_once(
    mail_server: MailServer, tmp_path: Path
) -> None:
    news = plain_newsletter(tmp_path / "news", READERS)
    env = mail_server.environment
    running = news.begin(*SEND, "--rate", "60/s", env=env)
    assert running.stderr is not None
    while " of 300 (" not in (line := running.stderr.readline()):
        assert line, "it ended before it began"
    mail_server.kill()
    mail_server.start()
    running.communicate(timeout=180)

    unknown = those(news, "unknown")
    assert len(unknown) <= 4
    assert running.returncode == (3 if unknown or those(news, "deferred") else 0)
    assert news.command("resolve", "--issue", "2030-01", "--unknown", "resend").code == 0
    done = news.command(*SEND, env=env)
    assert done.code == 0, done.err
    accepted = Counter(
        recipient for recipient, _ in mail_server.accepted(mail_server.delivered(READERS))
    )
    assert {*accepted} == {*addresses(READERS)}
    assert {recipient for recipient, count in accepted.items() if count > 1} <= unknown


def those(news: Newsletter, state: str) -> set[str]:
    return {address for address, found in states(news).items() if found == state}
