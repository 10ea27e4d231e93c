"""Events parsed into what a gate does with them: take an entry in, or take one out.

An event that this program does not know is passed over, unless it is marked critical: then nothing of its
page may be applied, because the hub says that ignoring it would be wrong.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from notcontent.errors import FeedTornError, FeedUnknownOpError
from notcontent.exchange.videos import BankedFrame, is_video, pack_frames, video_digest
from notcontent.exchange.wire import VIDEO_KIND, Event, Kind, Op, SignalType

_TYPES = {member.value: member for member in SignalType}
_KINDS = {member.value: member for member in Kind if member is not Kind.FRAME}
"""A frame comes with its video, never alone."""
_VALUE_BYTES = {SignalType.PDQ: 32}


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """One banked picture or video as a member holds it. The alias is this member's own name for it.

    A picture's value is its hash. A video has frames, all of them, and its value is their digest; its kind is frame.
    """

    alias: str
    type: SignalType
    value: bytes
    kind: Kind
    quality: int
    bank: str
    day: str
    epoch: int
    frames: tuple[BankedFrame, ...] = ()

    @property
    def rows(self) -> int:
        """How many hashes it holds."""
        return len(self.frames) or 1


@dataclass(frozen=True, slots=True)
class Add:
    """Take this entry in; one of the same alias is replaced."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The entry of this alias must not match any more. Unknown aliases are fine: it may never have come."""

    alias: str


Change = Add | Withdraw


def parse_events(events: Iterable[Event]) -> list[Change]:
    """Turn events into changes, in order.

    Raises FeedTornError for an add without its parts, FeedUnknownOpError for a critical event of unknown meaning.
    """
    changes: list[Change] = []
    for event in events:
        if event.op == Op.ADD.value:
            entry = parse_entry(event)
            if entry is not None:
                changes.append(Add(entry))
        elif event.op == Op.WITHDRAW.value:
            changes.append(Withdraw(event.alias))
        elif event.op != Op.GONE.value and event.critical:
            raise FeedUnknownOpError
    return changes


def parse_entry(event: Event) -> Entry | None:
    """Give the entry of an add; None for a signal type or kind that this program cannot match.

    Raises FeedTornError for an add without its parts, and for a video whose frames are not those that its value says.
    """
    if event.type is None or event.value is None or event.kind is None or event.quality is None:
        raise FeedTornError
    video = event.kind == VIDEO_KIND
    signal_type, kind = _TYPES.get(event.type), Kind.FRAME if video else _KINDS.get(event.kind)
    if signal_type is None or kind is None:
        if event.critical:
            raise FeedUnknownOpError
        return None
    value = bytes.fromhex(event.value)
    if len(value) != _VALUE_BYTES[signal_type]:
        raise FeedTornError
    return Entry(
        alias=event.alias,
        type=signal_type,
        value=value,
        kind=kind,
        quality=event.quality,
        bank=event.bank or "",
        day=event.day,
        epoch=event.epoch,
        frames=_frames(event, value) if video else (),
    )


def _frames(event: Event, digest: bytes) -> tuple[BankedFrame, ...]:
    """Give a video's frames: all that its digest was made from, no more, no fewer, none changed or out of order."""
    frames = tuple(BankedFrame(one.t_ms, one.quality, bytes.fromhex(one.value)) for one in event.frames or ())
    if not is_video(frames) or video_digest(pack_frames(frames)) != digest:
        raise FeedTornError
    return frames
