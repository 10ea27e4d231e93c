"""What the stories about channels take and give: plain frozen values, like those of answers.py.

A channel is named by `id`, 16 hex digits that this hub alone can make from the book's own name for it: no path of the
desk, so no browser's history and no proxy's log, names a channel. Links are defanged; nothing here is a mark or a hash.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from notcontent.lineage.book import SourceKind, SourceState
from notcontent.lineage.family import Reason
from notcontent.lineage.observations import FactKind
from notcontent.lineage.portrait import Bond, Standing


class HandoutKind(Enum):
    """What a family can be handed out as."""

    ANNEX_PDF = "annex-pdf"
    ANNEX_TEXT = "annex-text"
    STIX = "stix"
    MISP = "misp"
    GEXF = "gexf"
    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class ChannelName:
    """A channel as it is mentioned: its latest title, cleaned, and its handle as text.

    `apart`: where another channel bears the same title or one that looks alike, what tells it from that one (its link,
    defanged, or its number); empty elsewhere.
    """

    id: str
    title: str
    handle: str
    apart: str = ""


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """A channel in a list. `members` and `reach` are the most that a source gave; None where none did, never 0."""

    name: ChannelName
    standing: Standing
    stood: date | None
    began: date | None
    last: date | None
    posts: int
    reach: int | None
    members: int | None


@dataclass(frozen=True, slots=True)
class Kin:
    """One possible parent of a channel, with the probability that it is the nearest seen ancestor, and the reasons."""

    name: ChannelName
    probability: float
    reasons: tuple[Reason, ...]
    stated: bool


@dataclass(frozen=True, slots=True)
class FamilyLine:
    """A family in the list. `id` is that of its root; `born` counts members that began in the last 7 days.

    `reach` adds up what is known of its channels; None where no source shows views of any.
    """

    id: str
    root: ChannelName
    size: int
    alive: int
    removed: int
    unknown: int
    born: int
    reach: int | None
    newest: date | None


@dataclass(frozen=True, slots=True)
class QueueLine:
    """A channel that nobody has looked at since it was said where it comes from. `found`: the day that was said.

    `began` is the channel's own beginning: when it was created, or its first post.
    """

    name: ChannelName
    kin: Kin
    began: date | None
    found: date
    family: str | None


@dataclass(frozen=True, slots=True)
class AnnouncedLine:
    """A chat that posts point to and no source shows: its link, defanged, who pointed, how often, since when."""

    link: str
    by: ChannelName
    posts: int
    first: date


@dataclass(frozen=True, slots=True)
class DeskChannels:
    """The first page of channels. `unjudged`: how many channels nothing is said of yet, or anew."""

    families: tuple[FamilyLine, ...]
    further_families: bool
    queue: tuple[QueueLine, ...]
    waiting: int
    announced: tuple[AnnouncedLine, ...]
    """The newest; `announced_further`: how many more there are."""
    announced_further: int
    channels: int
    alone: int
    sources: int
    unjudged: int

    @property
    def further(self) -> int:
        """Count those that wait and are not listed."""
        return self.waiting - len(self.queue)


@dataclass(frozen=True, slots=True)
class Drawing:
    """One drawing at both sizes, and the same in words."""

    wide: str
    narrow: str
    told: str


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A channel in its family: its number by birth, under whom it is drawn, why, and whether that is stated or open."""

    number: int
    channel: ChannelLine
    bond: Bond
    parent: ChannelName | None
    parent_number: int | None
    probability: float | None
    reasons: tuple[Reason, ...]
    inherited: float | None
    also_from: tuple[int, ...]
    alike: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DeskFamily:
    """One family: counts, drawings, members in order of birth."""

    id: str
    line: FamilyLine
    tree: Drawing
    time_line: Drawing
    members: tuple[MemberLine, ...]


@dataclass(frozen=True, slots=True)
class FactLine:
    """One thing that a source said of a channel, and as of when. `value` is empty for what needs none."""

    kind: FactKind
    value: str
    day: date
    source: int
    source_kind: SourceKind


@dataclass(frozen=True, slots=True)
class DeskChannel:
    """One channel: what sources said, where it may come from, what came from it."""

    line: ChannelLine
    born_said: bool
    titles: tuple[tuple[str, date], ...]
    links: tuple[str, ...]
    facts: tuple[FactLine, ...]
    sources: tuple[tuple[int, SourceKind], ...]
    kin: tuple[Kin, ...]
    merged_from: tuple[ChannelName, ...]
    children: tuple[ChannelName, ...]
    family: FamilyLine | None
    seen: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two channels beside each other: counts of the rare things that both showed. `whole`: rare among all channels."""

    one: ChannelLine
    other: ChannelLine
    drawing: Drawing
    whole: bool


@dataclass(frozen=True, slots=True)
class RadarLine:
    """A channel that continues another and was born, or first said to continue it, in the days asked for.

    `born` tells which: False for one that is older and was found only now.
    """

    line: ChannelLine
    kin: Kin
    family: FamilyLine
    born: bool
    found: date


@dataclass(frozen=True, slots=True)
class DeskRadar:
    """What came back: the lines that a page holds, the latest first, and how many more there are."""

    lines: tuple[RadarLine, ...]
    further: int


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source. `report`: counts under the stable words of lineage/report.py."""

    id: int
    kind: SourceKind
    state: SourceState
    label: str
    imported: datetime
    imported_by: str
    authority: tuple[str, str, date] | None
    report: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import did: the source's number and its report; `already` when the same bytes stood there before."""

    source: int | None
    already: bool
    posts: int
    channels: int
    skipped: int


@dataclass(frozen=True, slots=True, repr=False)
class Handout:
    """A file to hand out. `name` is plain ASCII and says nothing of the family."""

    name: str
    content_type: str
    body: bytes
