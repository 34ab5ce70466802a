"""Where a rehearsal delivers to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """Mail goes into a folder, to nobody."""

    kind: ClassVar[str] = "sandbox"

    folder: Path

    @property
    def where(self) -> str:
        return "the sandbox: nobody is mailed"
