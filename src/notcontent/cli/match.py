"""`notcontent match`: compare pictures, videos and hashes with a bank file, on this machine alone."""

import json
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from notcontent.cli.bank_search import BankSearch, Judged
    from notcontent.cli.hashed_inputs import Input

_HELP = """Compare pictures and videos with a bank file, on this machine alone.

A video matches a banked one when enough of either is in the other, in the same order: a clip inside a longer film, a \
cut of it, faster, slower or turned.

A picture, and a frame, is also compared turned, without borders, bars and screens around it, and in parts (--looks). \
Of a picture that nothing matches it is estimated what it may have been cropped, turned or painted over from \
(--estimates): what fits an entry is held, for a person to judge. A match is a reason to look, never proof.

Exit code: 3 when something matched or is held (also when other inputs failed), 1 when nothing did but some inputs \
failed, 0 when all were compared and nothing was found.

For example:

  notcontent match upload.jpg --bank friends.ncbank

  notcontent match photos/*.jpg --bank friends.ncbank --json

  notcontent match clip.mp4 --bank friends.ncbank

  notcontent hash --json photos/*.jpg | \\
    notcontent match --hashes - --bank friends.ncbank
"""

_FOUND, _SOME_FAILED = 3, 1
_BATCH = 256


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("match", help=_HELP)(match)


def match(  # noqa: PLR0913, PLR0917 - one argument an option
    bank: Annotated[Path, typer.Option(readable=False, help="Bank file to compare with.", show_default=False)],
    files: Annotated[
        list[Path] | None, typer.Argument(readable=False, help="Pictures and videos.", show_default=False)
    ] = None,
    hash_: Annotated[
        list[str] | None, typer.Option("--hash", help="A hash, 64 hexadecimal digits. Repeatable.")
    ] = None,
    hashes: Annotated[Path | None, typer.Option(readable=False, help="List of hashes, one a line; - is stdin.")] = None,
    radius: Annotated[int, typer.Option(min=0, max=63, help="Most bits, of 256, that may differ.")] = 31,
    min_quality: Annotated[int, typer.Option(min=0, max=100, help="Refuse pictures plainer than this.")] = 50,
    looks: Annotated[int, typer.Option(min=1, max=255, help="Most looks at a picture; 1: as it is alone.")] = 48,
    estimates: Annotated[int, typer.Option(min=0, max=1000, help="Most estimates of a picture; 0: none.")] = 400,
    false_holds: Annotated[
        float, typer.Option(min=1e-9, max=0.1, help="Share of strangers that estimates may hold in vain.")
    ] = 0.0001,
    passphrase_file: Annotated[
        Path | None, typer.Option(readable=False, help="File whose first line opens the bank.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Run the verb."""
    from notcontent.cli.bank import open_bank
    from notcontent.cli.bank_search import BankSearch
    from notcontent.cli.hashed_inputs import from_arguments, from_files, from_list
    from notcontent.cli.videos import Teller, progress_of
    from notcontent.matching.estimating import EstimatePolicy

    given = from_arguments(hash_ or []) + from_list(hashes, min_quality)
    pictures = files or []
    if not given and not pictures:
        raise typer.BadParameter("Give pictures or videos, --hash or --hashes.")
    policy = EstimatePolicy(estimates, false_holds, min_quality)
    search = BankSearch(open_bank(bank, passphrase_file).entries, radius, policy)
    show = _show_json if as_json else _show_text

    found = failed = False
    for batch in _batches(given, _BATCH):
        for each, judged in _compare(batch, search):
            show(each, judged)
            found, failed = found or judged.found, failed or each.error is not None
    teller = Teller()
    inputs = from_files(pictures, min_quality, teller, looks, sketches=estimates > 0)
    with progress_of(inputs, len(pictures), "Comparing", teller) as progress:
        for each, judged in chain.from_iterable(_compare([one], search) for one in progress):
            show(each, judged)
            found, failed = found or judged.found, failed or each.error is not None
    raise typer.Exit(_FOUND if found else _SOME_FAILED if failed else 0)


def _batches(inputs: "Iterable[Input]", size: int) -> "Iterator[list[Input]]":
    """Cut into lists of at most `size`."""
    rest = iter(inputs)
    while batch := list(islice(rest, size)):
        yield batch


def _compare(batch: "list[Input]", search: "BankSearch") -> "Iterator[tuple[Input, Judged]]":
    """Give each input with what it matches, nearest first, or may show; nothing for a failed one."""
    found = iter(search.pictures([_looks(each) for each in batch if not each.frames]))
    for each in batch:
        if each.frames:
            yield each, search.judged_video(search.video(each.frames), each.sketched)
        else:
            yield each, search.judged(next(found), each.sketches)


def _looks(each: "Input") -> list[tuple[str, bytes]]:
    """Give what to search for, each with the look's kind; a hash that was given is its own."""
    if each.looks:
        return [(look.kind, look.value) for look in each.looks]
    return [] if each.value is None else [("", each.value)]


def _show_json(each: "Input", judged: "Judged") -> None:
    """Print one object. It never holds a hash."""
    if each.error is not None:
        answer: dict[str, object] = {"path": each.name, "error": each.error.code}
    else:
        answer = {"path": each.name, "matches": [match.as_object() for match in judged.matches]}
        if judged.held or judged.crowded:
            answer |= {"held": [held.as_object() for held in judged.held], "too_many_near": judged.crowded}
    typer.echo(json.dumps(answer))


def _show_text(each: "Input", judged: "Judged") -> None:
    """Print one line for a person. It never holds a hash."""
    from notcontent.cli.hashed_inputs import shown

    name = shown(each.name)
    if each.error is not None:
        typer.echo(f"{name}: {each.error.code}: {each.error}", err=True)
    elif judged.matches:
        typer.echo(f"{name}: MATCH: {'; '.join(match.as_words() for match in judged.matches)}")
    elif judged.held:
        typer.echo(f"{name}: HOLD: {'; '.join(held.as_words() for held in judged.held)}")
    elif judged.crowded:
        typer.echo(f"{name}: HOLD: too many entries come near an estimate to look at all of them")
    else:
        typer.echo(f"{name}: no match")
