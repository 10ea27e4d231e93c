"""What leaves a book: exports of a family for other people's tools, and the annex of a notice."""

import os
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notcontent.cli.lineage.opening import (
    DEFAULT_BOOK,
    BookOption,
    ChannelArgument,
    judgement_of,
    now,
    opened,
    place_of,
)
from notcontent.cli.lineage.saying import say
from notcontent.errors import FileExistsAlreadyError, LineageChannelNotFoundError, StorageError
from notcontent.lineage.words import many

if TYPE_CHECKING:
    from notcontent.lineage.annex import ToldBy
    from notcontent.lineage.evidence import Evidence
    from notcontent.lineage.judging import Judged


class Format(Enum):
    """What a family can be written as."""

    STIX = "stix"
    MISP = "misp"
    GEXF = "gexf"
    CSV = "csv"
    JSON = "json"


class Mark(Enum):
    """The traffic light of an export: with whom it may be shared."""

    CLEAR = "clear"
    GREEN = "green"
    AMBER = "amber"
    STRICT = "amber+strict"
    RED = "red"


_NO_FILE = "The file cannot be written: is its folder there, and yours?"
OutOption = Annotated[
    Path, typer.Option(readable=False, help="The file to write; it must not exist.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command()(export)
    app.command()(annex)


def export(
    channel: ChannelArgument,
    out: OutOption,
    format_: Annotated[Format, typer.Option("--format", help="What to write.")] = Format.JSON,
    tlp: Annotated[
        Mark,
        typer.Option(metavar="<mark>", help="With whom it may be shared: clear, green, amber, amber+strict or red."),
    ] = Mark.AMBER,
    book: BookOption = DEFAULT_BOOK,
) -> None:
    """Write the family of a channel for other tools: channels, links, edges with their probabilities.

    Never a hash, a digest, or anything of a person.

    For example:

      notcontent lineage export @some_channel --format stix --out family.json
    """
    from notcontent.lineage.exports import FORMATS, Tlp

    evidence, part, family, _ = _family(book, channel)
    write, _, _ = FORMATS[format_.value]
    _write(out, write(evidence, part.lineage, family, now=now(), tlp=Tlp(tlp.value)))
    say(f"{many(len(evidence.channels), 'channel')} written into {out}, TLP:{tlp.value.upper()}.")


def annex(channel: ChannelArgument, out: OutOption, book: BookOption = DEFAULT_BOOK) -> None:
    """Write the annex of a notice: every channel of the family not known to be removed, with links and reasons.

    A PDF or text, by the name of the file: .pdf, or .txt.

    For example:

      notcontent lineage annex @some_channel --out annex.pdf
    """
    from notcontent.lineage.annex import annex_pdf, annex_text

    if out.suffix.lower() not in {".pdf", ".txt"}:
        raise typer.BadParameter("PDF or text is written: give --out a name that ends in .pdf or .txt.")
    evidence, part, family, who = _family(book, channel)
    if out.suffix.lower() == ".pdf":
        _write(out, annex_pdf(evidence, part.lineage, family, now=now(), told_by=who))
    else:
        _write(out, annex_text(evidence, part.lineage, family, now=now(), told_by=who).encode())
    say(f"Annex written into {out}. A probability is not proof: read it before you send it.")


def _family(folder: Path, name: str) -> "tuple[Evidence, Judged, int, ToldBy]":
    from notcontent.lineage.judging import family_evidence, told_by

    with opened(folder) as reading:
        judgement = judgement_of(reading)
        family = judgement.family_of(place_of(judgement, name))
        if family is None:
            raise LineageChannelNotFoundError("This channel is in no family.")
        evidence, part = family_evidence(reading, judgement, family)
        return evidence, part, family.id, told_by(reading, evidence)


def _write(out: Path, body: bytes) -> None:
    """Write a new file that its owner alone reads; none is left where the disk is full.

    By no link beside it: sticks for files that are handed on know none. Raises FileExistsAlreadyError, StorageError.
    """
    try:
        made = os.open(out, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError as error:
        raise FileExistsAlreadyError from error
    except OSError as error:
        raise StorageError(_NO_FILE) from error
    try:
        with os.fdopen(made, "wb") as file:
            file.write(body)
    except BaseException as error:
        out.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise StorageError from error
        raise
