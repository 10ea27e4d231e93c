"""Help shows an option that takes no value without one; Typer itself writes <bool> behind it."""

from typing import Any

from typer.core import TyperCommand, TyperGroup


class _BareFlags:
    """What makes flags bare, for verbs and for groups of them."""

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - Typer's own types have no public names
        """Give the parameters, that of --help too."""
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for param in params:
            if getattr(param, "is_flag", False):
                param.metavar = ""
        return params


class Verb(_BareFlags, TyperCommand):
    """A verb whose flags are shown bare."""


class Group(_BareFlags, TyperGroup):
    """A group of verbs, likewise."""
