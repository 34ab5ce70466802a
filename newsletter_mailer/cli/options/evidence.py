"""An option of `check` for each kind of evidence that is gathered only when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any  # typer has no public name for the context that it makes, and parameters

from typer.core import TyperCommand, TyperOption


class AsksForEvidence(TyperCommand):
    """A command that has those options besides the ones of its function.

    They are looked up where the command is what is asked for: in the list of all commands it is
    named only.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        """Those of the function, these, and `--help`."""
        all_others = super().get_params(ctx)
        own = len(self.params)
        return [*all_others[:own], *self._of_evidence, *all_others[own:]]

    @cached_property
    def _of_evidence(self) -> Sequence[TyperOption]:
        from newsletter_mailer.check.evidence.registry import all_evidence

        return [
            TyperOption(param_decls=[one.option], is_flag=True, default=False, help=one.help)
            for one in all_evidence().values()
            if one.option
        ]

    def invoke(self, ctx: Any) -> Any:
        """Their values go to where `asked_for` finds them: the function has no names for them."""
        ctx.meta[__name__] = [
            option.opts[0] for option in self._of_evidence if ctx.params.pop(option.name)
        ]
        return super().invoke(ctx)


def asked_for(ctx: Any) -> Sequence[str]:
    """The options of evidence that were typed, such as --links."""
    typed: Sequence[str] = ctx.meta[__name__]
    return typed
