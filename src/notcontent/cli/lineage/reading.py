"""What a book says: tree, show, compare, radar."""

import json
import shutil
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
    many,
    now,
    opened,
    save_drawing,
)
from notcontent.errors import LineageChannelNotFoundError

if TYPE_CHECKING:
    from notcontent.lineage.evidence import Evidence
    from notcontent.lineage.family import Family, Line
    from notcontent.lineage.judging import Judged

_DAY_S = 86_400
_RANKED = 3
_ANNOUNCED = 20
_REASONS = 3


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    for verb in (tree, show, compare, radar):
        app.command()(verb)


def tree(
    channel: Annotated[str | None, typer.Argument(help="One channel of the family; all families without.")] = None,
    book: BookOption = DEFAULT_BOOK,
    hub: HubOption = None,
    svg: Annotated[Path | None, typer.Option(readable=False, help="Draw the tree into this file too.")] = None,
    timeline: Annotated[
        Path | None, typer.Option(readable=False, help="Draw the time line into this file too.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show families as trees: who continues whom, since when, how sure that is.

    For example:

      notcontent lineage tree --book lineage-book
    """
    from notcontent.lineage.drawing import draw_timeline, draw_tree, tell_tree
    from notcontent.lineage.judging import family_evidence, judged

    with opened(book, hub) as reading:
        judgement = judged(reading)
        families = _families(judgement, channel)
        if as_json:
            print(json.dumps({"families": [_family_object(judgement, family) for family in families]}))
            return
        if not families and channel is not None:
            print(f"{_name(judgement, channel)} is in no family, as far as can be seen.")
        elif not families:
            print("No families: no channel in this book continues another, as far as can be seen.")
        for family in families:
            evidence, part = family_evidence(reading, judgement, family)
            print(tell_tree(evidence, part.lineage, family.id, now=now(), width=shutil.get_terminal_size().columns))
        if channel is None:
            _tell_rest(judgement, reading.announced().total)
        if svg is not None or timeline is not None:
            evidence, part, family = _one(reading, judgement, families)
            for path, draw in ((svg, draw_tree), (timeline, draw_timeline)):
                if path is not None:
                    drawn = draw(evidence, part.lineage, family.id, now=now(), standalone=True)
                    save_drawing(path, drawn)
                    print(f"Drawn into {path}.")


def show(
    channel: ChannelArgument, book: BookOption = DEFAULT_BOOK, hub: HubOption = None, as_json: JsonOption = False
) -> None:
    """Show one channel: what is known of it, what it may continue and why, and what continues it.

    For example:

      notcontent lineage show @some_channel
    """
    from notcontent.lineage.judging import judged

    with opened(book, hub) as reading:
        judgement = judged(reading)
    place = judgement.place(channel)
    if as_json:
        print(json.dumps(_channel_object(judgement, place)))
        return
    _tell_channel(judgement, place)


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

    For example:

      notcontent lineage compare @one_channel @other_channel
    """
    from notcontent.lineage.drawing import draw_shared
    from notcontent.lineage.judging import judged

    with opened(book, hub) as reading:
        judgement = judged(reading)
        keys = [judgement.channels[judgement.place(name)].key for name in (one, other)]
        evidence = reading.evidence_of(keys)
    at = {channel.key: place for place, channel in enumerate(evidence.channels)}
    counts = _shared(evidence, at[keys[0]], at[keys[1]])
    if as_json:
        print(json.dumps(counts))
    else:
        names = _name(judgement, one), _name(judgement, other)
        print(f"{names[0]} showed {counts['one']:,} contents, {names[1]} {counts['other']:,}.")
        print(
            f"{counts['shared']:,} in common: {counts['one_first']:,} first in the former,"
            f" {counts['other_first']:,} first in the latter."
        )
    if svg is not None:
        save_drawing(svg, draw_shared(evidence, at[keys[0]], at[keys[1]], standalone=True))
        print(f"Drawn into {svg}.", file=sys.stderr if as_json else sys.stdout)


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
    from notcontent.lineage.judging import judged

    with opened(book, hub) as reading:
        judgement = judged(reading)
        announced = reading.announced()
    since = now() - days * _DAY_S
    found = sorted(
        (place for place, line in enumerate(judgement.lineage.lines) if _news(judgement, line, since)),
        key=lambda place: -(judgement.channels[place].began or 0),
    )
    if as_json:
        told = [_channel_object(judgement, place) for place in found]
        links = [dict(zip(("chat", "by", "posts", "first"), each, strict=True)) for each in announced.newest]
        print(json.dumps({"found": told, "announced": links}))
        return
    for place in found:
        print(_finding(judgement, place))
    print(f"{many(len(found), 'channel')} found to continue another since {day(since)}.")
    if announced.total:
        print(f"{many(announced.total, 'link')} to chats that are not in this book:")
        shown = announced.newest[:_ANNOUNCED]
        for handle, key, posts, first in shown:
            print(f"  {_defanged(handle)}  by {_name(judgement, key)} in {many(posts, 'post')}, first {day(first)}")
        if announced.total > len(shown):
            print(
                f"  and {announced.total - len(shown):,} more, older; --json lists the newest {len(announced.newest)}."
            )


def _families(judgement: "Judged", channel: str | None) -> "list[Family]":
    if channel is None:
        return sorted(judgement.lineage.families, key=lambda family: -len(family.members))
    family = judgement.family_of(judgement.place(channel))
    return [] if family is None else [family]


def _one(reading: object, judgement: "Judged", families: "list[Family]") -> "tuple[Evidence, Judged, Family]":
    from notcontent.lineage.judging import family_evidence

    if len(families) != 1:
        raise typer.BadParameter("To draw one, name a channel of the family.")
    evidence, part = family_evidence(reading, judgement, families[0])  # type: ignore[arg-type]
    return evidence, part, families[0]


def _tell_rest(judgement: "Judged", announced: int) -> None:
    """Say what the trees leave out."""
    alone = len(judgement.channels) - len({place for family in judgement.lineage.families for place in family.members})
    if alone:
        print(f"{many(alone, 'channel')} in no family.")
    if announced:
        print(f"{many(announced, 'link')} to chats that are not in this book: `radar` lists them.")


def _news(judgement: "Judged", line: "Line", since: int) -> bool:
    return line.stated is not None and judgement.since[line.channel] >= since


def _finding(judgement: "Judged", place: int) -> str:
    """Give the sentence of the queue: this channel looks like a child of that, how surely, and why."""
    from notcontent.lineage.words import IN_GENERAL, say

    best = judgement.lineage.lines[place].candidates[0]
    child, parent = _title(judgement, place), _title(judgement, best.parent)
    began = judgement.channels[place].began
    telling = [reason for reason in best.reasons if reason.weight > 0 and reason.kind not in IN_GENERAL]
    because = "".join(f"\n    {say(reason)}" for reason in telling[:_REASONS])
    since = "" if began is None else f", began {day(began)}"
    return f"{child}{since}, looks like a child of {parent} ({_chance(best.probability)}):{because}"


def _tell_channel(judgement: "Judged", place: int) -> None:
    from notcontent.lineage.words import say

    channel, line = judgement.channels[place], judgement.lineage.lines[place]
    print(_title(judgement, place))
    for name, value in (
        ("key", _shown(channel.key)),
        ("names", ", ".join(f"@{name}" for name in channel.usernames)),
        ("titles", "; ".join(dict.fromkeys(_shown(title.value) for title in channel.titles))),
        ("began", "" if channel.began is None else day(channel.began)),
        ("last post", "" if channel.last_post is None else day(channel.last_post)),
        ("posts", f"{channel.posts:,}"),
        ("reach", f"{channel.views:,} views of one post" if channel.views else ""),
        ("said", "; ".join(f"{fact.kind.value} {day(fact.time)}" for fact in channel.statuses)),
    ):
        if value:
            print(f"  {name:<10}{value}")
    children = [other for other, each in enumerate(judgement.lineage.lines) if each.stated == place]
    if not line.candidates:
        print("Continues nothing that is in this book.")
    elif line.stated is None:
        print(
            f"May continue one of these; none is sure enough to be stated (in their family: {_chance(line.in_family)})."
        )
    for best in line.candidates[:_RANKED]:
        stated = "continues" if best.parent == line.stated else "perhaps"
        print(f"{stated} {_title(judgement, best.parent)}  {_chance(best.probability)}")
        for reason in best.reasons:
            print(f"  {reason.weight:+6.2f}  {say(reason)}")
    for child in children:
        best = judgement.lineage.lines[child].candidates[0]
        print(f"continued by {_title(judgement, child)}  {_chance(best.probability)}")


def _channel_object(judgement: "Judged", place: int) -> dict[str, object]:
    from notcontent.lineage.words import say

    channel, line = judgement.channels[place], judgement.lineage.lines[place]
    return {
        "channel": channel.key,
        "titles": list(dict.fromkeys(title.value for title in channel.titles)),
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
        "in_family": round(line.in_family, 4),
        "candidates": [
            {
                "channel": judgement.channels[each.parent].key,
                "probability": round(each.probability, 4),
                "reasons": [{"weight": round(reason.weight, 3), "says": say(reason)} for reason in each.reasons],
            }
            for each in line.candidates
        ],
    }


def _family_object(judgement: "Judged", family: "Family") -> dict[str, object]:
    return {
        "root": judgement.channels[family.root].key,
        "members": [_channel_object(judgement, member) for member in family.members],
    }


def _shared(evidence: "Evidence", one: int, other: int) -> dict[str, int]:
    shown = evidence.shown
    first: dict[int, dict[int, int]] = {one: {}, other: {}}
    for channel, content, time in zip(shown.channel.tolist(), shown.content.tolist(), shown.time.tolist(), strict=True):
        first[channel][content] = time
    both = first[one].keys() & first[other].keys()
    return {
        "one": len(first[one]),
        "other": len(first[other]),
        "shared": len(both),
        "one_first": sum(first[one][content] < first[other][content] for content in both),
        "other_first": sum(first[other][content] < first[one][content] for content in both),
    }


def _chance(probability: float) -> str:
    """Write a probability, never as certain."""
    return "> 99 %" if probability > 0.995 else f"{100 * probability:.0f} %"


def _title(judgement: "Judged", place: int) -> str:
    channel = judgement.channels[place]
    titles = channel.titles
    return f"{_shown(titles[-1].value)} ({_shown(channel.key)})" if titles else _shown(channel.key)


def _name(judgement: "Judged", name: str) -> str:
    """Give a channel's title; the name itself where nothing is said of it yet."""
    try:
        return _title(judgement, judgement.place(name))
    except LineageChannelNotFoundError:
        return _shown(name)


def _defanged(handle: str) -> str:
    """Write a handle as a link that nothing opens by mistake."""
    kind, _, value = handle.partition(":")
    return f"number {value}" if kind == "n" else f"t[.]me/{'+' if kind == 'i' else ''}{_shown(value)}"


def _shown(text: str) -> str:
    from notcontent.cli.hashed_inputs import shown

    return shown(text, 80)
