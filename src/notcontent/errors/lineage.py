"""Sources, books, channels and families that cannot be read or found."""

from notcontent.errors.base import NotContentError

# --- lineage: what people saw of channels ----------------------------------------------------------------------------


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


class LineageSameChannelError(NotContentError):
    """A channel was to be compared with itself."""

    code = "lineage_same_channel"
    http_status = 422
    exit_code = 2
    message = "Both names mean the same channel: name two."


class LineageFamilyNotFoundError(NotContentError):
    """No family of this number."""

    code = "lineage_family_not_found"
    http_status = 404
    exit_code = 2
    message = "There is no such family."
