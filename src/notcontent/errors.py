"""Every deliberate error, with its stable code.

The code is API: it is what the wire, the shell and the pages show, and it never changes its meaning.
Messages carry no data: no hash, no case code, no path, no address. Rooms raise these and subclass them
nowhere else; only the edges (a door, a view, a verb of the command line) catch them.
"""

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


# --- signals: a picture that cannot become a hash -----------------------------------------------------------


class ImageError(NotContentError):
    """Untrusted bytes did not become a picture within the limits."""

    code = "image_unreadable"
    http_status = 422
    message = "These bytes are not a picture that can be read."


class ImageEmptyError(ImageError):
    """There are no bytes at all."""

    code = "image_empty"
    message = "The file is empty."


class ImageFormatError(ImageError):
    """Not JPEG, PNG, WebP, GIF, AVIF or HEIC, whatever the file's name says."""

    code = "image_format"
    message = (
        "This kind of file is not known. Pictures are JPEG, PNG, WebP, GIF, AVIF and HEIC; where videos are taken too,"
        " MP4, MOV, 3GP, WebM, Matroska, AVI and MPEG-TS."
    )


class ImageHeicError(ImageError):
    """HEIC where nothing is installed that reads it."""

    code = "image_heic"
    message = "HEIC is read with the extra `heic` alone: install notcontent[heic], or save the picture as JPEG."


class ImageTruncatedError(ImageError):
    """The picture ends before its last pixel."""

    code = "image_truncated"
    message = "The picture is cut off or damaged."


class ImageTooLargeError(ImageError):
    """More bytes or pixels than the limits allow; refused before the pixels are decoded."""

    code = "image_too_large"
    http_status = 413
    message = "The picture is larger than the limit."


class ImageTooSmallError(ImageError):
    """A side shorter than 5 pixels has no hash."""

    code = "image_too_small"
    message = "The picture is too small to be told from others."


class ImageTimeError(ImageError):
    """The decoder was stopped: it took longer than allowed."""

    code = "image_time"
    message = "The picture took too long to read."


class ImageMemoryError(ImageError):
    """The decoder was stopped: it wanted more memory than allowed."""

    code = "image_memory"
    message = "The picture needs more memory to read than allowed."


# --- signals: a video that cannot become hashes -------------------------------------------------------------


class VideoError(NotContentError):
    """Untrusted bytes did not become a video within the limits."""

    code = "video_unreadable"
    http_status = 422
    message = "These bytes are not a video that can be read."


class VideoFormatError(VideoError):
    """A container or codec that is not read, whatever the file's name says."""

    code = "video_format"
    message = "This kind of video is not supported."


class VideoEmptyError(VideoError):
    """No video track, or not one frame of it can be decoded: sound alone, cut off, or damaged."""

    code = "video_empty"
    message = "The video has no frame that can be read."


class VideoTooLargeError(VideoError):
    """More bytes, or larger frames, than the limits allow; the frames are not decoded."""

    code = "video_too_large"
    http_status = 413
    message = "The video is larger than the limit."


class VideoTooLongError(VideoError):
    """More frames, or more minutes, than the limits allow."""

    code = "video_too_long"
    http_status = 413
    message = "The video is longer than the limit."


class VideoTimeError(VideoError):
    """The decoder was stopped: it took longer than allowed."""

    code = "video_time"
    message = "The video took too long to read."


class VideoMemoryError(VideoError):
    """The decoder was stopped: it wanted more memory than allowed."""

    code = "video_memory"
    message = "The video needs more memory to read than allowed."


# --- matching: hashes, indexes and bank files ---------------------------------------------------------------


class HashFormatError(NotContentError):
    """Not 64 lower-case hexadecimal digits (32 bytes)."""

    code = "hash_format"
    http_status = 422
    exit_code = 2
    message = "A PDQ hash is 64 lower-case hexadecimal digits."


class IndexArgumentError(NotContentError):
    """An array, radius or thread count that the index cannot take."""

    code = "index_argument"
    http_status = 422
    message = "The index was given an argument of the wrong type, shape or range."


class DuplicateIdError(NotContentError):
    """An id that the index holds already, or one given twice."""

    code = "duplicate_id"
    http_status = 409
    message = "An id is in the index already."


class IndexFileError(NotContentError):
    """A file of a searchable index (a segment) that cannot be used; it is a cache, so write it again."""

    code = "index_file"
    exit_code = 4
    message = "This is not an index file that can be read."


class IndexMissingError(IndexFileError):
    """There is no file of this name, or it may not be read."""

    code = "index_missing"
    message = "There is no index file of this name that can be read."


class IndexEmptyError(IndexFileError):
    """The index file has no bytes at all."""

    code = "index_empty"
    message = "The index file is empty."


class IndexTruncatedError(IndexFileError):
    """The index file is shorter, or longer, than its header says."""

    code = "index_truncated"
    message = "The index file is cut off."


class IndexOlderError(IndexFileError):
    """The index file was written by an older version that this one does not read."""

    code = "index_older"
    message = "The index file was written by a version that is too old."


class IndexNewerError(IndexFileError):
    """The index file was written by a newer version."""

    code = "index_newer"
    message = "The index file was written by a newer version; upgrade this program."


class IndexChecksumError(IndexFileError):
    """The index file's content does not fit its checksums."""

    code = "index_checksum"
    message = "The index file is damaged."


class BankFileError(NotContentError):
    """A bank file that is damaged, from another version, or no bank file."""

    code = "bank_file"
    http_status = 422
    exit_code = 4
    message = "This is not a bank file that can be read."


class BankTruncatedError(BankFileError):
    """The bank file ends too early."""

    code = "bank_truncated"
    message = "The bank file is cut off."


class BankVersionError(BankFileError):
    """The bank file was written by a version this one does not read."""

    code = "bank_version"
    message = "The bank file has a version that this program does not read."


class BankChecksumError(BankFileError):
    """The bank file's content does not fit its checksum."""

    code = "bank_checksum"
    message = "The bank file is damaged."


class BankMissingError(BankFileError):
    """There is no file of this name, or it may not be read."""

    code = "bank_missing"
    message = "There is no bank file of this name that can be read."


class BankEmptyError(BankFileError):
    """The bank file has no bytes at all: a write that was interrupted by something else than this program."""

    code = "bank_empty"
    message = "The bank file is empty."


class BankLimitError(BankFileError):
    """Opening the bank file would take more memory or time than allowed: its header is hostile or damaged."""

    code = "bank_limit"
    message = "Opening the bank file would take more memory or time than allowed."


class BankLabelError(BankFileError):
    """A label that cannot be shown safely in a terminal, or is too long."""

    code = "bank_label"
    exit_code = 2
    message = "A label is 1 to 200 printable characters."


class BankExistsError(BankFileError):
    """A bank file would be overwritten without having been asked for."""

    code = "bank_exists"
    http_status = 409
    message = "There is a file of this name already."


class NotBankedError(BankFileError):
    """A label, hash or picture that should be removed from a bank file, and is not in it."""

    code = "not_banked"
    http_status = 404
    exit_code = 1
    message = "The bank holds no such entry."


class BankKeyError(BankFileError):
    """The passphrase does not open this bank file, or none was given."""

    code = "bank_key"
    message = "The bank file is sealed and this passphrase does not open it."


# --- exchange: the feed -------------------------------------------------------------------------------------


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


# --- doors: requests ----------------------------------------------------------------------------------------


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


# --- files, objects and archives ---------------------------------------------------------------------------


class FileUnreadableError(NotContentError):
    """A file that was named on the command line is missing, is a folder, or may not be read."""

    code = "file_unreadable"
    exit_code = 4
    message = "The file cannot be read."

    @classmethod
    def of(cls, error: Exception, what: str = "The file") -> "FileUnreadableError":
        """Say what the system said of a file, without its name; `what` stands for it."""
        match error:
            case FileNotFoundError() | NotADirectoryError():
                return cls(f"{what} does not exist.")
            case IsADirectoryError():
                return cls(f"{what} is a folder.")
            case PermissionError():
                return cls(f"{what} may not be read by this user.")
        return cls(f"{what} cannot be read.")


class FileExistsAlreadyError(NotContentError):
    """A file or folder that a verb would hand on is there already. Drawings alone are drawn anew in their old place."""

    code = "file_exists"
    http_status = 409
    exit_code = 4
    message = "There is a file of this name already: name a new one."


class FileOutsideError(FileUnreadableError):
    """A link inside a folder that is scanned leads out of it; it is not followed."""

    code = "file_outside"
    message = "The link leads out of the folder."


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


# --- this machine ------------------------------------------------------------------------------------------


class StorageError(NotContentError):
    """A disk or shared memory refused a write; what stood before still stands."""

    code = "storage"
    http_status = 507
    exit_code = 4
    message = "Nothing could be written: is the disk full, or the folder not there?"


class ConfigError(NotContentError):
    """A configuration file that is missing, malformed or contradicts itself."""

    code = "config"
    exit_code = 4
    message = "The configuration cannot be used."


class ServiceDownError(NotContentError):
    """A supervised process ends as soon as it starts, again and again."""

    code = "service_down"
    message = "A process ends as soon as it starts; the log says where. Is the address taken?"


# --- hub: cases ---------------------------------------------------------------------------------------------


class CaseNotFoundError(NotContentError):
    """No case has this code. The same answer whatever the reason."""

    code = "case_not_found"
    http_status = 404
    message = "No case has this code."


class CaseClosedError(NotContentError):
    """The case was withdrawn or erased; nothing may be added."""

    code = "case_closed"
    http_status = 409
    message = "This case is closed."


class AlreadyOpenedError(CaseClosedError):
    """The form has opened a case before: sent twice. Its code was shown then and is kept nowhere."""

    code = "already_opened"
    message = "This form was sent before; the case it opened has its code already."


class ItemNotFoundError(NotContentError):
    """The case has no item of this number."""

    code = "item_not_found"
    http_status = 404
    message = "This case has no such item."


class ItemStateError(NotContentError):
    """The item's state does not allow this step."""

    code = "item_state"
    http_status = 409
    message = "This cannot be done with the item as it stands."


class TakeBackError(NotContentError):
    """The take-back code is wrong, or its 14 days are over."""

    code = "take_back"
    http_status = 409
    message = "This cannot be taken back: the code does not fit, or 14 days have passed."


class UnderageError(NotContentError):
    """Somebody in a picture was, or may have been, under 18: nothing was stored."""

    code = "underage"
    http_status = 422
    message = "Pictures of people under 18 are taken by other services; nothing was stored here."


class TooManyItemsError(NotContentError):
    """More items at once, or in one case, than the limit."""

    code = "too_many_items"
    http_status = 422
    message = "These are more pictures than can be sent."


class TooManyFramesError(NotContentError):
    """More frames in one video, or in all videos of one case, than the limit."""

    code = "too_many_frames"
    http_status = 422
    message = "These videos show more than can be sent."


class QualityTooLowError(NotContentError):
    """A hash from a picture too plain to be told from others, or no picture's hash at all."""

    code = "quality_too_low"
    http_status = 422
    message = "The picture is too plain to be told from others."


class MemberNotFoundError(NotContentError):
    """No active member of this name."""

    code = "member_not_found"
    http_status = 404
    exit_code = 2
    message = "There is no such member."


# --- hub: operators -----------------------------------------------------------------------------------------


class OperatorExistsError(NotContentError):
    """Another operator has this name already, whatever its case."""

    code = "operator_exists"
    http_status = 409
    exit_code = 2
    message = "There is an operator of this name already."


class OperatorNameError(NotContentError):
    """Not a name that can be signed in with."""

    code = "operator_name"
    http_status = 422
    exit_code = 2
    message = "An operator's name has 1 to 150 letters, digits or @ . + - _ and no spaces."


class OperatorNotFoundError(NotContentError):
    """No operator of this name."""

    code = "operator_not_found"
    http_status = 404
    exit_code = 2
    message = "There is no such operator."


class PasswordRefusedError(NotContentError):
    """A password that is too short, too common or too much like the name."""

    code = "password_refused"
    http_status = 422
    exit_code = 2
    message = "This password is too weak."


class MemberNameError(NotContentError):
    """A member's name that is taken, or not made of a-z, 0-9 and hyphens."""

    code = "member_name"
    http_status = 422
    exit_code = 2
    message = "A member's name is new and made of a-z, 0-9 and hyphens."


class MemberKeyNotFoundError(NotContentError):
    """No member key of this id."""

    code = "member_key_not_found"
    http_status = 404
    exit_code = 2
    message = "There is no such key."


class DailyLimitError(NotContentError):
    """The hub has taken as many cases or pictures today as its settings allow."""

    code = "daily_limit"
    http_status = 503
    message = "This service has taken all it can today; please come back tomorrow."


# --- lineage: what people saw of channels --------------------------------------------------------------------


class LineageSourceError(NotContentError):
    """Bytes that are no export, saved page or list that can be read: nothing of them is kept."""

    code = "lineage_source"
    http_status = 422
    exit_code = 4
    message = "This is no export, saved page or list of channels that can be read."


class LineageTruncatedError(LineageSourceError):
    """The source ends before its last bracket: an export that was stopped, a copy that broke off."""

    code = "lineage_truncated"
    message = "The export is cut off: it ends in the middle."


class LineageDepthError(LineageSourceError):
    """Nested deeper than any export is."""

    code = "lineage_depth"
    message = "The export is nested deeper than any export is."


class LineageSizeError(LineageSourceError):
    """A text, a message, a page or an archive is larger than any real one is."""

    code = "lineage_size"
    http_status = 413
    message = "A part of the source is larger than any real one is."


class LineageAuthorityError(NotContentError):
    """Media may be read only under an authority that says who, by which law, and until when, and that is not over."""

    code = "lineage_authority"
    http_status = 403
    exit_code = 2
    message = "Media are read only under a legal authority: who, which law, until when."


class LineageBookError(NotContentError):
    """The book cannot be opened, is no book, is damaged, or its key is missing."""

    code = "lineage_book"
    exit_code = 4
    message = "The lineage book cannot be opened."


class LineageBookBusyError(LineageBookError):
    """Another import is writing into this book."""

    code = "lineage_book_busy"
    http_status = 409
    message = "Another import is writing into this book."


class LineageBookVersionError(LineageBookError):
    """The book was written by another version of this software."""

    code = "lineage_book_version"
    message = "The lineage book was written by another version."


class LineageSourceNotFoundError(NotContentError):
    """No standing source of this number."""

    code = "lineage_source_not_found"
    http_status = 404
    exit_code = 2
    message = "There is no such source in the book, or it was withdrawn."


class LineageChannelNotFoundError(NotContentError):
    """No channel goes by this name."""

    code = "lineage_channel_not_found"
    http_status = 404
    exit_code = 2
    message = "There is no such channel in the book."


class LineageChannelAmbiguousError(LineageChannelNotFoundError):
    """Several channels go by what was typed. `places`: theirs in what the book says, for the edge that lists them."""

    code = "lineage_channel_ambiguous"
    http_status = 409
    message = "Several channels are called so: name one by its key or @name, or as `tree` numbers it."

    def __init__(self, message: str | None = None, *, places: tuple[int, ...] = ()) -> None:
        """Take which they are, beside the sentence."""
        super().__init__(message)
        self.places = places


class LineageFamilyNotFoundError(NotContentError):
    """No family of this number."""

    code = "lineage_family_not_found"
    http_status = 404
    exit_code = 2
    message = "There is no such family."


# --- the shell ---------------------------------------------------------------------------------------------


class DemoError(NotContentError):
    """A step of the demo did not go as it must."""

    code = "demo"
    message = "The demo did not go as it must."


class ExtraMissingError(NotContentError):
    """A verb of a side that is not installed on this machine."""

    code = "extra_missing"
    exit_code = 4
    message = "This side of the software is not installed here."
