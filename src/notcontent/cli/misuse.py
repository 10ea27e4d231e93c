"""A verb that is called wrongly is told as every error: one line with a code, in our words, without the value."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import typer

from notcontent.cli.flags import Group
from notcontent.errors import MisuseError

_Usage = cast("type[Exception]", typer.BadParameter.__bases__[0])
"""What Typer raises for any misuse; it has no public name."""
_WORDS = (
    (r"valid integer", "must be a whole number"),
    (r"valid number", "must be a number"),
    (r"greater than or equal to (\S+)", r"must be \1 or more"),
    (r"less than or equal to (\S+)", r"must be \1 at most"),
    (r"is not one of (.+)\.$", r"must be one of \1"),
    (r"does not match the formats '%Y-%m-%d'", "must be a day, such as 2026-11-30"),
)
"""What Typer says of a value, and what we say."""


class Verbs(Group):
    """The root of all verbs. Raises MisuseError for whatever is wrong with how one is called."""

    def make_context(self, *args: Any, **extra: Any) -> Any:  # noqa: ANN401 - Typer's own types have no public names
        """Read the words before the first verb."""
        with _told():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401
        """Read the other words, and run the verb."""
        with _told():
            return super().invoke(ctx)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except _Usage as error:
        said = _sentence(error)
        if not said:  # called without a word: the help that is shown then says all
            raise
        raise MisuseError(f"{said} See `{_verb(getattr(error, 'ctx', None))} --help`.") from None


def _sentence(error: Any) -> str:  # noqa: ANN401
    said: str = error.format_message()
    if said.startswith("Got unexpected extra argument"):
        return "There are more arguments than it takes."
    param = getattr(error, "param", None)
    if param is None or said.startswith("Missing"):
        return said.removeprefix("Invalid value: ").removesuffix(".") + "." * bool(said)
    for pattern, words in _WORDS:
        if found := re.search(pattern, error.message):
            return f"{param.get_error_hint()} {found.expand(words)}.".replace("'", "")
    return f"{param.get_error_hint()} cannot have this value.".replace("'", "")


def _verb(context: Any) -> str:  # noqa: ANN401
    names: list[str] = []
    while context is not None and context.parent is not None:
        names.insert(0, context.info_name)
        context = context.parent
    return " ".join(["notcontent", *names])
