"""From what is said of each channel to families: who belongs together, also where the parent is open."""

from collections.abc import Sequence

from notcontent.lineage.evidence import Evidence
from notcontent.lineage.family import Family, Line, Lineage
from notcontent.lineage.inference.model import weights
from notcontent.lineage.inference.order import Order


def assemble(evidence: Evidence, lines: Sequence[Line]) -> Lineage:
    """Join channels into families, of two members at least: by stated parents, and by what they belong to.

    Children of one parent that nobody saw have no parent to be stated, but each belongs to the best of its elder
    siblings' family, and so to one family with the earliest of them as its root. Families are numbered in the order of
    their roots. Raises ValueError for a line that points to itself or back in time: such lines are of another evidence.
    """
    order = Order.of(evidence)
    began = order.began.tolist()
    above = list(range(len(evidence.channels)))
    least = weights().in_family

    def top(place: int) -> int:
        while above[place] != place:
            above[place] = above[above[place]]
            place = above[place]
        return place

    for line in lines:
        elder = line.stated
        if elder is None and line.candidates and line.in_family >= least:
            elder = line.candidates[0].parent
        if elder is None:
            continue
        if began[elder] >= began[line.channel]:
            raise ValueError("a line points back in time")
        above[top(line.channel)] = top(elder)
    members: dict[int, list[int]] = {}
    for place in range(len(above)):
        members.setdefault(top(place), []).append(place)

    def age(place: int) -> tuple[int, str]:
        return began[place], evidence.channels[place].key

    grown = sorted((sorted(each, key=age) for each in members.values() if len(each) > 1), key=lambda each: age(each[0]))
    families = tuple(Family(number, each[0], tuple(each)) for number, each in enumerate(grown))
    return Lineage(tuple(lines), families)
