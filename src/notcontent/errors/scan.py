"""Objects, lists and archives that cannot be scanned, and scans that cannot go on."""

from notcontent.errors.base import NotContentError

# --- objects and archives --------------------------------------------------------------------------------------------


class ObjectUnreadableError(NotContentError):
    """An object in a store, or at a URL, is missing, may not be read, or did not come."""

    code = "object_unreadable"
    http_status = 502
    exit_code = 5
    message = "The object cannot be read."


class ObjectRedirectError(ObjectUnreadableError):
    """A host answered with another address; a scan reads what was named and follows nobody."""

    code = "object_redirect"
    message = "The address leads on to another one, which is not followed."


class ObjectTimeError(ObjectUnreadableError):
    """An object did not come whole in the time that each may take."""

    code = "object_timeout"
    message = "The object took too long to come."


class ObjectAddressError(ObjectUnreadableError):
    """An address at which no archive lies: link-local, multicast, or where a cloud keeps its machines' credentials."""

    code = "object_address"
    message = "Nothing is read from this address."


class VideoNotScannedError(NotContentError):
    """A video among the files of a scan, which reads pictures alone. It is no failure, and is not compared."""

    code = "video_not_scanned"
    http_status = 422
    message = "This is a video. A scan reads pictures alone; match takes videos, and so does a gate's POST /v1/screen."


class SourceError(NotContentError):
    """What should be scanned does not exist, is of no kind that can be scanned, or lies inside another source."""

    code = "source"
    exit_code = 4
    message = "This source cannot be scanned."


class ListUnreadableError(SourceError):
    """Rows of a list that its end promises cannot be read."""

    code = "list_unreadable"
    message = "These rows of the list cannot be read."


class ScanOutError(NotContentError):
    """The folder for a scan's results is not empty, or another scan writes into it."""

    code = "scan_out"
    exit_code = 4
    message = "The folder for the results is not empty."


class ScanChangedError(NotContentError):
    """A scan cannot go on: its sources, its bank or its settings are not those it began with."""

    code = "scan_changed"
    exit_code = 4
    message = "The scan to go on with had other sources, another bank or other settings."


class ScanIncompleteError(NotContentError):
    """A batch came back with other rows than the plan lists; nothing of it was kept."""

    code = "scan_incomplete"
    message = "A batch did not come back whole; nothing of it was kept. Run it again with --resume."


class ClusterError(NotContentError):
    """No Ray cluster answers at the address, or its nodes do not have this program."""

    code = "cluster"
    http_status = 503
    exit_code = 5
    message = "The cluster does not answer, or its nodes lack this program."
