"""The installed command, for which a port of this machine is in the public web. Argument: it."""

from __future__ import annotations

import functools
import sys

from newsletter_mailer.check.evidence.web import asking
from newsletter_mailer.check.evidence.web.public_http import PublicHttp
from newsletter_mailer.cli import main

port = int(sys.argv.pop(1))
asking.PublicHttp = functools.partial(  # type: ignore[attr-defined,assignment]  # planted
    PublicHttp,
    resolve=lambda host, port: ["127.0.0.1"],
    exempt={("127.0.0.1", port)},
)
sys.argv[0] = "newsletter-mailer"
main()
