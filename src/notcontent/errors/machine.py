"""What files and this machine refuse. Shared: rooms may build on these."""

from notcontent.errors.base import NotContentError

# --- files -----------------------------------------------------------------------------------------------------------


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


# --- this machine ----------------------------------------------------------------------------------------------------


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
