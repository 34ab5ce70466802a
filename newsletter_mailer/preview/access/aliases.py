"""Names for readers that say nothing about them."""

from __future__ import annotations

import secrets


class ReaderAliases:
    """Names for people that say nothing about them, and mean nothing in another run.

    They stand in addresses, which browsers keep and show, in place of a person's own.
    """

    def __init__(self) -> None:
        self._address_of: dict[str, str] = {}
        self._alias_of: dict[str, str] = {}

    def alias(self, address: str) -> str:
        """`address`: canonical."""
        if address not in self._alias_of:
            alias = secrets.token_hex(8)
            self._alias_of[address], self._address_of[alias] = alias, address
        return self._alias_of[address]

    def address(self, alias: str) -> str | None:
        return self._address_of.get(alias)
