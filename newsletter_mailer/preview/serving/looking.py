"""Routes that look: issues, one issue, one reader's mail, readers by a few letters, news."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any  # JSON

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from newsletter_mailer.campaign.source_lines import SourceLines
from newsletter_mailer.issue.folder import issue_ids
from newsletter_mailer.preview.desk.readers import Wanted
from newsletter_mailer.preview.serving.house import House
from newsletter_mailer.preview.showing.overview import meant_by, overview_json
from newsletter_mailer.preview.showing.persona import Asked, described, label_of
from newsletter_mailer.preview.showing.view import (
    Mail,
    located,
    message_view,
    nothing_json,
    view_json,
)

_PAGE = re.compile(r"[0-9a-f]{16}")
_MOST_FOUND = 12  #: readers that are offered
_LARGEST_REQUEST = 4096  #: octets


class Looking:
    """Answers with JSON."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[BaseRoute]:
        issue = "/api/issues/{issue}"
        return [
            Route(issue, self._overview),
            Route(f"{issue}/view", self._view),
            Route(f"{issue}/message", self._message),
            Route(f"{issue}/places", self._places),
            Route(f"{issue}/readers", self._readers, methods=["POST"]),
            Route(f"{issue}/download/{{form}}", self._download),
            Route("/api/news", self._news),
        ]

    async def _overview(self, request: Request) -> Response:
        desk = self._house.workshop.desk(known_issue(self._house, request))
        lines = SourceLines(self._house.root)
        known = (desk.issue_id, desk.state, desk.version, desk.readers, lines)
        return JSONResponse(await run_in_threadpool(overview_json, *known))

    async def _view(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self._viewed, request))

    def _viewed(self, request: Request) -> Mapping[str, Any]:
        mail, persona = mail_of(self._house, request)
        desk = self._house.workshop.desk(known_issue(self._house, request))
        shown = view_json(mail) if mail else nothing_json(desk.version, persona)
        like = desk.readers.count(_wanted(request.query_params).has) if desk.readers else None
        return {**shown, "like": like}

    async def _message(self, request: Request) -> Response:
        mail = await run_in_threadpool(self._mail, request)
        return JSONResponse(await run_in_threadpool(message_view, mail))

    async def _places(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self._located, request))

    def _located(self, request: Request) -> Mapping[str, Any]:
        """Where each finding is in the mail."""
        mail = self._mail(request)
        state = self._house.workshop.desk(known_issue(self._house, request)).state
        lines = SourceLines(self._house.root)
        meant = [meant_by(finding, lines) for finding in state.findings]
        return {"number": state.number, "places": located(mail, state.findings, meant)}

    def _mail(self, request: Request) -> Mail:
        mail, _ = mail_of(self._house, request)
        if mail is None:
            raise HTTPException(404, "There is no such mail.")
        return mail

    async def _download(self, request: Request) -> Response:
        mail = await run_in_threadpool(self._mail, request)
        form = request.path_params["form"]
        name = f"{mail.version.edition.issue.id}-{mail.persona.variant.id}"
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

    async def _readers(self, request: Request) -> Response:
        """What was typed travels in the body: it is somebody's name, and addresses are kept."""
        typed = await asked_in_body(request)
        desk = self._house.workshop.desk(known_issue(self._house, request))
        return JSONResponse(await run_in_threadpool(self._found, desk.issue_id, typed))

    def _found(self, issue_id: str, typed: Mapping[str, str]) -> Mapping[str, Any]:
        desk = self._house.workshop.desk(issue_id)
        readers, version = desk.readers, desk.version
        if readers is None or version is None:
            return {"ready": False, "readers": []}
        wanted = _wanted(typed)
        settings, issue = version.project.settings, version.edition.issue
        return {
            "ready": True,
            "readers": [
                {
                    "id": self._house.aliases.alias(one.address),
                    **described(one, settings),
                    "gets": label_of(version.variants.of(one.regions, one.roles), issue),
                }
                for one in readers.search(typed.get("letters", ""), wanted, _MOST_FOUND)
            ],
        }

    async def _news(self, request: Request) -> Response:
        page, issue = request.query_params.get("page", ""), request.query_params.get("issue", "")
        if not _PAGE.fullmatch(page):
            raise HTTPException(400, "A page has a number.")
        greeting = {"kind": "hello", "run": self._house.keys.run}
        return StreamingResponse(
            self._house.hub.listen(page, issue, greeting), media_type="text/event-stream"
        )


def _wanted(asked: Mapping[str, str]) -> Wanted:
    return Wanted(
        list_name=asked.get("list", ""),
        region=asked.get("region", ""),
        role=asked.get("role", ""),
    )


def known_issue(house: House, request: Request) -> str:
    """The issue of the request's path. Nothing else becomes a path. Raises HTTPException."""
    issue_id: str = request.path_params["issue"]
    if issue_id not in issue_ids(house.root):
        raise HTTPException(404, "There is no such issue.")
    return issue_id


def mail_of(house: House, request: Request) -> tuple[Mail | None, Any]:
    """What the request asks to see, and as whom. Raises HTTPException."""
    issue_id, query = known_issue(house, request), request.query_params
    desk = house.workshop.desk(issue_id)
    alias = query.get("reader", "")
    asked = Asked(
        variant=query.get("variant", ""),
        region=query.get("region", ""),
        role=query.get("role", ""),
        reader=house.reader(desk, alias) if alias else None,
    )
    return house.mail(issue_id, asked)


async def asked_in_body(request: Request) -> Mapping[str, str]:
    """A small JSON object of texts. Raises HTTPException."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LARGEST_REQUEST:
                raise HTTPException(413, "That is too much.")
    except ClientDisconnect:
        raise HTTPException(400, "The line broke.") from None
    return texts_in(body)


def texts_in(body: bytes) -> Mapping[str, str]:
    """A JSON object whose values are texts. Raises HTTPException."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):  # brackets in brackets, a thousand deep
        raise HTTPException(400, "This is no JSON.") from None
    if not isinstance(asked, dict) or not all(isinstance(one, str) for one in asked.values()):
        raise HTTPException(400, "This is not what was asked for.")
    return asked
