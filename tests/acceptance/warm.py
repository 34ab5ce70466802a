"""The command in a fresh process for every line of standard input, without the start's second.

A fork of a process that has imported everything and looked at no newsletter: its own memory, files,
exit code. Each line is JSON: words, cwd, env, and the files for standard output and error. The
answer is the exit code. POSIX only.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
import time
from typing import Any  # JSON

import newsletter_mailer
from newsletter_mailer.cli import main
from newsletter_mailer.compose.inline import inline_css

#: What mails have in style attributes: cssutils makes a pattern for each when it first meets it.
STYLE = (
    "background: red; background-color: red; border: 1px solid red; color: red; direction: ltr; "
    "display: block; font-family: Arial, sans-serif; font-size: 1px; font-weight: bold; "
    "line-height: 1.5; margin: 0; max-width: 1px; padding: 1px 2px; text-align: left; "
    "text-decoration: none; vertical-align: top; width: 1px"
)


def run(job: dict[str, Any]) -> int:
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["env"])
    time.tzset()
    os.umask(0o022)  # the usual: what a command makes is everybody's to read, unless it says not
    for descriptor, path, mode in (
        (0, os.devnull, os.O_RDONLY),
        (1, job["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (2, job["err"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        os.dup2(os.open(path, mode), descriptor)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.argv = ["newsletter-mailer", *job["words"]]
    try:
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    else:
        code = 0
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def warm_up() -> None:
    for module in pkgutil.walk_packages(
        newsletter_mailer.__path__, f"{newsletter_mailer.__name__}."
    ):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)
    inline_css(f'<p style="{STYLE}">x</p>', "p { color: red }")


def serve() -> None:
    warm_up()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 70  # something that no command ends with
            try:
                code = run(json.loads(line))
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201  # the answer


if __name__ == "__main__":
    serve()
