"""Who may ask what. The server is for one person: other users of this machine are strangers.

So are the other pages of that person's browser.

- Host: a name that leads here by DNS rebinding is refused.
- Origin and Sec-Fetch-Site: what another page asks for is refused, whatever it is.
- Cookie: who did not come in by the run's key (`login`) is refused, whatever they ask for.
- What acts, and what holds personal data, is a POST with the run's token, which only our page has.
- What a mail loads lies under a path that nobody can guess, and is asked for no cookie: its frame
  has no origin of ours, so that a browser sends none (measured with Chromium 156).
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter_mailer.preview.access.keys import Keys, is_same
from newsletter_mailer.preview.access.login import Login
from newsletter_mailer.preview.access.policies import FRAMES, NOWHERE

TOKEN_HEADER = "x-newsletter-token"  # noqa: S105  # a header's name

_NO_KEY = "This is somebody's preview. Open the address that its terminal shows."
_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-DNS-Prefetch-Control": "off",  # a browser asks for the names of links before a click
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Stands before all routes."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str], keys: Keys, login: Login) -> None:
        """`hosts`: what a Host header may say, with the port."""
        self._app, self._hosts, self._keys, self._login = app, hosts, keys, login
        self._origins = {f"http://{host}" for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return  # no WebSockets here

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _EVERYWHERE.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", NOWHERE)
                if not scope["path"].startswith(FRAMES):
                    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
            await send(message)

        await self._answerer(Request(scope))(scope, receive, send_guarded)

    def _answerer(self, request: Request) -> ASGIApp:
        """The app, or who stands in its way."""
        if request.headers.get("host", "") not in self._hosts:
            return _refusal("This address is not the preview's.")
        if self._login.has_key(request):
            return self._login.log_in(request)
        is_of_mail = request.scope["path"].startswith(FRAMES) and request.method == "GET"
        why = self._refused_to_mail(request) if is_of_mail else self._refused(request)
        return _refusal(why) if why else self._app

    def _refused_to_mail(self, request: Request) -> str:
        """Why a mail does not get what it loads. Its frame says that its origin is "null"."""
        if request.headers.get("origin") not in {None, "null", *self._origins}:
            return "Another site asks for this."
        key = request.scope["path"].removeprefix(FRAMES).partition("/")[0]
        return "" if is_same(self._keys.frame, key) else _NO_KEY

    def _refused(self, request: Request) -> str:
        """Why a request is refused; empty if it is not."""
        if request.headers.get("origin") not in {None, *self._origins}:
            return "Another site asks for this."
        if request.headers.get("sec-fetch-site") not in (None, "none", "same-origin"):
            return "Another page asks for this."
        if not self._login.has_cookie(request):
            return _NO_KEY
        token = request.headers.get(TOKEN_HEADER, "")
        if request.method not in ("GET", "HEAD") and not is_same(self._keys.token, token):
            return "The page is of an earlier run: load it again."
        return ""


def _refusal(why: str) -> ASGIApp:
    return PlainTextResponse(f"{why}\n", 403)
