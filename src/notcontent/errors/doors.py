"""Requests that a door refuses: the gate's, the hub's, or both. Shared: rooms may build on these."""

from notcontent.errors.base import NotContentError

# --- doors: requests -------------------------------------------------------------------------------------------------


class RequestFormatError(NotContentError):
    """A request that is not of the documented shape."""

    code = "request_format"
    http_status = 422
    exit_code = 2
    message = "The request does not have the documented shape."


class BodyTooLargeError(NotContentError):
    """More bytes than the door takes; the rest was not read."""

    code = "body_too_large"
    http_status = 413
    message = "The request is larger than the limit."


class HeadersTooLargeError(NotContentError):
    """More header bytes or fields than the door takes; the connection is closed."""

    code = "headers_too_large"
    http_status = 431
    message = "The request's headers are larger than the limit."


class UpgradeRefusedError(NotContentError):
    """A request that asks to go on in another protocol; the connection is closed."""

    code = "upgrade_refused"
    http_status = 400
    message = "This door does not change protocols: send requests without an Upgrade header."


class BodyTimeoutError(NotContentError):
    """The request's body came too slowly; the connection is closed."""

    code = "body_timeout"
    http_status = 408
    message = "The request took too long to arrive."


class PathNotFoundError(NotContentError):
    """The door has no such path."""

    code = "not_found"
    http_status = 404
    message = "There is nothing at this path."


class MethodRefusedError(NotContentError):
    """The path exists, but not for this method; `Allow` says for which."""

    code = "method_not_allowed"
    http_status = 405
    message = "This path does not take this method."


class RateLimitedError(NotContentError):
    """More requests than this caller may make; `Retry-After` says when to come back."""

    code = "rate_limited"
    http_status = 429
    message = "Too many requests; come back later."

    def __init__(self, message: str | None = None, *, retry_after_s: float = 1.0) -> None:
        """Take the seconds after which it is worth asking again."""
        super().__init__(message)
        self.retry_after_s = retry_after_s


class OverloadedError(NotContentError):
    """The queue is full; nothing was started. `Retry-After` says when to come back."""

    code = "overloaded"
    http_status = 503
    message = "Too busy at the moment; come back soon."


class NotReadyError(NotContentError):
    """The gate holds no bank yet, or its lease has run out and the bank was shredded."""

    code = "not_ready"
    http_status = 503
    exit_code = 5
    message = "No bank is loaded."


class DecoderStartError(NotReadyError):
    """No process that reads pictures or videos can be started: no memory or processes are left, or files are missing.

    It is this machine's fault and no picture's.
    """

    code = "decoder_start"
    exit_code = 4
    message = (
        "No process that decodes can be started: is there memory, may this user start more processes, and is the"
        " installation whole?"
    )
