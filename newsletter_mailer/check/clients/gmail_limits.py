"""How much of a message Gmail shows and reads."""

from __future__ import annotations

#: Octets of HTML. Gmail shows about this much and hides the rest (hteumeuleu/email-bugs#41).
GMAIL_CLIPS_AT = 102 * 1024
GMAIL_CLIPS_SOON = 90 * 1024
#: Octets that Gmail reads of all `style` elements together (hteumeuleu/email-bugs#90).
GMAIL_READS_CSS = 16 * 1024
