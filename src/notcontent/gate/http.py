"""The HTTP door: two questions, two reports. Every answer is JSON of `exchange.wire`, also every refusal.

No access log; nothing of a request is kept. An upload caller screens pictures and learns the action, no more: with
distances, or hashes of its own choice to ask about, somebody could recover a banked hash.
"""

import asyncio
import re
from contextlib import aclosing
from dataclasses import dataclass
from io import BytesIO
from ipaddress import ip_address

import msgspec

import notcontent
from notcontent.errors import (
    BodyTooLargeError,
    HashFormatError,
    ImageEmptyError,
    KeyRefusedError,
    RequestFormatError,
)
from notcontent.exchange.wire import (
    HealthAnswer,
    LookupAnswer,
    LookupRequest,
    MatchAnswer,
    VerdictAnswer,
)
from notcontent.gate import metrics
from notcontent.gate.actions import Actions, make_actions
from notcontent.gate.callers import Callers, Known
from notcontent.gate.config import GateConfig, MetricsAccess, Role
from notcontent.gate.decoders import DecoderPool
from notcontent.gate.door import Answer, Ask, Door, Route, json_answer
from notcontent.gate.intake import Intake
from notcontent.gate.lease import LeaseState, SystemClock
from notcontent.gate.metrics import Tally
from notcontent.gate.policy import make_estimate_policy, make_policy
from notcontent.gate.screening import NO_MATCH, Match, Verdict
from notcontent.gate.searching import Searcher
from notcontent.gate.snapshot import SnapshotHolder
from notcontent.gate.syncer import SYNCER_TALLY
from notcontent.gate.video_decoders import VideoDecoders
from notcontent.signals import Look
from notcontent.signals.video import is_video
from notcontent.signals.video.formats import sniff_video

MAX_LOOKUP_BYTES = 512 * 1024
AT_ONCE_BYTES = 2048
"""A lookup up to here is answered where it was read. It holds at most 26 hashes: a millisecond for ten million rows."""
MOST_PARTS = 4096
"""A GIF, WebP or AVIF of more parts before its second frame counts as a video: to walk on would keep others waiting."""
_AT_A_HASH = re.compile(r"`\$\.hashes\[\d+\]\.value`$")
_EXPECTED = (
    'Expected JSON: {"hashes": [{"value": "<64 lower-case hexadecimal digits>"}, ...]}, 1 to 1,000 of them, each'
    ' perhaps with "quality" (0 to 100) and "type" ("pdq"), and no other key.'
)
"""What is said of a lookup of another shape. Where in it the fault lies is not: names of keys are the caller's data."""
_lookups = msgspec.json.Decoder(LookupRequest)


@dataclass(slots=True, eq=False)
class Gate:
    """Everything a worker's requests need."""

    config: GateConfig
    holder: SnapshotHolder
    decoders: DecoderPool
    videos: VideoDecoders
    tally: Tally
    callers: Callers
    intake: Intake
    actions: Actions
    searcher: Searcher

    # --- questions

    async def screen(self, ask: Ask) -> Answer:
        """POST /v1/screen: a picture's or a video's bytes in, a verdict out."""
        known = self._identify(ask)
        known.spend(1)
        self.holder.bank()  # refuse before the body is read when there is nothing to answer from
        limits = self.config.limits
        largest = max(limits.max_body_bytes, limits.video_bytes)
        with self.intake.place():  # to the end: estimates wait for one thread, and no more may wait than have a place
            with await self.intake.body(ask, largest, self._limit_of) as body:
                self.tally.add(("body_bytes",), len(body))
                if not body:
                    raise ImageEmptyError
                if is_video(BytesIO(body), MOST_PARTS):
                    return json_answer(self._answer(await self._video(body), known))
                if len(body) > limits.max_body_bytes:  # an animation's format that may have moved, and does not
                    raise BodyTooLargeError
                sight = await self.decoders.sight(body)
            return json_answer(self._answer(await self.searcher.verdict(sight), known))

    def _limit_of(self, head: bytes) -> int:
        """Say how large an upload that begins like this may be."""
        limits = self.config.limits
        form = sniff_video(head)
        if form is None:
            return limits.max_body_bytes
        return max(limits.max_body_bytes, limits.video_bytes) if form.is_animation else limits.video_bytes

    async def _video(self, body: bytes) -> Verdict:
        """Watch a video until its verdict is sure, and end its process then."""
        async with aclosing(self.videos.watch(body)) as records:
            return await self.searcher.video(records)

    async def lookup(self, ask: Ask) -> Answer:
        """POST /v1/lookup: 1 to 1,000 hashes in, as many verdicts out."""
        known = self._looker(ask)
        with self.intake.place(), await self.intake.body(ask, MAX_LOOKUP_BYTES) as body:
            verdicts = await self.searcher.verdicts(self._paid(known, body))
        return self._results(verdicts, known)

    def lookup_at_once(self, ask: Ask, body: bytes) -> Answer:
        """Do the same with a body of at most AT_ONCE_BYTES that is there already."""
        known = self._looker(ask)
        with self.intake.place():
            verdicts = self.searcher.verdicts_at_once(self._paid(known, body))
        return self._results(verdicts, known)

    def _looker(self, ask: Ask) -> Known:
        known = self._identify(ask)
        known.require(Role.LOOKUP, Role.STAFF)
        return known

    def _paid(self, known: Known, body: bytes) -> list[list[Look]]:
        looks = _read_lookup(body)
        known.spend(len(looks))
        self.tally.add(("hashes",), len(looks))
        return [[look] for look in looks]

    def _results(self, verdicts: list[Verdict], known: Known) -> Answer:
        return json_answer(LookupAnswer([self._answer(verdict, known) for verdict in verdicts]))

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

    def _identify(self, ask: Ask) -> Known:
        known = self.callers.identify(ask.header(b"authorization"))
        self.tally.add(("requests", known.caller.name))
        return known

    # --- reports

    async def health(self, ask: Ask) -> Answer:
        """GET /v1/health: without a key, and without anything that needs one. 503 when the gate cannot answer.

        How long it goes on without its hub is told on this machine alone: who attacks a hub would like to know.
        """
        manifest, state, age = self.holder.manifest, self.holder.state(), self.holder.age()
        hold_in, shred_in = (self.holder.left() if _is_loopback(ask) else None) or (None, None)
        ready = state in {LeaseState.LIVE, LeaseState.HOLD}
        answer = HealthAnswer(
            status=("hold" if state is LeaseState.HOLD else "ok") if ready else "not_ready",
            entries=manifest.entries if manifest else 0,
            frames=manifest.frames if manifest else 0,
            cursor=(manifest.cursor or 0) if manifest else 0,
            generation=manifest.generation if manifest else 0,
            age_s=None if age is None else round(age, 1),
            lease=state.value,
            mode=self.actions.mode.value,
            version=notcontent.__version__,
            sync=manifest.sync if manifest else "",
            hold_in_s=None if hold_in is None else round(hold_in, 1),
            shred_in_s=None if shred_in is None else round(shred_in, 1),
        )
        return json_answer(answer, 200 if ready else 503)

    async def metrics(self, ask: Ask) -> Answer:
        """GET /metrics: Prometheus text, the sum over all workers whichever answers."""
        if self.config.metrics.access is MetricsAccess.KEY:
            self._identify(ask).require(Role.STAFF)
        elif not _is_loopback(ask):
            raise KeyRefusedError("Metrics are for this machine alone; see [metrics] in its configuration.")
        text = await asyncio.to_thread(self._metrics_text)
        return Answer(text, media_type=b"text/plain; version=0.0.4; charset=utf-8")

    def _metrics_text(self) -> bytes:
        folder, doors = self.config.shared, metrics.door_series(self.config)
        tallies = [metrics.read_tally(folder, worker_tally(n), doors) for n in range(self.config.workers)]
        tallies.append(metrics.read_tally(folder, SYNCER_TALLY, metrics.sync_series()))
        boot = SystemClock().boot()
        policy = make_policy(self.config.policy, self.config.looks.budget)
        now = metrics.gauges(self.holder.manifest, boot, self.config.workers, policy)
        return metrics.show(metrics.add_up(tallies), now)


def worker_tally(number: int) -> str:
    """Name the counters of one HTTP worker."""
    return f"worker-{number}"


def make_gate(
    config: GateConfig, holder: SnapshotHolder, decoders: DecoderPool, videos: VideoDecoders, tally: Tally
) -> Gate:
    """Put a worker together."""
    limits = config.limits
    return Gate(
        config=config,
        holder=holder,
        decoders=decoders,
        videos=videos,
        tally=tally,
        callers=Callers(config.callers),
        intake=Intake(
            concurrency=limits.concurrency,
            max_buffered_bytes=limits.max_buffered_bytes,
            timeout_s=limits.body_timeout_s,
        ),
        actions=make_actions(config.policy.mode),
        searcher=Searcher(holder, make_policy(config.policy, config.looks.budget), make_estimate_policy(config)),
    )


def make_door(gate: Gate) -> Door:
    """Put the routes together."""
    get = ("GET", "HEAD")
    once = gate.lookup_at_once
    routes = {
        "/v1/screen": Route("screen", ("POST",), gate.screen, timed=True),
        "/v1/lookup": Route("lookup", ("POST",), gate.lookup, timed=True, at_once=once, at_once_bytes=AT_ONCE_BYTES),
        "/v1/health": Route("health", get, gate.health),
        "/metrics": Route("metrics", get, gate.metrics),
    }
    return Door(routes, gate.tally)


def _match(match: Match) -> MatchAnswer:
    return MatchAnswer(
        alias=match.facts.alias,
        kind=match.facts.kind,
        look=match.look,
        distance=match.distance,
        radius=match.radius,
        t_ms=match.facts.t_ms,
        reason=match.reason,
        at_ms=match.at_ms,
        evidence=match.evidence,
        least=match.least,
    )


def _read_lookup(body: bytes) -> list[Look]:
    """Read a lookup. Raises HashFormatError for a malformed hash, RequestFormatError for anything else."""
    try:
        request = _lookups.decode(body)
    except msgspec.ValidationError as error:
        # The text names the place and the expectation, never the value.
        if _AT_A_HASH.search(str(error)):
            raise HashFormatError from None
        raise RequestFormatError(_EXPECTED) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RequestFormatError(_EXPECTED) from None
    return [Look("whole", bytes.fromhex(one.value), one.quality) for one in request.hashes]


def _is_loopback(ask: Ask) -> bool:
    try:
        return ask.client is not None and ip_address(ask.client).is_loopback
    except ValueError:
        return False
