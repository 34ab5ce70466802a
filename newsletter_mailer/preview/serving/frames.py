"""Routes of the mails, and of what a mail loads: its pictures, and requests that only tell.

What it loads lies under a path that only the mail knows: its frame has no origin by which it could
be told from another site's, and sends no cookie.
"""

from __future__ import annotations

import re

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from newsletter_mailer.compose.message import picture_names
from newsletter_mailer.preview.serving.house import House
from newsletter_mailer.preview.serving.looking import known_issue, mail_of
from newsletter_mailer.preview.serving.security import FRAMES, MAILS, frame_policy
from newsletter_mailer.preview.showing.differences import other_places
from newsletter_mailer.preview.showing.looks import Look
from newsletter_mailer.preview.showing.persona import Asked
from newsletter_mailer.preview.showing.shown import Showing, shown_page

#: A page's number, and which of its frames.
_FRAME = re.compile(r"(?P<page>[0-9a-f]{16})-\d{1,9}")
_PLACE = re.compile(r"[0-9]{1,9}")
_TOLD = re.compile(r"(?P<step>[cf])(?P<count>\d{1,3})")


class Frames:
    """Answers to the mail's frame, and tells the page what it asked for."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._base = f"{house.origin}{FRAMES}{house.keys.frame}"

    def routes(self) -> list[BaseRoute]:
        return [
            Route(f"{MAILS}{{issue}}", self._mail),
            Mount(
                f"{FRAMES}{{key}}",
                routes=[
                    Route("/pictures/{issue}/{name}", self._picture),
                    Route("/tall/{frame}/{told}", self._tall),
                    Route("/click/{frame}/{place}", self._click),
                ],
            ),
        ]

    async def _mail(self, request: Request) -> Response:
        query = request.query_params
        shown = await run_in_threadpool(self._shown, request)
        policy = frame_policy(
            self._house.origin, self._house.keys.frame, has_pictures=query.get("images") != "off"
        )
        return HTMLResponse(shown, headers={"Content-Security-Policy": policy})

    def _shown(self, request: Request) -> str:
        query, issue = request.query_params, known_issue(self._house, request)
        mail, _ = mail_of(self._house, request)
        if mail is None:
            raise HTTPException(404, "There is no such mail.")
        frame = query.get("frame", "")
        if not _FRAME.fullmatch(frame):
            raise HTTPException(400, "A frame has a number.")
        pictures = mail.made.compiled.pictures
        addresses = {
            key: f"{self._base}/pictures/{issue}/{name}"
            for key, name in picture_names(pictures).items()
        }
        page = mail.page(addresses)
        places, against = mail.places(), query.get("against", "")
        other = frozenset[int]()
        if against:
            theirs, _ = self._house.mail(issue, Asked(variant=against))
            other = other_places(places, theirs.places()) if theirs else other
        until = query.get("until", "")
        showing = Showing(
            look=Look(query["look"]) if query.get("look") in [*Look] else Look.LIGHT,
            sizes={
                addresses[key]: (picture.width, picture.height)
                for key, picture in pictures.items()
                if query.get("images") != "off"
            },
            follow=lambda place: f"{self._base}/click/{frame}/{place.number}",
            measured=f"{self._base}/tall/{frame}/",
            until=next((one.number for one in places if str(one.number) == until), None),
            other=other,
        )
        return shown_page(page, places, showing)

    async def _picture(self, request: Request) -> Response:
        version = self._house.workshop.desk(known_issue(self._house, request)).version
        found = version.picture(request.path_params["name"]) if version else None
        if found is None:
            raise HTTPException(404)
        return Response(
            found.content,
            media_type=f"image/{found.subtype}",
            headers={"Cache-Control": "private, max-age=3600"},
        )

    async def _tall(self, request: Request) -> Response:
        told = _TOLD.fullmatch(request.path_params["told"])
        if told:
            step = {"step": told["step"], "count": int(told["count"])}
            self._tell(request, {"kind": "tall", **step})
        return Response(status_code=204)

    async def _click(self, request: Request) -> Response:
        place = request.path_params["place"]
        if _PLACE.fullmatch(place):
            self._tell(request, {"kind": "click", "place": int(place)})
        return Response(status_code=204)

    def _tell(self, request: Request, news: dict[str, object]) -> None:
        frame = request.path_params["frame"]
        found = _FRAME.fullmatch(frame)
        if found:
            self._house.hub.tell_page(found["page"], {**news, "frame": frame})
