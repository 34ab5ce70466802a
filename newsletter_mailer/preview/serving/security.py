"""Who may ask what. The server is for this machine; the browser's other pages are strangers to it.

- Host: a name that leads here by DNS rebinding is refused.
- Origin and Sec-Fetch-Site: what another page asks for is refused, whatever it is.
- What acts, and what holds personal data, is a POST with the run's token, which only our page has.
- The mail's frame has no origin of ours: what it loads lies under a path that nobody can guess.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_HEADER = "x-newsletter-token"  # noqa: S105  # a header's name
FRAMES = "/frame/"  #: begins the path of all that a mail's frame loads

_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-DNS-Prefetch-Control": "off",  # a browser asks for the names of links before a click
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_NOWHERE = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True, slots=True)
class Keys:
    """Made anew in every run."""

    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    frame: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    run: str = field(default_factory=lambda: secrets.token_hex(4))  #: no secret

    def is_token(self, text: str) -> bool:
        return hmac.compare_digest(self.token.encode(), text.encode())

    def is_frame(self, text: str) -> bool:
        return hmac.compare_digest(self.frame.encode(), text.encode())


def page_policy(origin: str) -> str:
    """Of our own page: our scripts and styles, the mail's frames, nothing else."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self'; frame-src {origin}{FRAMES}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def frame_policy(origin: str, key: str, *, has_pictures: bool) -> str:
    """Of a mail: no scripts, no origin, no requests but for our pictures and measurements."""
    base = f"{origin}{FRAMES}{key}/"
    pictures = f"{base}pictures/ data:" if has_pictures else ""
    return (
        f"sandbox; default-src 'none'; style-src 'unsafe-inline'; "
        f"img-src {base}tall/ {pictures}; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {origin}"
    )


class Guard:
    """Stands before all routes."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str], keys: Keys) -> None:
        """`hosts`: what a Host header may say, with the port."""
        self._app, self._hosts, self._keys = app, hosts, keys
        self._origins = {f"http://{host}" for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return  # no WebSockets here
        why = self._refused(scope["method"], scope["path"], Headers(scope=scope))
        if why:
            await PlainTextResponse(f"{why}\n", 403, {**_EVERYWHERE})(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _EVERYWHERE.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", _NOWHERE)
                if not scope["path"].startswith(FRAMES):
                    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
            await send(message)

        await self._app(scope, receive, send_guarded)

    def _refused(self, method: str, path: str, headers: Headers) -> str:
        """Why a request is refused; empty if it is not."""
        if headers.get("host", "") not in self._hosts:
            return "This address is not the preview's."
        is_for_frame = path.startswith(FRAMES) and method == "GET"
        # A sandboxed frame says that its origin is "null", and that it is another site's.
        origins = {*self._origins, "null"} if is_for_frame else self._origins
        if headers.get("origin") not in {None, *origins}:
            return "Another site asks for this."
        if headers.get("sec-fetch-site") not in (None, "none", "same-origin") and not is_for_frame:
            return "Another page asks for this."
        if method not in ("GET", "HEAD") and not self._keys.is_token(headers.get(TOKEN_HEADER, "")):
            return "The page is of an earlier run: load it again."
        return ""
