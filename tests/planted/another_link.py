"""A link more that every mail has."""

from __future__ import annotations

from newsletter_mailer import links

links.LINKS += (
    links.Link(
        field="view_online_url",
        name="view_online",
        uri=lambda message: f"https://news.example.org/{message.issue}/{message.variant}",
        inert="#the-page-is-online-later",
        sample="https://news.example.org/a-sample",
    ),
)

from newsletter_mailer.cli import main  # noqa: E402  # whatever reads the table, reads it then

main()
