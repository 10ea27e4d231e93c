"""Which frames are kept: those that show something new, within a budget."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from notcontent.signals import _pdq
from notcontent.signals.estimates import Sketch
from notcontent.signals.looks import Look
from notcontent.signals.luma import Luma
from notcontent.signals.pdq import HASH_BYTES, MIN_SIDE, Hashed, pdq, quality, spread
from notcontent.signals.video.limits import VideoLimits
from notcontent.signals.video.sampling import Sampler, Sketched

NEW_BEYOND = 20
"""Bits. Whatever frame is cut out and encoded again (some 10 bits) then lies within 31 of one that was kept."""


class Looked(NamedTuple):
    """Further looks at a kept frame, and sketches of it when they were asked for."""

    looks: list[Look]
    sketches: list[Sketch]


class Looker(Protocol):
    """Looks at a kept frame's upright luma."""

    def __call__(self, luma: Luma, *, sketch: bool) -> Looked:
        """Give further looks, and with `sketch` sketches for estimates."""
        ...


@dataclass(frozen=True, slots=True)
class Picture:
    """One decoded frame, upright, at its time. The samples may be overwritten when the next frame is asked for."""

    t_ms: int
    luma: Luma
    limited: bool
    """Whether black is 16 and white 235, as in most films."""

    def __repr__(self) -> str:
        """Show the time alone."""
        return f"<Picture at {self.t_ms} ms>"

    def levelled(self) -> Luma:
        """Give the samples as a player shows them, with black at 0 and white at 255."""
        return spread(self.luma) if self.limited else self.luma


@dataclass(frozen=True, slots=True, repr=False)
class Frame:
    """A kept frame: when it is shown, its PDQ hash and quality, and further looks where they were asked for."""

    t_ms: int
    """Milliseconds after the first frame."""
    value: bytes
    """32 bytes, "bit 255 first"."""
    quality: int
    """0..100, of the samples as a player shows them."""
    looks: tuple[Look, ...] = ()

    def __repr__(self) -> str:
        """Show the time alone: a hash can be turned back into a rough picture."""
        return f"<Frame at {self.t_ms} ms redacted>"


class Keeper:
    """Looks at every frame of one video, in order, and says which to keep.

    The hash is that of the luma samples as they are stored: PDQ compares coefficients with each other, so stretching
    the range would only add rounding. The quality counts steps in absolute size, so there the range matters.
    """

    def __init__(self, limits: VideoLimits, looker: Looker | None = None, sampler: Sampler | None = None) -> None:
        """Take the budget, what else to look at in a kept frame, and what says which of them to sketch."""
        self._limits = limits
        self._looker = looker
        self._sampler = sampler or Sampler(0, lambda _below: 0)
        self._kept = np.empty((64, HASH_BYTES), np.uint8)
        self._count = 0
        self._best_plain: Frame | None = None
        self._thrifty = False
        self.seen = 0
        self.end_ms = 0

    @property
    def full(self) -> bool:
        """Whether so many frames are kept that no further one will be."""
        return self._count >= self._limits.kept_in_all

    @property
    def thrifty(self) -> bool:
        """Whether a frame that showed something new was passed over, because too many came in too short a time."""
        return self._thrifty

    def offer(self, picture: Picture) -> Frame | None:
        """Look at the next frame; give it back hashed when it is to be kept."""
        self.seen += 1
        self.end_ms = picture.t_ms
        if min(picture.luma.shape) < MIN_SIDE:
            return None
        hashed = pdq(picture.luma)
        if not self._is_new(hashed.value):
            return None
        if not self._may_keep(picture.t_ms):
            # The quality as stored is never the larger one: enough to know that something was passed over.
            self._thrifty = self._thrifty or hashed.quality >= self._limits.min_quality
            return None
        shown = quality(picture.luma, limited=True) if picture.limited else hashed.quality
        if shown < self._limits.min_quality:
            self._remember_plain(picture, hashed, shown)
            return None
        self._keep(hashed.value)
        return self._frame(picture, hashed, shown, sketch=self._sampler.wants())

    def last(self) -> Frame | None:
        """When everything was seen: the least plain frame, if none was kept."""
        return None if self._count else self._best_plain

    def _frame(self, picture: Picture, hashed: Hashed, shown: int, *, sketch: bool) -> Frame:
        if self._looker is None:
            return Frame(picture.t_ms, hashed.value, shown)
        looked = self._looker(picture.levelled(), sketch=sketch)
        if sketch:
            self._sampler.take(Sketched(picture.t_ms, hashed.value, tuple(looked.sketches)))
        return Frame(picture.t_ms, hashed.value, shown, tuple(looked.looks))

    def _is_new(self, value: bytes) -> bool:
        """Compare with every kept frame."""
        return _pdq.nearest(self._kept, self._count, value)[1] > NEW_BEYOND

    def _may_keep(self, t_ms: int) -> bool:
        """Whether the allowance reaches: `kept_at_once` to begin with, then `kept_a_minute` more each minute."""
        allowance = self._limits.kept_at_once + self._limits.kept_a_minute * t_ms // 60_000
        return self._count < min(allowance, self._limits.kept_in_all)

    def _keep(self, value: bytes) -> None:
        if self._count == len(self._kept):
            self._kept = np.concatenate([self._kept, np.empty_like(self._kept)])
        self._kept[self._count] = np.frombuffer(value, np.uint8)
        self._count += 1

    def _remember_plain(self, picture: Picture, hashed: Hashed, shown: int) -> None:
        if not self._count and (self._best_plain is None or shown > self._best_plain.quality):
            self._best_plain = self._frame(picture, hashed, shown, sketch=False)
