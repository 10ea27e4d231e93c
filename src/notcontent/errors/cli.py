"""What the command line alone refuses."""

from notcontent.errors.base import NotContentError

# --- the shell -------------------------------------------------------------------------------------------------------


class DemoError(NotContentError):
    """A step of the demo did not go as it must."""

    code = "demo"
    message = "The demo did not go as it must."


class MisuseError(NotContentError):
    """A verb or an option that does not exist, or an argument that is missing or cannot have its value."""

    code = "usage"
    exit_code = 2
    message = "The verb cannot be called like this: `--help` says how."


class ExtraMissingError(NotContentError):
    """A verb of a side that is not installed on this machine."""

    code = "extra_missing"
    exit_code = 4
    message = "This side of the software is not installed here."
