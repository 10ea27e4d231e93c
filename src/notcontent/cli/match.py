"""`notcontent match`: compare pictures and hashes with a bank file, on this machine alone."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from notcontent.cli.hashed_inputs import Input
    from notcontent.matching.bankfile import BankEntry
    from notcontent.matching.brute import BruteIndex

_HELP = """Compare pictures with a bank file, on this machine alone.

A picture is also compared turned, without borders, bars and screens around it, and in parts (--looks). \
A match is a reason to look, never proof. Exit code: 3 when something matched (also when other inputs failed),
1 when nothing matched but some inputs failed, 0 when all were compared and nothing matched.

For example:

  notcontent match upload.jpg --bank friends.ncbank

  notcontent match photos/*.jpg --bank friends.ncbank --json

  notcontent hash --json photos/*.jpg | notcontent match --hashes - --bank friends.ncbank
"""

_MATCHED, _SOME_FAILED = 3, 1
_BATCH = 256


@dataclass(frozen=True, slots=True)
class Match:
    """An entry near an input, and which look at it is that near."""

    label: str
    distance: int
    look: str


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("match", help=_HELP)(match)


def match(  # noqa: PLR0913, PLR0917 - one argument an option
    bank: Annotated[Path, typer.Option(help="Bank file to compare with.", show_default=False)],
    files: Annotated[list[Path] | None, typer.Argument(help="Pictures.", show_default=False)] = None,
    hash_: Annotated[
        list[str] | None, typer.Option("--hash", help="A hash, 64 hexadecimal digits. Repeatable.")
    ] = None,
    hashes: Annotated[Path | None, typer.Option(help="List of hashes, one a line; - is stdin.")] = None,
    radius: Annotated[int, typer.Option(min=0, max=63, help="Most bits, of 256, that may differ.")] = 31,
    min_quality: Annotated[int, typer.Option(min=0, max=100, help="Refuse pictures plainer than this.")] = 50,
    looks: Annotated[int, typer.Option(min=1, max=255, help="Most looks at a picture; 1: as it is alone.")] = 48,
    passphrase_file: Annotated[Path | None, typer.Option(help="File whose first line opens the bank.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Run the verb."""
    from notcontent.cli.bank import open_bank
    from notcontent.cli.hashed_inputs import from_arguments, from_list, from_pictures, progress_of

    given = from_arguments(hash_ or []) + from_list(hashes, min_quality)
    pictures = files or []
    if not given and not pictures:
        raise typer.BadParameter("Give pictures, --hash or --hashes.")
    opened = open_bank(bank, passphrase_file)
    index = _index_of(opened.entries)
    show = _show_json if as_json else _show_text

    matched = failed = False
    for batch in _batches(given, _BATCH):
        for each, matches in _compare(batch, opened.entries, index, radius):
            show(each, matches)
            matched, failed = matched or bool(matches), failed or each.error is not None
    with progress_of(from_pictures(pictures, min_quality, looks), len(pictures), "Comparing") as progress:
        for each, matches in chain.from_iterable(_compare([one], opened.entries, index, radius) for one in progress):
            show(each, matches)
            matched, failed = matched or bool(matches), failed or each.error is not None
    raise typer.Exit(_MATCHED if matched else _SOME_FAILED if failed else 0)


def _index_of(entries: "tuple[BankEntry, ...]") -> "BruteIndex":
    """Index a bank; an entry's id is its place."""
    from notcontent.matching import BruteIndex, rows_from_hashes

    index = BruteIndex()
    index.add(rows_from_hashes([entry.value for entry in entries]))
    return index


def _batches(inputs: "Iterable[Input]", size: int) -> "Iterator[list[Input]]":
    """Cut into lists of at most `size`."""
    rest = iter(inputs)
    while batch := list(islice(rest, size)):
        yield batch


def _compare(
    batch: "list[Input]", entries: "tuple[BankEntry, ...]", index: "BruteIndex", radius: int
) -> "Iterator[tuple[Input, list[Match]]]":
    """Give each input with what it matches, one line an entry, nearest first; nothing for a failed one."""
    from notcontent.matching import rows_from_hashes

    taken = [_values(each) for each in batch]
    found = index.search(rows_from_hashes([value for values in taken for _, value in values]), radius)
    query = 0
    for each, values in zip(batch, taken, strict=True):
        nearest: dict[int, Match] = {}
        for kind, _ in values:
            ids, distances = found.of(query)
            query += 1
            for i, distance in zip(ids.tolist(), distances.tolist(), strict=True):
                if i not in nearest or distance < nearest[i].distance:
                    nearest[i] = Match(entries[i].label, distance, kind)
        yield each, sorted(nearest.values(), key=lambda match: match.distance)


def _values(each: "Input") -> list[tuple[str, bytes]]:
    """Give what to search for, each with the look's kind; a hash that was given is its own."""
    if each.looks:
        return [(look.kind, look.value) for look in each.looks]
    return [] if each.value is None else [("", each.value)]


def _show_json(each: "Input", matches: list[Match]) -> None:
    """Print one object. It never holds a hash."""
    if each.error is not None:
        answer: dict[str, object] = {"path": each.name, "error": each.error.code}
    else:
        answer = {"path": each.name, "matches": [_shown(match) for match in matches]}
    typer.echo(json.dumps(answer))


def _shown(match: Match) -> dict[str, object]:
    """Lay out one match; `look` only where a picture was looked at."""
    answer: dict[str, object] = {"label": match.label, "distance": match.distance}
    return answer | {"look": match.look} if match.look else answer


def _show_text(each: "Input", matches: list[Match]) -> None:
    """Print one line for a person. It never holds a hash."""
    from notcontent.cli.hashed_inputs import shown

    name = shown(each.name)
    if each.error is not None:
        typer.echo(f"{name}: {each.error.code}: {each.error}", err=True)
    elif not matches:
        typer.echo(f"{name}: no match")
    else:
        listed = "; ".join(f"{match.label} ({_how(match)})" for match in matches)
        typer.echo(f"{name}: MATCH: {listed}")


def _how(match: Match) -> str:
    """Say how near it is, and by which look when that is not the whole picture."""
    bits = "1 bit" if match.distance == 1 else f"{match.distance} bits"
    return bits if match.look in {"", "whole"} else f"{bits}, {match.look}"
