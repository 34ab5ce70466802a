"""How often Python looks for garbage among what it made.

A short command needs nearly all that it loads, reads and composes to its end. Python's usual search
after 700 new objects takes place 130 times in a `build`, and a tenth of its time.
"""

from __future__ import annotations

import gc

_USUAL = gc.get_threshold()
_OF_A_SHORT_COMMAND = 100_000  #: new objects, more than `build` and `check` make of a usual issue


def look_seldom() -> None:
    """Until `look_as_usual`."""
    gc.set_threshold(_OF_A_SHORT_COMMAND)


def look_as_usual() -> None:
    """For what may run for hours, and leaves garbage all the while.

    What there is by now is needed to the end, and not searched again and again.
    """
    gc.freeze()
    gc.set_threshold(*_USUAL)


def look_no_more() -> None:
    """At the end: all that there is goes with the process, and searching it takes 25 ms."""
    gc.freeze()
