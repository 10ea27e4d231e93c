"""Second lines: what a channel took from further parents, as thin brackets beside the rows, few enough to follow."""

from dataclasses import dataclass

from notcontent.lineage.drawing.signs import draw_joint
from notcontent.lineage.drawing.svg import Pen

LANE = 6.0


@dataclass(frozen=True, slots=True)
class Lane:
    """One bracket: from the further parent's row to the child's, at `x`; its stubs begin at `left`."""

    left: float
    x: float
    parent: float
    child: float

    def draw(self, pen: Pen) -> None:
        """Draw it: a ring at the parent, an arrow at the child."""
        path = f"M{self.left + 2:.1f} {self.parent:.1f}H{self.x:.1f}V{self.child:.1f}H{self.left:.1f}"
        draw_joint(pen, path, (self.left, self.parent), f"M{self.left + 4:.1f} {self.child - 3:.1f}l-4 3 4 3")


def lay_lanes(pairs: list[tuple[float, float]], left: float, most: int) -> list[Lane]:
    """Give lanes for (parent's row, child's row), short ones first; what finds none free stands in words alone."""
    taken: list[list[tuple[float, float]]] = [[] for _ in range(most)]
    lanes = []
    for parent, child in sorted(pairs, key=lambda pair: (abs(pair[1] - pair[0]), pair)):
        low, high = min(parent, child), max(parent, child)
        for at, spans in enumerate(taken):
            if all(high < start or low > end for start, end in spans):
                spans.append((low, high))
                lanes.append(Lane(left, left + 6 + at * LANE, parent, child))
                break
    return lanes
