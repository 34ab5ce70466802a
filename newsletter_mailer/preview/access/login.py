"""The way in: an address with the run's key, for which a browser gets a cookie.

The key stands in no list of a process's arguments, which every user of a machine can read: the
browser is told to open a file that its owner alone can read, and that leads to the address.
"""

from __future__ import annotations

import html
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from newsletter_mailer.files.private import make_private_file
from newsletter_mailer.preview.access.keys import Keys, is_same

_KEY = "key"  #: of the address's query


def with_key(address: str, keys: Keys) -> str:
    """The address that a person opens."""
    return f"{address}?{urlencode({_KEY: keys.login})}"


@contextmanager
def leading_to(address: str) -> Iterator[Path]:
    """A page that leads there. It is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="newsletter-mailer-") as folder:
        file = Path(folder) / "preview.html"
        make_private_file(file)
        file.write_text(_moving_to(address), "utf-8")
        yield file


class Login:
    """Knows who came in."""

    def __init__(self, keys: Keys, port: int) -> None:
        """`port`: browsers send a machine's cookies to all its ports (RFC 6265 section 8.5)."""
        self._keys, self._name = keys, f"newsletter-mailer-{port}"

    def has_key(self, request: Request) -> bool:
        key = request.query_params.get(_KEY, "")
        return request.method == "GET" and is_same(self._keys.login, key)

    def has_cookie(self, request: Request) -> bool:
        return is_same(self._keys.cookie, request.cookies.get(self._name, ""))

    def log_in(self, request: Request) -> Response:
        """The cookie, and on to the same page without the key, which so is in no history.

        Whom another page brought here, such as our file, our own page must lead on: a browser
        sends no SameSite=Strict cookie when it follows a redirect that began elsewhere (measured
        with Chromium 156).
        """
        rest = [pair for pair in request.query_params.multi_items() if pair[0] != _KEY]
        address = f"http://{request.headers['host']}{request.scope['raw_path'].decode('ascii')}"
        address += f"?{urlencode(rest)}" if rest else ""
        answer: Response = RedirectResponse(address, 303)
        if request.headers.get("sec-fetch-site") not in (None, "none", "same-origin"):
            answer = HTMLResponse(_moving_to(address))
        answer.set_cookie(self._name, self._keys.cookie, httponly=True, samesite="strict")
        return answer


def _moving_to(address: str) -> str:
    """A page that is another one at once, and stays in no history."""
    return (
        '<!doctype html>\n<html lang="en-GB">\n<meta charset="utf-8">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f'<meta http-equiv="refresh" content="0;url={html.escape(address)}">\n'
        "<title>Preview</title>\n"
    )
