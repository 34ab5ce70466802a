"""Routes that look: an issue, one reader's mail and its parts, the news of an issue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any  # JSON

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from newsletter_mailer.campaign.source_lines import SourceLines
from newsletter_mailer.preview.routes.context import Context
from newsletter_mailer.preview.routes.requests import known_issue, mail_of, reader_filter_in
from newsletter_mailer.preview.views.mail_view import (
    Mail,
    located,
    mail_json,
    message_view,
    no_mail_json,
)
from newsletter_mailer.preview.views.overview import meant_by, overview_json


class IssueRoutes:
    """Answers with JSON."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[BaseRoute]:
        issue = "/api/issues/{issue}"
        return [
            Route(issue, self._overview),
            Route(f"{issue}/view", self._view),
            Route(f"{issue}/message", self._message),
            Route(f"{issue}/places", self._places),
            Route(f"{issue}/download/{{form}}", self._download),
            Route("/api/news", self._news),
        ]

    async def _overview(self, request: Request) -> Response:
        live = self._context.live_issues.issue(known_issue(self._context, request))
        lines = SourceLines(self._context.root)
        known = (live.issue_id, live.state, live.snapshot, live.readers, lines)
        return JSONResponse(await run_in_threadpool(overview_json, *known))

    async def _view(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self._viewed, request))

    def _viewed(self, request: Request) -> Mapping[str, Any]:
        mail, persona = mail_of(self._context, request)
        live = self._context.live_issues.issue(known_issue(self._context, request))
        shown = mail_json(mail) if mail else no_mail_json(live.snapshot, persona)
        like = (
            live.readers.count(reader_filter_in(request.query_params).has) if live.readers else None
        )
        return {**shown, "like": like}

    async def _message(self, request: Request) -> Response:
        mail = await run_in_threadpool(self._mail, request)
        return JSONResponse(await run_in_threadpool(message_view, mail))

    async def _places(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self._located, request))

    def _located(self, request: Request) -> Mapping[str, Any]:
        """Where each finding is in the mail."""
        mail = self._mail(request)
        state = self._context.live_issues.issue(known_issue(self._context, request)).state
        lines = SourceLines(self._context.root)
        meant = [meant_by(finding, lines) for finding in state.findings]
        return {"number": state.number, "places": located(mail, state.findings, meant)}

    def _mail(self, request: Request) -> Mail:
        mail, _ = mail_of(self._context, request)
        if mail is None:
            raise HTTPException(404, "There is no such mail.")
        return mail

    async def _download(self, request: Request) -> Response:
        mail = await run_in_threadpool(self._mail, request)
        form = request.path_params["form"]
        name = f"{mail.snapshot.edition.issue.id}-{mail.persona.variant.id}"
        if form == "eml":
            content, media_type = mail.message(), "message/rfc822"
        elif form == "html":
            content, media_type = mail.page_as_sent().encode(), "text/html; charset=utf-8"
        elif form == "txt":
            content, media_type = mail.text().encode(), "text/plain; charset=utf-8"
        else:
            raise HTTPException(404)
        return Response(
            content,
            media_type=media_type,
            headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'},
        )

    async def _news(self, request: Request) -> Response:
        issue = request.query_params.get("issue", "")
        greeting = {"kind": "hello", "run": self._context.keys.run}
        return StreamingResponse(
            self._context.hub.listen(issue, greeting), media_type="text/event-stream"
        )
