"""A real SMTP server inside the process that delivers into a folder of .eml files."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import TypeVar

from aiosmtpd.smtp import SMTP, Envelope, Session

from newsletter_mailer.errors import DeliveryError
from newsletter_mailer.files.private import make_private_file, make_private_folder, narrow

_LARGEST = 100 * 1024 * 1024  #: octets of a message

_T = TypeVar("_T")


class _Outbox:
    """aiosmtpd's handler: numbers the files, adds what a delivery adds (RFC 5321 section 4.4)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        numbers = [
            int(path.stem) for path in folder.glob("*.eml") if re.fullmatch(r"\d+", path.stem)
        ]
        self.number = max(numbers, default=0)

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
    ) -> str:
        self.number += 1
        trace = "".join(f"Delivered-To: {recipient}\r\n" for recipient in envelope.rcpt_tos)
        head = f"Return-Path: <{envelope.mail_from or ''}>\r\n{trace}".encode()
        content = envelope.original_content or b""
        file = self.folder / f"{self.number:04}.eml"
        try:
            make_private_file(file)
            file.write_bytes(head + content)
        except OSError as fault:
            return f"452 4.3.1 cannot be written: {fault.strerror}"
        return "250 2.0.0 delivered"


@contextlib.contextmanager
def delivering_into(folder: Path) -> Iterator[int]:
    """The server runs while the context does; yields its port. Raises DeliveryError."""
    try:
        make_private_folder(folder)
        narrow(folder)
    except OSError as fault:
        raise DeliveryError(
            f"The sandbox cannot deliver into {folder}: {fault.strerror}. Nothing was sent."
        ) from None
    outbox = _Outbox(folder)

    def protocol(loop: asyncio.AbstractEventLoop) -> SMTP:
        return SMTP(
            outbox,
            hostname="sandbox.localhost",
            ident="newsletter-mailer sandbox",
            enable_SMTPUTF8=True,
            data_size_limit=_LARGEST,
            loop=loop,
        )

    with serving(protocol) as port:
        yield port


@contextlib.contextmanager
def serving(
    protocol: Callable[[asyncio.AbstractEventLoop], SMTP], tls: ssl.SSLContext | None = None
) -> Iterator[int]:
    """Runs a server on a free port of the loopback, in a thread of its own; yields the port."""
    loop = asyncio.new_event_loop()

    async def listen() -> asyncio.Server:
        return await loop.create_server(lambda: protocol(loop), "127.0.0.1", 0, ssl=tls)

    def done(work: Coroutine[None, None, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    thread = threading.Thread(target=loop.run_forever, name="smtp-server", daemon=True)
    thread.start()
    try:
        server = done(listen())
        port: int = server.sockets[0].getsockname()[1]
        try:
            yield port
        finally:
            done(_ended(server))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _ended(server: asyncio.Server) -> None:
    """With all its sessions."""
    server.close()
    sessions = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for session in sessions:
        session.cancel()
    await asyncio.gather(*sessions, return_exceptions=True)
