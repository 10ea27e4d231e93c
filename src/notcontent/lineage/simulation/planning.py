"""Who begins when, out of whom, under which name, and until when: families and strangers, before anything is posted."""

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.simulation import naming
from notcontent.lineage.simulation.settings import Habits, Settings

DAY = 86_400
WORLD_BEGINS = 1_609_459_200  # 2021-01-01
WORLD_ENDS = WORLD_BEGINS + 1600 * DAY
FAMILIES_BEGIN_DAYS = 900
SHORTEST_LIFE = 2 * DAY


class Role(Enum):
    """Why a channel is there."""

    ROOT = "root"
    SUCCESSOR = "successor"  # after the removal of its parent, or prepared for it
    MIRROR = "mirror"  # begun in its parent's life
    LATE = "late"  # weeks or months after its parent fell silent
    SPAMMER = "spammer"
    LOOKALIKE = "lookalike"
    LONER = "loner"


STRANGERS = frozenset({Role.SPAMMER, Role.LOOKALIKE, Role.LONER})


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel's plan. Times are UTC seconds; places are those of `World.channels`, in order of birth."""

    place: int
    family: int
    role: Role
    parent: int | None
    merged: tuple[int, ...]
    """Further parents."""
    like: int | None
    """Of a look-alike: whose name it bears and from whom it takes a few posts."""
    born: int
    end: int
    """The last moment at which it can post: its removal, or the end of the world."""
    removed: bool
    asleep: tuple[int, int] | None
    titles: tuple[tuple[int, str], ...]
    """(since, title), oldest first."""
    number: int
    username: str | None
    invite: str
    photo: int
    """Which profile photo: equal numbers, equal photos."""
    admins: tuple[int, ...]
    wallet: int
    contact: int
    script: int
    thing: int
    hours: NDArray[np.float64]
    """How likely each hour of the day (UTC) is, 24 values of sum 1."""
    posts: int
    habits: Habits

    @property
    def stranger(self) -> bool:
        """Tell a channel that is of no family."""
        return self.role in STRANGERS

    def title_at(self, time: int) -> str:
        """Give the title that it bore then."""
        return next((title for since, title in reversed(self.titles) if since <= time), self.titles[0][1])


def plan(settings: Settings, chance: np.random.Generator) -> tuple[Channel, ...]:
    """Plan all families and strangers, in order of birth."""
    planner = _Planner(settings, chance)
    for family in range(settings.families):
        planner.add_family(family)
    for role, share in (
        (Role.SPAMMER, settings.spammers),
        (Role.LOOKALIKE, settings.lookalikes),
        (Role.LONER, settings.loners),
    ):
        for _ in range(round(share * settings.families)):
            planner.add_stranger(role)
    order = sorted(range(len(planner.channels)), key=lambda place: planner.channels[place].born)
    place_of = {before: after for after, before in enumerate(order)}
    return tuple(
        replace(
            each,
            place=place_of[each.place],
            parent=None if each.parent is None else place_of[each.parent],
            merged=tuple(place_of[other] for other in each.merged),
            like=None if each.like is None else place_of[each.like],
        )
        for each in (planner.channels[before] for before in order)
    )


class _Planner:
    """Keeps what must not be given twice: numbers, public names, people."""

    def __init__(self, settings: Settings, chance: np.random.Generator) -> None:
        self.settings, self.chance = settings, chance
        self.channels: list[Channel] = []
        self.usernames: set[str] = set()
        self.numbers: set[int] = set()
        self.people = self.photos = 0
        self.strangers = 0

    def chances(self, share: float) -> bool:
        """Say yes with this probability."""
        return bool(self.chance.random() < share)

    def number(self) -> int:
        """Give a channel's number that nobody has."""
        while True:
            number = int(self.chance.integers(1_000_000_000, 2_400_000_000))
            if number not in self.numbers:
                self.numbers.add(number)
                return number

    def new_people(self, count: int) -> tuple[int, ...]:
        """Give people who were not there before."""
        self.people += count
        return tuple(range(self.people - count, self.people))

    def new_photo(self) -> int:
        """Give a profile photo: one of a few stock pictures, or one of its own."""
        if self.chances(0.15):
            return -1 - int(self.chance.integers(8))
        self.photos += 1
        return self.photos

    def hours(self) -> NDArray[np.float64]:
        """Draw when in the day people post: one or two humps over a floor."""
        clock = np.arange(24)
        shape = np.full(24, 0.15)
        for _ in range(int(self.chance.integers(1, 3))):
            apart = (clock - self.chance.uniform(0, 24) + 12) % 24 - 12
            shape = shape + np.exp(-((apart / self.chance.uniform(1.5, 5)) ** 2))
        return np.asarray(shape / shape.sum())

    def end(self, born: int, habits: Habits) -> tuple[int, bool]:
        """Draw when it ends and whether that is a removal."""
        if self.chances(habits.removal):
            life = int(habits.life_days * DAY * self.chance.lognormal(0, 0.9))
            if born + max(life, SHORTEST_LIFE) < WORLD_ENDS:
                return born + max(life, SHORTEST_LIFE), True
        return WORLD_ENDS, False

    def asleep(self, born: int, end: int, habits: Habits) -> tuple[int, int] | None:
        """Draw a long silence in its life, or none."""
        if end - born < 60 * DAY or not self.chances(habits.sleep):
            return None
        length = min(int(self.chance.uniform(20, 250) * DAY), (end - born) // 2)
        since = int(self.chance.integers(born + 5 * DAY, end - length))
        return since, since + length

    def count(self, habits: Habits) -> int:
        """Draw how many posts a channel wants to have."""
        spread = self.settings.ranges.posts
        return int(np.clip(habits.posts * 0.6 * self.chance.lognormal(0, 0.6), spread.low, spread.high))

    def titles(
        self, born: int, end: int, first: str, kin: tuple[int, int], renames: float
    ) -> tuple[tuple[int, str], ...]:
        """Give its titles over time."""
        titles = [(born, first)]
        while self.chances(renames) and len(titles) < 4:
            fresh = (
                naming.derived_title(self.chance, first, *kin) if self.chances(0.6) else naming.fresh_title(self.chance)
            )
            titles.append((int(self.chance.integers(titles[-1][0], end)), fresh))
        return tuple(titles)

    def add_family(self, family: int) -> None:
        """Grow one family out of its root."""
        habits = Habits.draw(self.settings.ranges, self.chance)
        born = WORLD_BEGINS + int(self.chance.uniform(0, FAMILIES_BEGIN_DAYS) * DAY)
        thing, script = int(self.chance.integers(naming.THINGS)), int(self.chance.integers(naming.SCRIPTS))
        root = self._channel(family, Role.ROOT, None, born, habits, thing, script)
        self.channels.append(replace(root, posts=min(2 * root.posts, int(self.settings.ranges.posts.high))))
        members = [root.place]
        for _ in range(round(habits.channels) - 1):
            child = self._child(family, members, habits)
            if child is not None:
                self.channels.append(child)
                members.append(child.place)

    def _child(self, family: int, members: list[int], habits: Habits) -> Channel | None:
        roll = self.chance.random()
        if roll < habits.chain:
            place = max(members, key=lambda each: self.channels[each].born)
        elif roll < habits.chain + habits.star:
            place = members[0]
        else:
            place = members[int(self.chance.integers(len(members)))]
        parent = self.channels[place]
        role, born = self._birth(parent, habits)
        if born > WORLD_ENDS - 3 * DAY:
            return None
        child = self._channel(family, role, parent, born, habits, parent.thing, parent.script)
        others = [each for each in members if each != parent.place and self.channels[each].born < born - DAY]
        if others and self.chances(habits.merges):
            child = replace(child, merged=(others[int(self.chance.integers(len(others)))],))
        return child

    def _birth(self, parent: Channel, habits: Habits) -> tuple[Role, int]:
        if parent.removed and not self.chances(habits.mirrors):
            if self.chances(habits.prepared):
                ahead = int(self.chance.uniform(0.1, 60) * DAY)
                return Role.SUCCESSOR, max(parent.born + DAY // 2, parent.end - ahead)
            return Role.SUCCESSOR, parent.end + int(18 * 3600 * self.chance.lognormal(0, 1.2))
        if self.chances(0.1):
            return Role.LATE, parent.end + int(60 * DAY * self.chance.lognormal(0, 0.8))
        lived = max(0, min(parent.end, WORLD_ENDS - 5 * DAY) - parent.born)
        return Role.MIRROR, parent.born + int(lived * self.chance.uniform(0.03, 0.98)) + 3600

    def _channel(
        self, family: int, role: Role, parent: Channel | None, born: int, habits: Habits, thing: int, script: int
    ) -> Channel:
        chance = self.chance
        end, removed = self.end(born, habits)
        same = parent if parent is not None and self.chances(habits.same_people) else None
        title = naming.first_title(chance, thing, script)
        if parent is not None:
            title = naming.fresh_title(chance)
            if self.chances(habits.same_title):
                title = naming.derived_title(chance, parent.title_at(born), thing, script)
        people = same.admins if same else self.new_people(int(chance.integers(1, 4)))
        if same and self.chances(0.3):
            people = (*people[:2], *self.new_people(1))
        return Channel(
            place=len(self.channels),
            family=family,
            role=role,
            parent=None if parent is None else parent.place,
            merged=(),
            like=None,
            born=born,
            end=end,
            removed=removed,
            asleep=self.asleep(born, end, habits),
            titles=self.titles(born, end, title, (thing, script), habits.renames),
            number=self.number(),
            username=naming.username(chance, thing, self.usernames) if self.chances(habits.public) else None,
            invite=naming.code(chance),
            photo=parent.photo if parent and self.chances(habits.same_photo) else self.new_photo(),
            admins=people,
            wallet=same.wallet if same and self.chances(0.8) else self._shared_or_own(people[0]),
            contact=same.contact if same and self.chances(0.8) else self._shared_or_own(people[-1]),
            script=script,
            thing=thing,
            hours=self._near(same.hours) if same else self.hours(),
            posts=self.count(habits),
            habits=habits,
        )

    def _shared_or_own(self, person: int) -> int:
        """Give an address of its own, or one of a few services that unrelated channels use too."""
        return -1 - int(self.chance.integers(6)) if self.chances(0.15) else person

    def _near(self, hours: NDArray[np.float64]) -> NDArray[np.float64]:
        varied = hours * self.chance.lognormal(0, 0.25, 24)
        return np.asarray(varied / varied.sum())

    def add_stranger(self, role: Role) -> None:
        """Add a channel that belongs to nobody; a look-alike bears a name and perhaps a photo of a family."""
        self.strangers += 1
        habits = Habits.draw(self.settings.ranges, self.chance)
        born = WORLD_BEGINS + int(self.chance.uniform(0, 1500) * DAY)
        thing, script = int(self.chance.integers(naming.THINGS)), int(self.chance.integers(naming.SCRIPTS))
        family = self.settings.families + self.strangers - 1
        older = [each for each in self.channels if not each.stranger and each.born < born]
        if role is not Role.LOOKALIKE or not older:
            lone = Role.LONER if role is Role.LOOKALIKE else role
            self.channels.append(self._channel(family, lone, None, born, habits, thing, script))
            return
        like = older[int(self.chance.integers(len(older)))]
        stranger = self._channel(family, role, None, born, habits, like.thing, like.script)
        title = naming.derived_title(self.chance, like.title_at(born), like.thing, like.script)
        self.channels.append(
            replace(
                stranger,
                titles=((born, title),),
                photo=like.photo if self.chances(0.4) else stranger.photo,
                like=like.place,
            )
        )
