"""A running gate in place of a bank file: its advice, its patience, and what ends a scan."""

import json
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from feed_server import Feed, serve
from gate_process import LOOKUP_KEY, STAFF_KEY, UPLOAD_KEY, RunningGate, running_gate, write_config
from scan_stage import ScanIt, by_name, cropped, jpeg, rows_of, value_of

from notcontent.errors import GateUnreachableError, KeyRefusedError, NotReadyError, RequestFormatError, ScopeError
from notcontent.exchange.wire import Action, Kind, LookupAnswer, MatchAnswer, VerdictAnswer
from notcontent.scan.bank import Wait, Why
from notcontent.scan.gate_lookup import GateCompared, GateMatcher
from notcontent.scan.pipeline import Silent
from notcontent.scan.results import part_path

THREADS = 2
"""As many as `scan_it` takes."""


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningGate, str]]:
    """A real gate that holds picture 3; and that entry's alias."""
    feed = Feed()
    alias = feed.add(value_of(3))
    folder = tmp_path_factory.mktemp("gate")
    with serve(feed) as address, running_gate(write_config(folder, feed, address)) as running:
        yield running, alias


def test_a_staff_key_learns_the_gate_s_advice_entry_and_distance(
    gate: tuple[RunningGate, str], archive: Path, out: Path, scan_it: ScanIt
) -> None:
    running, alias = gate
    summary = scan_it(archive, compared=GateCompared(running.url, STAFF_KEY), gate=running.url)
    rows = by_name(out)
    assert (rows["3.jpg"]["verdict"], rows["3.jpg"]["entry"], rows["3.jpg"]["matches"]) == ("block", alias, 1)
    assert rows["3.jpg"]["distance"] <= 31
    assert {row["verdict"] for name, row in rows.items() if name != "3.jpg"} == {"no_match"}
    assert summary.tally.found == 1


def test_a_gate_is_asked_about_hashes_and_estimates_nothing_from_them(
    gate: tuple[RunningGate, str], archive: Path, out: Path, scan_it: ScanIt
) -> None:
    running, _ = gate
    (archive / "crop.jpg").write_bytes(cropped(3))
    assert running.staff.post("/v1/screen", content=cropped(3)).json()["advice"] == "hold"
    scan_it(archive / "crop.jpg", compared=GateCompared(running.url, STAFF_KEY), gate=running.url)
    assert by_name(out)["crop.jpg"]["verdict"] == "no_match"


def test_a_lookup_key_learns_the_advice_alone(
    gate: tuple[RunningGate, str], archive: Path, out: Path, scan_it: ScanIt
) -> None:
    scan_it(archive, compared=GateCompared(gate[0].url, LOOKUP_KEY), gate=gate[0].url)
    row = by_name(out)["3.jpg"]
    assert (row["verdict"], row["entry"], row["distance"], row["matches"]) == ("block", None, None, None)


def test_a_list_is_asked_about_in_requests_of_a_thousand(
    gate: tuple[RunningGate, str], tmp_path: Path, out: Path, scan_it: ScanIt
) -> None:
    import pyarrow.parquet as pq

    rng = np.random.default_rng(1)
    values = [row.tobytes().hex() for row in rng.integers(0, 256, (2500, 32), dtype=np.uint8)]
    values[1234] = value_of(3).hex()
    pq.write_table(pa.table({"hash": values, "quality": [100] * 2499 + [3]}), tmp_path / "list.parquet")
    scan_it(tmp_path / "list.parquet", compared=GateCompared(gate[0].url, STAFF_KEY), gate=gate[0].url)
    verdicts = [row["verdict"] for row in rows_of(out)]
    assert [place for place, verdict in enumerate(verdicts) if verdict == "block"] == [1234]
    assert verdicts[-1] == "low_quality", "the gate's own floor"


def test_an_upload_key_may_not_ask_and_nothing_is_written(
    gate: tuple[RunningGate, str], archive: Path, out: Path, scan_it: ScanIt
) -> None:
    with pytest.raises(ScopeError, match="needs the role lookup or staff"):
        scan_it(archive, compared=GateCompared(gate[0].url, UPLOAD_KEY), gate=gate[0].url)
    with pytest.raises(KeyRefusedError, match="does not know this key"):
        scan_it(archive, compared=GateCompared(gate[0].url, "ncg_unknown"), gate=gate[0].url, resume=True)
    assert not part_path(out, 0).exists()


@dataclass
class Moody:
    """A gate that answers as it is told: statuses one after the other, then properly."""

    statuses: list[int] = field(default_factory=list)
    burst: int = 1000
    sizes: list[int] = field(default_factory=list)
    body: bytes | None = None
    coding: str = ""
    pause_s: float = 0.0
    """Between the bytes of an answer."""
    retry_after_s: int = 7
    url: str = ""


@contextmanager
def moody(gate: Moody) -> Iterator[Moody]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["hashes"]
            status = 429 if len(asked) > gate.burst else gate.statuses.pop(0) if gate.statuses else 200
            verdict = {"action": "allow", "advice": "allow", "mode": "enforce", "reason": "no_match", "matches": None}
            body = json.dumps({"results": [verdict] * len(asked)}).encode() if gate.body is None else gate.body
            gate.sizes.append(len(asked))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status in {429, 503}:
                self.send_header("Retry-After", str(gate.retry_after_s))
            if gate.coding:
                self.send_header("Content-Encoding", gate.coding)
            self.end_headers()
            with suppress(OSError):  # who asked may have had enough
                for part in [body] if not gate.pause_s else [body[at : at + 1] for at in range(len(body))]:
                    self.wfile.write(part)
                    time.sleep(gate.pause_s)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    gate.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield gate
    finally:
        server.shutdown()
        server.server_close()


def ask(url: str, count: int, tries: int = 4) -> tuple[list[str], list[float]]:
    """Ask about so many hashes; give the verdicts and the pauses that were made."""
    pauses: list[float] = []
    matcher = GateMatcher(GateCompared(url, "ncg_key", tries=tries, first_pause_s=0.001), sleep=pauses.append)
    try:
        answers = matcher.answer(np.zeros((count, 32), np.uint8), pa.array([None] * count, pa.uint8()))
        return answers.verdicts.to_pylist(), pauses
    finally:
        matcher.close()


def test_a_busy_gate_is_waited_for_as_long_as_it_asks() -> None:
    with moody(Moody([503, 502])) as gate:
        verdicts, pauses = ask(gate.url, 3)
    assert verdicts == ["no_match"] * 3
    assert len(pauses) == 2
    assert pauses[0] == 7


def test_a_small_burst_makes_smaller_requests() -> None:
    with moody(Moody(burst=100)) as gate:
        verdicts, _ = ask(gate.url, 1000)
    assert len(verdicts) == 1000
    assert max(gate.sizes[-8:]) <= 100
    assert gate.sizes[:4] == [1000, 500, 250, 125]


def test_a_gate_that_stays_busy_or_is_gone_ends_the_scan() -> None:
    with moody(Moody([503] * 100)) as gate, pytest.raises(GateUnreachableError):
        ask(gate.url, 1)
    assert len(gate.sizes) == 4
    with pytest.raises(GateUnreachableError):
        ask(gate.url, 1)  # nothing listens there any more


def test_what_is_no_gate_s_answer_is_refused() -> None:
    for body in (b"<html>", b'{"results": []}', b'{"results": [{}]}'):
        with moody(Moody(body=body)) as gate, pytest.raises(GateUnreachableError):
            ask(gate.url, 1)
    for status, body in ((404, b"<html>"), (405, b"{}"), (302, b""), (200, b"<html>"), (401, b"<html>")):
        with moody(Moody([status], body=body)) as gate, pytest.raises(GateUnreachableError, match="No gate answers"):
            ask(gate.url, 1)
    for distance in (7, 300, -1, 2**80):
        match = MatchAnswer("a", Kind.WHOLE, "whole", 7, 31, None, "near")
        verdict = VerdictAnswer(Action.BLOCK, Action.BLOCK, "enforce", "near", [match])
        body = msgspec.json.encode(LookupAnswer([verdict])).replace(b'"distance":7', b'"distance":%d' % distance)
        with moody(Moody(body=body)) as gate, nullcontext() if distance == 7 else pytest.raises(GateUnreachableError):
            assert ask(gate.url, 1)[0] == ["block"]
    refusal = b'{"error": "%s", "message": "..."}'
    with moody(Moody([404], body=refusal % b"not_found")) as gate, pytest.raises(GateUnreachableError, match="No gate"):
        ask(gate.url, 1)
    with moody(Moody([422], body=refusal % b"request_format")) as gate, pytest.raises(RequestFormatError):
        ask(gate.url, 1)


def test_an_answer_is_read_within_bounds_of_size_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = zlib.compress(b" " * 50_000_000, 9)
    with moody(Moody(body=packed, coding="deflate")) as gate, pytest.raises(GateUnreachableError, match="No gate"):
        ask(gate.url, 1)
    monkeypatch.setattr("notcontent.scan.gate_lookup._MOST_ANSWER_BYTES", 1000)
    with moody(Moody(body=b" " * 1001)) as gate, pytest.raises(GateUnreachableError, match="No gate"):
        ask(gate.url, 1)
    with moody(Moody(body=b" " * 900, pause_s=0.05)) as gate:
        matcher = GateMatcher(GateCompared(gate.url, "ncg_key", tries=1, timeout_s=0.25))
        with closing(matcher), pytest.raises(GateUnreachableError, match="does not answer"):
            matcher.check()  # each byte comes in time, the last of them after 45 s


def test_a_scan_whose_gate_went_away_goes_on_when_it_is_back(archive: Path, out: Path, scan_it: ScanIt) -> None:
    with moody(Moody()) as gate:
        compared = GateCompared(gate.url, "ncg_key", tries=3, first_pause_s=0.0)
        quick = GateCompared(gate.url, "ncg_key", tries=3, first_pause_s=0.0)
        gate.statuses = [200, 200, 500, 500, 500]
        with pytest.raises(GateUnreachableError):
            scan_it(archive, compared=compared, gate="g", pictures_a_batch=5)
        assert part_path(out, 0).exists()
        assert not part_path(out, 1).exists()
        summary = scan_it(archive, compared=quick, gate="g", pictures_a_batch=5, resume=True)
    assert summary.resumed == 5
    assert summary.tally.rows == 12


class Told(Silent):
    """What a watcher was told."""

    def __init__(self) -> None:
        self.counts = {"listed": 0, "done": 0, "waiting": 0}
        self.waits: list[Wait] = []

    def listed(self, count: int) -> None:
        self.counts["listed"] += count

    def done(self, count: int) -> None:
        self.counts["done"] += count

    def waiting(self, wait: Wait) -> None:
        self.counts["waiting"] += 1
        self.waits.append(wait)


def test_what_goes_away_is_given_up_once_for_all_and_only_what_was_answered_is_counted(
    tmp_path: Path, scan_it: ScanIt
) -> None:
    """Not once for every sixteen pictures: ten tries of each of these calls took half an hour."""
    (tmp_path / "one.jpg").write_bytes(jpeg(1))
    list_of_them = tmp_path / "list.csv"
    list_of_them.write_text("path\n" + "one.jpg\n" * 200)
    told = Told()
    with moody(Moody([200] + [500] * 1000)) as gate:
        compared = GateCompared(gate.url, "ncg_key", tries=5, first_pause_s=0.0)
        with pytest.raises(GateUnreachableError):
            scan_it(list_of_them, compared=compared, gate="g", watcher=told)
    most = 1 + 5 * THREADS
    assert 5 < len(gate.sizes) <= most, "the first question, and the tries of the calls that were under way"
    assert told.counts["done"] == 0
    assert told.counts["listed"] == 200
    assert 4 <= told.counts["waiting"] <= 4 * THREADS


def test_the_threads_that_wait_for_a_gate_stop_waiting_when_one_gives_up() -> None:
    with moody(Moody([503, 403], body=b'{"error": "scope_missing", "message": ""}')) as gate:
        waits = threading.Event()
        matcher = GateMatcher(GateCompared(gate.url, "ncg_key"), lambda _wait: waits.set())
        caught: list[BaseException] = []

        def asks() -> None:
            try:
                matcher.check()
            except ScopeError as error:
                caught.append(error)

        thread = threading.Thread(target=asks)
        thread.start()
        assert waits.wait(30)
        began = time.monotonic()
        with pytest.raises(ScopeError):
            matcher.check()
        thread.join(30)
        assert time.monotonic() - began < 6, "the gate asked to be left alone for 7 seconds"
    assert len(caught) == 1
    assert len(gate.sizes) == 2
    with pytest.raises(ScopeError):
        matcher.check()
    matcher.close()


@pytest.mark.parametrize("status", [401, 403, 404, 0])
def test_a_wrong_key_role_or_address_ends_the_scan_before_anything_is_listed(
    archive: Path, scan_it: ScanIt, status: int
) -> None:
    told = Told()
    began = time.monotonic()
    with moody(Moody([status], body=b'{"error": "not_found", "message": ""}')) as gate:
        url = gate.url if status else "http://127.0.0.1:1"
        with pytest.raises((KeyRefusedError, ScopeError, GateUnreachableError)):
            scan_it(archive, compared=GateCompared(url, "ncg_key"), gate="g", watcher=told)
    assert time.monotonic() - began < 20, "nothing was tried again"
    assert gate.sizes == ([1] if status else [])
    assert told.counts == {"listed": 0, "done": 0, "waiting": 0}


def test_a_gate_that_is_busy_at_first_is_waited_for(archive: Path, scan_it: ScanIt) -> None:
    told = Told()
    with moody(Moody([500, 500])) as gate:
        compared = GateCompared(gate.url, "ncg_key", first_pause_s=0.0)
        assert scan_it(archive, compared=compared, gate="g", watcher=told).tally.rows == 12
    assert told.counts == {"listed": 12, "done": 12, "waiting": 2}
    assert gate.sizes[:3] == [1, 1, 1]


NOT_READY = b'{"error": "not_ready", "message": "No bank is loaded."}'


def test_a_gate_that_is_there_without_a_bank_is_told_from_one_that_does_not_answer(
    archive: Path, scan_it: ScanIt
) -> None:
    told = Told()
    empty = Moody([503] * 3, body=NOT_READY, retry_after_s=2)
    with moody(empty) as gate, pytest.raises(NotReadyError, match="holds no bank") as ended:
        scan_it(archive, compared=GateCompared(gate.url, "ncg_key", 3, 0.0), gate="g", watcher=told)
    assert (ended.value.code, ended.value.exit_code) == ("not_ready", 5)
    assert [wait.why for wait in told.waits] == [Why.NOT_READY] * 2
    assert [wait.left_s for wait in told.waits] == [4.0, 2.0], "as its Retry-After says"


@pytest.mark.parametrize(
    ("status", "body", "why", "says"),
    [
        (503, b'{"error": "overloaded", "message": ""}', Why.BUSY, "answers, but .* too busy"),
        (429, b"", Why.BUSY, "answers, but .* too busy"),
        (502, b"<html>", Why.FAILING, "with an error"),
    ],
)
def test_why_a_gate_is_waited_for_and_why_it_was_given_up_is_told(
    status: int, body: bytes, why: Why, says: str
) -> None:
    waits: list[Wait] = []
    with moody(Moody([status] * 9, body=body)) as gate:
        matcher = GateMatcher(GateCompared(gate.url, "ncg_key", tries=3), waits.append, sleep=lambda _: None)
        with pytest.raises(GateUnreachableError, match=says):
            matcher.check()
        matcher.close()
    assert [wait.why for wait in waits] == [why] * 2


def test_how_long_a_silent_gate_is_asked_for_is_the_sum_of_the_pauses() -> None:
    waits: list[Wait] = []
    matcher = GateMatcher(GateCompared("http://127.0.0.1:1", "ncg_key"), waits.append, sleep=lambda _: None)
    with pytest.raises(GateUnreachableError, match="does not answer"):
        matcher.answer(np.zeros((1, 32), np.uint8), pa.array([None], pa.uint8()))
    matcher.close()
    assert [wait.left_s for wait in waits] == [183.5, 183, 182, 180, 176, 168, 152, 120, 60]


def test_the_key_is_never_shown() -> None:
    assert "ncg_key" not in repr(GateCompared("http://127.0.0.1:1", "ncg_key"))
