"""What a person types for a channel -> the channels that go by it: names, numbers, titles, or #3 as trees print it."""

import re
from collections.abc import Sequence

from notcontent.lineage.evidence import ChannelFacts
from notcontent.lineage.family import Family
from notcontent.lineage.portrait.members import by_birth
from notcontent.lineage.portrait.names import key_of

MOST_LISTED = 8
"""Of channels that go by the same name so many are listed for choosing."""
_NUMBERED = re.compile(r"(?:F(?P<family>[0-9]{1,7}))?(?:#(?P<of>[0-9]{1,7}))?|(?P<bare>[0-9]{1,7})", re.IGNORECASE)


def ordered(families: Sequence[Family]) -> list[Family]:
    """Give the families as trees list them, the largest first: F1, F2 and so on."""
    return sorted(families, key=lambda family: -len(family.members))


def find(channels: Sequence[ChannelFacts], families: Sequence[Family], typed: str) -> list[int]:
    """Give the places of the channels that go by a key, @name, number, invitation or t.me link, in order.

    Where none does, of those that bear it as their title, and of those that a tree gives this number: `3` or `#3` is
    the third of a family, `F2` the first of the second family, `F2#3` its third.
    """
    wanted = typed.strip().removeprefix("https://").removeprefix("t.me/").removeprefix("s/").split("/")[0]
    bare = wanted.lstrip("@+").lower()
    reached = [
        place
        for place, channel in enumerate(channels)
        if channel.key in (wanted, f"n:{bare}") or bare in channel.usernames or wanted.lstrip("+") in channel.invites
    ]
    title = typed.strip().casefold()
    titled = (
        place
        for place, channel in enumerate(channels)
        if title in {said.value.strip().casefold() for said in channel.titles}
    )
    return reached or sorted({*titled, *_numbered(channels, families, typed.strip())})


def _numbered(channels: Sequence[ChannelFacts], families: Sequence[Family], typed: str) -> list[int]:
    said = _NUMBERED.fullmatch(typed) if typed.isascii() and typed else None
    if said is None:
        return []
    number = int(said["of"] or said["bare"] or 1)
    of = [family for at, family in enumerate(ordered(families), 1) if said["family"] in (None, str(at))]
    return [by_birth(channels, family)[number - 1] for family in of if 0 < number <= len(family.members)]


def ways(channels: Sequence[ChannelFacts], families: Sequence[Family], place: int) -> tuple[str, ...]:
    """Say how one channel can be named so that no other is meant: its key, its @names, its number in a tree.

    Empty for a channel in no family of which a digest alone is known.
    """
    facts = channels[place]
    listed = ordered(families)
    at = next((at for at, family in enumerate(listed) if place in family.members), None)
    tree = ""
    if at is not None:
        number = by_birth(channels, listed[at]).index(place) + 1
        tree = f"#{number}" if len(listed) == 1 else f"F{at + 1}#{number}"
    # A public name may have moved from one channel to another: then it names neither alone.
    own = (f"@{name}" for name in facts.usernames if sum(name in each.usernames for each in channels) == 1)
    named = (key_of(facts), *own, tree)
    return tuple(dict.fromkeys(filter(None, named)))
