"""What a request asks for: which issue, which mail, as whom. Nothing else of it becomes a path."""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from newsletter_mailer.issue.issue_folders import issue_ids
from newsletter_mailer.preview.live.reader_search import ReaderFilter
from newsletter_mailer.preview.routes.context import Context
from newsletter_mailer.preview.views.mail_view import Mail
from newsletter_mailer.preview.views.reader_choice import Persona, ReaderChoice

_LARGEST_REQUEST = 4096  #: octets


def reader_filter_in(asked: Mapping[str, str]) -> ReaderFilter:
    """Which readers the page asks for."""
    return ReaderFilter(
        list_name=asked.get("list", ""),
        region=asked.get("region", ""),
        role=asked.get("role", ""),
    )


def known_issue(context: Context, request: Request) -> str:
    """The issue of the request's path. Nothing else becomes a path. Raises HTTPException."""
    issue_id: str = request.path_params["issue"]
    if issue_id not in issue_ids(context.root):
        raise HTTPException(404, "There is no such issue.")
    return issue_id


def mail_of(context: Context, request: Request) -> tuple[Mail | None, Persona | None]:
    """What the request asks to see, and as whom. Raises HTTPException."""
    issue_id, query = known_issue(context, request), request.query_params
    live = context.live_issues.issue(issue_id)
    alias = query.get("reader", "")
    asked = ReaderChoice(
        variant=query.get("variant", ""),
        region=query.get("region", ""),
        role=query.get("role", ""),
        reader=context.reader(live, alias) if alias else None,
    )
    return context.mail(issue_id, asked)


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
