"""`notcontent explain`: which look at a picture meets another's hash, and how near."""

import json
import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notcontent.cli.called import is_called
from notcontent.errors import FileUnreadableError

if TYPE_CHECKING:
    from notcontent.signals.explain import Explanation, Met

_HELP = """Show which look at the picture B meets the hash of the picture A, and how near.

A is hashed whole, as a bank holds it. B is looked at as a gate looks at an upload: whole, turned, without borders, \
bars and screens around it, and in parts. Then it is estimated what B was made from, if it was cropped, turned, taken \
askew or painted over, and how much speaks for A. Both pictures stay on this machine, nothing is kept, no hash is shown.

Exit code: 3 when a look meets it, or an estimate is enough to hold B for a person (it says in how large a bank); \
otherwise 0.

For example:

  notcontent explain original.jpg screenshot.png

  notcontent explain original.jpg screenshot.png --png explained.png
"""

_FOUND = 3
_BAR = 14
_ACCEPTED = "one in 10,000 uploads of strangers held in vain"
_LARGE = 1_000_000_000
_FAR = 128
"""Bits between unrelated hashes: the end of the bars."""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("explain", help=_HELP)(explain_files)


def explain_files(
    first: Annotated[
        Path, typer.Argument(readable=False, help="The picture that is banked.", metavar="A", show_default=False)
    ],
    second: Annotated[Path, typer.Argument(readable=False, help="The upload.", metavar="B", show_default=False)],
    radius: Annotated[int, typer.Option(min=0, max=63, help="Most bits, of 256, that may differ.")] = 31,
    min_quality: Annotated[int, typer.Option(min=0, max=100, help="Looks plainer than this do not count.")] = 50,
    looks: Annotated[int, typer.Option(min=1, max=255, help="Most looks at B.")] = 48,
    show: Annotated[int, typer.Option(min=1, max=255, help="How many looks to list, the nearest first.")] = 8,
    png: Annotated[
        Path | None, typer.Option(readable=False, help="Also draw both pictures and the look into this PNG file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Run the verb."""
    if png is not None and not is_called(png, ".png"):
        raise typer.BadParameter("--png writes PNG: give the file a name that ends in .png.")
    from notcontent.signals.explain import explain

    data = (_read(first, "Picture A"), _read(second, "Picture B"))
    told = explain(*data, looks, min_quality=min_quality)
    moving = _moving(*data)
    counted = [met for met in told.looks if met.quality >= min_quality and told.quality >= min_quality]
    best = counted[0] if counted else None
    matched = best is not None and best.distance <= radius
    entries = _entries(told) if told.quality >= min_quality else 0
    if png is not None:
        from notcontent.cli.explain_drawing import draw

        draw(data, told, best, radius, png)
    if as_json:
        sys.stdout.write(json.dumps(_object(told, best, radius, min_quality, entries, moving, matched=matched)) + "\n")
    else:
        _show(told, best, radius, min_quality, show, entries)
        if not matched and told.quality >= min_quality:
            sys.stdout.write(f"{_estimate_sentence(told, entries)}\n")
        for name in moving:
            sys.stdout.write(f"{name} moves: only its first picture was compared. match compares all of it.\n")
        if png is not None:
            sys.stderr.write(f"Drawn into {png}.\n")
    raise typer.Exit(_FOUND if matched or entries else 0)


def _entries(told: "Explanation") -> int:
    """Give the largest bank in which the best estimate holds an upload, by a gate's own setting; 0 when in none."""
    from notcontent.matching.estimating import DEFAULT_FALSE_HOLDS
    from notcontent.signals.estimates.worth import entries_for

    return entries_for(told.guessed.evidence, DEFAULT_FALSE_HOLDS) if told.guessed else 0


def _moving(first: bytes, second: bytes) -> list[str]:
    """Name those of the pictures that are animations."""
    from notcontent.signals.video import is_video

    return [name for name, data in (("A", first), ("B", second)) if is_video(BytesIO(data))]


def _read(path: Path, what: str) -> bytes:
    """Read one byte more than the limit at most. Raises FileUnreadableError."""
    from notcontent.signals import DEFAULT_LIMITS

    try:
        with path.open("rb") as file:
            return file.read(DEFAULT_LIMITS.max_bytes + 1)
    except (OSError, ValueError) as error:
        raise FileUnreadableError.of(error, what) from error


def _object(
    told: "Explanation",
    best: "Met | None",
    radius: int,
    min_quality: int,
    entries: int,
    moving: list[str],
    *,
    matched: bool,
) -> dict[str, object]:
    """Lay out the answer. It never holds a hash."""
    return {
        "match": matched,
        "radius": radius,
        "min_quality": min_quality,
        "quality": told.quality,
        "moving": moving,
        "best": None if best is None else best.kind,
        "estimate": None
        if told.guessed is None
        else {
            "look": told.guessed.kind,
            "evidence": round(told.guessed.evidence, 2),
            "entries": entries,
            "distance": told.guessed.distance,
            "corners": [[round(side, 4) for side in corner] for corner in told.guessed.corners],
        },
        "looks": [
            {
                "look": met.kind,
                "distance": met.distance,
                "quality": met.quality,
                "rect": dict(zip(("top", "left", "bottom", "right"), met.rect, strict=True)),
                "turn": met.turn,
                "corners": None if met.quad is None else [[round(side, 4) for side in corner] for corner in met.quad],
            }
            for met in told.looks
        ],
    }


def _show(told: "Explanation", best: "Met | None", radius: int, min_quality: int, most: int, entries: int) -> None:
    """Print a sentence and a table for a person."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)  # 80 columns wide in a pipe, unless COLUMNS says otherwise
    console.print(Text(_sentence(told, best, radius, min_quality, entries), style="bold"))
    console.print()
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("look at B", no_wrap=True)
    table.add_column("bits", justify="right", no_wrap=True)
    table.add_column("| is radius", no_wrap=True)
    table.add_column("quality", justify="right", no_wrap=True)
    table.add_column("where in B")
    for met in told.looks[:most]:
        plain = met.quality < min_quality
        hit = met.distance <= radius and not plain
        style = "green" if hit else "dim" if plain else ""
        quality = f"{met.quality}*" if plain else str(met.quality)
        table.add_row(met.kind, str(met.distance), _bar(met.distance, radius), quality, _where(told, met), style=style)
    console.print(table)
    if any(met.quality < min_quality for met in told.looks[:most]):
        console.print("* too plain to be compared")
    if any(met.quad is not None for met in told.looks[:most]):
        console.print("quad: laid flat, from within the rectangle that is given")
    if len(told.looks) > most:
        console.print(f"{len(told.looks) - most} farther looks are not shown (--show).")


def _sentence(told: "Explanation", best: "Met | None", radius: int, min_quality: int, entries: int) -> str:
    if told.quality < min_quality:
        return f"A is too plain to be banked: quality {told.quality}, and {min_quality} is the least."
    if best is None:
        return f"No look at B is rich enough to be compared: {min_quality} is the least quality."
    if best.distance <= radius:
        return f"MATCH: {best.kind} is {best.distance} bits from A; the radius is {radius}."
    if entries >= 1:
        return f"HOLD, by an estimate (below): no look matches, {best.kind} is {best.distance} bits from A."
    return f"No match: the nearest look, {best.kind}, is {best.distance} bits from A; the radius is {radius}."


def _estimate_sentence(told: "Explanation", entries: int) -> str:
    """Say what the estimates say, and in how large a bank that would be enough."""
    best = told.guessed
    if best is None:
        return "Nothing is estimated: B is too plain."
    said = f"Best estimate: {best.kind}, evidence {best.evidence:.1f}"
    if entries < 1:
        return f"{said}:\nno more than strangers reach."
    rounded = int(float(f"{entries:.1e}"))
    size = f"up to about {rounded:,} entries" if entries < _LARGE else "any size in use"
    return f"{said}, {best.distance} bits:\nenough to hold B for a person, in a bank of {size}\n({_ACCEPTED})."


def _bar(distance: int, radius: int) -> str:
    """Draw a distance as a bar with the radius marked on it."""
    filled, mark = round(min(distance, _FAR) / _FAR * _BAR), round(radius / _FAR * _BAR)
    signs = ["█" if place < filled else "·" for place in range(_BAR)]
    signs[min(mark, _BAR - 1)] = "|"
    return "".join(signs)


def _where(told: "Explanation", met: "Met") -> str:
    """Say where a look was taken, in pixels."""
    top, left, bottom, right = met.rect
    if (left, top, right, bottom) == (0, 0, *told.second) and met.quad is None:
        return "all of it"
    return f"{right - left} x {bottom - top} at {left}, {top}"
