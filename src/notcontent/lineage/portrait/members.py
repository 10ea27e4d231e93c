"""One family as drawings, exports and annexes show it: each member's standing, its place under a parent, its numbers.

What is drawn follows what is stated. A member without a stated parent hangs under its best guess in the family, marked
as open; no edge of it is ever exported.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from notcontent.errors import LineageFamilyNotFoundError
from notcontent.lineage.evidence import ChannelFacts, Evidence
from notcontent.lineage.family import Family, Line, Lineage, Reason
from notcontent.lineage.observations import FactKind
from notcontent.lineage.portrait.contents import Part, inherited, part_of
from notcontent.lineage.portrait.days import DAY
from notcontent.lineage.portrait.names import skeleton, title_of


class Standing(Enum):
    """What is known of its life. The value is the word that people read."""

    ALIVE = "alive"
    REMOVED = "removed"
    RESTRICTED = "restricted"
    NO_PREVIEW = "preview unavailable"
    UNKNOWN = "status unknown"


class Bond(Enum):
    """How it hangs in its family. The value is the word of exports."""

    ROOT = "root"
    STATED = "stated"
    OPEN = "open"


_STANDINGS = {
    FactKind.ALIVE: Standing.ALIVE,
    FactKind.RESTRICTED: Standing.RESTRICTED,
    FactKind.PREVIEW_UNAVAILABLE: Standing.NO_PREVIEW,
}


@dataclass(frozen=True, slots=True)
class Member:
    """One channel in its family.

    `number`: 1, 2, ... by birth. `under`: where it is drawn, None for the root. `probability`: that `under` is its
    nearest seen ancestor (0..1); None where nothing is said. `inherited`: share of its contents from `under`.
    `after_removal`: days, rounded, from the removal of a stated parent to its birth. `alike`: numbers of members named
    alike.
    """

    place: int
    number: int
    facts: ChannelFacts
    title: str
    standing: Standing
    stood: int | None
    bond: Bond
    under: int | None
    probability: float | None
    in_family: float
    reasons: tuple[Reason, ...]
    inherited: float | None
    also_from: tuple[int, ...]
    after_removal: int | None
    alike: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """A family's members by place, in order of birth, and who is drawn under whom."""

    family: Family
    members: Mapping[int, Member]
    children: Mapping[int, tuple[int, ...]]
    part: Part

    @property
    def root(self) -> Member:
        """Give the earliest that was seen."""
        return self.members[self.family.root]

    def count(self, standing: Standing) -> int:
        """Count members of this standing."""
        return sum(member.standing is standing for member in self.members.values())


def portray(evidence: Evidence, lineage: Lineage, family: int) -> Portrait:
    """Put together what is shown of one family. Raises LineageFamilyNotFoundError for a number that is none."""
    found = next((each for each in lineage.families if each.id == family), None)
    if found is None:
        raise LineageFamilyNotFoundError
    order = by_birth(evidence.channels, found)
    numbers = {place: number for number, place in enumerate(order, 1)}
    lines = {place: _line(lineage, place) for place in order}
    under = {place: _under(lines[place], found, numbers) for place in order}
    part = part_of(evidence.shown, tuple(order))
    titles = {place: title_of(evidence.channels[place]) for place in order}
    alike = _alike(titles, numbers)
    members = {
        place: _member(evidence, lines[place], under, numbers, part, titles[place], alike[place]) for place in order
    }
    children: dict[int, list[int]] = defaultdict(list)
    for place in order:
        parent = under[place][1]
        if parent is not None:
            children[parent].append(place)
    return Portrait(found, members, {parent: tuple(places) for parent, places in children.items()}, part)


def by_birth(channels: Sequence[ChannelFacts], family: Family) -> list[int]:
    """Give a family's places in the order in which its channels are numbered, however the places are counted.

    The root comes first, whatever dates say: every other member hangs below it.
    """

    def birth(place: int) -> tuple[bool, bool, int, str]:
        began = channels[place].began
        return place != family.root, began is None, began or 0, channels[place].key

    return sorted({family.root, *family.members}, key=birth)


def _line(lineage: Lineage, place: int) -> Line:
    if place < len(lineage.lines) and lineage.lines[place].channel == place:
        return lineage.lines[place]
    found = next((line for line in lineage.lines if line.channel == place), None)
    return found or Line(place, (), None, 0.0)


def _under(line: Line, family: Family, numbers: Mapping[int, int]) -> tuple[Bond, int | None]:
    """Tell under whom a member is drawn: an earlier member always, so that no circle can come about."""
    mine = numbers[line.channel]
    if line.channel == family.root:
        return Bond.ROOT, None
    if line.stated is not None and numbers.get(line.stated, mine) < mine:
        return Bond.STATED, line.stated
    guesses = (each.parent for each in line.candidates if numbers.get(each.parent, mine) < mine)
    return Bond.OPEN, next(guesses, family.root)


def _alike(titles: Mapping[int, str], numbers: Mapping[int, int]) -> dict[int, tuple[int, ...]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for place, title in titles.items():
        groups[skeleton(title)].append(place)
    return {
        place: tuple(numbers[other] for other in groups[skeleton(title)] if other != place)
        for place, title in titles.items()
    }


def _member(
    evidence: Evidence,
    line: Line,
    under: Mapping[int, tuple[Bond, int | None]],
    numbers: Mapping[int, int],
    part: Part,
    title: str,
    alike: tuple[int, ...],
) -> Member:
    place, facts = line.channel, evidence.channels[line.channel]
    bond, parent = under[place]
    said = next((each for each in line.candidates if each.parent == parent), None)
    standing, stood = standing_of(facts)
    gone = evidence.channels[parent].removed if parent is not None and bond is Bond.STATED else None
    late = gone is not None and facts.began is not None and facts.began >= gone
    return Member(
        place=place,
        number=numbers[place],
        facts=facts,
        title=title,
        standing=standing,
        stood=stood,
        bond=bond,
        under=parent,
        probability=said.probability if said else None,
        in_family=line.in_family,
        reasons=said.reasons if said else (),
        inherited=inherited(part, place, parent) if parent is not None else None,
        also_from=tuple(each for each in line.merged_from if each in numbers and each not in (parent, place)),
        after_removal=round(((facts.began or 0) - (gone or 0)) / DAY) if late else None,  # as reasons round it
        alike=alike,
    )


def standing_of(facts: ChannelFacts) -> tuple[Standing, int | None]:
    """Give the latest that a source said, and when. A removal that later posts or sightings gainsay does not count."""
    if facts.removed is not None:
        return Standing.REMOVED, facts.removed
    said = [fact for fact in facts.statuses if fact.kind in _STANDINGS]
    if not said:
        return Standing.UNKNOWN, None
    latest = max(said, key=lambda fact: (fact.time, fact.kind.value))
    return _STANDINGS[latest.kind], latest.time


def ended(facts: ChannelFacts) -> int | None:
    """Give the last time that anything is known of its life: its removal, else its last post or sighting."""
    if facts.removed is not None:
        return facts.removed
    seen = [fact.time for fact in facts.statuses if fact.kind is FactKind.ALIVE]
    return max([*seen, *([facts.last_post] if facts.last_post is not None else [])], default=facts.began)
