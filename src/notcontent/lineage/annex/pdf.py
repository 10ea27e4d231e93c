"""The annex as PDF, set by typst from data alone: no title, however it is written, is ever read as markup.

Needs the extra `lineage`. Latin, Greek and Cyrillic come with typst; other scripts need fonts of the machine: Debian's
fonts-noto-core (Arabic, Hebrew, Indian scripts ...) and fonts-noto-cjk (Chinese, Japanese, Korean). Where they are
missing letters become boxes, and the annex says so on its first page; links are ASCII and stay readable.
"""

import json
from importlib.resources import files

from notcontent.errors import ExtraMissingError
from notcontent.lineage.annex.entries import (
    CAUTIONS,
    GONE_HEADING,
    GONE_NOTE,
    HEADING,
    Annex,
    Entry,
    Gone,
    ToldBy,
    annex,
)
from notcontent.lineage.evidence import Evidence
from notcontent.lineage.family import Lineage
from notcontent.lineage.portrait.names import isolated

FONTS = (
    "Noto Sans",
    "Noto Sans Arabic",
    "Noto Naskh Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans CJK SC",
    "Noto Color Emoji",
    "Libertinus Serif",
)
_SCRIPTS = (
    ("\u0590", "\u08ff", ("Noto Sans Arabic", "Noto Naskh Arabic", "Noto Sans Hebrew"), "fonts-noto-core"),
    ("\u0900", "\u0dff", ("Noto Sans Devanagari",), "fonts-noto-core"),
    ("\u2e80", "\u9fff", ("Noto Sans CJK SC",), "fonts-noto-cjk"),
    ("\uac00", "\ud7ff", ("Noto Sans CJK SC",), "fonts-noto-cjk"),
)


def annex_pdf(evidence: Evidence, lineage: Lineage, family: int, *, now: int, told_by: ToldBy | None = None) -> bytes:
    """Give one family's annex as PDF, A4. The same arguments and fonts give the same bytes.

    Raises LineageFamilyNotFoundError, and ExtraMissingError where typst is not installed.
    """
    try:
        import typst  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ExtraMissingError from error
    told = annex(evidence, lineage, family, now=now, told_by=told_by)
    families = set(typst.Fonts().families())
    room = files(__package__)
    with_data = json.dumps(data_of(told, families), ensure_ascii=True)
    written = typst.compile(
        room.joinpath("annex.typ").read_bytes(), format="pdf", sys_inputs={"annex": with_data}, timestamp=now
    )
    if not isinstance(written, bytes):
        raise TypeError("typst gave no single document")
    return written


def missing_fonts(text: str, families: set[str]) -> tuple[str, ...]:
    """Give the packages whose fonts a text needs and this machine has not."""
    needed = [
        package
        for first, last, fonts, package in _SCRIPTS
        if any(first <= sign <= last for sign in text) and not families.intersection(fonts)
    ]
    return tuple(dict.fromkeys(needed))


def data_of(told: Annex, families: set[str]) -> dict[str, object]:
    """Give what the page is made of, where these families of fonts are there; missing letters are said."""
    titles = [
        *(entry.title + entry.renamed for entry in told.entries),
        *(gone.title + gone.renamed for gone in told.gone),
    ]
    shown = " ".join([told.family, *titles])
    missing = missing_fonts(shown, families)
    cautions = list(CAUTIONS)
    if missing:
        cautions.append(f"Some letters show as boxes: this machine lacks the fonts of {' and '.join(missing)}.")
    return {
        "heading": HEADING,
        "printed": told.printed,
        "family": isolated(told.family),
        "summary": told.summary,
        "cautions": cautions,
        "fonts": [font for font in FONTS if font in families] or ["Libertinus Serif"],
        "entries": [_entry(entry) for entry in told.entries],
        "gone_heading": GONE_HEADING,
        "gone_note": GONE_NOTE,
        "gone": [_gone(gone) for gone in told.gone],
    }


def _gone(gone: Gone) -> dict[str, object]:
    said = [] if gone.links else [gone.reached]
    return {
        "number": str(gone.number),
        "title": isolated(gone.title),
        "links": list(gone.links),
        "said": [*said, *filter(None, (gone.renamed, gone.removed))],
    }


def _entry(entry: Entry) -> dict[str, object]:
    said = [] if entry.links else [entry.reached]
    return {
        "number": str(entry.number),
        "title": isolated(entry.title),
        "links": list(entry.links),
        "said": [*said, *filter(None, (entry.renamed, entry.since, entry.size, entry.belongs, entry.continues))],
        "reasons_head": entry.reasons_head,
        "reasons": list(entry.reasons),
        "statuses": list(entry.statuses),
    }
