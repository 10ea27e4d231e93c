"""The second half of the story: a made-up group is removed, comes back as many channels, and its family is found."""

import json
from dataclasses import dataclass
from pathlib import Path

from notcontent.cli.demo.site import Site, verb
from notcontent.errors import DemoError
from notcontent.lineage.simulation import Ranges, Settings, Span, simulate
from notcontent.lineage.simulation.writing import EXPORTS, LIST, PAGES, TRUTH, write_world

_SEED = 7
_RANGES = Ranges(channels=Span(12, 16), posts=Span(80, 160), removal=Span(0.5, 0.6), crop=Span(0.0, 0.2))


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of the family, in numbers. `right`: edges as they were made up, of those that were stated."""

    derived: int
    found: int
    stated: int
    right: int
    alive: int


def write_family(folder: Path) -> int:
    """Make up one family among strangers, as files that an analyst would have. Gives its exports."""
    settings = Settings(_SEED, families=1, media=False, lookalikes=2, loners=2, spammers=1, ranges=_RANGES)
    return write_world(simulate(settings), folder)


def read_family(site: Site, folder: Path) -> int:
    """Read the files into the hub's book by the same verb that an analyst uses. Gives the posts that were read."""
    sources = [*sorted((folder / EXPORTS).iterdir()), folder / PAGES, folder / LIST]
    done = verb("lineage", "import", *map(str, sources), "--hub", str(site.folder / "hub.toml"))
    told = done["sources"]
    if not isinstance(told, list):
        raise DemoError("The exports were not read.")
    return sum(int(source["posts"]) for source in told)


def find_family(site: Site, folder: Path) -> Found:
    """Ask for the families and compare them with what was made up. Raises DemoError when the family is not found."""
    answer = verb("lineage", "tree", "--hub", str(site.folder / "hub.toml"))
    truth = json.loads((folder / TRUTH).read_text(encoding="utf-8"))["channels"]
    parents = {f"n:{each['number']}": each["nearest_read_ancestor"] for each in truth}
    family = {f"n:{each['number']}" for each in truth if each["family"] == 0}
    root = next(f"n:{each['number']}" for each in truth if each["family"] == 0 and each["parent"] is None)
    members = _members(answer, root)
    strangers = members.keys() - family
    edges = {key: each["parent"] for key, each in members.items() if each["parent"] is not None}
    found = Found(
        derived=len(family) - 1,
        found=len(members.keys() & family) - 1,
        stated=len(edges),
        right=sum(parent == f"n:{parents.get(key)}" for key, parent in edges.items()),
        alive=sum(each["removed"] is None for each in members.values()),
    )
    if strangers or found.found * 2 < found.derived or found.right * 2 < found.stated:
        raise DemoError("The family of the removed group was not found.")
    return found


def _members(answer: dict[str, object], root: str) -> dict[str, dict[str, object]]:
    families = answer["families"]
    if not isinstance(families, list):
        raise DemoError("No families were told.")
    for family in families:
        members = {each["channel"]: each for each in family["members"]}
        if root in members:
            return members
    raise DemoError("The removed group is in no family.")
