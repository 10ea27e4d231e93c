"""What inference says: channels, edges with reasons, families. Values only; probabilities are calibrated (docs)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum


class ReasonKind(Enum):
    """Why one channel is held for another's successor, or not. Each has a sentence in `words.py`."""

    SHARED = "shared"  # what the child shows that the parent showed before; numbers in `words.py`
    FORWARDS = "forwards"  # count: posts forwarded from the parent, by number or name
    FORWARDED_BACK = "forwarded_back"  # count: posts that the parent forwarded from the child
    ANNOUNCED = "announced"  # count: posts of the parent that link to the child
    LINKS_BACK = "links_back"  # count: posts of the child that link to the parent
    MIGRATED = "migrated"  # a service message names it
    AFTER_REMOVAL = "after_removal"  # days: from the parent's last post to the child's birth; below 0: it lived on
    MIRROR_LAG = "mirror_lag"  # hours: the median delay of shared contents; percent: it was the latest to show
    NAME = "name"  # percent: how alike titles or public names are
    PHOTO = "photo"  # the same profile photo
    PEOPLE = "people"  # count: signatures, payment addresses, contacts in common
    CADENCE = "cadence"  # percent: how alike the hours of posting are
    AGE = "age"  # days: how much older the parent is
    OTHERS_FIT = "others_fit"  # how well other channels explain it, or less well
    PRIOR = "prior"  # count: posts of the child that others showed before; how often such a channel continues any


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, its weight in log-odds (natural, positive speaks for), and the numbers of its sentence."""

    kind: ReasonKind
    weight: float
    numbers: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One earlier channel that a channel may come from: `probability` that it is the nearest seen ancestor."""

    parent: int
    probability: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """What is said of one channel: its candidates, best first, and what is stated.

    `stated`: the parent, where its probability reaches the threshold; None: abstained, or a root.
    `in_family`: the probability that it belongs to the family of its best candidate at all; where that reaches its own
    threshold the channel is in the family though its parent is open.
    `merged_from`: further parents that gave it contents which the stated one never had.
    `strangers`: how many channels share something with it and little else; where they are few, more must speak for it.
    `kin`: channels that share contents with it which few hold, older and younger ones, and how much: (place, strength).
    """

    channel: int
    candidates: tuple[Candidate, ...]
    stated: int | None
    in_family: float
    merged_from: tuple[int, ...] = ()
    strangers: int = 0
    kin: tuple[tuple[int, float], ...] = ()

    @property
    def abstained(self) -> bool:
        """Tell a channel with candidates of which none is stated."""
        return self.stated is None and bool(self.candidates)


@dataclass(frozen=True, slots=True)
class Family:
    """Channels that continue each other. `root`: the earliest of them that was seen; members in order of birth."""

    id: int
    root: int
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lineage:
    """Everything that is said of one evidence. Places are those of `Evidence.channels`."""

    lines: Sequence[Line]
    families: Sequence[Family]
