"""The questions, a chapter a module. Whatever module lies in this folder is asked."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from newsletter_mailer.check.questions.registry import RULES
from newsletter_mailer.check.questions.rule import Rule


def all_rules() -> Mapping[str, Rule]:
    """Every rule by its id, chapter by chapter in the order of the modules' names."""
    _load_chapters()
    return RULES


@cache
def _load_chapters() -> None:
    """Finds the modules of this folder, in a wheel or a zip file too; registers what they ask."""
    for chapter in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{chapter}")
