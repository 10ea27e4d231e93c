"""A simulated world as files that the real readers take: exports, saved pages, a list; and the truth beside them."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

from notcontent.lineage.observations import Handle, HandleKind
from notcontent.lineage.simulation.contents import Kind
from notcontent.lineage.simulation.exporting import export_of
from notcontent.lineage.simulation.messages import ABSENT
from notcontent.lineage.simulation.pages import page_of
from notcontent.lineage.simulation.pictures import Pictures
from notcontent.lineage.simulation.planning import Channel
from notcontent.lineage.simulation.world import World

EXPORTS, PAGES, LIST, TRUTH = "exports", "pages", "channels.csv", "truth.json"
EVERY_NTH_PAGE = 2
"""Of the public channels, every other has a saved page beside its export."""


def write_world(world: World, folder: Path, *, pictures: bool = False) -> int:
    """Write a world into a new folder and give how many channels it has an export of.

    `exports/<number>/result.json`: one a channel that was read; with `pictures` its photos are drawn beside
    it. `pages/<name>.html`. `channels.csv`: removals, and which names are one channel.
    `truth.json`: who came from whom. Raises FileExistsError where the folder is there.
    """
    folder.mkdir(parents=True)
    read = [channel for channel in world.channels if len(world.rows(channel))]
    drawn = Pictures(world.files, world.settings.seed) if pictures else None
    for channel in read:
        _write_export(world, channel, folder / EXPORTS / str(channel.number), drawn)
    public = [channel for channel in read if channel.username is not None]
    (folder / PAGES).mkdir()
    for channel in public[::EVERY_NTH_PAGE]:
        (folder / PAGES / f"{channel.username}.html").write_text(page_of(world, channel), encoding="utf-8")
    (folder / LIST).write_text(_list_of(world), encoding="utf-8", newline="")
    (folder / TRUTH).write_text(json.dumps(truth_of(world), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return len(read)


def _write_export(world: World, channel: Channel, folder: Path, pictures: Pictures | None) -> None:
    folder.mkdir(parents=True)

    def place(row: int, variant: int) -> str:
        if pictures is None or not world.file_there[row] or world.files["kind"][variant] != Kind.PHOTO:
            return ABSENT
        when = datetime.fromtimestamp(int(world.posts["time"][row]), UTC)
        path = f"photos/photo_{int(world.posts['number'][row])}@{when:%d-%m-%Y_%H-%M-%S}.jpg"
        (folder / "photos").mkdir(exist_ok=True)
        (folder / path).write_bytes(pictures.jpeg(variant))
        return path

    (folder / "result.json").write_text(export_of(world, channel, place), encoding="utf-8")


def _list_of(world: World) -> str:
    """Write the list of channels: what an operator knows besides the exports."""
    sink = io.StringIO()
    rows = csv.writer(sink)
    rows.writerow(("channel", "time", "fact", "value"))
    for place, time in world.removals:
        rows.writerow((_named(world.handle(place)), _moment(time), "removed", ""))
    for one, other in world.joined:
        rows.writerow((_named(one), "", "same_as", _named(other)))
    return sink.getvalue()


def _named(handle: Handle) -> str:
    """Write a handle as operators do."""
    prefix = {HandleKind.NUMBER: "n:", HandleKind.USERNAME: "@", HandleKind.INVITE: "+"}[handle.kind]
    return prefix + handle.value


def _moment(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat()


def truth_of(world: World) -> dict[str, object]:
    """Give the truth as JSON: every channel with its parents, by numbers as in the exports."""
    numbers = [channel.number for channel in world.channels]
    truth = world.truth

    def number(place: int | None) -> int | None:
        return None if place is None else numbers[place]

    return {
        "seed": world.settings.seed,
        "level": world.settings.level.value,
        "channels": [
            {
                "number": channel.number,
                "username": channel.username,
                "titles": [title for _, title in channel.titles],
                "family": channel.family,
                "role": channel.role.value,
                "parent": number(channel.parent),
                "nearest_read_ancestor": number(truth.seen_parents[channel.place]),
                "further_parents": [numbers[place] for place in channel.merged],
                "born": _moment(channel.born),
                "removed": _moment(channel.end) if channel.removed else None,
                "read": bool(truth.seen[channel.place]),
            }
            for channel in world.channels
        ],
    }
