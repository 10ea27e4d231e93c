"""Families made by hand: evidence and lineage of 3, 40 and 300 channels, with all kinds of facts and hostile names.

What must never be shown bears the word CANARY, or is one of `SECRETS`: digests, hidden handles, authors, payments.
"""

from dataclasses import dataclass, field
from functools import cache
from random import Random

import numpy as np

from notcontent.lineage.evidence import ChannelFacts, Dated, Evidence, Pointers, Shown, StatusFact
from notcontent.lineage.family import Candidate, Family, Line, Lineage, Reason, ReasonKind
from notcontent.lineage.marks import MarkKind
from notcontent.lineage.observations import FactKind

DAY = 86_400
START = 1_736_467_200  # 10 January 2025
NOW = START + 600 * DAY
SECRETS = ("CANARYphoto00000", "CANARYmigrated00", "CANARYtitle00000", "CANARYhidden0000")

NAMES = (
    "Night archive",
    "Night archive 2",
    '</text><script>alert("x")</script>',
    "أرشيف الليل — القناة الجديدة!",
    "Ночной архив",
    "Night \u0430rchive",  # with a Cyrillic letter
    "夜间档案馆 新频道",
    "🔥🔥 backup 👩‍👩‍👧 \u202eevil\u202c",
    "a" * 256,
    '=HYPERLINK("http://x","y")',
    '#read("/etc/passwd") *bold* $x$ @ref <lab> \\ [x]',
    "line\nbreak\tand\x00nul\x1b[31mred\x0b",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324algo",
    "קבוצת גיבוי 7",
    "\u202e\u2066",
    "+CMD|' /C calc'!A0",
    "& < > \" ' &amp;",
    "\ud800 lone",
    "Архив & Co, Москва «ночь»",
)


@dataclass
class Stage:
    """Collects channels, contents and lines; gives evidence and lineage."""

    channels: list[ChannelFacts] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    rows: list[tuple[int, int, int]] = field(default_factory=list)
    kinds: list[MarkKind] = field(default_factory=list)
    families: list[Family] = field(default_factory=list)

    def content(self, kind: MarkKind = MarkKind.PHOTO) -> int:
        self.kinds.append(kind)
        return len(self.kinds) - 1

    def show(self, channel: int, content: int, time: int) -> None:
        self.rows.append((content, time, channel))

    def evidence(self) -> Evidence:
        rows = np.array(sorted(self.rows) or np.empty((0, 3)), dtype=np.int64)
        shown = Shown(
            rows[:, 2].astype(np.uint32), rows[:, 0].astype(np.uint32), rows[:, 1], np.array(self.kinds, dtype=np.uint8)
        )
        none = np.empty(0, dtype=np.uint32)
        nowhere = Pointers(none, none, none, np.empty(0, dtype=np.int64))
        people = Shown(none, none, np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint8))
        hours = np.zeros((len(self.channels), 24), dtype=np.uint32)
        return Evidence(tuple(self.channels), shown, people, nowhere, nowhere, nowhere, nowhere, hours)

    def lineage(self) -> Lineage:
        return Lineage(tuple(self.lines), tuple(self.families))


def facts(
    place: int,
    title: str,
    born: int | None,
    *,
    removed: int | None = None,
    said: tuple[StatusFact, ...] = (),
    posts: int = 100,
    views: int = 1000,
    last: int | None = None,
    key: str | None = None,
) -> ChannelFacts:
    statuses = (*said, *((StatusFact(FactKind.REMOVED, removed),) if removed is not None else ()))
    if place % 19 == 18:  # known by a hidden handle alone
        key = key or f"h:{SECRETS[3]}{place}"
    return ChannelFacts(
        key=key or f"n:{1_000_000_000 + place}",
        titles=(Dated("an older name", 0), Dated(title, 5)) if title else (),
        usernames=(f"night_{place}",) if place % 4 != 3 and place % 19 != 18 else (),
        invites=(f"Inv-{place}_aB",) if place % 4 == 2 and place % 19 != 18 else (),
        kind="public_channel",
        born=born if place % 3 else None,
        first_post=born,
        last_post=last if last is not None else removed,
        posts=posts,
        views=views,
        members=(Dated("1200", born or 0),),
        statuses=statuses,
        photos=(SECRETS[0],),
        migrated_from=(SECRETS[1],),
        title_digests=frozenset({SECRETS[2]}),
    )


def reasons(random: Random) -> tuple[Reason, ...]:
    shared = random.randrange(5, 300)
    return (
        Reason(ReasonKind.SHARED, 3.2, {"count": shared, "percent": 61.0, "own": 3, "only": 1}),
        Reason(ReasonKind.AFTER_REMOVAL, 1.1, {"days": random.randrange(1, 30)}),
        Reason(ReasonKind.PEOPLE, 0.9, {"count": 2}),
        Reason(ReasonKind.OTHERS_FIT, -0.4, {}),
    )


@cache
def a_family(size: int, seed: int = 7) -> tuple[Evidence, Lineage]:
    """Family 5 of so many channels, and beside it one channel of family 6 that must never be seen."""
    random = Random(seed * 1000 + size)  # noqa: S311
    stage = Stage()
    births, ends, owned = [START], [START + 120 * DAY], [[stage.content() for _ in range(60)]]
    parents: list[int | None] = [None]
    for place in range(1, size):
        hubs = [each for each in range(place) if births[each] < births[-1]] or [0]
        parent = random.choice(hubs[-25:]) if random.random() < 0.6 else random.choice(hubs[:4])
        after = ends[parent] if random.random() < 0.5 else births[parent] + random.randrange(5, 90) * DAY
        born = (
            max(births[-1] + random.randrange(0, 3 * DAY * 40 // size + 1), min(after, births[-1] + 400 * DAY // size))
            + 60
        )
        births.append(born)
        ends.append(born + random.randrange(10, 160) * DAY)
        kept = [each for each in owned[parent] if random.random() < 0.6]
        owned.append(kept + [stage.content() for _ in range(random.randrange(5, 40))])
        parents.append(parent)
    for place in range(size):
        _settle(stage, random, place, parents, births[place], ends[place])
        for content in owned[place]:
            stage.show(place, content, births[place] + int(random.random() ** 2 * (ends[place] - births[place])))
    stage.channels.append(facts(size, "CANARY of another family", START, key="n:77"))
    stage.lines.append(Line(size, (), None, 0.0))
    stage.show(size, stage.content(), START)
    stage.families += [Family(5, 0, tuple(range(size))), Family(6, size, (size,))]
    return stage.evidence(), stage.lineage()


def _settle(stage: Stage, random: Random, place: int, parents: list[int | None], born: int, end: int) -> None:
    gone = end if place == 0 or random.random() < 0.55 else None
    other = random.choice(
        [
            (StatusFact(FactKind.ALIVE, end),),
            (StatusFact(FactKind.ALIVE, end), StatusFact(FactKind.RESTRICTED, end + DAY)),
            (StatusFact(FactKind.PREVIEW_UNAVAILABLE, end),),
            (),
        ]
    )
    said = other if gone is None else (StatusFact(FactKind.ALIVE, born + DAY),)
    title = NAMES[place % len(NAMES)] + (f" {place}" if place >= len(NAMES) else "")
    posts = random.randrange(20, 4000)
    stage.channels.append(
        facts(place, title, born, removed=gone, said=said, posts=posts, views=posts * 13, last=end - DAY)
    )
    parent = parents[place]
    if parent is None:
        stage.lines.append(Line(place, (), None, 0.0))
        return
    stated = random.random() < 0.85
    sure = random.uniform(0.6, 0.999) if stated else random.uniform(0.2, 0.5)
    second = random.randrange(place)
    candidates = [Candidate(parent, sure, reasons(random))]
    if second != parent:
        candidates.append(Candidate(second, (1 - sure) * 0.7, reasons(random)[:1]))
    merged = (second,) if second != parent and random.random() < 0.15 else ()
    stage.lines.append(Line(place, tuple(candidates), parent if stated else None, max(sure, 0.91), merged))


def live_places(evidence: Evidence, size: int) -> list[int]:
    return [place for place in range(size) if evidence.channels[place].removed is None]
