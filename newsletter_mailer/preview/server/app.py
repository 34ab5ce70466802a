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

from newsletter_mailer.issue.issue_folders import issue_ids
from newsletter_mailer.preview.access.guard import Guard
from newsletter_mailer.preview.access.login import Login
from newsletter_mailer.preview.access.policies import page_policy
from newsletter_mailer.preview.routes.action_routes import ActionRoutes
from newsletter_mailer.preview.routes.context import LOOPBACK, Context
from newsletter_mailer.preview.routes.frame_routes import FrameRoutes
from newsletter_mailer.preview.routes.issue_list_routes import IssueListRoutes
from newsletter_mailer.preview.routes.issue_routes import IssueRoutes
from newsletter_mailer.preview.routes.reader_routes import ReaderRoutes

_STATIC = files("newsletter_mailer.preview").joinpath("static")
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_FILE = re.compile(r"[a-z][a-z-]*\.(?P<ending>css|js|svg)")


def create_app(context: Context, port: int) -> ASGIApp:
    """`port`: on which this machine is asked."""
    hosts = frozenset(f"{name}:{port}" for name in (LOOPBACK, "localhost"))
    return Guard(Starlette(routes=routes(context)), hosts, context.keys, Login(context.keys, port))


def routes(context: Context) -> list[BaseRoute]:
    """Everything that can be asked for."""
    shell = _shell(context)

    async def page(request: Request) -> Response:
        issue = request.path_params.get("issue")
        return HTMLResponse(
            shell,
            404 if issue is not None and issue not in issue_ids(context.root) else 200,
            {"Content-Security-Policy": page_policy(context.origin)},
        )

    return [
        Route("/", page),
        Route("/issues/{issue}", page),
        Route("/static/{file}", _static),
        *IssueListRoutes(context).routes(),
        *IssueRoutes(context).routes(),
        *ReaderRoutes(context).routes(),
        *FrameRoutes(context, _STATIC.joinpath("frame-script.js").read_text("utf-8")).routes(),
        *ActionRoutes(context).routes(),
    ]


def _shell(context: Context) -> str:
    """index.html with what the page's scripts have to know of this run."""
    told = {
        "newsletter-token": context.keys.token,
        "newsletter-run": context.keys.run,
        "newsletter-editor": context.editor,
        "newsletter-root": context.root.as_posix(),
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
