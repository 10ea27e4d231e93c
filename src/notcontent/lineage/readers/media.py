"""Media mode: an export's photos and videos -> hashes, and nothing else of them. Only under an authority.

Each file is opened inside of the export's folder alone, step by step and through no link, and decoded in a process that
may be killed. No path and no byte of it is kept; whatever a file is, it costs its own line in the report and no more.
"""

import io
import os
import re
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from notcontent.errors import ExtraMissingError, ImageError, VideoError
from notcontent.lineage.observations import MediaHash
from notcontent.lineage.report import Report, Skipped
from notcontent.scan.decoders import Decoders
from notcontent.signals import DEFAULT_LIMITS
from notcontent.signals.video import Frame, VideoLimits, is_video
from notcontent.signals.video.process import watch_process
from notcontent.signals.video.worker import VideoWorkerLimits
from notcontent.signals.worker import WorkerLimits

MOST_FRAMES = 24
"""Frames that are kept of one video: the first that differ. The rest of it is not looked at."""
PICTURE_S = 30.0
VIDEO_S = 600.0
_MOST_PARTS = 16
_SAID_MISSING = re.compile(r"\((?:File|Photo) [a-z ]{1,40}[.,]")
"""What stands in a path's place: (File not included. Change data exporting settings to download.)"""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_REGULAR = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class _OutsideError(Exception):
    """The path leads out of the folder, through a link, or to what is no regular file."""


class MediaReader:
    """Hashes what messages show. Close it: it holds the folder and the processes that decode."""

    def __init__(
        self,
        folder: Path,
        report: Report,
        *,
        skip: Callable[[int, int], bool] = lambda _channel, _post: False,
        most_frames: int = MOST_FRAMES,
        picture_s: float = PICTURE_S,
        video_s: float = VIDEO_S,
    ) -> None:
        """Take the export's folder (which may itself be a link). `skip(channel, post)`: hashed before, not again.

        Raises OSError when the folder cannot be opened.
        """
        self._root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._report, self._skip = report, skip
        self._decoders = Decoders(WorkerLimits(), timeout_s=picture_s)
        self._limits = VideoWorkerLimits(VideoLimits(kept_in_all=most_frames, kept_at_once=most_frames))
        self._video_s = video_s

    def hashes(self, channel: int, post: int, paths: list[str]) -> tuple[MediaHash, ...]:
        """Hash the first of these files that can be read: one hash of a picture, several of a video.

        The file's own content says what it is. One that lies outside or cannot be read is counted, and the next is
        tried: a video's thumbnail shows a frame of it. Where none is there, that is counted once.
        """
        if self._skip(channel, post):
            return ()
        missing = True
        for path in paths:
            try:
                found = self._of_path(path)
            except FileNotFoundError:
                continue
            except _OutsideError:
                self._report.skip(Skipped.MEDIA_OUTSIDE)
            except ExtraMissingError:
                self._report.skip(Skipped.VIDEO_UNREAD)
            except (OSError, ImageError, VideoError):
                self._report.skip(Skipped.MEDIA_UNREADABLE)
            else:
                self._report.media_hashed += 1
                return found
            missing = False
        if missing:
            self._report.skip(Skipped.MEDIA_MISSING)
        return ()

    def close(self) -> None:
        """End the processes and let go of the folder."""
        self._decoders.close()
        with suppress(OSError):
            os.close(self._root)

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _of_path(self, path: str) -> tuple[MediaHash, ...]:
        """Hash one file. Raises what `_opened` and `_hashed` raise."""
        if path.startswith("(") or _SAID_MISSING.search(path):
            raise FileNotFoundError
        with self._opened(path) as file:
            return self._hashed(file)

    def _opened(self, path: str) -> BinaryIO:
        """Open a file of the folder, one step after the other. Raises _OutsideError, FileNotFoundError, OSError."""
        parts = path.split("/")
        if not 0 < len(parts) <= _MOST_PARTS or any(part in ("", ".", "..") or "\0" in part for part in parts):
            raise _OutsideError
        here = os.dup(self._root)
        try:
            for part in parts[:-1]:
                self._refuse_links(here, part, stat.S_ISDIR)
                inner = os.open(part, _FOLDER, dir_fd=here)
                os.close(here)
                here = inner
            # Looked at before it is opened: opening some devices does something.
            self._refuse_links(here, parts[-1], stat.S_ISREG)
            handle = os.open(parts[-1], _REGULAR, dir_fd=here)
        except UnicodeEncodeError as error:  # a lone surrogate: no file's name here
            raise FileNotFoundError from error
        finally:
            os.close(here)
        file = os.fdopen(handle, "rb")
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            file.close()
            raise _OutsideError
        return file

    @staticmethod
    def _refuse_links(folder: int, name: str, is_kind: Callable[[int], bool]) -> None:
        if not is_kind(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise _OutsideError

    def _hashed(self, file: BinaryIO) -> tuple[MediaHash, ...]:
        """Hash an open file in another process. Raises ImageError, VideoError, ExtraMissingError."""
        if is_video(file):
            records = watch_process(file, self._limits, timeout_s=self._video_s)
            return tuple(MediaHash(one.value, one.quality) for one in records if isinstance(one, Frame))
        file.seek(0, io.SEEK_SET)
        look = self._decoders.looks(file.read(DEFAULT_LIMITS.max_bytes + 1))[0]
        return (MediaHash(look.value, look.quality),)
