"""Counters that all of a gate's processes add to and any of them can show.

prometheus-client's own multiprocess files grow as sparse maps: on a full /dev/shm the next new page is a SIGBUS,
and the worker dies of counting. Here each process has one file of fixed size, allocated at its start, with one
word for each series; /metrics adds the files up and lets prometheus-client write the text. The files outlive a
killed worker, so counters never fall while the gate runs.
"""

import mmap
import os
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Self

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from notcontent.errors import NotContentError, StorageError
from notcontent.exchange.wire import Action
from notcontent.gate.config import Family, GateConfig
from notcontent.gate.lease import LeaseState
from notcontent.gate.manifest import Manifest
from notcontent.gate.policy import Policy

Series = tuple[str, ...]
"""A counter's short name and its labels' values."""

DOORS = ("screen", "lookup", "health", "metrics", "other")
OK = "ok"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the request times' histogram, in seconds."""
_BOUNDS = tuple(repr(bound) for bound in (*BUCKETS, float("inf")))
_WORD = 8
_PREFIX = "notcontent_gate_"
_TEXTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "answers": ("Answers by door and code; ok or an error's code.", ("door", "code")),
    "requests": ("Requests that showed a caller's key.", ("caller",)),
    "verdicts": ("Verdicts by what was advised and what the platform was told to do.", ("advice", "action")),
    "hashes": ("Hashes looked up.", ()),
    "body_bytes": ("Bytes of pictures received.", ()),
    "decoder_ends": ("Decode processes that ended before their picture was read.", ("reason",)),
    "syncs": ("Polls of the hub by how they ended.", ("code",)),
    "publish_failures": ("Times that there was no space in shared memory.", ()),
    "entries_added": ("Entries taken in.", ()),
    "entries_withdrawn": ("Withdrawals taken in.", ()),
}


def error_codes() -> list[str]:
    """Every stable code there is, and ok."""
    kinds: list[type[NotContentError]] = [NotContentError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return [OK, *dict.fromkeys(kind.code for kind in kinds)]


def door_series(config: GateConfig) -> list[Series]:
    """Name what an HTTP worker counts."""
    codes = error_codes()
    series: list[Series] = [("answers", door, code) for door in DOORS for code in codes]
    series += [("requests", caller.name) for caller in config.callers]
    # What the platform is told is the advice, or in dry-run always allow.
    told = [(advice, action) for advice in Action for action in dict.fromkeys((Action.ALLOW, advice))]
    series += [("verdicts", advice.value, action.value) for advice, action in told]
    series += [("hashes",), ("body_bytes",)]
    series += [("decoder_ends", reason) for reason in ("time", "killed", "failed")]
    for door in ("screen", "lookup"):
        series += [("seconds", door, bound) for bound in _BOUNDS]
        series.append(("microseconds", door))
    return series


def sync_series() -> list[Series]:
    """Name what the syncer counts."""
    return [
        *[("syncs", code) for code in error_codes()],
        ("publish_failures",),
        ("entries_added",),
        ("entries_withdrawn",),
    ]


class Tally:
    """One process's counters in shared memory: one writer; readers see each word whole."""

    __slots__ = ("_places", "_words")

    def __init__(self, words: memoryview, series: Sequence[Series]) -> None:
        """Use `create`."""
        self._words = words
        self._places = {one: place for place, one in enumerate(series)}

    @classmethod
    def create(cls, folder: Path, name: str, series: Sequence[Series]) -> Self:
        """Open this process's file, made first where it is missing or of another shape. Raises StorageError.

        What a killed process of the same name counted before is gone on with.
        """
        size = len(series) * _WORD
        path = folder / _file(name)
        try:
            if path.exists() and path.stat().st_size != size:
                path.unlink()
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                os.posix_fallocate(handle, 0, size)
                mapped = mmap.mmap(handle, size)
            finally:
                os.close(handle)
        except OSError as error:
            raise StorageError from error
        return cls(memoryview(mapped).cast("Q"), series)

    def add(self, series: Series, count: int = 1) -> None:
        """Count. A series that was not announced is a mistake in the program: KeyError."""
        self._words[self._places[series]] += count

    def observe(self, door: str, seconds: float) -> None:
        """Count a request's time."""
        self.add(("seconds", door, _BOUNDS[bisect_left(BUCKETS, seconds)]))
        self.add(("microseconds", door), int(seconds * 1e6))


def _file(name: str) -> str:
    return f"tally-{name}.bin"


def read_tally(folder: Path, name: str, series: Sequence[Series]) -> dict[Series, int]:
    """Read another process's counters; nothing when its file is not there or of another shape."""
    try:
        data = (folder / _file(name)).read_bytes()
    except OSError:
        return {}
    if len(data) != len(series) * _WORD:
        return {}
    return dict(zip(series, memoryview(data).cast("Q"), strict=True))


def add_up(tallies: Iterable[dict[Series, int]]) -> dict[Series, int]:
    """Add counters up over processes."""
    total: dict[Series, int] = defaultdict(int)
    for tally in tallies:
        for series, count in tally.items():
            total[series] += count
    return total


class _Shown(Collector):
    """The sums as prometheus-client wants them."""

    def __init__(self, total: dict[Series, int], gauges: dict[str, tuple[str, float]]) -> None:
        self._total = total
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        for name, (text, value) in self._gauges.items():
            yield GaugeMetricFamily(_PREFIX + name, text, value=value)
        for name, (text, labels) in _TEXTS.items():
            family = CounterMetricFamily(_PREFIX + name, text, labels=labels)
            for series, count in self._total.items():
                # A code that never came up is left out; everything else shows from the start, as rates need.
                if series[0] == name and (count or "code" not in labels or OK in series):
                    family.add_metric(list(series[1:]), count)
            yield family
        yield self._seconds()

    def _seconds(self) -> Metric:
        family = HistogramMetricFamily(_PREFIX + "seconds", "Time to the answer.", labels=["door"])
        for door in ("screen", "lookup"):
            buckets, sofar = [], 0
            for bound in _BOUNDS:
                sofar += self._total.get(("seconds", door, bound), 0)
                buckets.append(("+Inf" if bound == _BOUNDS[-1] else bound, sofar))
            family.add_metric([door], buckets, sum_value=self._total.get(("microseconds", door), 0) / 1e6)
        return family


def gauges(manifest: Manifest | None, boot: float, workers: int, policy: Policy) -> dict[str, tuple[str, float]]:
    """Say what stands now, from the manifest: name to text and value."""
    state = LeaseState.NONE
    shown: dict[str, tuple[str, float]] = {"workers": ("HTTP workers configured.", workers)}
    if manifest is not None and manifest.cursor is not None:
        state = manifest.deadlines.state(boot)
        shown |= {
            "entries": ("Entries in the bank that is served: pictures and videos.", manifest.entries),
            "frames": ("Frames of videos in the bank that is served.", manifest.frames),
            "cursor": ("How far the feed was read.", manifest.cursor),
            "generation": ("Generations published since boot.", manifest.generation),
            "age_seconds": ("Seconds since the hub last answered.", max(0.0, boot - manifest.contact)),
            "hold_in_seconds": ("Seconds until verdicts are hold-only.", manifest.hold_at - boot),
            "shred_in_seconds": ("Seconds until the bank is shredded.", manifest.shred_at - boot),
        }
        sized = policy.at(manifest.entries)
        radii = {look.value: sized.general(look) for look in Family}
        radii["pattern"] = sized.general(Family.WHOLE, pattern=True)
        for name, both in radii.items():
            text = f"Bits up to which looks ({name}) lead to {{}}, in a bank of this size and where no rule fits."
            shown[f"block_radius_{name}"] = text.format("block"), both.block
            shown[f"hold_radius_{name}"] = text.format("hold"), both.hold
    for one in LeaseState:
        shown[f"lease_{one.value}"] = (f"1 when the lease is {one.value}.", float(one is state))
    return shown


def show(total: dict[Series, int], now: dict[str, tuple[str, float]]) -> bytes:
    """Write the Prometheus text."""
    registry = CollectorRegistry()
    registry.register(_Shown(total, now))
    return generate_latest(registry)
