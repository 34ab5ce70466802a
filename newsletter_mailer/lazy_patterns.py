"""Regular expressions that are compiled when they are first asked.

The modules that are loaded hold some five hundred, and a run asks a part of them. Compiling all
takes a quarter as long as looking through an issue does, in every process.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, cast  # Any: whatever a pattern has by that name


def lazy_pattern(expression: str, flags: int = 0) -> re.Pattern[str]:
    """As `re.compile`. One that is not valid raises re.error when it is first asked.

    The functions of `re`, such as `re.sub`, do not take it: ask it itself.
    """
    return cast("re.Pattern[str]", LazyPattern(expression, flags))  # re.Pattern cannot be derived


class LazyPattern:
    """Has all that its `re.Pattern` has, and from the second time on as fast as that."""

    def __init__(self, expression: str, flags: int) -> None:
        self._expression = expression
        self._flags = flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self._expression, self._flags)

    def __getattr__(self, name: str) -> Any:
        """Called for what is not known yet; it is kept as an attribute of the instance."""
        if name.startswith("_"):  # copy and pickle ask for some before there is an expression
            raise AttributeError(name)
        found = getattr(self._compiled, name)
        setattr(self, name, found)
        return found
