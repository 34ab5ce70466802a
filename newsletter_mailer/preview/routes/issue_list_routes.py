"""The list of all issues: what `campaign.issues` knows, and what checking each one found."""

from __future__ import annotations

from typing import Any  # JSON

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from newsletter_mailer.campaign.issues import IssueLine, all_issues
from newsletter_mailer.errors import NewsletterError
from newsletter_mailer.findings import Severity
from newsletter_mailer.preview.live.live_issue import State
from newsletter_mailer.preview.live.mistakes import findings_of
from newsletter_mailer.preview.routes.context import Context
from newsletter_mailer.store.states import State as Sent

_CHECKED = 12  #: issues that are checked for the list, the latest first


class IssueListRoutes:
    """Answers with JSON."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[BaseRoute]:
        return [Route("/api/issues", self._issues)]

    async def _issues(self, _request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self._listed))

    def _listed(self) -> dict[str, Any]:
        try:
            project = self._context.open_project()
        except NewsletterError as stopped:
            mistakes = [finding.as_json() for finding in findings_of(stopped)]
            return {"newsletter": "", "issues": [], "trouble": "", "mistakes": mistakes}
        found = all_issues(project)
        drafts = [line.id for line in found.issues if not line.is_sent][:_CHECKED]
        return {
            "newsletter": project.settings.name,
            "trouble": found.trouble,
            "mistakes": [],
            "issues": [
                _line_json(
                    line,
                    self._context.live_issues.issue(line.id).state if line.id in drafts else None,
                )
                for line in found.issues
            ],
        }


def _line_json(line: IssueLine, state: State | None) -> dict[str, Any]:
    """`state`: None for an issue that is not checked for the list."""
    counts = line.counts
    return {
        "id": line.id,
        "subject": line.subject,
        "date": line.date.isoformat() if line.date else None,
        "sent": counts.get(Sent.SENT, 0) if counts else None,
        "readers": sum(counts.values()),
        "elsewhere": line.was_sent_elsewhere,
        "checked": state.is_checked if state else None,
        "errors": _count(state, Severity.ERROR),
        "warnings": _count(state, Severity.WARNING),
    }


def _count(state: State | None, severity: Severity) -> int:
    return sum(one.severity is severity for one in state.findings) if state else 0
