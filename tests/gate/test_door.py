"""The HTTP door of a real gate: answers, refusals, bounds. Every refusal has a stable code, and none loses the gate."""

import asyncio
import contextlib
import hashlib
import io
import json
import os
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from feed_server import Feed, serve
from gate_process import NO_TLS, RunningGate, running_gate, write_config
from heif_files import Heif, hevc, irot
from picture_files import drawn, exif, jpeg_of_size, png_bomb, saved
from PIL import Image

from notcontent.errors import NotContentError
from notcontent.signals import hash_image

SLOW_KEY = "ncg_slow"
BANKED = saved(drawn(1, 640, 480), "JPEG", quality=92)
STRANGER = saved(drawn(2, 640, 480), "JPEG", quality=92)
MAX_BODY = 6_000_000


@dataclass
class Door:
    """A gate with one banked picture."""

    gate: RunningGate
    alias: str


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    feed = Feed()
    alias = feed.add(hash_image(BANKED).value)
    digest = hashlib.sha256(SLOW_KEY.encode()).hexdigest()
    tables = (
        '[policy]\nmode = "enforce"\n[metrics]\naccess = "key"\n'
        f"[limits]\nmax_body_bytes = {MAX_BODY}\nmax_buffered_bytes = 60000000\n"
        "body_timeout_s = 5\nheader_timeout_s = 5\nconcurrency = 100\ndecode_queue = 20\ndecoders = 1\n"
        f'[[callers]]\nname = "slow"\nrole = "lookup"\nkey_sha256 = "{digest}"\nrate = 0.5\nburst = 1000\n'
    )
    with (
        serve(feed) as address,
        running_gate(write_config(tmp_path_factory.mktemp("door"), feed, address, tables=tables)) as gate,
    ):
        yield Door(gate, alias)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert set(body) == {"error", "message"}
    assert answer.headers["content-type"] == "application/json"
    return answer.status_code, body["error"]


def edited(data: bytes) -> bytes:
    """Smaller and recompressed."""
    image = Image.open(io.BytesIO(data))
    return saved(image.resize((image.width * 6 // 10, image.height * 6 // 10)), "JPEG", quality=55)


# --- verdicts


def test_a_banked_picture_and_its_edited_copy_are_blocked_and_a_stranger_passes(door: Door) -> None:
    for data, action in ((BANKED, "block"), (edited(BANKED), "block"), (STRANGER, "allow")):
        answer = door.gate.staff.post("/v1/screen", content=data)
        assert answer.status_code == 200
        assert answer.json()["action"] == action


def test_a_lookup_answers_each_hash_in_order(door: Door) -> None:
    near = bytes([hash_image(BANKED).value[0] ^ 7]) + hash_image(BANKED).value[1:]
    values = [hash_image(STRANGER).value, near, hash_image(BANKED).value]
    answer = door.gate.staff.post("/v1/lookup", json={"hashes": [{"value": value.hex()} for value in values]})
    results = answer.json()["results"]
    assert [one["action"] for one in results] == ["allow", "block", "block"]
    assert [[match["distance"] for match in one["matches"]] for one in results] == [[], [3], [0]]
    assert results[1]["matches"][0]["alias"] == door.alias


def test_a_hash_of_a_plain_picture_never_matches(door: Door) -> None:
    value = hash_image(BANKED).value.hex()
    answer = door.gate.lookup.post("/v1/lookup", json={"hashes": [{"value": value, "quality": 49}]})
    assert answer.json()["results"][0]["reason"] == "low_quality"


def test_an_upload_caller_learns_the_action_and_neither_alias_nor_distance(door: Door) -> None:
    value = hash_image(BANKED).value.hex()
    shown = [
        door.gate.upload.post("/v1/screen", content=BANKED),
        door.gate.lookup.post("/v1/screen", content=BANKED),
        door.gate.lookup.post("/v1/lookup", json={"hashes": [{"value": value}]}),
    ]
    for answer in shown:
        assert '"block"' in answer.text
        for secret in ("alias", "distance", door.alias, "whole", value):
            assert secret not in answer.text
    assert shown[0].json()["matches"] is None
    staff = door.gate.staff.post("/v1/screen", content=BANKED).json()
    assert staff["matches"][0]["alias"] == door.alias


def test_a_mirrored_copy_on_a_page_is_blocked_and_staff_are_told_by_which_look(door: Door) -> None:
    mirrored = Image.open(io.BytesIO(BANKED)).convert("RGB").transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    page = Image.new("RGB", (mirrored.width + 60, mirrored.height * 2), "white")
    page.paste(mirrored, (30, mirrored.height // 2))
    answer = door.gate.staff.post("/v1/screen", content=saved(page, "PNG")).json()
    assert [(match["alias"], match["look"]) for match in answer["matches"]] == [(door.alias, "trim:1+mirror")]
    assert answer["advice"] == "block"


# --- who may ask


def test_an_upload_caller_may_not_ask_about_hashes_of_its_own_choice(door: Door) -> None:
    answer = door.gate.upload.post("/v1/lookup", json={"hashes": [{"value": hash_image(BANKED).value.hex()}]})
    assert refusal(answer) == (403, "scope_missing")
    assert door.gate.upload.post("/v1/screen", content=BANKED).status_code == 200


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer wrong", "Basic abc", "Bearer " + "x" * 9000])
def test_without_a_callers_key_there_is_no_answer(door: Door, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    for path, body in (("/v1/screen", BANKED), ("/v1/lookup", b"{}")):
        answer = httpx.post(door.gate.url + path, content=body, headers=headers, verify=NO_TLS)
        assert refusal(answer) == (401, "key_refused")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_metrics_are_for_staff_when_the_configuration_says_so(door: Door) -> None:
    assert refusal(httpx.get(door.gate.url + "/metrics", verify=NO_TLS)) == (401, "key_refused")
    assert refusal(door.gate.upload.get("/metrics")) == (403, "scope_missing")
    assert door.gate.staff.get("/metrics").status_code == 200


def test_a_caller_over_its_rate_is_refused_with_a_time_to_come_back(door: Door) -> None:
    hashes = [{"value": os.urandom(32).hex()} for _ in range(1000)]
    with httpx.Client(base_url=door.gate.url, headers={"Authorization": f"Bearer {SLOW_KEY}"}) as slow:
        assert slow.post("/v1/lookup", json={"hashes": hashes}).status_code == 200
        answer = slow.post("/v1/lookup", json={"hashes": hashes[:50]})
        assert refusal(answer) == (429, "rate_limited")
        assert 1 <= int(answer.headers["retry-after"]) <= 100
    assert door.gate.lookup.post("/v1/lookup", json={"hashes": hashes}).status_code == 200  # others are not held up


# --- bad input, named

BAD_PICTURES = {
    "empty": (b"", 422, "image_empty"),
    "1x1": (saved(Image.new("RGB", (1, 1)), "PNG"), 422, "image_too_small"),
    "4x4": (saved(Image.new("RGB", (4, 4)), "JPEG"), 422, "image_too_small"),
    "PNG bomb": (png_bomb(30_000), 413, "image_too_large"),
    "JPEG bomb": (jpeg_of_size(30_000, 30_000), 413, "image_too_large"),
    "truncated": (BANKED[: len(BANKED) // 2], 422, "image_truncated"),
    "random": (os.urandom(50_000), 422, "image_format"),
    "text": (b"<html>not a picture</html>", 422, "image_format"),
}


@pytest.mark.parametrize("name", BAD_PICTURES)
def test_a_bad_picture_ends_in_one_clear_error(door: Door, name: str) -> None:
    data, status, code = BAD_PICTURES[name]
    assert refusal(door.gate.upload.post("/v1/screen", content=data)) == (status, code)
    assert door.gate.upload.post("/v1/screen", content=BANKED).json()["action"] == "block"


def test_the_bytes_decide_and_not_what_they_are_called(door: Door) -> None:
    png = saved(drawn(1, 640, 480), "PNG")
    headers = {"Content-Type": "image/jpeg", "Content-Disposition": 'attachment; filename="x.txt"'}
    assert door.gate.upload.post("/v1/screen", content=png, headers=headers).json()["action"] == "block"


def test_turned_and_animated_files_are_read_as_they_are_seen(door: Door) -> None:
    turned = saved(drawn(1, 640, 480).transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif(6), quality=92)
    frames = {"save_all": True, "append_images": [drawn(seed, 640, 480) for seed in (5, 6)]}
    files = [turned, *(saved(drawn(1, 640, 480), form, **frames) for form in ("GIF", "WEBP", "AVIF"))]
    files.append(saved(drawn(1, 640, 480).transpose(Image.Transpose.ROTATE_90), "AVIF", exif=exif(6)))
    files.append(Heif(hevc(drawn(1, 640, 480).transpose(Image.Transpose.ROTATE_90)), placed=[irot(3)]).file())
    assert [door.gate.upload.post("/v1/screen", content=data).json()["action"] for data in files] == ["block"] * 6


GOOD = "ab" * 32


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "request_format"),
        (b"\xff\xfe", "request_format"),
        (b"[" * 100_000, "request_format"),
        (b'{"hashes": []}', "request_format"),
        (json.dumps({"hashes": [{"value": GOOD}] * 1001}).encode(), "request_format"),
        (json.dumps({"hashes": [{"value": GOOD, "qualty": 3}]}).encode(), "request_format"),
        (json.dumps({"hashes": [{"value": GOOD, "quality": 101}]}).encode(), "request_format"),
        (json.dumps({"hashes": [{"value": GOOD, "type": "md5"}]}).encode(), "request_format"),
        (json.dumps({"hashes": [{"value": GOOD}], "more": 1}).encode(), "request_format"),
        (json.dumps({"hash": GOOD}).encode(), "request_format"),
        (json.dumps({"hashes": [GOOD]}).encode(), "request_format"),
        (json.dumps({GOOD: 1}).encode(), "request_format"),
        (json.dumps([GOOD]).encode(), "request_format"),
        (json.dumps({"hashes": [{"value": GOOD}, {"value": GOOD[:-1]}]}).encode(), "hash_format"),
        (json.dumps({"hashes": [{"value": GOOD + "ab"}]}).encode(), "hash_format"),
        (json.dumps({"hashes": [{"value": GOOD.upper()}]}).encode(), "hash_format"),
        (json.dumps({"hashes": [{"value": GOOD + "\n"}]}).encode(), "hash_format"),
        (json.dumps({"hashes": [{"value": "xy" * 32}]}).encode(), "hash_format"),
    ],
)
def test_a_malformed_lookup_is_refused_whole_and_not_repeated(door: Door, body: bytes, code: str) -> None:
    answer = door.gate.lookup.post("/v1/lookup", content=body)
    assert refusal(answer) == (422, code)
    assert "64 lower-case hexadecimal digits" in answer.json()["message"], "what was expected"
    assert GOOD[:-1] not in answer.text.lower()


def test_unknown_paths_and_methods_are_refusals_like_all_others(door: Door) -> None:
    assert refusal(httpx.get(door.gate.url + "/", verify=NO_TLS)) == (404, "not_found")
    assert refusal(httpx.get(door.gate.url + "/v1/screen/../../etc", verify=NO_TLS)) == (404, "not_found")
    answer = httpx.get(door.gate.url + "/v1/screen", verify=NO_TLS)
    assert refusal(answer) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"
    assert refusal(httpx.post(door.gate.url + "/v1/health", content=b"x" * 100_000, verify=NO_TLS)) == (
        405,
        "method_not_allowed",
    )


def test_every_answer_carries_the_same_careful_headers(door: Door) -> None:
    for answer in (
        httpx.get(door.gate.url + "/v1/health", verify=NO_TLS),
        httpx.get(door.gate.url + "/nowhere", verify=NO_TLS),
        httpx.post(door.gate.url + "/v1/screen", verify=NO_TLS),
        door.gate.staff.get("/metrics"),
        door.gate.staff.post("/v1/screen", content=BANKED),
    ):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "server" not in answer.headers
        assert "set-cookie" not in answer.headers


# --- bounds


def connect(door: Door) -> socket.socket:
    host, _, port = door.gate.url.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=20)


def head(door: Door, extra: str) -> bytes:
    key = door.gate.upload.headers["authorization"]
    return f"POST /v1/screen HTTP/1.1\r\nHost: gate\r\nAuthorization: {key}\r\n{extra}\r\n\r\n".encode()


def everything(connection: socket.socket) -> bytes:
    """Read until the other side closes, in order or not."""
    taken = b""
    try:
        while part := connection.recv(65536):
            taken += part
    except ConnectionError:
        pass
    return taken


def worker_peak(door: Door) -> int:
    status = Path(f"/proc/{door.gate.children()['worker0']}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


def test_an_upload_of_two_gigabytes_is_refused_by_its_announced_length(door: Door) -> None:
    for expect in ("", "\r\nExpect: 100-continue"):
        with connect(door) as connection:
            connection.sendall(head(door, f"Content-Length: {2**31}{expect}"))
            answer = b""
            while b"}" not in answer:
                answer += connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b'"body_too_large"' in answer


def test_an_upload_of_two_gigabytes_without_a_length_is_refused_at_the_limit_and_never_held(door: Door) -> None:
    before, sent, part = worker_peak(door), 0, bytes(2**20)
    with connect(door) as connection:
        connection.sendall(head(door, "Transfer-Encoding: chunked") + b"80000000\r\n")  # one chunk of 2 GiB
        connection.settimeout(0.0)
        answer, deadline = b"", time.monotonic() + 20
        while sent < 2**31 and time.monotonic() < deadline:
            try:
                sent += connection.send(part)
            except BlockingIOError:
                time.sleep(0.001)
            except ConnectionError:
                break
            try:
                answer += connection.recv(65536)
            except BlockingIOError:
                continue
            except ConnectionError:
                break
            if answer:
                break
        connection.settimeout(20)
        answer += everything(connection)  # its head may come first, and its body by itself
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"body_too_large"' in answer
    assert sent < 64 * 2**20
    assert worker_peak(door) - before < 8 * MAX_BODY
    assert door.gate.upload.post("/v1/screen", content=BANKED).json()["action"] == "block"


def test_a_length_that_lies_ends_in_a_refusal(door: Door) -> None:
    for length in ("-5", "abc", "1e3"):
        with connect(door) as connection:
            connection.sendall(head(door, f"Content-Length: {length}") + b"x" * 100)
            assert everything(connection).startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 4"))


def test_a_body_that_comes_too_slowly_is_refused_and_headers_too(door: Door) -> None:
    with connect(door) as slow_body, connect(door) as slow_head, connect(door) as silent:
        slow_body.sendall(head(door, "Content-Length: 1000") + b"x" * 10)
        slow_head.sendall(b"POST /v1/screen HTTP/1.1\r\nHost: ")
        answer = everything(slow_body)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"body_timeout"' in answer
        assert everything(slow_head) == b""
        assert everything(silent) == b""


CHUNKED = "POST /v1/screen HTTP/1.1\r\nHost: gate\r\nTransfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    "flood",
    [
        "GET /v1/health HTTP/1.1\r\n" + "a: b\r\n" * 101,
        "GET /v1/health HTTP/1.1\r\na: " + "b" * 33_000 + "\r\n\r\n",
        "GET /v1/health HTTP/1.1\r\na: " + "b" * 600_000,
        "GET /v1/health?" + "b" * 600_000,
        CHUNKED + "\r\n1\r\nx\r\n0\r\n" + "a: b\r\n" * 101,
        CHUNKED + "\r\n1\r\nx\r\n0\r\na: " + "b" * 600_000,
        CHUNKED + "\r\n1;" + "b" * 600_000,
    ],
    ids=["fields", "one long", "one endless", "address", "trailers", "an endless trailer", "chunk extension"],
)
def test_a_flood_of_headers_is_refused_at_its_bound(door: Door, flood: str) -> None:
    key = door.gate.upload.headers["authorization"]
    request, _, rest = flood.partition("\r\n")
    with connect(door) as connection:
        connection.settimeout(20)
        with contextlib.suppress(ConnectionError):
            connection.sendall((f"{request}\r\nAuthorization: {key}\r\n{rest}" if rest else request).encode())
        answer = everything(connection)
    # An answer that crosses a flood may be lost with the connection; what counts then is that it ended.
    assert answer == b"" or answer.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 401 "))
    if answer.startswith(b"HTTP/1.1 431 "):
        assert b'"headers_too_large"' in answer
        assert b"no-store" in answer


def test_an_ordinary_head_below_the_bound_is_taken(door: Door) -> None:
    headers = {**{f"x-{n}": "y" for n in range(80)}, "x-long": "y" * 25_000}
    assert httpx.get(door.gate.url + "/v1/health", headers=headers, verify=NO_TLS).status_code == 200


def test_a_flood_of_headers_is_never_held(door: Door) -> None:
    before, sent, block = worker_peak(door), 0, b"a:b\r\n" * 20_000
    with connect(door) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(b"GET /v1/health HTTP/1.1\r\nHost: gate\r\n")
        while sent < 2**28:
            connection.sendall(block)
            sent += len(block)
    assert sent < 2**28
    assert worker_peak(door) - before < 2**25


def test_whoever_idles_after_an_answer_is_closed_whatever_it_sends(door: Door) -> None:
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(connect(door)) for _ in range(3)]
        for connection, more in zip(idle, (b"\r\n", b"\r\n" * 10, b"GET /v1/heal"), strict=True):
            connection.sendall(b"GET /v1/health HTTP/1.1\r\nHost: gate\r\n\r\n")
            while b"}" not in connection.recv(65536):
                pass
            connection.sendall(more)
        # Each ends; without a timer this waits in vain.
        assert [everything(connection) for connection in idle] == [b""] * 3


def test_requests_sent_ahead_wait_in_line_but_not_in_any_number(door: Door) -> None:
    one = b"GET /v1/health HTTP/1.1\r\nHost: gate\r\n\r\n"
    for count, answered in ((10, 10), (1000, 0)):
        with connect(door) as connection:
            connection.sendall(one * (count - 1) + one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            assert everything(connection).count(b"HTTP/1.1 200") == answered


def test_a_caller_that_goes_away_costs_nothing(door: Door) -> None:
    for _ in range(20):
        with connect(door) as connection:
            connection.sendall(head(door, f"Content-Length: {MAX_BODY}") + b"x" * 5000)
    assert door.gate.upload.post("/v1/screen", content=BANKED).json()["action"] == "block"


def test_two_hundred_files_at_once_are_all_answered_or_sent_back_with_a_time(door: Door) -> None:
    codes = {(503, "overloaded")}  # the only refusal there may be

    async def one(client: httpx.AsyncClient, data: bytes) -> str:
        while True:
            answer = await client.post("/v1/screen", content=data)
            if answer.status_code == 200:
                return str(answer.json()["action"])
            codes.add(refusal(answer))
            assert int(answer.headers["retry-after"]) >= 1
            await asyncio.sleep(0.05)

    async def all_at_once() -> list[str]:
        limits = httpx.Limits(max_connections=200)
        headers = dict(door.gate.upload.headers)
        async with httpx.AsyncClient(
            base_url=door.gate.url, headers=headers, limits=limits, timeout=60, verify=NO_TLS
        ) as client:
            return await asyncio.gather(*(one(client, small[n % 2]) for n in range(200)))

    small = [saved(drawn(seed, 640, 480).resize((160, 120)), "PNG") for seed in (2, 1)]
    assert asyncio.run(all_at_once()) == ["allow", "block"] * 100
    assert codes == {(503, "overloaded")}


def test_a_decoder_killed_in_the_middle_costs_no_answer(door: Door) -> None:
    worker = door.gate.children()["worker0"]
    decoders = Path(f"/proc/{worker}/task/{worker}/children")
    large = saved(drawn(1, 640, 480).resize((4000, 3000)), "JPEG", quality=80)

    async def ask() -> httpx.Response:
        headers = dict(door.gate.upload.headers)
        async with httpx.AsyncClient(base_url=door.gate.url, headers=headers, timeout=60, verify=NO_TLS) as client:
            asking = asyncio.create_task(client.post("/v1/screen", content=large))
            await asyncio.sleep(0.05)
            for child in decoders.read_text().split():  # noqa: ASYNC240 (a file of the kernel's)
                os.kill(int(child), 9)
            return await asking

    answer = asyncio.run(ask())
    assert answer.status_code == 200, answer.text
    assert answer.json()["action"] == "block"


def test_no_code_is_spoken_that_the_error_tree_does_not_know(door: Door) -> None:
    kinds: list[type[NotContentError]] = [NotContentError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    spoken = set(re.findall(r'answers_total{code="([a-z_]+)"', door.gate.staff.get("/metrics").text))
    assert len(spoken) > 10
    assert spoken <= {"ok", *(kind.code for kind in kinds)}
    assert '"internal_error"' not in door.gate.log
