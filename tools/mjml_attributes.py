"""Writes the table of MJML's attributes, from the npm package `mjml` (the reference compiler).

    cd benchmarks && npm ci && cd ..
    .venv/bin/python tools/mjml_attributes.py benchmarks/node_modules

Kept of each component: its attributes and what each takes, in MJML's own words: `color`,
`unit(px,%){1,4}`, `enum(left,right)`, `string`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any  # JSON of somebody else

TABLE = Path(__file__).parent.parent / "newsletter_mailer" / "check" / "data" / "mjml.json"

_EXTRACT = """
const { createRequire } = require('node:module')
const preset = createRequire(process.argv[1] + '/')('mjml-preset-core')
const components = Object.values((preset.default ?? preset).components)
console.log(JSON.stringify(Object.fromEntries(
  components.map((one) => [one.componentName, one.allowedAttributes ?? {}]))))
"""


def attributes(modules: Path) -> dict[str, dict[str, str]]:
    done = subprocess.run(  # noqa: S603  # a script of ours, on a folder that the author names
        ["node", "-e", _EXTRACT, str(modules.resolve())],  # noqa: S607  # as PATH finds it
        check=True,
        capture_output=True,
        text=True,
    )
    components: dict[str, dict[str, str]] = json.loads(done.stdout)
    return components


def table(modules: Path) -> dict[str, Any]:
    version = json.loads((modules / "mjml" / "package.json").read_text("utf-8"))["version"]
    return {
        "source": f"https://mjml.io, npm package mjml {version}",
        "licence": (modules / "mjml" / "LICENSE.md").read_text("utf-8").strip(),
        "components": attributes(modules),
    }


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    made = table(Path(sys.argv[1]))
    TABLE.write_text(json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")
    count = sum(map(len, made["components"].values()))
    print(f"{TABLE}: {len(made['components'])} components, {count} attributes")


if __name__ == "__main__":
    main()
