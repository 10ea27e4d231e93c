"""Answers of a feed that are refused, and hubs and gates that refuse or do not answer."""

from notcontent.errors.base import NotContentError

# --- exchange: the feed ----------------------------------------------------------------------------------------------


class FeedError(NotContentError):
    """A page or snapshot that is refused whole; the cursor does not move."""

    code = "feed_refused"
    http_status = 502
    exit_code = 5
    message = "The feed's answer was refused."


class FeedTornError(FeedError):
    """Cut off, not JSON, or not of the feed's shape."""

    code = "feed_torn"
    message = "The feed's answer is cut off or malformed."


class FeedSignatureError(FeedError):
    """Not signed by the hub whose key the configuration names."""

    code = "feed_signature"
    message = "The feed's answer is not signed by the expected hub."


class FeedForeignError(FeedError):
    """Signed, but for another member or from another hub."""

    code = "feed_foreign"
    message = "The feed's answer is meant for somebody else."


class FeedReplayError(FeedError):
    """Signed, but an answer to another request: repeated, or kept back."""

    code = "feed_replay"
    message = "The feed's answer is an answer to another request."


class FeedOrderError(FeedError):
    """Events missing, repeated or out of order."""

    code = "feed_order"
    message = "The feed's events are not in order."


class FeedTooLargeError(FeedError):
    """More than this client takes: entries in a snapshot, bytes in an answer, or seconds until it was whole."""

    code = "feed_too_large"
    message = "The feed's answer is larger or slower than this client takes."


class FeedUnknownOpError(FeedError):
    """An event marked critical whose meaning this program does not know: upgrade before going on."""

    code = "feed_unknown_op"
    message = "The feed holds a critical event that this program does not know; upgrade it."


class FeedCursorError(FeedError):
    """The cursor lies beyond the feed's end: the hub was restored or changed. Start again from a snapshot."""

    code = "feed_cursor"
    http_status = 409
    message = "The feed does not reach to this cursor; start again from a snapshot."


class HubUnreachableError(NotContentError):
    """No answer from the hub after the retries."""

    code = "hub_unreachable"
    http_status = 503
    exit_code = 5
    message = "The hub does not answer."


class GateUnreachableError(NotContentError):
    """No answer from the gate that a configuration describes."""

    code = "gate_unreachable"
    http_status = 503
    exit_code = 5
    message = "The gate does not answer: is it running?"


class KeyRefusedError(NotContentError):
    """The hub does not know this member key, or it was revoked."""

    code = "key_refused"
    http_status = 401
    exit_code = 5
    message = "The key is unknown or was revoked."


class ScopeError(NotContentError):
    """The key is good but not for this."""

    code = "scope_missing"
    http_status = 403
    exit_code = 5
    message = "The key does not allow this."
