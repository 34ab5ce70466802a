"""Routes of the mails, and of what a mail loads: its pictures.

They lie under a path that only the mail knows: its frame has no origin by which it could be told
from another site's, and sends no cookie.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from newsletter_mailer.compose.message import picture_names
from newsletter_mailer.preview.access.policies import FRAMES, MAILS, frame_policy
from newsletter_mailer.preview.routes.context import Context
from newsletter_mailer.preview.routes.requests import known_issue, mail_of
from newsletter_mailer.preview.views.dark_mode import ColourScheme
from newsletter_mailer.preview.views.differences import other_places
from newsletter_mailer.preview.views.frame_page import FrameOptions, frame_page
from newsletter_mailer.preview.views.reader_choice import ReaderChoice


class FrameRoutes:
    """Answers to the mail's frame."""

    def __init__(self, context: Context, script: str) -> None:
        """`script`: what tells the page around the frame of the mail in it."""
        self._context, self._script = context, script
        self._base = f"{context.origin}{FRAMES}{context.keys.frame}"

    def routes(self) -> list[BaseRoute]:
        return [
            Route(f"{MAILS}{{issue}}", self._mail),
            Route(f"{FRAMES}{{key}}/pictures/{{issue}}/{{name}}", self._picture),
        ]

    async def _mail(self, request: Request) -> Response:
        query = request.query_params
        shown = await run_in_threadpool(self._shown, request)
        policy = frame_policy(
            self._context.origin,
            self._context.keys.frame,
            self._script,
            has_pictures=query.get("images") != "off",
        )
        return HTMLResponse(shown, headers={"Content-Security-Policy": policy})

    def _shown(self, request: Request) -> str:
        query, issue = request.query_params, known_issue(self._context, request)
        mail, _ = mail_of(self._context, request)
        if mail is None:
            raise HTTPException(404, "There is no such mail.")
        pictures = mail.made.compiled.pictures
        addresses = {
            key: f"{self._base}/pictures/{issue}/{name}"
            for key, name in picture_names(pictures).items()
        }
        page = mail.page(addresses)
        places, against = mail.places(), query.get("against", "")
        other = frozenset[int]()
        if against:
            theirs, _ = self._context.mail(issue, ReaderChoice(variant=against))
            other = other_places(places, theirs.places()) if theirs else other
        options = FrameOptions(
            scheme=_scheme(query.get("look", "")), other=other, script=self._script
        )
        return frame_page(page, places, options)

    async def _picture(self, request: Request) -> Response:
        snapshot = self._context.live_issues.issue(known_issue(self._context, request)).snapshot
        found = snapshot.picture(request.path_params["name"]) if snapshot else None
        if found is None:
            raise HTTPException(404)
        return Response(
            found.content,
            media_type=f"image/{found.subtype}",
            headers={"Cache-Control": "private, max-age=3600"},
        )


def _scheme(asked: str) -> ColourScheme:
    return ColourScheme(asked) if asked in [*ColourScheme] else ColourScheme.LIGHT
