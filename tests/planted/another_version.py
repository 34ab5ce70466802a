"""Another version of the program. Arguments: which, and what it adds to every plain text."""

from __future__ import annotations

import dataclasses
import sys

import newsletter_mailer

newsletter_mailer.__version__, words = sys.argv.pop(1), sys.argv.pop(1)

from newsletter_mailer.cli import main  # noqa: E402  # its version counts when it is loaded
from newsletter_mailer.compose.compiled import CompiledVariant  # noqa: E402  # as above
from newsletter_mailer.compose.composer import Composer  # noqa: E402  # as above
from newsletter_mailer.plan.variants import Variant  # noqa: E402  # as above

compose = Composer.compose


def composed(self: Composer, variant: Variant) -> CompiledVariant | None:
    made = compose(self, variant)
    return made and dataclasses.replace(made, text=(*made.text, words))


Composer.compose = composed  # type: ignore[method-assign]  # planted
main()
