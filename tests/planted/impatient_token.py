"""The installed command, which waits a moment for a token."""

from __future__ import annotations

import sys

from newsletter_mailer.cli import main
from newsletter_mailer.deliver.smtp import token_command

token_command._LONGEST_WAIT = 0.2  # type: ignore[assignment]  # less than a second
sys.argv[0] = "newsletter-mailer"
main()
