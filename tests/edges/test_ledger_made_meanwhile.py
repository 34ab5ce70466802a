"""A ledger that another send makes between two looks at it is not missed: that send is at work."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.campaign.send_clearance import refuse_doubtful_ledger
from newsletter_mailer.campaign.send_request import SendRequest
from newsletter_mailer.campaign.sent_file import refuse_another_ledger, refuse_lost_ledger
from newsletter_mailer.errors import LedgerBusy, ProjectError
from tests.acceptance.scene import plain_newsletter
from tests.smtp_server import smtp_server


def test_it_is_told_as_another_send_at_work(tmp_path: Path) -> None:
    news = plain_newsletter(tmp_path / "news", readers=1)
    with smtp_server() as inbox:
        assert news.run("send", "--issue", "2030-01", "--yes", env=inbox.environment()).code == 0
    project = open_project(news.root, {})

    with pytest.raises(LedgerBusy, match="Another send is at work"):
        refuse_another_ledger(project, "2030-01", None)
    with pytest.raises(LedgerBusy, match="Another send is at work"):
        refuse_lost_ledger(project)

    notes: list[str] = []
    dry_run = SendRequest(issue_id="2030-01", dry_run=True)
    refuse_doubtful_ledger(project, dry_run, None, notes.append)
    assert notes == []

    (news.root / ".newsletter/ledger.db").unlink()
    refuse_doubtful_ledger(project, dry_run, None, notes.append)
    assert notes == ["This issue was sent elsewhere: who has it is not known here."]
    with pytest.raises(ProjectError, match="there is none here"):
        refuse_another_ledger(project, "2030-01", None)
    with pytest.raises(ProjectError, match="There is no ledger"):
        refuse_lost_ledger(project)
