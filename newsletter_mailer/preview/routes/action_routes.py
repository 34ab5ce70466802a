"""Routes that act: a test mail, an approval; and the folder for whoever signs the issue off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from newsletter_mailer.errors import NewsletterError
from newsletter_mailer.preview.export.zip_archive import zip_archive
from newsletter_mailer.preview.live.actions import ActionResult, approval_json
from newsletter_mailer.preview.routes.context import Context
from newsletter_mailer.preview.routes.requests import asked_in_body, known_issue


class ActionRoutes:
    """The guard lets nothing but our page through to what is a POST."""

    def __init__(self, context: Context) -> None:
        self._context, self._actions = context, context.actions

    def routes(self) -> list[BaseRoute]:
        issue = "/api/issues/{issue}"
        return [
            Route(f"{issue}/standing", self._standing),
            Route(f"{issue}/approve", self._approve, methods=["POST"]),
            Route(f"{issue}/test", self._test, methods=["POST"]),
            Route(f"{issue}/export.zip", self._export),
        ]

    async def _standing(self, request: Request) -> Response:
        issue_id = known_issue(self._context, request)
        return JSONResponse(await run_in_threadpool(self._stands, issue_id))

    def _stands(self, issue_id: str) -> Mapping[str, object]:
        snapshot = self._context.live_issues.issue(issue_id).snapshot
        if snapshot is None:
            return {"approval": None, "test": {"ready": False, "words": ""}}
        project, content = snapshot.project, snapshot.edition.content
        return {
            "approval": approval_json(project, issue_id, content, datetime.now(UTC)),
            "test": self._actions.possible(issue_id),
        }

    async def _approve(self, request: Request) -> Response:
        issue_id, asked = known_issue(self._context, request), await asked_in_body(request)
        done = await run_in_threadpool(self._actions.approve, issue_id, asked)
        return JSONResponse(done.as_json())

    async def _test(self, request: Request) -> Response:
        issue_id, asked = known_issue(self._context, request), await asked_in_body(request)
        done = await run_in_threadpool(self._tested, issue_id, asked)
        return JSONResponse(done.as_json())

    def _tested(self, issue_id: str, asked: Mapping[str, str]) -> ActionResult:
        """The page knows a subscriber by an alias."""
        reader = asked.get("reader", "")
        if not reader:
            return self._actions.send_test(issue_id, {**asked, "subscriber": ""})
        subscriber = self._context.reader(self._context.live_issues.issue(issue_id), reader)
        if subscriber is None:
            return ActionResult(False, "The lists have this reader no more. Nothing was sent.")
        return self._actions.send_test(issue_id, {**asked, "subscriber": subscriber.mailbox})

    async def _export(self, request: Request) -> Response:
        issue_id = known_issue(self._context, request)
        try:
            content = await run_in_threadpool(self._zip, issue_id)
        except NewsletterError as fault:
            raise HTTPException(409, str(fault)) from None
        name = f"{issue_id}-for-approval"
        return Response(
            content,
            media_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}.zip"'},
        )

    def _zip(self, issue_id: str) -> bytes:
        from newsletter_mailer.preview.export.sign_off_folder import (  # once in a while
            export_files,
            exported_issue,
        )

        live = self._context.live_issues.issue(issue_id)
        return zip_archive(
            f"{issue_id}-for-approval", export_files(exported_issue(live, datetime.now(UTC)))
        )
