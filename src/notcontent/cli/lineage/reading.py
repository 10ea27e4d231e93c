"""What a book says as a whole: tree, radar."""

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notcontent.cli.lineage.channel import channel_object
from notcontent.cli.lineage.opening import (
    DEFAULT_BOOK,
    BookOption,
    HubOption,
    JsonOption,
    day,
    judgement_of,
    now,
    opened,
    place_of,
    refuse_early,
    save_drawing,
)
from notcontent.cli.lineage.saying import defanged, name, say, title
from notcontent.lineage.words import IN_GENERAL, chance, grouped, many
from notcontent.lineage.words import say as in_words

if TYPE_CHECKING:
    from notcontent.lineage.book import Announced, Book
    from notcontent.lineage.family import Family, Line
    from notcontent.lineage.judging import Judged

_DAY_S = 86_400
_ANNOUNCED = 20
_REASONS = 3


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command()(tree)
    app.command()(radar)


def tree(
    channel: Annotated[
        str | None,
        typer.Argument(
            help="A channel of the family, or F2 for the second; all families without.",
            metavar="CHANNEL",
            show_default=False,
        ),
    ] = None,
    book: BookOption = DEFAULT_BOOK,
    hub: HubOption = None,
    svg: Annotated[Path | None, typer.Option(readable=False, help="Draw the tree into this file too.")] = None,
    timeline: Annotated[
        Path | None, typer.Option(readable=False, help="Draw the time line into this file too.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show families as trees: who continues whom, since when, how sure that is.

    The numbers that stand before channels name them for other verbs too: 3, or F2#3 where there are several families.

    For example:

      notcontent lineage tree --book lineage-book
    """
    from notcontent.lineage.finding import ordered

    refuse_early(svg, "The drawing of the tree")
    refuse_early(timeline, "The drawing of the time line")
    with opened(book, hub) as reading:
        judgement = judgement_of(reading)
        listed = ordered(judgement.lineage.families)
        families = listed if channel is None else _family_of(judgement, channel)
        if svg is not None or timeline is not None:
            _draw(reading, judgement, families, svg, timeline)
        if as_json:
            print(json.dumps({"families": [_family_object(judgement, family, listed) for family in families]}))
            return
        if not families and channel is not None:
            say(f"{name(judgement, channel)} is in no family, as far as can be seen.")
        elif not families:
            say("No families: no channel in this book continues another, as far as can be seen.")
        for family in families:
            _tell_family(reading, judgement, family, listed.index(family) + 1 if len(listed) > 1 else None)
        if channel is None:
            _tell_rest(judgement, reading.announced())


def radar(
    days: Annotated[int, typer.Option(min=1, max=3650, help="How far back.")] = 7,
    book: BookOption = DEFAULT_BOOK,
    hub: HubOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what came back: channels that were found to continue another within so many days, the newest first.

    For example:

      notcontent lineage radar --days 14
    """
    with opened(book, hub) as reading:
        judgement = judgement_of(reading)
        announced = reading.announced()
    since = now() - days * _DAY_S
    found = sorted(
        (place for place, line in enumerate(judgement.lineage.lines) if _news(judgement, line, since)),
        key=lambda place: -(judgement.channels[place].began or 0),
    )
    if as_json:
        told = [channel_object(judgement, place) for place in found]
        links = [dict(zip(("chat", "by", "posts", "first"), each, strict=True)) for each in announced.newest]
        print(json.dumps({"found": told, "announced": links}))
        return
    say(f"{many(len(found), 'channel')} found to continue another since {day(since)} (days are UTC).")
    if announced.chats:
        say(f"{_missing(announced)}: below.")
    for place in found:
        print()
        _tell_finding(judgement, place)
    if announced.chats:
        print()
        _tell_announced(judgement, announced)


def _family_of(judgement: "Judged", typed: str) -> "list[Family]":
    family = judgement.family_of(place_of(judgement, typed))
    return [] if family is None else [family]


def _tell_family(reading: "Book", judgement: "Judged", family: "Family", number: int | None) -> None:
    """Print one tree, under its number where there are several."""
    from notcontent.lineage.drawing import tell_tree
    from notcontent.lineage.judging import family_evidence

    evidence, part = family_evidence(reading, judgement, family)
    if number is not None:
        say(f"Family F{number}: name its channels F{number}#1 to F{number}#{len(family.members)}.")
    print(tell_tree(evidence, part.lineage, family.id, now=now(), width=shutil.get_terminal_size().columns))


def _draw(
    reading: "Book", judgement: "Judged", families: "Sequence[Family]", svg: Path | None, timeline: Path | None
) -> None:
    from notcontent.lineage.drawing import draw_timeline, draw_tree
    from notcontent.lineage.judging import family_evidence

    if len(families) != 1:
        raise typer.BadParameter("To draw one, name a channel of the family.")
    evidence, part = family_evidence(reading, judgement, families[0])
    for path, draw in ((svg, draw_tree), (timeline, draw_timeline)):
        if path is not None:
            save_drawing(path, draw(evidence, part.lineage, families[0].id, now=now(), standalone=True))
            print(f"Drawn into {path}.", file=sys.stderr)


def _tell_rest(judgement: "Judged", announced: "Announced") -> None:
    """Say what the trees leave out."""
    alone = len(judgement.channels) - len({place for family in judgement.lineage.families for place in family.members})
    if alone:
        print(f"{many(alone, 'channel')} in no family.")
    if announced.chats:
        print(f"{_missing(announced)}: `radar` lists them.")


def _missing(announced: "Announced") -> str:
    """Count the chats that nobody imported, each once, however many channels link to it."""
    return f"{many(announced.chats, 'chat')} that posts link to {'is' if announced.chats == 1 else 'are'} in no source"


def _news(judgement: "Judged", line: "Line", since: int) -> bool:
    return line.stated is not None and judgement.since[line.channel] >= since


def _tell_finding(judgement: "Judged", place: int) -> None:
    """Print the sentence of the queue: this channel looks like a child of that, how surely, and why."""
    best = judgement.lineage.lines[place].candidates[0]
    child, parent = title(judgement, place), title(judgement, best.parent)
    began = judgement.channels[place].began
    since = "" if began is None else f", began {day(began)}"
    say(f"{child}{since}, looks like a child of {parent} ({chance(best.probability)}):", "", "  ")
    telling = [reason for reason in best.reasons if reason.weight > 0 and reason.kind not in IN_GENERAL]
    for reason in telling[:_REASONS]:
        say(in_words(reason), "  - ", "    ")


def _tell_announced(judgement: "Judged", announced: "Announced") -> None:
    """Print each chat once, with the channels that link to it: those with the newest link first."""
    by: dict[str, list[str]] = {}
    for handle, key, posts, first in announced.newest:
        said = f"{name(judgement, key)} in {many(posts, 'post')}, first {day(first)}"
        by.setdefault(handle, []).append(said)
    print("Chats that posts link to, in no source:")
    for handle, linked in list(by.items())[:_ANNOUNCED]:
        print(f"  {defanged(handle)}")
        for said in linked:
            say(said, "    by ", "       ")
    further = announced.chats - min(len(by), _ANNOUNCED)
    if further:
        say(
            f"and {grouped(further)} more, older; --json lists the newest {grouped(len(announced.newest))} links.",
            "  ",
            "  ",
        )


def _family_object(judgement: "Judged", family: "Family", listed: "list[Family]") -> dict[str, object]:
    """Give a family for --json; its members by number, as a tree prints them, under the name that other verbs take."""
    from notcontent.lineage.portrait.members import by_birth

    number = f"F{listed.index(family) + 1}"
    members = enumerate(by_birth(judgement.channels, family), 1)
    return {
        "number": number,
        "root": judgement.channels[family.root].key,
        "members": [{"number": f"{number}#{at}"} | channel_object(judgement, member) for at, member in members],
    }
