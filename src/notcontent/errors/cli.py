"""What the command line alone refuses."""

from notcontent.errors.base import NotContentError

# --- the shell -------------------------------------------------------------------------------------------------------


class DemoError(NotContentError):
    """A step of the demo did not go as it must."""

    code = "demo"
    message = "The demo did not go as it must."


class ExtraMissingError(NotContentError):
    """A verb of a side that is not installed on this machine."""

    code = "extra_missing"
    exit_code = 4
    message = "This side of the software is not installed here."
