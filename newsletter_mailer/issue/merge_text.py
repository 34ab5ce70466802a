"""A writer's text, cut at its merge fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from newsletter_mailer.text_cache import whole_number


@dataclass(frozen=True, slots=True)
class MergeField:
    """A place for a value. `default` is None where the author gave none."""

    namespace: str  #: subscriber, issue, newsletter; link for unsubscribe_url and its kin
    name: str
    default: str | None = None

    @property
    def label(self) -> str:
        return self.name if self.namespace == "link" else f"{self.namespace}.{self.name}"

    def as_json(self) -> list[str | None]:
        return [self.namespace, self.name, self.default]

    @classmethod
    def from_json(cls, written: object) -> MergeField:
        """Raises ValueError."""
        match written:
            case [str(namespace), str(name), None | str() as default]:
                return cls(namespace, name, default)
        raise ValueError("not a merge field")


@dataclass(frozen=True, slots=True)
class MergeText:
    """An author's text, cut at its merge fields; `lines` has the line of each piece."""

    pieces: tuple[str | MergeField, ...] = ()
    lines: tuple[int, ...] = ()

    @property
    def is_empty(self) -> bool:
        return all(isinstance(piece, str) and not piece.strip() for piece in self.pieces)

    def fields(self) -> Iterator[tuple[MergeField, int]]:
        for piece, line in zip(self.pieces, self.lines, strict=True):
            if isinstance(piece, MergeField):
                yield piece, line

    def as_json(self) -> list[str | list[str | None]]:
        """Its pieces; their lines are no part of what it says."""
        return [piece if isinstance(piece, str) else piece.as_json() for piece in self.pieces]

    @classmethod
    def from_json(cls, pieces: object, lines: object) -> MergeText:
        """Raises ValueError."""
        match pieces, lines:
            case [*pieces], [*lines] if len(pieces) == len(lines):
                return cls(tuple(map(_piece, pieces)), tuple(map(whole_number, lines)))
        raise ValueError("not a text that was cut")

    def with_fields_as(self, word: str) -> str:
        """The text with this word in place of each field."""
        return "".join(piece if isinstance(piece, str) else word for piece in self.pieces)

    def plain(self) -> str:
        """For messages and file names: each field shown by its name."""
        return "".join(
            piece if isinstance(piece, str) else f"{{{{ {piece.label} }}}}" for piece in self.pieces
        )


def _piece(written: object) -> str | MergeField:
    """Of JSON. Raises ValueError."""
    return written if isinstance(written, str) else MergeField.from_json(written)
