"""Our scripts as one: a page that is opened from a folder may not load modules.

It knows the few forms in which our own modules import and export, and no others. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_IMPORT = re.compile(r'^import \{(?P<names>[^}]*)\} from "\./(?P<module>[a-z-]+\.js)";\n', re.M)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|const|class) (?P<name>[\w$]+))", re.M)
_OTHER = re.compile(r"^(?:import|export)\b.*", re.M)


class BundleError(ValueError):
    """A module is not as ours are."""


def bundle(modules: Mapping[str, str], first: str) -> str:
    """A classic script that does what the module `first` does, with all that it imports.

    `modules`: their texts, by the names under which they import each other. Raises NotOneScript.
    """
    done: dict[str, str] = {}

    def add(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise BundleError(f"{' imports '.join([*above, name])}: a circle.")
        if name in done:
            return
        if name not in modules:
            raise BundleError(f"{above[-1] if above else ''} imports {name}, which is not there.")
        text = modules[name]
        for found in _IMPORT.finditer(text):
            add(found["module"], (*above, name))
        done[name] = _enclosed(name, text)

    add(first, ())
    return '"use strict";\n{\nconst modules = {};\n' + "".join(done.values()) + "}\n"


def _enclosed(name: str, text: str) -> str:
    """The module as a function of its own that returns what it exports."""
    exported = [found["name"] for found in _EXPORT.finditer(text)]
    text = _IMPORT.sub(_taken, _EXPORT.sub("", text))
    if other := _OTHER.search(text):
        raise BundleError(f"{name}: {other[0]}")
    return f'modules["{name}"] = (() => {{\n{text}\nreturn {{ {", ".join(exported)} }};\n}})();\n'


def _taken(found: re.Match[str]) -> str:
    names = found["names"].replace(" as ", ": ")
    return f'const {{{names}}} = modules["{found["module"]}"];\n'
