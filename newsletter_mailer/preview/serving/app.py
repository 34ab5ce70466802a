"""The app: our page and its files, the routes, and the guard before them."""

from __future__ import annotations

import html
import re
from importlib.resources import files

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from newsletter_mailer.issue.folder import issue_ids
from newsletter_mailer.preview.serving.acting import Acting
from newsletter_mailer.preview.serving.entrance import Entrance
from newsletter_mailer.preview.serving.frames import Frames
from newsletter_mailer.preview.serving.house import LOOPBACK, House
from newsletter_mailer.preview.serving.issue_list import IssueList
from newsletter_mailer.preview.serving.looking import Looking
from newsletter_mailer.preview.serving.security import Guard, page_policy

_STATIC = files("newsletter_mailer.preview").joinpath("static")
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_FILE = re.compile(r"[a-z][a-z-]*\.(?P<ending>css|js|svg)")


def create_app(house: House, port: int) -> ASGIApp:
    """`port`: on which this machine is asked."""
    hosts = frozenset(f"{name}:{port}" for name in (LOOPBACK, "localhost"))
    return Guard(Starlette(routes=routes(house)), hosts, house.keys, Entrance(house.keys, port))


def routes(house: House) -> list[BaseRoute]:
    """Everything that can be asked for."""
    shell = _shell(house)

    async def page(request: Request) -> Response:
        issue = request.path_params.get("issue")
        return HTMLResponse(
            shell,
            404 if issue is not None and issue not in issue_ids(house.root) else 200,
            {"Content-Security-Policy": page_policy(house.origin)},
        )

    return [
        Route("/", page),
        Route("/issues/{issue}", page),
        Route("/static/{file}", _static),
        *IssueList(house).routes(),
        *Looking(house).routes(),
        *Frames(house).routes(),
        *Acting(house).routes(),
    ]


def _shell(house: House) -> str:
    """index.html with what the page's scripts have to know of this run."""
    told = {
        "newsletter-token": house.keys.token,
        "newsletter-run": house.keys.run,
        "newsletter-editor": house.editor,
        "newsletter-root": house.root.as_posix(),
    }
    metas = "".join(
        f'<meta name="{name}" content="{html.escape(value)}">' for name, value in told.items()
    )
    return _STATIC.joinpath("index.html").read_text("utf-8").replace("<!-- told -->", metas)


async def _static(request: Request) -> Response:
    name = _FILE.fullmatch(request.path_params["file"])
    file = _STATIC.joinpath(name[0]) if name else None
    if name is None or file is None or not file.is_file():
        raise HTTPException(404)
    content = await run_in_threadpool(file.read_bytes)
    return Response(
        content,
        media_type=_TYPES[name["ending"]],
        # A browser asks for the icon whenever the address changes, as it does while one drags.
        headers={"Cache-Control": "max-age=3600" if name["ending"] == "svg" else "no-cache"},
    )
