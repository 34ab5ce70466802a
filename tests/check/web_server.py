"""A real web server on a free port of loopback, whose misbehaviour is the path that is asked for.

    /200 /404 /503 ...    that status
    /no-head/404          405 to HEAD, then that status
    /drops-head           breaks off a HEAD, answers a GET
    /to/301/ADDRESS       redirects there; ~ stands for / in the address
    /loop                 redirects to itself
    /chain/3              redirects three times, and is there
    /bare/302             redirects to nowhere
    /slow                 begins no answer
    /drip                 sends one letter of its headers at a time
    /garbage              is no HTTP
    /cut                  breaks off in the status line
"""  # fmt: skip

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


@dataclass(frozen=True)
class Request:
    """One that has come in, and when by the monotonic clock."""

    method: str
    host: str
    path: str
    agent: str
    at: float


@dataclass
class WebServer:
    port: int
    requests: list[Request] = field(default_factory=list)
    connections: list[str] = field(default_factory=list)  #: the other ends, before any HTTP

    @property
    def asked(self) -> list[str]:
        """`HEAD /200`, in order."""
        return [f"{one.method} {one.path}" for one in self.requests]


@contextmanager
def web_server(
    address: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> Iterator[WebServer]:
    with _Listener((address, 0), _Handler) as listener:
        listener.seen = WebServer(listener.server_address[1])
        if tls is not None:
            listener.socket = tls.wrap_socket(
                listener.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield listener.seen
        finally:
            listener.over.set()
            listener.shutdown()
            thread.join()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *args: object) -> None:
        self.seen = WebServer(0)
        self.over = threading.Event()
        super().__init__(*args)  # type: ignore[arg-type]  # its own arguments, handed on

    def verify_request(self, request: object, client_address: object) -> bool:
        self.seen.connections.append(str(client_address))
        return True

    def handle_error(self, request: object, client_address: object) -> None:
        """Who asks breaks off in some tests."""


class _Handler(BaseHTTPRequestHandler):
    server: _Listener
    timeout = 20

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        self.server.seen.requests.append(
            Request(
                method=self.command,
                host=self.headers.get("Host", ""),
                path=self.path,
                agent=self.headers.get("User-Agent", ""),
                at=time.monotonic(),
            )
        )
        match self.path.partition("?")[0].strip("/").split("/", 2):
            case ["no-head", status]:
                self._status(405 if self.command == "HEAD" else int(status))
            case ["to", code, target]:
                self._redirect(int(code), unquote(target).replace("~", "/"))
            case ["loop"]:
                self._redirect(302, "/loop")
            case ["chain", left] if left != "0":
                self._redirect(301, f"/chain/{int(left) - 1}")
            case ["bare", status] | [status] if status.isdecimal():
                self._status(int(status))
            case [fault]:
                self._misbehave(fault)
            case _:
                self._status(200)

    def _misbehave(self, fault: str) -> None:
        match fault:
            case "drops-head" if self.command == "GET":
                self._status(200)
            case "slow":
                self.server.over.wait(15)
            case "drip":
                self._drip()
            case "garbage":
                self.wfile.write(b"\x00\xff not HTTP at all\r\n\r\n")
            case "cut":
                self.wfile.write(b"HTTP/1.1 2")
            case "caf%C3%A9" | "caf%C3%A9%20menu":
                self._status(200)

    def _status(self, status: int) -> None:
        self.send_response_only(status)
        self.end_headers()

    def _redirect(self, code: int, location: str) -> None:
        """Its bytes as they are: send_header would refuse what is not Latin-1."""
        self.wfile.write(f"HTTP/1.0 {code} Elsewhere\r\nLocation: {location}\r\n\r\n".encode())

    def _drip(self) -> None:
        for letter in b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 200:
            try:
                self.wfile.write(bytes([letter]))
            except OSError:
                return
            if self.server.over.wait(0.1):
                return
