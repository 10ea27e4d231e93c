"""Marks of simulated files and texts, each made once: the readers' own functions do the making."""

from notcontent.lineage.marks import Mark, Marker, MarkKind
from notcontent.lineage.observations import Link
from notcontent.lineage.readers.links import read_link
from notcontent.lineage.readers.texts import read_text
from notcontent.lineage.simulation.contents import Kind, Rows
from notcontent.lineage.simulation.wording import Wording

FILE_SUFFIX = ".zip"
COMMON_SIDES = frozenset({320, 480, 512, 576, 640, 720, 800, 960, 1080, 1280, 1920, 2560})


class Marking:
    """Gives the marks of a variant, a text, a signature. Remembers them: most are asked for many times."""

    def __init__(self, marker: Marker, files: Rows, wording: Wording) -> None:
        """Take the book's marker and what there is to mark."""
        self._marker, self._wording = marker, wording
        self._files = files[["kind", "width", "height", "size", "seconds", "name"]].tolist()
        self._of_variant: dict[int, tuple[Mark, ...]] = {}
        self._of_text: dict[tuple[int, int], tuple[tuple[Mark, ...], tuple[Link, ...]]] = {}
        self._of_author: dict[int, Mark] = {}

    def variant(self, variant: int) -> tuple[Mark, ...]:
        """Give a file's marks."""
        if variant not in self._of_variant:
            self._of_variant[variant] = self._file(variant)
        return self._of_variant[variant]

    def _file(self, variant: int) -> tuple[Mark, ...]:
        mark = self._marker.mark
        kind, width, height, size, seconds, name_number = self._files[variant]
        match Kind(kind):
            case Kind.PHOTO:
                exact = mark(MarkKind.PHOTO, width, height, size)
                if width in COMMON_SIDES and height in COMMON_SIDES:
                    return (exact,)
                return exact, mark(MarkKind.PHOTO_SHAPE, width, height)
            case Kind.VIDEO:
                return (
                    mark(MarkKind.VIDEO, size, seconds),
                    mark(MarkKind.VIDEO_SHAPE, seconds, width, height),
                )
            case Kind.AUDIO:
                return (mark(MarkKind.AUDIO, seconds, size),)
            case Kind.FILE:
                name = file_name(name_number)
                return mark(MarkKind.FILE, name, size), mark(MarkKind.FILE_NAME, name)

    def text(self, text: int, ending: int) -> tuple[tuple[Mark, ...], tuple[Link, ...]]:
        """Give the marks and links of a text with what is written below it."""
        key = text, ending
        if key not in self._of_text:
            self._of_text[key] = read_text(whole_text(self._wording, text, ending), self._marker)
        return self._of_text[key]

    def button(self, ending: int) -> tuple[Link, ...]:
        """Give the link of a button."""
        handle = read_link(self._wording.endings[ending], self._marker)
        return () if handle is None else (Link(handle, button=True),)

    def author(self, author: int) -> Mark:
        """Give the mark of a signature."""
        if author not in self._of_author:
            self._of_author[author] = self._marker.mark(MarkKind.AUTHOR, signature(author))
        return self._of_author[author]


def whole_text(wording: Wording, text: int, ending: int) -> str:
    """Give a text as it was posted."""
    parts = [wording.texts[text]] if text >= 0 else []
    return "\n\n".join([*parts, wording.endings[ending]] if ending >= 0 else parts)


def file_name(name: int) -> str:
    """Give a document's name: of a pack that somebody numbered."""
    return f"collection {name:05d}{FILE_SUFFIX}"


def signature(author: int) -> str:
    """Give the name below a post."""
    return f"Editor {author:04d}"
