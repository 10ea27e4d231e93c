"""Which of the kept frames are sketched for estimates: a few, spread over the whole video, however long it will be.

Which ones is left to chance: whoever could reckon them ahead would put something else just there.
"""

from collections.abc import Callable
from dataclasses import dataclass

from notcontent.signals.estimates import Sketch


@dataclass(frozen=True, slots=True, repr=False)
class Sketched:
    """A kept frame with its sketches: when it is shown, and its PDQ hash."""

    t_ms: int
    value: bytes
    """32 bytes, "bit 255 first"."""
    sketches: tuple[Sketch, ...]

    def __repr__(self) -> str:
        """Show the time alone: a sketch is a small picture."""
        return f"<Sketched at {self.t_ms} ms redacted>"


class Sampler:
    """Takes every frame at first, then one of every two, of every four and so on, by chance.

    It never holds twice as many as asked for. Nobody knows ahead how many frames will be kept, and one that was passed
    over cannot be sketched later.
    """

    def __init__(self, most: int, pick: Callable[[int], int]) -> None:
        """Take how many frames are wanted in the end, 0 for none, and the chance: a number from 0 to below another."""
        self._most = most
        self._pick = pick
        self._offered = 0
        self._stride = 1
        self._next = 0
        self._held: list[Sketched] = []

    def wants(self) -> bool:
        """Say of the next frame that is kept whether it is to be sketched; ask once of each."""
        number, self._offered = self._offered, self._offered + 1
        if number % self._stride == 0:
            self._next = number + self._pick(self._stride)
        return self._most > 0 and number == self._next

    def take(self, frame: Sketched) -> None:
        """Hold a frame that was wanted; when there are twice as many as asked for, let one of every two go."""
        self._held.append(frame)
        if len(self._held) == 2 * self._most:
            self._held = [self._held[at + self._pick(2)] for at in range(0, 2 * self._most, 2)]
            self._stride *= 2

    def chosen(self) -> list[Sketched]:
        """Give at most so many as were asked for, as evenly as can be, in order."""
        count = len(self._held)
        if count <= self._most:
            return list(self._held)
        if self._most == 1:
            return [self._held[count // 2]]
        steps = self._most - 1
        return [self._held[(2 * number * (count - 1) + steps) // (2 * steps)] for number in range(self._most)]
