"""What a real Postfix writes into its log settles what was unknown.

Opt-in: `make test-mail`, as root, with Debian's package postfix.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.conftest import Mailer, ProjectFolder
from tests.mail.servers import MailServer

pytestmark = pytest.mark.mail

NOT_SENT_HERE = "f" * 32


def test_the_log_of_a_real_postfix_proves_what_it_took(
    postfix: MailServer, project: ProjectFolder, mailer: Mailer
) -> None:
    done = mailer("send", "--issue", "2030-01", "--yes", env=postfix.environment)
    assert done.code == 0, done.err
    postfix.delivered(2)
    # As if the sender had died before it read the answers; one message never got there.
    with closing(sqlite3.connect(project.root / ".newsletter/ledger.db")) as ledger, ledger:
        ledger.execute("UPDATE delivery SET state = 'unknown', code = NULL, reply = 'lost'")
        ledger.execute(
            "UPDATE delivery SET message_id = ? || '@example.org' WHERE address LIKE 'ben%'",
            (NOT_SENT_HERE,),
        )

    log = str(postfix.folder / "maillog")
    resolved = mailer("resolve", "--issue", "2030-01", "--evidence", log)

    assert resolved.code == 0, resolved.err
    assert "1 reader taken as sent" in resolved.err
    assert "1 message is not in the log" in resolved.err
    status = mailer("status", "--issue", "2030-01", "--addresses", "--json").json
    replies = {row["address"]: (row["state"], row["reply"]) for row in status["addresses"]}
    assert replies["ann@example.org"][0] == "sent"
    assert "sent (delivered to maildir)" in replies["ann@example.org"][1]
    assert replies["ben@example.org"] == ("unknown", "lost")
