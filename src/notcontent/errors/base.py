"""The root of the tree, and how a code is looked up."""

from typing import ClassVar


class NotContentError(Exception):
    """Root of the tree. `code` is stable, `http_status` is what a door answers, `exit_code` what the shell sees."""

    code: ClassVar[str] = "internal"
    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1
    message: ClassVar[str] = "Something went wrong that should not have."

    def __init__(self, message: str | None = None) -> None:
        """Take a sentence for this one occurrence, or the class's own. It must not carry data."""
        super().__init__(message or self.message)


def error_of(code: str) -> type[NotContentError]:
    """Find the error that has this code; the root where there is none."""
    kinds = [NotContentError]
    for kind in kinds:
        if kind.code == code:
            return kind
        kinds += kind.__subclasses__()
    return NotContentError
