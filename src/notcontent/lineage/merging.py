"""Columns -> evidence: rows that are one channel become one place, contents and pointers are counted once."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.columns import Columns, Ints, table
from notcontent.lineage.evidence import ChannelFacts, Dated, Evidence, Pointers, Shown, StatusFact
from notcontent.lineage.marks import MarkKind
from notcontent.lineage.observations import ABOUT, FactKind, Handle, HandleKind

_STATUSES = (FactKind.ALIVE, FactKind.REMOVED, FactKind.RESTRICTED, FactKind.PREVIEW_UNAVAILABLE)
_JOINING = {HandleKind.NUMBER: 0, HandleKind.INVITE: 1, HandleKind.USERNAME: 2, HandleKind.HIDDEN: 3}
"""Which names join rows, the surest first: a number is one channel for ever."""
_MOST_OF_ONE_TITLE = 3
"""A displayed name that more channels bear points at none of them."""


def merge(columns: Columns) -> Evidence:
    """Give the evidence that columns hold. Places are in the order of the channels' keys."""
    place_of_row, keys = columns.placed or places(columns)
    posts = _once(table(columns.posts, 4), place_of_row)
    shown, people = _contents(columns, place_of_row)
    own, titles = _owners(columns, place_of_row)
    forwards = table(columns.forwards, 3)
    links = table(columns.links, 4)
    by = place_of_row[forwards[:, 0]]
    pressed = links[:, 3] == 1
    return Evidence(
        channels=_channels(columns, place_of_row, keys, posts),
        shown=shown,
        people=people,
        forwards=_pointers(by, own[forwards[:, 1]], forwards[:, 2]),
        named=_named(by, forwards[:, 1], forwards[:, 2], titles),
        links=_pointers(place_of_row[links[:, 0]], own[links[:, 1]], links[:, 2]),
        buttons=_pointers(place_of_row[links[pressed, 0]], own[links[pressed, 1]], links[pressed, 2]),
        hours=_hours(posts, len(keys)),
    )


class _Joined:
    """Rows that are one channel: a union by names, with each channel's number where one is known."""

    def __init__(self, rows: int) -> None:
        self._above = list(range(rows))
        self._number: dict[int, str] = {}

    def top(self, row: int) -> int:
        above = self._above
        while above[row] != row:
            above[row] = above[above[row]]
            row = above[row]
        return row

    def number(self, row: int, value: str) -> None:
        self._number[self.top(row)] = value

    def number_of(self, row: int) -> str | None:
        return self._number.get(self.top(row))

    def join_all(self, rows: list[int]) -> None:
        """Join rows that agree on their number; where they do not, those that have none."""
        if len({self.number_of(row) for row in rows} - {None}) > 1:
            rows = [row for row in rows if self.number_of(row) is None]
        for row in rows[1:]:
            self.join(rows[0], row)

    def join(self, one: int, other: int) -> None:
        one, other = sorted((self.top(one), self.top(other)))
        if one == other:
            return
        self._above[other] = one
        known = self._number.get(one) or self._number.get(other)
        if known is not None:
            self._number[one] = known


def places(columns: Columns) -> tuple[Ints, list[str]]:
    """Give each row's place, i64[rows], and each place's key."""
    joined = _join(columns)
    keys: dict[int, tuple[int, str]] = {}
    for row, handle in columns.named:
        name = columns.handles[handle]
        mine = (_JOINING[name.kind], f"{name.kind.value}:{name.value}")
        keys[joined.top(row)] = min(mine, keys.get(joined.top(row), mine))
    order = sorted(keys, key=lambda top: keys[top])
    place = {top: at for at, top in enumerate(order)}
    at = np.array([place[joined.top(row)] for row in range(columns.rows)], dtype=np.int64)
    return at, [keys[top][1] for top in order]


def _join(columns: Columns) -> _Joined:
    """Join rows by what their own source says, then by their names, the surest first.

    A name that two numbers had joins neither: it was given up and taken by another. Rows that know it alone stay one
    channel apart from both.
    """
    joined = _Joined(columns.rows)
    holders: dict[int, list[int]] = defaultdict(list)
    partners: dict[int, list[int]] = defaultdict(list)
    for row, handle in columns.named:
        holders[handle].append(row)
        if columns.handles[handle].kind is HandleKind.NUMBER:
            joined.number(row, columns.handles[handle].value)
    for one, other in columns.same:
        partners[one].append(other)
    for one, others in partners.items():
        joined.join_all([one, *others])
    for handle in sorted(holders, key=lambda handle: (_JOINING[columns.handles[handle].kind], handle)):
        joined.join_all(holders[handle])
    return joined


def _once(posts: Ints, place_of_row: Ints) -> Ints:
    """Give (place, number, first time, most views) of each post once, by place and number. `ABOUT` is none."""
    kept = posts[:, 1] != ABOUT
    posts, place = posts[kept], place_of_row[posts[kept, 0]]
    if not len(posts):
        return posts
    order = np.lexsort((posts[:, 2], posts[:, 1], place))
    place, posts = place[order], posts[order]
    first = np.ones(len(posts), dtype=bool)
    first[1:] = (place[1:] != place[:-1]) | (posts[1:, 1] != posts[:-1, 1])
    starts = np.flatnonzero(first)
    views = np.maximum.reduceat(posts[:, 3], starts)
    return np.column_stack((place[starts], posts[starts, 1], posts[starts, 2], views))


def _contents(columns: Columns, place_of_row: Ints) -> tuple[Shown, Shown]:
    """Give what was shown, and what tells of people."""
    marks, pictures = table(columns.marks, 4), table(columns.pictures, 3)
    kinds = np.concatenate((marks[:, 1], np.full(len(pictures), MarkKind.PICTURE))).astype(np.uint8)
    place = place_of_row[np.concatenate((marks[:, 0], pictures[:, 0]))]
    times = np.concatenate((marks[:, 2], pictures[:, 2]))
    digests = np.concatenate((marks[:, 3], pictures[:, 1]))
    people = kinds >= MarkKind.AUTHOR
    shown = _shown(place[~people], kinds[~people], digests[~people], times[~people])
    return shown, _shown(place[people], kinds[people], digests[people], times[people])


def _shown(place: Ints, kinds: NDArray[np.uint8], digests: Ints, times: Ints) -> Shown:
    order = np.lexsort((place, times, digests, kinds))
    place, kinds, digests, times = place[order], kinds[order], digests[order], times[order]
    fresh = np.ones(len(place), dtype=bool)
    fresh[1:] = (kinds[1:] != kinds[:-1]) | (digests[1:] != digests[:-1])
    content = np.cumsum(fresh) - 1
    # Of a content's showings in one channel the first stays.
    by_channel = np.lexsort((times, place, content))
    first = np.ones(len(place), dtype=bool)
    first[1:] = (content[by_channel][1:] != content[by_channel][:-1]) | (
        place[by_channel][1:] != place[by_channel][:-1]
    )
    kept = np.zeros(len(place), dtype=bool)
    kept[by_channel[first]] = True
    return Shown(
        channel=place[kept].astype(np.uint32),
        content=content[kept].astype(np.uint32),
        time=times[kept],
        kind=kinds[fresh],
    )


def _owners(columns: Columns, place_of_row: Ints) -> tuple[Ints, dict[int, set[int]]]:
    """Give whose each handle is (place, or -1), i64[handles], and the places that bear each title's digest."""
    own = np.full(len(columns.handles), -1, dtype=np.int64)
    for row, handle in columns.named:
        own[handle] = place_of_row[row]
    titles: dict[int, set[int]] = defaultdict(set)
    for row, handle in columns.titled:
        if len(titles[handle]) <= _MOST_OF_ONE_TITLE:
            titles[handle].add(int(place_of_row[row]))
    return own, titles


def _pointers(by: Ints, to: Ints, times: Ints) -> Pointers:
    kept = (to >= 0) & (to != by)
    by, to, times = by[kept], to[kept], times[kept]
    order = np.lexsort((times, to, by))
    by, to, times = by[order], to[order], times[order]
    fresh = np.ones(len(by), dtype=bool)
    fresh[1:] = (by[1:] != by[:-1]) | (to[1:] != to[:-1])
    starts = np.flatnonzero(fresh)
    return Pointers(
        by=by[starts].astype(np.uint32),
        to=to[starts].astype(np.uint32),
        count=np.diff(np.append(starts, len(by))).astype(np.uint32),
        first=times[starts],
    )


def _named(by: Ints, handles: Ints, times: Ints, titles: dict[int, set[int]]) -> Pointers:
    order = np.argsort(handles, kind="stable")
    handles, by, times = handles[order], by[order], times[order]
    found: list[tuple[int, int, int]] = []
    for handle, places in titles.items():
        if len(places) <= _MOST_OF_ONE_TITLE:
            first, after = np.searchsorted(handles, (handle, handle + 1)).tolist()
            rows = zip(by[first:after].tolist(), times[first:after].tolist(), strict=True)
            found.extend((one, place, time) for one, time in rows for place in places)
    columns = np.array(found, dtype=np.int64).reshape(-1, 3)
    return _pointers(columns[:, 0], columns[:, 1], columns[:, 2])


def _hours(posts: Ints, channels: int) -> NDArray[np.uint32]:
    at = posts[:, 0] * 24 + posts[:, 2] // 3600 % 24
    return np.bincount(at, minlength=channels * 24).reshape(channels, 24).astype(np.uint32)


def _channels(columns: Columns, place_of_row: Ints, keys: Sequence[str], posts: Ints) -> tuple[ChannelFacts, ...]:
    channels = len(keys)
    names: list[set[Handle]] = [set() for _ in range(channels)]
    for row, handle in [*columns.named, *columns.titled]:
        names[place_of_row[row]].add(columns.handles[handle])
    facts: list[dict[FactKind, set[tuple[int, str]]]] = [defaultdict(set) for _ in range(channels)]
    for fact in columns.facts:
        facts[place_of_row[fact.row]][fact.kind].add((fact.time, fact.value))
    count = np.bincount(posts[:, 0], minlength=channels)
    ends = np.cumsum(count)
    given = []
    for place in range(channels):
        mine = posts[ends[place] - count[place] : ends[place]]
        given.append(_channel(keys[place], names[place], facts[place], mine))
    return tuple(given)


def _channel(key: str, names: set[Handle], facts: dict[FactKind, set[tuple[int, str]]], posts: Ints) -> ChannelFacts:
    def dated(kind: FactKind) -> tuple[Dated, ...]:
        return tuple(Dated(value, time) for time, value in sorted(facts.get(kind, ())))

    def named(kind: HandleKind) -> tuple[str, ...]:
        return tuple(sorted(name.value for name in names if name.kind is kind))

    created = [time for time, _ in facts.get(FactKind.CREATED, ())]
    statuses = sorted((time, kind.value) for kind in _STATUSES for time, _ in facts.get(kind, ()))
    kinds = dated(FactKind.KIND)
    return ChannelFacts(
        key=key,
        titles=dated(FactKind.TITLE),
        usernames=named(HandleKind.USERNAME),
        invites=named(HandleKind.INVITE),
        kind=kinds[-1].value if kinds else "",
        born=min(created) if created else None,
        first_post=int(posts[:, 2].min()) if len(posts) else None,
        last_post=int(posts[:, 2].max()) if len(posts) else None,
        posts=len(posts),
        views=max(0, int(posts[:, 3].max())) if len(posts) else 0,
        members=dated(FactKind.MEMBERS),
        statuses=tuple(StatusFact(FactKind(kind), time) for time, kind in statuses),
        photos=tuple(sorted({value for _, value in facts.get(FactKind.PHOTO, ())})),
        migrated_from=tuple(sorted({value for _, value in facts.get(FactKind.MIGRATED, ())})),
        title_digests=frozenset(named(HandleKind.TITLE)),
        first_number=int(posts[:, 1].min()) if len(posts) else 0,
    )
