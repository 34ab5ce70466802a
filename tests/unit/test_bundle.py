"""The exported page runs the same scripts as the served one, as one file."""

from __future__ import annotations

import pytest

from newsletter_mailer.preview.export.bundle import BundleError, bundle


def test_each_module_comes_once_and_after_what_it_imports() -> None:
    script = bundle(
        {
            "app.js": 'import { one } from "./a.js";\nimport { two as b } from "./b.js";\nb(1);\n',
            "a.js": 'import { two } from "./b.js";\nexport const one = two();\n',
            "b.js": "export function two() { return 2; }\nexport class Three {}\nconst one = 1;\n",
        },
        "app.js",
    )

    places = [script.index(f'modules["{name}"] = ') for name in ("b.js", "a.js", "app.js")]
    assert places == sorted(places)
    assert script.count('modules["b.js"] = ') == 1
    assert 'const { two: b } = modules["b.js"];' in script
    assert "return { two, Three };" in script
    assert "import" not in script
    assert "export" not in script


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('import x from "./a.js";', "import x from"),
        ('import { x } from "https://example.org/x.js";', "https://example.org"),
        ("export default 3;", "export default"),
        ("export let x = 1;", "export let"),
        ('import { x } from "./gone.js";\n', "gone.js, which is not there"),
        ('import { x } from "./app.js";\n', "a circle"),
    ],
)
def test_what_it_does_not_know_it_refuses(text: str, told: str) -> None:
    with pytest.raises(BundleError, match=told.replace(".", r"\.")):
        bundle({"app.js": text}, "app.js")
