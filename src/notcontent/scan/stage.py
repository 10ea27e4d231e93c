"""What runs beside the data: read, decode, hash, match. One `Stage` a process, however many threads call it.

Daft calls `screen_units` and `screen_hashes` with a column and the name of a stage. On this machine the stage was put
there before the query; a cluster's worker fetches it once (`cluster.py`). Threads, not processes: decoding happens in
workers of its own that may be killed, search lets go of the interpreter, and so one process holds the bank once.

No row is ever lost to an error: what cannot be screened is a row that says why.
"""

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from notcontent.errors import (
    DecoderStartError,
    HashFormatError,
    ImageFormatError,
    NotContentError,
    VideoNotScannedError,
)
from notcontent.matching.hashes import HASH_BYTES
from notcontent.scan.bank import Matcher, Rows
from notcontent.scan.decoders import Decoders
from notcontent.scan.files import read_file
from notcontent.scan.films import refusal_of
from notcontent.scan.hash_column import read_hashes
from notcontent.scan.objects import StoreOptions, read_object
from notcontent.scan.plan import UnitKind
from notcontent.scan.results import FOUND, OUTCOME, Verdict
from notcontent.scan.runtime import daft
from notcontent.signals import Look
from notcontent.signals.estimates import Sketch
from notcontent.signals.video import is_video
from notcontent.signals.worker import Sight, WorkerLimits

PICTURES_A_CALL = 16
HASHES_A_CALL = 1 << 16
ABORT = "abort"
"""A row that stands for an error of the whole scan, not of a file: a gate that is gone, a mistake of ours. `error` is
its code, and `entry` its sentence, which holds no data."""

_TYPE = daft.DataType.from_arrow_type(OUTCOME)


@dataclass(frozen=True, slots=True)
class Screening:
    """How to screen: the bounds of a picture, and how to reach stores."""

    limits: WorkerLimits = field(default_factory=WorkerLimits)
    timeout_s: float = 20.0
    store: StoreOptions = field(default_factory=StoreOptions)


class Stage:
    """Everything that screening needs, in one process."""

    def __init__(
        self, screening: Screening, matcher: Matcher, on_done: Callable[[int], None] = lambda _count: None
    ) -> None:
        """Take the settings and what to compare with; `on_done` is told of files as they are answered."""
        self.ended: dict[str, str | None] | None = None
        """The row of the error that ended the scan: calls that come after it do nothing."""
        self._screening = screening
        self._matcher = matcher
        self._on_done = on_done
        self._decoders = Decoders(screening.limits, timeout_s=screening.timeout_s)

    def close(self) -> None:
        """End the decoders and let go of the bank."""
        self._decoders.close()
        self._matcher.close()

    def units(self, units: list[dict[str, object]]) -> pa.Array:
        """Screen files and objects; one OUTCOME for each, in order."""
        answers = [self._unit(unit) for unit in units]
        seen = [one for one, _ in answers]
        looks = [look for one in seen if not isinstance(one, str) for look in one.looks]
        rows = np.frombuffer(b"".join(look.value for look in looks), np.uint8).reshape(-1, HASH_BYTES)
        qualities = pa.array([look.quality for look in looks], pa.uint8())
        outcomes = iter(self._outcomes(rows, qualities, pa.nulls(len(looks), pa.string())).to_pylist())
        answered = [
            {"verdict": _unread(one).value, "error": one}
            if isinstance(one, str)
            else self._estimated(gravest(one.looks, [next(outcomes) for _ in one.looks]), one.sketches)
            | {"moves": moves}
            for one, moves in answers
        ]
        self._on_done(len(units))
        return pa.array(answered, OUTCOME)

    def hashes(self, column: pa.Array, qualities: pa.Array) -> pa.Array:
        """Match hashes that were computed before; one OUTCOME for each, in order."""
        rows, good = read_hashes(column)
        errors = pc.if_else(pa.array(good), pa.scalar(None, pa.string()), HashFormatError.code)
        answer = self._outcomes(rows, qualities.cast(pa.uint8()), errors)
        self._on_done(len(column))
        return answer

    def _estimated(self, outcome: dict[str, Any], sketches: Sequence[Sketch]) -> dict[str, Any]:
        """Estimate what no look met; whatever fits is for a person to judge."""
        if outcome["verdict"] != Verdict.NO_MATCH.value or not sketches:
            return outcome
        held = self._matcher.held(sketches)
        if held is None:
            return outcome
        return outcome | {"verdict": Verdict.HOLD.value} | asdict(held)

    def _unit(self, unit: dict[str, object]) -> tuple[Sight | str, bool]:
        """Give what is seen of one file, or its error's code, and whether more of it moves than is seen."""
        if unit["kind"] == UnitKind.REFUSED.value:
            return str(unit["error"]), False
        try:
            data = self._read(unit)
            try:
                return self._decoders.sight(data), is_video(BytesIO(data))
            except ImageFormatError as error:
                raise refusal_of(data, error) from None
        except DecoderStartError:
            raise  # this machine's fault and no file's: it ends the scan, which then goes on where it was
        except NotContentError as error:
            return error.code, False

    def _read(self, unit: dict[str, object]) -> bytes:
        """Read a file or an object; nothing over the limit is fetched, but for the beginning that tells a video."""
        most = self._screening.limits.picture.max_bytes
        place, root, size = unit["place"], unit["root"], unit["size"]
        assert isinstance(place, bytes)  # noqa: S101 - the plan's own types
        assert isinstance(root, bytes)  # noqa: S101
        assert isinstance(size, int)  # noqa: S101
        if unit["kind"] == UnitKind.FILE.value:
            return read_file(place, root, most)
        return read_object(place.decode(), most, self._screening.store, listed=size)

    def _outcomes(self, rows: Rows, qualities: pa.Array, errors: pa.Array) -> pa.Array:
        """Compare what can be compared, and lay everything out as OUTCOME."""
        failed = errors.is_valid()
        plain = pc.and_(pc.invert(failed), pc.fill_null(pc.less(qualities, self._matcher.floor), fill_value=False))
        compared: NDArray[np.bool_] = ~np.asarray(pc.or_(failed, plain))
        kept = np.ascontiguousarray(rows[compared])
        answers = self._matcher.answer(kept, qualities.filter(pa.array(compared)))
        places = pa.array(np.cumsum(compared) - 1, mask=~compared)
        base = pc.if_else(failed, Verdict.ERROR.value, Verdict.LOW_QUALITY.value)
        columns = {
            "verdict": pc.coalesce(answers.verdicts.take(places), base),
            "entry": answers.entries.take(places),
            "distance": answers.distances.take(places),
            "matches": answers.matches.take(places),
            "look": pa.nulls(len(rows), pa.string()),
            "evidence": pa.nulls(len(rows), pa.float32()),
            "quality": qualities,
            "moves": pa.nulls(len(rows), pa.bool_()),
            "error": errors,
        }
        return pa.StructArray.from_arrays(
            [columns[each.name].cast(each.type) for each in OUTCOME], fields=list(OUTCOME)
        )


_GRAVER = (Verdict.LOW_QUALITY, Verdict.NO_MATCH, Verdict.MATCH, Verdict.HOLD, Verdict.BLOCK)
_GRAVITY = {verdict.value: place for place, verdict in enumerate(_GRAVER)}
_FOUND = frozenset(verdict.value for verdict in FOUND)
_FAR = 256


def _unread(code: str) -> Verdict:
    """Say what a file is that was not read."""
    return Verdict.SKIPPED if code == VideoNotScannedError.code else Verdict.ERROR


def gravest(looks: Sequence[Look], outcomes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Make one OUTCOME of those of a picture's looks: the gravest, of these the nearest, with the picture's quality.

    A match names the look that made it.
    """

    def order(place: int) -> tuple[int, int]:
        distance = outcomes[place]["distance"]
        return -_GRAVITY[outcomes[place]["verdict"]], _FAR if distance is None else distance

    place = min(range(len(looks)), key=order)
    outcome = outcomes[place] | {"quality": looks[0].quality}
    return outcome | {"look": looks[place].kind} if outcome["verdict"] in _FOUND else outcome


_stages: dict[str, Stage] = {}
_lock = threading.Lock()


def put_stage(name: str, stage: Stage) -> None:
    """Make a stage known in this process."""
    with _lock:
        _stages[name] = stage


def take_stage(name: str) -> None:
    """Forget a stage and close it."""
    with _lock:
        stage = _stages.pop(name, None)
    if stage is not None:
        stage.close()


def _stage(name: str) -> Stage:
    """Find the stage; in a cluster's worker, fetch it the first time."""
    with _lock:
        if name not in _stages:
            from notcontent.scan.cluster import fetch_stage  # noqa: PLC0415 - Ray, only where there is one

            _stages[name] = fetch_stage(name)
        return _stages[name]


def _guarded(count: int, name: str, work: Callable[[Stage], pa.Array]) -> pa.Array:
    """Run; an error of the whole becomes rows that say so, since Daft's traces would show what was in them.

    After the first, every other call of the scan ends the same way without being run.
    """
    stage = None
    try:
        stage = _stage(name)
        if stage.ended is None:
            return work(stage)
        row = stage.ended
    except Exception as error:
        if os.environ.get("NOTCONTENT_TRACE"):
            raise
        told = error if isinstance(error, NotContentError) else NotContentError()
        row = {"verdict": ABORT, "error": told.code, "entry": str(told)}
        if stage is not None:
            stage.ended = row
    return pa.array([row] * count, OUTCOME)


@daft.func.batch(return_dtype=_TYPE, use_process=False, batch_size=PICTURES_A_CALL)
def screen_units(units: "daft.Series", name: str) -> pa.Array:
    """Screen the plan's units: a struct column, as `plan.SCHEMA`."""
    listed = units.to_pylist()
    return _guarded(len(listed), name, lambda stage: stage.units(listed))


@daft.func.batch(return_dtype=_TYPE, use_process=False, batch_size=HASHES_A_CALL)
def screen_hashes(hashes: "daft.Series", qualities: "daft.Series", name: str) -> pa.Array:
    """Match a column of hashes, text or bytes, with its qualities (null where nobody knows)."""
    column = hashes.to_arrow()
    return _guarded(len(column), name, lambda stage: stage.hashes(column, qualities.to_arrow()))
