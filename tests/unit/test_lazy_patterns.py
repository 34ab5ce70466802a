"""Regular expressions are compiled when they are first asked, and all of them can be."""

from __future__ import annotations

import copy
import gc
import importlib
import pickle
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any  # what a copy gives

import pytest

import newsletter_mailer
from newsletter_mailer.lazy_patterns import LazyPattern, lazy_pattern

_LOADED = """
import re, sys
compiling, ours = re._compiler.compile, []
def watched(*args):
    frame = sys._getframe(1)
    while frame.f_code.co_filename == re.__file__:
        frame = frame.f_back
    if "newsletter_mailer.check" in frame.f_globals["__name__"]:
        ours.append(f"{frame.f_code.co_filename}:{frame.f_lineno}")
    return compiling(*args)
re._compiler.compile = watched
from newsletter_mailer.check.rules import all_rules
all_rules()
print(*ours, sep="\\n", end="")
"""


def test_it_is_compiled_when_it_is_first_asked() -> None:
    pattern = lazy_pattern(r"(?P<word>\w+)", re.IGNORECASE)

    assert "_compiled" not in vars(pattern)
    assert pattern.fullmatch("word") is not None
    assert "_compiled" in vars(pattern)


def test_it_answers_as_a_pattern_does() -> None:
    lazy, usual = lazy_pattern("b+", re.IGNORECASE), re.compile("b+", re.IGNORECASE)

    for text in ("", "abBba bb", "c"):
        assert lazy.findall(text) == usual.findall(text)
        assert lazy.sub("-", text) == usual.sub("-", text)
        assert [one.span() for one in lazy.finditer(text, 2)] == [
            one.span() for one in usual.finditer(text, 2)
        ]
    assert (lazy.pattern, lazy.flags) == (usual.pattern, usual.flags)


def test_no_rule_compiles_an_expression_before_it_asks() -> None:
    loaded = subprocess.run([sys.executable, "-c", _LOADED], capture_output=True, text=True)

    assert (loaded.returncode, loaded.stdout) == (0, ""), loaded.stderr


@pytest.mark.parametrize("was_asked", [False, True])
@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        lambda pattern: pickle.loads(pickle.dumps(pattern)),  # noqa: S301  written here
    ],
)
def test_a_copy_answers_as_it_does(copied: Callable[[object], Any], was_asked: bool) -> None:
    pattern = lazy_pattern("b+", re.IGNORECASE)
    if was_asked:
        pattern.search("b")

    assert copied(pattern).sub("-", "abBba") == "a-a"


def test_it_has_no_names_of_its_own_kind() -> None:
    assert not hasattr(lazy_pattern("("), "__array__")


def test_every_expression_can_be_compiled() -> None:
    """Of the whole program, wherever in its tables and classes they stand."""
    for module in pkgutil.walk_packages(newsletter_mailer.__path__, "newsletter_mailer."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)

    patterns = [one for one in gc.get_objects() if type(one) is LazyPattern]

    assert len(patterns) > 200
    for pattern in patterns:
        assert pattern.flags & re.UNICODE
