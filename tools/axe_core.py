"""Takes axe-core, which `check --browser` runs, from the npm package `axe-core`.

    npm pack axe-core && tar xf axe-core-*.tgz
    .venv/bin/python tools/axe_core.py package

The script is kept as it was published, with its licences (MPL 2.0, and MIT for its parts) and a
note that says where it is from. `make test` looks at both again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import sys
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "newsletter_mailer" / "check" / "data" / "axe-core"
KEPT = ("axe.min.js", "LICENSE", "LICENSE-3RD-PARTY.txt")
ORIGIN = """\
axe-core {version}, unchanged from the npm package axe-core, under the Mozilla Public License 2.0.
Its source: https://github.com/dequelabs/axe-core/tree/v{version}
axe.min.js: {digest}
"""


def digest(script: Path) -> str:
    """As browsers write it (W3C Subresource Integrity)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.read_bytes()).digest()).decode()}"


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    package = Path(sys.argv[1])
    version = json.loads((package / "package.json").read_text("utf-8"))["version"]
    published = json.loads((package / "sri-history.json").read_text("utf-8"))[version]
    found = digest(package / "axe.min.js")
    if found != published["axe.min.js"]:
        sys.exit(f"axe.min.js is not what its authors published as {version}: {found}")
    FOLDER.mkdir(exist_ok=True)
    for name in KEPT:
        shutil.copyfile(package / name, FOLDER / name)
    (FOLDER / "ORIGIN").write_text(ORIGIN.format(version=version, digest=found), "utf-8")
    print(f"{FOLDER}: axe-core {version}")


if __name__ == "__main__":
    main()
