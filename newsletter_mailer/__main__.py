"""`python -m newsletter_mailer`: the same as the installed command."""

from newsletter_mailer.cli import main

main()
