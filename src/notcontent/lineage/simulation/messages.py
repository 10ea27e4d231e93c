"""Simulated posts in the words of Telegram Desktop's export: for the readers' own functions, and for files to read."""

from datetime import UTC, datetime

from notcontent.lineage.simulation.contents import Kind
from notcontent.lineage.simulation.wording import Wording

FileRow = tuple[int, int, int, int, int, int]
"""(kind, width, height, size, seconds, name) of a variant."""
FILE_COLUMNS = ("kind", "width", "height", "size", "seconds", "name")
ABSENT = "(File not included. Change data exporting settings to download.)"
Fields = dict[str, object]


def file_fields(row: FileRow, path: str = ABSENT) -> Fields:
    """Give what an export says of a file. `path`: where it lies in the export's folder."""
    kind, width, height, size, seconds, name = row
    match Kind(kind):
        case Kind.PHOTO:
            return {"photo": path, "photo_file_size": size, "width": width, "height": height}
        case Kind.VIDEO:
            named = {"file": path, "file_name": f"IMG_{size % 10_000:04d}.MP4", "file_size": size}
            shape = {"duration_seconds": seconds, "width": width, "height": height}
            return named | {"media_type": "video_file", "mime_type": "video/mp4"} | shape
        case Kind.FILE:
            return {"file": path, "file_name": file_name(name), "file_size": size, "mime_type": "application/zip"}
        case Kind.AUDIO:
            sound = {"media_type": "voice_message", "mime_type": "audio/ogg", "duration_seconds": seconds}
            return {"file": path, "file_name": f"audio_{size % 100}.ogg", "file_size": size} | sound


def whole_text(wording: Wording, text: int, ending: int) -> str:
    """Give a text as it was posted, with what is written below it."""
    parts = [wording.texts[text]] if text >= 0 else []
    return "\n\n".join([*parts, wording.endings[ending]] if ending >= 0 else parts)


def file_name(name: int) -> str:
    """Give a document's name: of a pack that somebody numbered."""
    return f"collection {name:05d}.zip"


def signature(author: int) -> str:
    """Give the name below a post."""
    return f"Editor {author:04d}"


def local_date(time: int) -> str:
    """Give a time as exports write it beside the UTC seconds: local, without a zone. The clock ran on UTC."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S")
