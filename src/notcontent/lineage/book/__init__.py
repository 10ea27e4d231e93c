"""The book: what sources said of channels, kept by source, so that a source can be taken out again whole."""

from notcontent.lineage.book.book import Book, open_book
from notcontent.lineage.book.values import Announced, Authority, SourceLine, SourceState, Told
from notcontent.lineage.book.writing import Importing
from notcontent.lineage.report import SourceKind

__all__ = [
    "Announced",
    "Authority",
    "Book",
    "Importing",
    "SourceKind",
    "SourceLine",
    "SourceState",
    "Told",
    "open_book",
]
