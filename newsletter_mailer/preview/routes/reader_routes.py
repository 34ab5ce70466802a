"""The route by which a reader is found, by a few letters of name or address, to be looked as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any  # JSON

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from newsletter_mailer.preview.routes.context import Context
from newsletter_mailer.preview.routes.requests import asked_in_body, known_issue, reader_filter_in
from newsletter_mailer.preview.views.reader_choice import described, label_of

_MOST_FOUND = 12  #: readers that are offered


class ReaderRoutes:
    """Answers with JSON."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[BaseRoute]:
        return [Route("/api/issues/{issue}/readers", self._readers, methods=["POST"])]

    async def _readers(self, request: Request) -> Response:
        """What was typed travels in the body: it is somebody's name, and addresses are kept."""
        typed = await asked_in_body(request)
        live = self._context.live_issues.issue(known_issue(self._context, request))
        return JSONResponse(await run_in_threadpool(self._found, live.issue_id, typed))

    def _found(self, issue_id: str, typed: Mapping[str, str]) -> Mapping[str, Any]:
        live = self._context.live_issues.issue(issue_id)
        readers, snapshot = live.readers, live.snapshot
        if readers is None or snapshot is None:
            return {"ready": False, "readers": []}
        wanted = reader_filter_in(typed)
        settings, issue = snapshot.project.settings, snapshot.edition.issue
        return {
            "ready": True,
            "readers": [
                {
                    "id": self._context.aliases.alias(one.address),
                    **described(one, settings),
                    "gets": label_of(snapshot.variants.of(one.regions, one.roles), issue),
                }
                for one in readers.search(typed.get("letters", ""), wanted, _MOST_FOUND)
            ],
        }
