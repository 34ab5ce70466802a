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
from newsletter_mailer.preview.copying.zipped import zipped
from newsletter_mailer.preview.desk.acts import Done, approval_json
from newsletter_mailer.preview.serving.house import House
from newsletter_mailer.preview.serving.looking import asked_in_body, known_issue


class Acting:
    """The guard lets nothing but our page through to what is a POST."""

    def __init__(self, house: House) -> None:
        self._house, self._acts = house, house.acts

    def routes(self) -> list[BaseRoute]:
        issue = "/api/issues/{issue}"
        return [
            Route(f"{issue}/standing", self._standing),
            Route(f"{issue}/approve", self._approve, methods=["POST"]),
            Route(f"{issue}/test", self._test, methods=["POST"]),
            Route(f"{issue}/export.zip", self._export),
        ]

    async def _standing(self, request: Request) -> Response:
        issue_id = known_issue(self._house, request)
        return JSONResponse(await run_in_threadpool(self._stands, issue_id))

    def _stands(self, issue_id: str) -> Mapping[str, object]:
        version = self._house.workshop.desk(issue_id).version
        if version is None:
            return {"approval": None, "test": {"ready": False, "words": ""}}
        project, content = version.project, version.edition.content
        return {
            "approval": approval_json(project, issue_id, content, datetime.now(UTC)),
            "test": self._acts.possible(issue_id),
        }

    async def _approve(self, request: Request) -> Response:
        issue_id, asked = known_issue(self._house, request), await asked_in_body(request)
        done = await run_in_threadpool(self._acts.approve, issue_id, asked)
        return JSONResponse(done.as_json())

    async def _test(self, request: Request) -> Response:
        issue_id, asked = known_issue(self._house, request), await asked_in_body(request)
        done = await run_in_threadpool(self._tested, issue_id, asked)
        return JSONResponse(done.as_json())

    def _tested(self, issue_id: str, asked: Mapping[str, str]) -> Done:
        """The page knows a subscriber by an alias."""
        reader = asked.get("reader", "")
        if not reader:
            return self._acts.send_test(issue_id, {**asked, "subscriber": ""})
        subscriber = self._house.reader(self._house.workshop.desk(issue_id), reader)
        if subscriber is None:
            return Done(False, "The lists have this reader no more. Nothing was sent.")
        return self._acts.send_test(issue_id, {**asked, "subscriber": subscriber.mailbox})

    async def _export(self, request: Request) -> Response:
        issue_id = known_issue(self._house, request)
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
        from newsletter_mailer.preview.copying.export import exhibit_of, exported  # once in a while

        desk = self._house.workshop.desk(issue_id)
        return zipped(f"{issue_id}-for-approval", exported(exhibit_of(desk, datetime.now(UTC))))
