"""CompiledVariant -> CompiledMessage: MIME-encoded once, but for the slots; then filled per reader.

    multipart/alternative
    ├── text/plain
    └── text/html, or multipart/related
        ├── text/html
        └── image/* (cid:)

Headers: RFC 5322; List-ID: RFC 2919; List-Unsubscribe: RFC 2369. No Auto-Submitted: the issue is
written by hand (RFC 3834 section 5.2). Bodies are always 7-bit.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from newsletter_mailer.address import domain
from newsletter_mailer.compose.compiled import (
    CompiledVariant,
    PictureSlot,
    TextPiece,
    UrlPart,
    as_words,
    slot_value,
)
from newsletter_mailer.compose.escaping import Context, escape
from newsletter_mailer.compose.header_fields import (
    date_header,
    mailbox_header,
    plain_header,
    text_header,
)
from newsletter_mailer.compose.quoted_printable import (
    close,
    encode_everyday_value,
    encode_piece,
    encode_value,
)
from newsletter_mailer.compose.unsubscribe_header import unsubscribe_header
from newsletter_mailer.issue.merge_text import MergeField
from newsletter_mailer.issue.pictures import Picture
from newsletter_mailer.links import unsubscribe_uri
from newsletter_mailer.settings.newsletter import Sender, Settings

Links = Mapping[str, str]  #: by the name of the merge field


class Recipient(NamedTuple):
    """What fills a message: one reader."""

    mailbox: str
    values: Mapping[str, str]
    message_id: str  #: without the angle brackets

    @property
    def display_name(self) -> str:
        first, last = self.values.get("first_name", ""), self.values.get("last_name", "")
        return f"{first} {last}" if first and last else first or last


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageHeaders:
    """What the headers of all messages of a run have in common."""

    sender: Sender
    reply_to: str
    list_id: str
    list_name: str
    unsubscribe: str  #: URI of List-Unsubscribe; empty leaves the field out
    date: datetime  #: aware
    subject_prefix: str = ""


#: Given a reader's values: the bytes of a slot.
_Fill = Callable[[Mapping[str, str]], bytes]


class CompiledMessage:
    """The bytes of one variant's message. `fill` is the hot path: a join, and a few escapes."""

    __slots__ = ("_after", "_before", "_fields", "_parts", "_size", "_subject")

    def __init__(
        self,
        before: bytes,
        subject: Callable[[Mapping[str, str]], bytes],
        after: bytes,
        body: Sequence[bytes | _Slot],
    ) -> None:
        self._before, self._subject, self._after = before, subject, after
        self._parts: list[bytes] = [b""]  #: the first becomes the headers
        fields: dict[str, dict[_Slot, list[int]]] = {}
        for piece in body:
            if isinstance(piece, _Slot):
                slots = fields.setdefault(piece.field.name, {})
                slots.setdefault(piece, []).append(len(self._parts))
                piece = b""
            self._parts.append(piece)
        self._size = sum(map(len, self._parts))  #: octets that all readers get
        #: By name: where a value goes that is the same everywhere, and how others are filled in.
        self._fields = [
            (name, [*chain(*slots.values())], [(slot.fill(), at) for slot, at in slots.items()])
            for name, slots in fields.items()
        ]

    def fill(self, recipient: Recipient) -> bytes:
        """The message for one reader, CRLF line ends, ready for the wire."""
        pieces, _ = self.pieces_and_size(recipient)
        return b"".join(pieces)

    def pieces_and_size(self, recipient: Recipient) -> tuple[list[bytes], int]:
        """The same, not joined: a join would copy all of it. And its octets."""
        values = recipient.values
        parts, size = self._parts.copy(), self._size
        for name, everywhere, slots in self._fields:
            octets = encode_everyday_value(values.get(name))
            if octets is not None:
                for position in everywhere:
                    parts[position] = octets
                size += len(octets) * len(everywhere)
                continue
            for fill, positions in slots:
                octets = fill(values)
                for position in positions:
                    parts[position] = octets
                size += len(octets) * len(positions)
        parts[0] = headers = (
            self._before
            + mailbox_header("To", recipient.display_name, recipient.mailbox)
            + self._subject(values)
            + f"Message-ID: <{recipient.message_id}>\r\n".encode()
            + self._after
        )
        return parts, size + len(headers)


@dataclass(frozen=True, slots=True)
class _Slot:
    """A place in a body. `context` None: plain text."""

    field: MergeField
    context: Context | None

    def fill(self) -> _Fill:
        name, default, context = self.field.name, self.field.default or "", self.context
        if context is None:

            def words(values: Mapping[str, str]) -> bytes:
                return encode_value(as_words(values.get(name) or default))

            return words

        def markup(values: Mapping[str, str]) -> bytes:
            return encode_value(escape(values.get(name) or default, context))

        return markup


def compile_message(
    compiled: CompiledVariant,
    headers: MessageHeaders,
    links: Links,
    *,
    content_hash: str,
    image_base_url: str | None = None,
) -> CompiledMessage:
    """The variant as a message. Pictures are embedded, or hosted under `image_base_url`."""
    boundaries = _boundaries(content_hash, compiled.variant.id)
    host = domain(headers.sender.address)
    names = picture_names(compiled.pictures)
    if image_base_url:
        addresses = {key: f"{image_base_url}/{name}" for key, name in names.items()}
    else:
        addresses = {key: f"cid:{content_id(name, host)}" for key, name in names.items()}
    text = _body(compiled.text, links)
    html = _html_body(compiled, links, addresses)
    embedded = {} if image_base_url else compiled.pictures
    body = [
        *_part(boundaries[0], "text/plain", text),
        *_html_part(boundaries, html, embedded, names, host),
        f"--{boundaries[0]}--\r\n".encode(),
    ]
    before = (
        date_header("Date", headers.date)
        + mailbox_header("From", headers.sender.name, headers.sender.address)
        + mailbox_header("Reply-To", "", headers.reply_to)
    )
    after = (
        _list_id(headers)
        + unsubscribe_header(headers.unsubscribe)
        + (
            "MIME-Version: 1.0\r\n"
            f'Content-Type: multipart/alternative;\r\n boundary="{boundaries[0]}"\r\n\r\n'
        ).encode()
    )
    return CompiledMessage(before, _subject(compiled, headers.subject_prefix, links), after, body)


def picture_names(pictures: Mapping[str, Picture]) -> dict[str, str]:
    """A file name for each picture that says its content: `<hash>-<name>`."""
    return {
        key: f"{picture.digest[:12]}-{_ascii_name(picture.name)}"
        for key, picture in pictures.items()
    }


def content_id(name: str, host: str) -> str:
    """RFC 2392 section 2, without brackets."""
    return f"{name}@{host}"


def message_headers(settings: Settings, date: datetime) -> MessageHeaders:
    return MessageHeaders(
        sender=settings.sender,
        reply_to=settings.reply_to,
        list_id=settings.list_id,
        list_name=settings.name,
        unsubscribe=unsubscribe_uri(settings),
        date=date,
    )


def _subject(
    compiled: CompiledVariant, prefix: str, links: Links
) -> Callable[[Mapping[str, str]], bytes]:
    pieces = compiled.subject
    if all(isinstance(piece, str) for piece in pieces):
        constant = text_header("Subject", prefix + compiled.subject_line({}, links))
        return lambda values: constant
    return lambda values: text_header("Subject", prefix + compiled.subject_line(values, links))


def _list_id(headers: MessageHeaders) -> bytes:
    phrase = headers.list_name.replace("\\", "").replace('"', "")
    listed = f'"{phrase}" ' if phrase.isascii() and phrase.isprintable() else ""
    return plain_header("List-ID", f"{listed}<{headers.list_id}>")


def _boundaries(content_hash: str, variant: str) -> tuple[str, str]:
    """Two that no quoted-printable or base64 body can hold: they begin with `=_`."""
    seed = hashlib.sha256(f"{content_hash} {variant}".encode()).hexdigest()
    return f"=_alternative_{seed[:24]}", f"=_related_{seed[24:48]}"


def _part(boundary: str, media_type: str, body: Sequence[bytes | _Slot]) -> list[bytes | _Slot]:
    head = (
        f"--{boundary}\r\n"
        f'Content-Type: {media_type}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return [head.encode(), *body, b"\r\n"]


def _html_part(
    boundaries: tuple[str, str],
    html: Sequence[bytes | _Slot],
    pictures: Mapping[str, Picture],
    names: Mapping[str, str],
    host: str,
) -> list[bytes | _Slot]:
    outer, inner = boundaries
    if not pictures:
        return _part(outer, "text/html", html)
    head = (
        f"--{outer}\r\n"
        f'Content-Type: multipart/related; type="text/html";\r\n boundary="{inner}"\r\n\r\n'
    )
    once = {names[key]: picture for key, picture in pictures.items()}
    images = b"".join(
        f"--{inner}\r\n"
        f'Content-Type: image/{picture.subtype};\r\n name="{name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-ID: <{content_id(name, host)}>\r\n"
        f'Content-Disposition: inline;\r\n filename="{name}"\r\n\r\n'.encode()
        + base64.encodebytes(picture.content).replace(b"\n", b"\r\n")
        for name, picture in once.items()
    )
    return [head.encode(), *_part(inner, "text/html", html), images, f"--{inner}--\r\n".encode()]


def _body(pieces: Sequence[TextPiece], links: Links) -> list[bytes | _Slot]:
    return _encoded(
        _Slot(piece.field, Context.URL_PART)
        if isinstance(piece, UrlPart)
        else slot_value(piece, {}, links)
        if isinstance(piece, MergeField) and piece.namespace == "link"
        else _Slot(piece, None)
        if isinstance(piece, MergeField)
        else piece
        for piece in pieces
    )


def _html_body(
    compiled: CompiledVariant, links: Links, addresses: Mapping[str, str]
) -> list[bytes | _Slot]:
    pieces: list[str | _Slot] = []
    for piece in compiled.html:
        if isinstance(piece, str):
            pieces.append(piece)
        elif isinstance(piece.meaning, PictureSlot):
            pieces.append(escape(addresses[piece.meaning.key], piece.context))
        elif piece.meaning.namespace == "link":
            pieces.append(escape(slot_value(piece.meaning, {}, links), piece.context))
        else:
            pieces.append(_Slot(piece.meaning, piece.context))
    return _encoded(pieces)


def _encoded(pieces: Iterable[str | _Slot]) -> list[bytes | _Slot]:
    """Texts as quoted-printable; neighbours are one text, so that they wrap as one."""
    encoded: list[bytes | _Slot] = []
    waiting: list[str] = []

    def flush() -> None:
        encoded.append(close(encode_piece("".join(waiting))))
        waiting.clear()

    for piece in pieces:
        if isinstance(piece, str):
            waiting.append(piece)
        else:
            flush()
            encoded.append(piece)
    flush()
    return encoded


def _ascii_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)[-60:]
