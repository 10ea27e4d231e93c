"""Which rows of a large family are drawn, and how the rest is summed up: a rule, the same for all.

Up to `ROOM` members: all. In larger families channels are opened level by level, the larger subtree first, while
the rows fit into `ROOM`; an opened channel shows at most `CHILDREN` of its children, those with the most below them.
What is left out stands in one row under its channel: "and 41 more, 12 live". An opened one shows all.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from heapq import heappop, heappush

from notcontent.lineage.portrait import Portrait, Standing

ROOM = 60
CHILDREN = 8


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a member, or (`hidden` > 0) what is folded under it. `last`: nobody follows under the same channel.

    `rails`: for each level above, whether its line goes on below this row.
    """

    place: int
    depth: int
    last: bool
    rails: tuple[bool, ...]
    opened: bool = False
    hidden: int = 0
    live: int = 0
    gone: int = 0


def fold(
    portrait: Portrait, collapsed: AbstractSet[int] = frozenset(), opened: AbstractSet[int] = frozenset()
) -> list[Row]:
    """Give the rows from top to bottom. `collapsed` wins over `opened`; places of others count for nothing."""
    sizes = sizes_of(portrait)
    shown = _choose(portrait, sizes, collapsed, opened)
    return list(_walk(portrait, shown, portrait.family.root))


def summed(row: Row) -> str:
    """Say what a folded row holds."""
    parts = [f"and {row.hidden} more", f"{row.live} live"]
    return ", ".join([*parts, f"{row.gone} removed"] if row.gone else parts)


def sizes_of(portrait: Portrait) -> dict[int, int]:
    """Count each channel with all that are below it."""
    sizes: dict[int, int] = {}
    for place in reversed(list(portrait.members)):  # children come after their parents
        sizes[place] = 1 + sum(sizes[child] for child in portrait.children.get(place, ()))
    return sizes


def _some(portrait: Portrait, sizes: dict[int, int], place: int) -> tuple[int, ...]:
    children = portrait.children.get(place, ())
    if len(children) <= CHILDREN + 1:  # a row that says "and 1 more" takes the place of the one
        return children
    largest = sorted(children, key=lambda child: (-sizes[child], portrait.members[child].number))[:CHILDREN]
    return tuple(child for child in children if child in largest)


def _choose(
    portrait: Portrait, sizes: dict[int, int], collapsed: AbstractSet[int], opened: AbstractSet[int]
) -> dict[int, tuple[int, ...]]:
    """Give the children that each opened channel shows."""
    children = portrait.children
    if len(portrait.members) <= ROOM:
        return {place: below for place, below in children.items() if place not in collapsed}
    shown: dict[int, tuple[int, ...]] = {}
    waiting: list[tuple[int, int, int, int]] = []

    def wait(depth: int, place: int) -> None:
        if place in children and place not in collapsed:
            heappush(waiting, (depth, -sizes[place], portrait.members[place].number, place))

    wait(0, portrait.family.root)
    rows = 2
    while waiting:
        depth, _, _, place = heappop(waiting)
        some = children[place] if place in opened else _some(portrait, sizes, place)
        more = sum(1 + (child in children) for child in some) - (len(some) == len(children[place]))
        if place not in opened and rows + more > ROOM:
            continue
        rows += more
        shown[place] = some
        for child in some:
            wait(depth + 1, child)
    return shown


def _walk(portrait: Portrait, shown: dict[int, tuple[int, ...]], root: int) -> Iterator[Row]:
    # A stack, not recursion: a family may be a chain of thousands.
    waiting: list[Row] = [Row(root, 0, last=True, rails=(), opened=root in shown)]
    while waiting:
        row = waiting.pop()
        yield row
        if row.hidden:
            continue
        some = shown.get(row.place, ())
        left = set(portrait.children.get(row.place, ())).difference(some)
        rails = (*row.rails, not row.last) if row.depth else ()
        below: list[Row] = []
        if left:
            below.append(_rest(portrait, row, left, rails))
        below += [
            Row(child, row.depth + 1, last=at == 0 and not left, rails=rails, opened=child in shown)
            for at, child in enumerate(reversed(some))
        ]
        waiting += below


def _rest(portrait: Portrait, row: Row, left: set[int], rails: tuple[bool, ...]) -> Row:
    standings = []
    waiting = list(left)
    while waiting:
        place = waiting.pop()
        standings.append(portrait.members[place].standing)
        waiting += portrait.children.get(place, ())
    live, gone = standings.count(Standing.ALIVE), standings.count(Standing.REMOVED)
    return Row(row.place, row.depth + 1, True, rails, hidden=len(standings), live=live, gone=gone)  # noqa: FBT003
