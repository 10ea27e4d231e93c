"""Marks of simulated files and texts, each made once: the readers' own functions do the making."""

import msgspec

from notcontent.lineage.marks import Mark, Marker
from notcontent.lineage.observations import Link
from notcontent.lineage.readers.telegram_messages import Message, said, shown
from notcontent.lineage.simulation.contents import Rows
from notcontent.lineage.simulation.messages import FILE_COLUMNS, Fields, file_fields, signature, whole_text
from notcontent.lineage.simulation.wording import Wording

Said = tuple[tuple[Mark, ...], tuple[Link, ...]]


class Marking:
    """Gives the marks of a variant, a text, a signature. Remembers them: most are asked for many times."""

    def __init__(self, marker: Marker, files: Rows, wording: Wording) -> None:
        """Take the book's marker and what there is to mark."""
        self._marker, self._wording = marker, wording
        self._files = files[list(FILE_COLUMNS)].tolist()
        self._of_variant: dict[int, tuple[Mark, ...]] = {}
        self._of_text: dict[tuple[int, int, bool], Said] = {}
        self._of_author: dict[int, tuple[Mark, ...]] = {}

    def variant(self, variant: int) -> tuple[Mark, ...]:
        """Give a file's marks."""
        if variant not in self._of_variant:
            message = _message(file_fields(self._files[variant]))
            self._of_variant[variant] = tuple(shown(message, self._marker))
        return self._of_variant[variant]

    def text(self, text: int, ending: int, *, button: bool) -> Said:
        """Give the marks and links of a text with what is written below it, or stands on a button."""
        key = text, ending, button
        if key not in self._of_text:
            fields: Fields = {"text": whole_text(self._wording, text, -1 if button else ending)}
            if button:
                fields["inline_bot_buttons"] = [[{"text": "Open", "data": self._wording.endings[ending]}]]
            marks, links = said(_message(fields), self._marker)
            self._of_text[key] = tuple(marks), tuple(dict.fromkeys(links))
        return self._of_text[key]

    def author(self, author: int) -> tuple[Mark, ...]:
        """Give the mark of a signature."""
        if author not in self._of_author:
            self._of_author[author] = tuple(said(_message({"author": signature(author)}), self._marker)[0])
        return self._of_author[author]


def _message(fields: Fields) -> Message:
    return msgspec.convert(fields, Message)
