"""How long a gate may answer without hearing from its hub, and a clock that cannot be turned back.

Deadlines are kept on the machine's own uninterrupted clock (CLOCK_BOOTTIME): setting the wall clock, in either
direction, changes nothing until the next boot. Over a boot the wall clock is needed; there the highest time
ever seen counts, so that turning it back gives no second lease.
"""

import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class LeaseState(Enum):
    """LIVE: verdicts as the policy says. HOLD: a would-be block becomes a hold. SHRED: nothing is answered."""

    NONE = "none"
    LIVE = "live"
    HOLD = "hold"
    SHRED = "shred"


class Clock(Protocol):
    """Where time comes from."""

    def wall(self) -> float:
        """Seconds since 1970, as the machine believes."""
        ...

    def boot(self) -> float:
        """Seconds since boot, asleep or awake; never set, never turned back."""
        ...

    def boot_id(self) -> str:
        """Name this boot of the machine."""
        ...


class SystemClock:
    """The machine's clocks."""

    def wall(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def boot(self) -> float:
        """Seconds since boot."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def boot_id(self) -> str:
        """Give the kernel's name for this boot."""
        return _BOOT_ID.read_text("ascii").strip()


@dataclass(frozen=True, slots=True)
class Seen:
    """The latest moment that was written down: steady time, and the boot in which it was so."""

    steady: float
    boot: float
    boot_id: str


def steady_now(clock: Clock, seen: Seen | None) -> float:
    """Give a time in seconds that never runs backwards from what was seen before.

    Within one boot it advances with the boot clock alone. After a boot it is the wall clock, but never less than seen.
    """
    if seen is None:
        return clock.wall()
    if seen.boot_id == clock.boot_id():
        return seen.steady + max(0.0, clock.boot() - seen.boot)
    return max(seen.steady, clock.wall())


@dataclass(frozen=True, slots=True)
class Deadlines:
    """When a bank's lease ends, in seconds of this boot's clock. `contact` is when the hub last answered."""

    contact: float
    hold_at: float
    shred_at: float

    def state(self, boot: float) -> LeaseState:
        """Say how the lease stands at this moment of the boot clock."""
        if boot >= self.shred_at:
            return LeaseState.SHRED
        return LeaseState.HOLD if boot >= self.hold_at else LeaseState.LIVE


def deadlines(clock: Clock, now: float, contact: float, hold_after_s: int, shred_after_s: int) -> Deadlines:
    """Carry a contact of steady time `contact` over to this boot's clock. `now` is the steady time of this moment.

    A contact that claims to lie in the future counts as one of this moment.
    """
    at = clock.boot() - max(0.0, now - contact)
    return Deadlines(at, at + min(hold_after_s, shred_after_s), at + shred_after_s)
