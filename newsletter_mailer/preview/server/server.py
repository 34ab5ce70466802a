"""The server: on this machine only, on a free port, until it is told to stop."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn

from newsletter_mailer.campaign.project import Project
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.preview.access.keys import Keys
from newsletter_mailer.preview.access.login import leading_to, with_key
from newsletter_mailer.preview.live.actions import Actions
from newsletter_mailer.preview.live.file_watcher import FileWatcher
from newsletter_mailer.preview.live.hub import Hub
from newsletter_mailer.preview.live.live_issues import LiveIssues
from newsletter_mailer.preview.routes.context import LOOPBACK, Context
from newsletter_mailer.preview.server.app import create_app

USUAL_PORT = 8765
_PATIENCE = 2  #: seconds for answers under way when the server stops


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """How the preview is started."""

    root: Path
    open_project: Callable[[], Project]  #: reads the settings again. Raises NewsletterError
    actions: Actions
    issue: str | None = None  #: None: the list of issues
    port: int | None = None  #: None: the usual one, or any that is free
    opens_browser: bool = True
    editor: str = ""


def serve(options: ServerOptions, say: Callable[[str], None]) -> None:
    """Until Ctrl-C. `say` tells a person. Raises ProjectError."""
    listening = _listen(options.port)
    port = listening.getsockname()[1]
    if options.port not in (None, 0, port):
        say(f"Port {options.port} is taken; port {port} is free.")
    origin = f"http://{LOOPBACK}:{port}"
    keys = Keys()
    address = with_key(f"{origin}/issues/{options.issue}" if options.issue else f"{origin}/", keys)
    hub = Hub()
    with listening, LiveIssues(options.open_project, hub.tell_news, say) as live_issues:
        context = Context(
            root=options.root,
            open_project=options.open_project,
            origin=origin,
            editor=options.editor,
            live_issues=live_issues,
            hub=hub,
            actions=options.actions,
            keys=keys,
        )
        if options.issue:
            live_issues.issue(options.issue)
        config = uvicorn.Config(
            create_app(context, port),
            lifespan="off",
            log_config=None,  # its own would write past the program's ways to say something
            log_level="error",
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=_PATIENCE,
        )
        server = _Server(config, hub)

        def changed() -> None:
            live_issues.note_change(hub.issues())
            hub.tell_news("", "files")

        way_in = leading_to(address) if options.opens_browser else contextlib.nullcontext()
        with FileWatcher(options.root, changed), way_in as file:
            server.once_up(lambda: _announce(address, file, say))
            server.run(sockets=[listening])


class _Server(uvicorn.Server):
    """uvicorn, which ends all lines of news before it waits for its answers to end."""

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub
        self._up: Callable[[], None] = lambda: None

    def once_up(self, act: Callable[[], None]) -> None:
        self._up = act

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._hub.begin()
        await super().startup(sockets)
        self._up()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._hub.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ctrl-C is how a preview ends: no fault, and nothing to be raised again."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self._asked_to_stop) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _asked_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.handle_exit(number, frame)


def _listen(port: int | None) -> socket.socket:
    """The port that is wanted, or another if it is taken. Raises ProjectError."""
    fault: OSError | None = None
    for wanted in dict.fromkeys((USUAL_PORT if port is None else port, 0)):
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if sys.platform == "win32":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((LOOPBACK, wanted))
            listening.listen()
        except OSError as refused:
            listening.close()
            fault = refused
        else:
            return listening
    raise ProjectError(f"No port can be opened on {LOOPBACK}: {fault}.")


def _announce(address: str, file: Path | None, say: Callable[[str], None]) -> None:
    """`file`: what a browser opens to get there; None: none is opened."""
    say(f"The preview is at {address}\nCtrl-C ends it.")
    if file is not None:
        opening = threading.Thread(target=webbrowser.open, args=[file.as_uri()], daemon=True)
        opening.start()
