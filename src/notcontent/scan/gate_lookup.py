"""A running gate instead of a bank file: hashes asked about at POST /v1/lookup, in batches, patiently.

The gate's own policy decides: its radii, its quality floor. The key needs the role `lookup`, or `staff` to be told
entries and distances too.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TypeVar

import httpx
import msgspec
import pyarrow as pa

from notcontent.errors import (
    GateUnreachableError,
    KeyRefusedError,
    MethodRefusedError,
    NotContentError,
    NotReadyError,
    OverloadedError,
    PathNotFoundError,
    RateLimitedError,
    RequestFormatError,
    ScopeError,
)
from notcontent.exchange.wire import Action, ErrorAnswer, LookupAnswer, LookupHash, LookupRequest, VerdictAnswer, decode
from notcontent.scan.bank import Answers, Held, OnWait, Rows, Wait, Why, unheard
from notcontent.scan.results import Verdict
from notcontent.signals.estimates import Sketch

MOST_HASHES = 1000
_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_BUSY = frozenset({OverloadedError.code, RateLimitedError.code})
_LONGEST_PAUSE_S = 60.0
_MOST_ANSWER_BYTES = 64 << 20
_MOST_DISTANCE = 255
_LOW_QUALITY = "low_quality"
_QUESTION = LookupHash(value="00" * 32, quality=0)
"""Asked to see whether a gate answers: no policy compares what is as plain as this."""
_Struct = TypeVar("_Struct", bound=msgspec.Struct)
_NO_GATE = "No gate answers at this address."
_VERDICTS = {Action.BLOCK: Verdict.BLOCK, Action.HOLD: Verdict.HOLD, Action.ALLOW: Verdict.NO_MATCH}


@dataclass(frozen=True, slots=True)
class GateCompared:
    """Compare by asking a gate: where it is, the key, and how patiently (tries without progress, the first pause)."""

    url: str
    key: str = field(repr=False)
    tries: int = 10
    first_pause_s: float = 0.5
    timeout_s: float = 30.0

    def check(self, on_wait: OnWait = unheard) -> None:
        """Ask one question. A busy gate is waited for; an address where nothing answers is not.

        Raises what `GateMatcher.answer` raises.
        """
        with closing(GateMatcher(self, on_wait)) as matcher:
            matcher.check()

    def matcher(self, on_wait: OnWait = unheard) -> "GateMatcher":
        """Make this process's connections."""
        return GateMatcher(self, on_wait)


class _BusyError(Exception):
    """The gate is there and asks to come back later, or fails."""

    def __init__(self, why: Why, status: int, retry_after_s: float) -> None:
        super().__init__()
        self.why, self.status, self.retry_after_s = why, status, retry_after_s


class GateMatcher:
    """Compares by asking a gate. Safe for threads. Once it has given up or was refused, it asks no more."""

    floor = 0

    def __init__(
        self, options: GateCompared, on_wait: OnWait = unheard, sleep: Callable[[float], object] | None = None
    ) -> None:
        """Take the gate's address and key. Nothing is asked yet."""
        self._options = options
        self._on_wait = on_wait
        self._ended = threading.Event()
        self._why: tuple[type[NotContentError], str] = (GateUnreachableError, GateUnreachableError.message)
        self._sleep = sleep or self._ended.wait
        self._most = MOST_HASHES
        self._http = httpx.Client(
            base_url=options.url.rstrip("/"),
            headers={"Authorization": f"Bearer {options.key}", "Accept-Encoding": "identity"},
            timeout=options.timeout_s,
            follow_redirects=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def answer(self, rows: Rows, qualities: pa.Array) -> Answers:
        """Ask about every row.

        Raises GateUnreachableError when the gate does not answer after all tries or not as documented, NotReadyError
        when it has no bank after all tries, KeyRefusedError, ScopeError, RequestFormatError.
        """
        hashes = [
            LookupHash(value=row.tobytes().hex(), quality=100 if quality is None else quality)
            for row, quality in zip(rows, qualities.to_pylist(), strict=True)
        ]
        told = self._ask_all(hashes)
        nearest = [min(each.matches, key=lambda match: match.distance) if each.matches else None for each in told]
        return Answers(
            verdicts=pa.array([_verdict(each).value for each in told], pa.string()),
            entries=pa.array([match.alias if match else None for match in nearest], pa.string()),
            distances=pa.array([match.distance if match else None for match in nearest], pa.uint8()),
            matches=pa.array([None if each.matches is None else len(each.matches) for each in told], pa.uint32()),
        )

    def held(self, sketches: Sequence[Sketch]) -> Held | None:  # noqa: ARG002 - a gate is asked about hashes
        """Nothing: from a hash nothing can be estimated, and pictures are not sent."""
        return None

    def check(self) -> None:
        """Ask one question, and do not try again where nothing answers. Raises as `answer` does."""
        self._ask_all([_QUESTION], there=False)

    def _ask_all(self, hashes: list[LookupHash], *, there: bool = True) -> list[VerdictAnswer]:
        """Ask about all; what ends this ends whatever other threads ask, or wait to ask."""
        try:
            return list(self._asked(hashes, there=there))
        except NotContentError as error:
            if not self._ended.is_set():
                self._why = type(error), str(error)
                self._ended.set()
            raise

    def _asked(self, hashes: list[LookupHash], *, there: bool) -> Iterator[VerdictAnswer]:
        """Ask in as large requests as the gate takes from this caller; a 429 makes them smaller."""
        place, tries, pause = 0, self._options.tries, self._options.first_pause_s
        while place < len(hashes):
            if self._ended.is_set():
                kind, message = self._why
                raise kind(message)
            size = min(self._most, len(hashes) - place)
            try:
                yield from self._ask(hashes[place : place + size])
            except _BusyError as busy:
                # A caller whose burst is smaller than the request would be sent away for ever.
                if busy.status == 429 and size > 1:
                    self._most = max(1, size // 2)
                else:
                    tries -= 1
                why, asked = busy.why, busy.retry_after_s
            except httpx.RequestError:
                tries = tries - 1 if there else 0
                why, asked = Why.SILENT, 0.0
            else:
                place, tries, pause = place + size, self._options.tries, self._options.first_pause_s
                continue
            if not tries:
                raise _given_up(why)
            self._on_wait(Wait(why, sum(_pauses(pause, asked, tries))))
            jitter = random.uniform(0.5, 1.5)  # noqa: S311 - not a secret
            self._sleep(next(_pauses(pause * jitter, asked, 1)))
            pause *= 2

    def _ask(self, hashes: list[LookupHash]) -> list[VerdictAnswer]:
        body = msgspec.json.encode(LookupRequest(hashes))
        response = self._post(body)
        if response.status_code in _RETRIED:
            asked = response.headers.get("Retry-After", "")
            why = _why(response)
            raise _BusyError(why, response.status_code, float(asked) if asked.isdecimal() else 0.0)
        if response.status_code != 200:
            raise _refusal(response)
        results = _read(response, LookupAnswer).results
        told = (match.distance for each in results for match in each.matches or ())
        if len(results) != len(hashes) or not all(0 <= distance <= _MOST_DISTANCE for distance in told):
            raise GateUnreachableError("The gate answered something else than it was asked.")
        return results

    def _post(self, body: bytes) -> httpx.Response:
        """Send a question and read the answer, of bounded size and in bounded time: whoever answers may be no gate.

        Raises httpx.RequestError, GateUnreachableError.
        """
        ends = time.monotonic() + 2 * self._options.timeout_s
        asked = self._http.stream("POST", "/v1/lookup", content=body, headers={"Content-Type": "application/json"})
        with asked as response:
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise GateUnreachableError(_NO_GATE)
            content = bytearray()
            for some in response.iter_raw():
                content += some
                if len(content) > _MOST_ANSWER_BYTES:
                    raise GateUnreachableError(_NO_GATE)
                if time.monotonic() > ends:
                    raise httpx.ReadTimeout("an answer that does not end")
            return httpx.Response(response.status_code, headers=response.headers, content=bytes(content))


def _pauses(first: float, asked: float, count: int) -> Iterator[float]:
    """Give so many pauses, each twice as long as the one before, as long as the gate asks and a minute at most."""
    for number in range(count):
        yield min(max(asked, first * 2**number), _LONGEST_PAUSE_S)


def _why(response: httpx.Response) -> Why:
    """Read why a gate, or what stands before it, asks to come back."""
    try:
        code = decode(response.content, ErrorAnswer, GateUnreachableError).error
    except GateUnreachableError:  # a proxy's page
        code = ""
    if code == NotReadyError.code:
        return Why.NOT_READY
    return Why.BUSY if code in _BUSY or response.status_code == 429 else Why.FAILING


def _given_up(why: Why) -> NotContentError:
    """Say what a gate did until the last try."""
    match why:
        case Why.NOT_READY:
            return NotReadyError(
                "The gate answers, but it is not ready: it holds no bank. `notcontent gate status` there says why."
            )
        case Why.BUSY:
            return GateUnreachableError("The gate answers, but to the last try that it is too busy.")
        case Why.FAILING:
            return GateUnreachableError("The gate, or a proxy before it, answers to the last try with an error.")
    return GateUnreachableError()


def _read(response: httpx.Response, kind: type[_Struct]) -> _Struct:
    """Read a gate's JSON. Raises GateUnreachableError when it is none."""
    try:
        return decode(response.content, kind, GateUnreachableError)
    except GateUnreachableError:
        raise GateUnreachableError(_NO_GATE) from None


def _refusal(response: httpx.Response) -> NotContentError:
    """Read why the gate refused. Raises GateUnreachableError: what does not refuse as a gate does is none."""
    code = _read(response, ErrorAnswer).error
    if response.status_code == 401:
        return KeyRefusedError("The gate does not know this key.")
    if response.status_code == 403:
        return ScopeError("The key is not for lookups: it needs the role lookup or staff.")
    if code in {PathNotFoundError.code, MethodRefusedError.code}:
        return GateUnreachableError(_NO_GATE)
    return RequestFormatError("The gate did not understand the question: is it of another version?")


def _verdict(answer: VerdictAnswer) -> Verdict:
    """Take the gate's advice: what its policy found, also in a dry run."""
    return Verdict.LOW_QUALITY if answer.reason == _LOW_QUALITY else _VERDICTS[answer.advice]
