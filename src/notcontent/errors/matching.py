"""Hashes, indexes and bank files that cannot be used."""

from notcontent.errors.base import NotContentError

# --- matching: hashes, indexes and bank files ------------------------------------------------------------------------


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
