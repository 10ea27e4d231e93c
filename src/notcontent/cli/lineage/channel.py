"""What a book says of one channel, and of two beside each other: show, compare."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notcontent.cli.lineage.opening import (
    DEFAULT_BOOK,
    BookOption,
    ChannelArgument,
    HubOption,
    JsonOption,
    day,
    judgement_of,
    opened,
    place_of,
    refuse_early,
    save_drawing,
)
from notcontent.cli.lineage.saying import say, shown, title
from notcontent.errors import LineageSameChannelError
from notcontent.lineage.words import chance, grouped, in_digits, many
from notcontent.lineage.words import say as in_words

if TYPE_CHECKING:
    from notcontent.lineage.evidence import Evidence
    from notcontent.lineage.judging import Judged

_RANKED = 3


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command()(show)
    app.command()(compare)


def show(
    channel: ChannelArgument, book: BookOption = DEFAULT_BOOK, hub: HubOption = None, as_json: JsonOption = False
) -> None:
    """Show one channel: what is known of it, what it may continue and why, and what continues it.

    Days are UTC.

    For example:

      notcontent lineage show @some_channel
    """
    with opened(book, hub) as reading:
        judgement = judgement_of(reading)
    place = place_of(judgement, channel)
    if as_json:
        print(json.dumps(channel_object(judgement, place)))
        return
    _tell_facts(judgement, place)
    _tell_parents(judgement, place)
    for child, line in enumerate(judgement.lineage.lines):
        if line.stated == place:
            say(f"{title(judgement, child)}  {chance(line.candidates[0].probability)}", "continued by ", "  ")


def compare(
    one: ChannelArgument,
    other: Annotated[str, typer.Argument(help="The other.", metavar="OTHER", show_default=False)],
    book: BookOption = DEFAULT_BOOK,
    hub: HubOption = None,
    svg: Annotated[
        Path | None, typer.Option(readable=False, help="Draw what they share over time into this file.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two channels: how much of what each showed the other showed too, and who was first. Never a picture.

    Contents are counted, each once, however many posts showed it.

    For example:

      notcontent lineage compare @one_channel @other_channel
    """
    from notcontent.lineage.drawing import draw_shared

    refuse_early(svg)
    with opened(book, hub) as reading:
        judgement = judgement_of(reading)
        places = [place_of(judgement, typed) for typed in (one, other)]
        if places[0] == places[1]:
            raise LineageSameChannelError
        keys = [judgement.channels[place].key for place in places]
        evidence = reading.evidence_of(keys)
    at = {channel.key: place for place, channel in enumerate(evidence.channels)}
    counts = _shared(evidence, at[keys[0]], at[keys[1]])
    counts |= {f"{side}_posts": judgement.channels[at].posts for side, at in zip(("one", "other"), places, strict=True)}
    if as_json:
        print(json.dumps(counts))
    else:
        _tell_shared(counts, *(title(judgement, place) for place in places))
    if svg is not None:
        save_drawing(svg, draw_shared(evidence, at[keys[0]], at[keys[1]], standalone=True))
        print(f"Drawn into {svg}.", file=sys.stderr)


def _tell_shared(counts: dict[str, int], former: str, latter: str) -> None:
    """Print what `compare` counted. Contents and posts differ: each is named."""
    sides = (
        f"{title} showed {many(counts[side], 'content')} in {many(counts[f'{side}_posts'], 'post')}"
        for side, title in (("one", former), ("other", latter))
    )
    say(f"{', '.join(sides)}. A content counts once, however many posts show it.")
    say(
        f"{many(counts['shared'], 'content')} in common: {grouped(counts['one_first'])} first in the former,"
        f" {grouped(counts['other_first'])} first in the latter."
    )


def _tell_facts(judgement: "Judged", place: int) -> None:
    channel = judgement.channels[place]
    print(title(judgement, place))
    for word, value in (
        ("key", shown(channel.key)),
        ("names", ", ".join(f"@{name}" for name in channel.usernames)),
        ("titles", "; ".join(dict.fromkeys(shown(said.value) for said in channel.titles))),
        ("began", "" if channel.began is None else f"{day(channel.began)} UTC"),
        ("last post", "" if channel.last_post is None else f"{day(channel.last_post)} UTC"),
        ("posts", grouped(channel.posts)),
        ("reach", f"{grouped(channel.views)} views of one post" if channel.views else ""),
        ("said", "; ".join(f"{fact.kind.value} {day(fact.time)} UTC" for fact in channel.statuses)),
    ):
        if value:
            say(value, f"  {word:<10}", " " * 12)


def _tell_parents(judgement: "Judged", place: int) -> None:
    line = judgement.lineage.lines[place]
    if not line.candidates:
        print("Continues nothing that is in this book.")
    elif line.stated is None:
        say(_open(judgement, place))
    for best in line.candidates[:_RANKED]:
        lead = "continues " if best.parent == line.stated else "perhaps "
        say(f"{title(judgement, best.parent)}  {chance(best.probability)}", lead, "  ")
        for reason in best.reasons:
            say(in_words(reason), f"  {reason.weight:+6.2f}  ", " " * 10)


def _open(judgement: "Judged", place: int) -> str:
    """Say that no parent is stated, and which family it is in nevertheless."""
    family = judgement.family_of(place)
    if family is None or family.root == place:
        return "May continue one of these, or none of them: none is sure enough to be stated."
    sure = chance(judgement.lineage.lines[place].in_family)
    return (
        f"Belongs to the family of {title(judgement, family.root)} with {sure}. Which channel of it this one continues"
        " is open: none is sure enough to be stated."
    )


def channel_object(judgement: "Judged", place: int) -> dict[str, object]:
    """Give what a book says of one channel, for --json."""
    channel, line = judgement.channels[place], judgement.lineage.lines[place]
    return {
        "channel": channel.key,
        "titles": list(dict.fromkeys(said.value for said in channel.titles)),
        "usernames": list(channel.usernames),
        "began": channel.began,
        "last_post": channel.last_post,
        "removed": channel.removed,
        "posts": channel.posts,
        "statuses": [{"says": fact.kind.value, "time": fact.time} for fact in channel.statuses],
        "views": channel.views or None,
        "continued_by": [
            judgement.channels[other].key for other, each in enumerate(judgement.lineage.lines) if each.stated == place
        ],
        "parent": None if line.stated is None else judgement.channels[line.stated].key,
        "in_family": in_digits(line.in_family),
        "candidates": [
            {
                "channel": judgement.channels[each.parent].key,
                "probability": in_digits(each.probability),
                "reasons": [{"weight": round(reason.weight, 3), "says": in_words(reason)} for reason in each.reasons],
            }
            for each in line.candidates
        ],
    }


def _shared(evidence: "Evidence", one: int, other: int) -> dict[str, int]:
    """Count as the drawing does: a photo has several marks, of which one counts."""
    from notcontent.lineage.drawing.shared import tally
    from notcontent.lineage.portrait.contents import part_of

    part, counts = part_of(evidence.shown, (one, other)), tally(evidence, one, other)
    return {
        "one": int(part.counted(one, other).sum()),
        "other": int(part.counted(other, one).sum()),
        "shared": counts.total,
        "one_first": counts.firsts[0],
        "other_first": counts.firsts[1],
    }
