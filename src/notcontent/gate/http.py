"""The HTTP door: two questions, two reports. Every answer is JSON of `exchange.wire`, also every refusal.

No access log; nothing of a request is kept. An upload caller screens pictures and learns the action, no more: with
distances, or hashes of its own choice to ask about, somebody could recover a banked hash.
"""

import asyncio
import math
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

import notcontent
from notcontent.errors import (
    HashFormatError,
    ImageEmptyError,
    KeyRefusedError,
    MethodRefusedError,
    NotContentError,
    OverloadedError,
    PathNotFoundError,
    RateLimitedError,
    RequestFormatError,
)
from notcontent.exchange.wire import (
    ErrorAnswer,
    HealthAnswer,
    LookupAnswer,
    LookupRequest,
    MatchAnswer,
    VerdictAnswer,
)
from notcontent.gate import log, metrics
from notcontent.gate.actions import Actions, make_actions
from notcontent.gate.callers import Callers, Known
from notcontent.gate.config import GateConfig, MetricsAccess, Role
from notcontent.gate.connection import CAREFUL_HEADERS
from notcontent.gate.decoders import DecoderPool
from notcontent.gate.intake import Intake
from notcontent.gate.lease import LeaseState, SystemClock
from notcontent.gate.lingering import Lingering
from notcontent.gate.metrics import Tally
from notcontent.gate.policy import make_policy
from notcontent.gate.screening import NO_MATCH, Match, Verdict
from notcontent.gate.searching import Searcher
from notcontent.gate.snapshot import SnapshotHolder
from notcontent.gate.syncer import SYNCER_TALLY
from notcontent.signals import Look

MAX_LOOKUP_BYTES = 512 * 1024
_RETRY_AFTER_S = 1
_AT_A_HASH = re.compile(r"`\$\.hashes\[\d+\]\.value`$")
_encoder = msgspec.json.Encoder()
_lookups = msgspec.json.Decoder(LookupRequest)
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True, eq=False)
class Gate:
    """Everything a worker's requests need."""

    config: GateConfig
    holder: SnapshotHolder
    decoders: DecoderPool
    tally: Tally
    callers: Callers
    intake: Intake
    actions: Actions
    searcher: Searcher

    # --- questions

    async def screen(self, request: Request) -> Response:
        """POST /v1/screen: a picture's bytes in, a verdict out."""
        known = self._identify(request)
        known.spend(1)
        self.holder.bank()  # refuse before the body is read when there is nothing to answer from
        limit = self.config.limits.max_body_bytes
        async with self.intake.place(), self.intake.body(request, limit) as body:
            self.tally.add(("body_bytes",), len(body))
            if not body:
                raise ImageEmptyError
            looks = await self.decoders.looks(body)
        verdict = (await self.searcher.verdicts([looks]))[0]
        return _json(self._answer(verdict, known))

    async def lookup(self, request: Request) -> Response:
        """POST /v1/lookup: 1 to 1,000 hashes in, as many verdicts out."""
        known = self._identify(request)
        known.require(Role.LOOKUP, Role.STAFF)
        async with self.intake.place(), self.intake.body(request, MAX_LOOKUP_BYTES) as body:
            looks = _read_lookup(body)
            known.spend(len(looks))
            self.tally.add(("hashes",), len(looks))
            verdicts = await self.searcher.verdicts([[look] for look in looks])
        return _json(LookupAnswer([self._answer(verdict, known) for verdict in verdicts]))

    def _answer(self, verdict: Verdict, known: Known) -> VerdictAnswer:
        action = self.actions.effective(verdict.advice)
        self.tally.add(("verdicts", verdict.advice.value, action.value))
        role = known.caller.role
        # In dry run, advice and reason would tell an uploader what enforcing will do.
        blind = role is Role.UPLOAD and action is not verdict.advice
        return VerdictAnswer(
            action=action,
            advice=action if blind else verdict.advice,
            mode=self.actions.mode.value,
            reason=NO_MATCH if blind else verdict.reason,
            matches=[_match(match) for match in verdict.matches] if role is Role.STAFF else None,
        )

    def _identify(self, request: Request) -> Known:
        known = self.callers.identify(request.headers.get("authorization", ""))
        self.tally.add(("requests", known.caller.name))
        return known

    # --- reports

    async def health(self, _request: Request) -> Response:
        """GET /v1/health: without a key, and without anything that needs one. 503 when the gate cannot answer."""
        manifest, state, age = self.holder.manifest, self.holder.state(), self.holder.age()
        ready = state in {LeaseState.LIVE, LeaseState.HOLD}
        answer = HealthAnswer(
            status=("hold" if state is LeaseState.HOLD else "ok") if ready else "not_ready",
            entries=manifest.entries if manifest else 0,
            cursor=(manifest.cursor or 0) if manifest else 0,
            generation=manifest.generation if manifest else 0,
            age_s=None if age is None else round(age, 1),
            lease=state.value,
            mode=self.actions.mode.value,
            version=notcontent.__version__,
            sync=manifest.sync if manifest else "",
        )
        return _json(answer, 200 if ready else 503)

    async def metrics(self, request: Request) -> Response:
        """GET /metrics: Prometheus text, the sum over all workers whichever answers."""
        if self.config.metrics.access is MetricsAccess.KEY:
            self._identify(request).require(Role.STAFF)
        elif not _is_loopback(request):
            raise KeyRefusedError("Metrics are for this machine alone; see [metrics] in gate.toml.")
        text = await asyncio.to_thread(self._metrics_text)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8", headers=CAREFUL_HEADERS)

    def _metrics_text(self) -> bytes:
        folder, doors = self.config.shared, metrics.door_series(self.config)
        tallies = [metrics.read_tally(folder, worker_tally(n), doors) for n in range(self.config.workers)]
        tallies.append(metrics.read_tally(folder, SYNCER_TALLY, metrics.sync_series()))
        boot = SystemClock().boot()
        return metrics.show(metrics.add_up(tallies), metrics.gauges(self.holder.manifest, boot, self.config.workers))


def worker_tally(number: int) -> str:
    """Name the counters of one HTTP worker."""
    return f"worker-{number}"


def make_gate(config: GateConfig, holder: SnapshotHolder, decoders: DecoderPool, tally: Tally) -> Gate:
    """Put a worker together."""
    limits = config.limits
    return Gate(
        config=config,
        holder=holder,
        decoders=decoders,
        tally=tally,
        callers=Callers(config.callers),
        intake=Intake(
            concurrency=limits.concurrency,
            max_buffered_bytes=limits.max_buffered_bytes,
            timeout_s=limits.body_timeout_s,
        ),
        actions=make_actions(config.policy.mode),
        searcher=Searcher(holder, make_policy(config.policy)),
    )


def make_app(gate: Gate) -> ASGIApp:
    """Make the ASGI application: routes, refusals, headers, counts."""

    async def refuse(_request: Request, error: Exception) -> Response:
        refusal: NotContentError = PathNotFoundError()
        allow = error.headers if isinstance(error, HTTPException) else None
        if isinstance(error, HTTPException) and error.status_code == 405:
            refusal = MethodRefusedError()
        gate.tally.add(("answers", "other", refusal.code))
        return _refusal(refusal, dict(allow or {}))

    routes = [
        Route("/v1/screen", _door(gate, "screen", gate.screen), methods=["POST"]),
        Route("/v1/lookup", _door(gate, "lookup", gate.lookup), methods=["POST"]),
        Route("/v1/health", _door(gate, "health", gate.health), methods=["GET"]),
        Route("/metrics", _door(gate, "metrics", gate.metrics), methods=["GET"]),
    ]
    return Lingering(Starlette(routes=routes, exception_handlers={404: refuse, 405: refuse}))


def _door(gate: Gate, name: str, endpoint: Endpoint) -> Endpoint:
    """Wrap an endpoint: the one place where errors become answers, and where answers are counted and timed."""
    timed = name in {"screen", "lookup"}

    async def door(request: Request) -> Response:
        began = time.perf_counter()
        code = metrics.OK
        try:
            response = await endpoint(request)
        except NotContentError as error:
            code = error.code
            response = _refusal(error, {})
        except Exception as error:  # noqa: BLE001 (the edge: the caller gets a code, the log gets a place)
            code = NotContentError.code
            log.write_internal(error)
            response = _refusal(NotContentError(), {})
        gate.tally.add(("answers", name, code))
        if timed:
            gate.tally.observe(name, time.perf_counter() - began)
        return response

    return door


def _refusal(error: NotContentError, headers: dict[str, str]) -> Response:
    """Say no. `Lingering` closes the connection when a body may still be on its way."""
    if isinstance(error, RateLimitedError):
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    elif isinstance(error, OverloadedError) or error.http_status == 503:
        headers["Retry-After"] = str(_RETRY_AFTER_S)
    if isinstance(error, KeyRefusedError):
        headers["WWW-Authenticate"] = "Bearer"
    return _json(ErrorAnswer(error.code, str(error)), error.http_status, headers)


def _json(answer: msgspec.Struct, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    content = _encoder.encode(answer)
    return Response(content, status, {**CAREFUL_HEADERS, **(headers or {})}, media_type="application/json")


def _match(match: Match) -> MatchAnswer:
    return MatchAnswer(
        alias=match.facts.alias,
        kind=match.facts.kind,
        look=match.look,
        distance=match.distance,
        radius=match.radius,
        t_ms=match.facts.t_ms,
        reason=match.reason,
    )


def _read_lookup(body: bytes) -> list[Look]:
    """Read a lookup. Raises HashFormatError for a malformed hash, RequestFormatError for anything else."""
    try:
        request = _lookups.decode(body)
    except msgspec.ValidationError as error:
        # The text names the place and the expectation, never the value.
        if _AT_A_HASH.search(str(error)):
            raise HashFormatError from None
        raise RequestFormatError from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RequestFormatError from None
    return [Look("whole", bytes.fromhex(one.value), one.quality) for one in request.hashes]


def _is_loopback(request: Request) -> bool:
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False
