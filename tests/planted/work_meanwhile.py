"""While an issue is composed and checked, somebody else works. Argument: their words, as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any  # whatever `prepare` takes

import newsletter_mailer.campaign.send as job
from newsletter_mailer.campaign.prepare import Prepared, prepare
from newsletter_mailer.cli import main

meanwhile = json.loads(sys.argv.pop(1))


@contextmanager
def slow(*arguments: Any, **named: Any) -> Iterator[Prepared]:
    with prepare(*arguments, **named) as prepared:
        subprocess.run([sys.executable, "-m", "newsletter_mailer", *meanwhile], check=True)
        yield prepared


job.prepare = slow  # type: ignore[attr-defined]  # planted
sys.argv[0] = "newsletter-mailer"
main()
