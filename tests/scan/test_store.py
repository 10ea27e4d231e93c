"""Object stores: a real S3-compatible server on loopback, with its own process, credentials and pages."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.client import Config
from scan_stage import ScanIt, jpeg, rows_of, value_of

from notcontent.errors import ImageTooLargeError, ObjectUnreadableError, SourceError
from notcontent.scan.objects import StoreOptions, list_store, read_object
from notcontent.scan.sources import parse_source
from notcontent.scan.stage import Screening
from notcontent.signals import Limits
from notcontent.signals.worker import WorkerLimits

PATIENCE_S = 60.0
PAGE = 1000
SERVER = """
import sys
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import main
store = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
store.create_bucket("bucket", "us-east-1")
for number in range(int(sys.argv[1])):  # a request for each would take ten seconds
    store.put_object("bucket", f"many/{number}", b"")
main(["-H", "127.0.0.1", "-p", sys.argv[2]])
"""
OBJECTS = {
    "arch/2.jpg": jpeg(2),
    "arch/inner/3.jpg": jpeg(3),
    "arch/inner/deep/we ird#?%+*é.jpg": jpeg(5),
    "arch/words.jpg": b"words",
    "arch/empty.jpg": b"",
    "arch/large.jpg": b"\xff\xd8" + bytes(3_000_000),
    "arch/film.jpg": b"\0\0\0\x18ftypisom" + bytes(3_000_000),
    "archipelago/other.jpg": jpeg(3),
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """An S3 server with a bucket of pictures."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(PAGE + 3), str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
    url = f"http://127.0.0.1:{port}"
    store = boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b",
        config=Config(retries={"max_attempts": 2}),
    )  # fmt: skip
    for key, data in OBJECTS.items():
        store.put_object(Bucket="bucket", Key=key, Body=data)
    store.put_object(Bucket="bucket", Key="open/3.jpg", Body=jpeg(3), ACL="public-read")
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"hash": [value_of(3), b"\x5a" * 32, value_of(5)]}), sink, row_group_size=2)
    store.put_object(Bucket="bucket", Key="lists/hashes.parquet", Body=sink.getvalue().to_pybytes())
    names = b"url\ns3://bucket/arch/inner/3.jpg\ns3://bucket/arch/none.jpg\n"
    store.put_object(Bucket="bucket", Key="lists/names.csv", Body=names)
    yield url
    process.terminate()
    process.wait()


@pytest.fixture
def options(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> StoreOptions:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return StoreOptions(endpoint)


@pytest.fixture
def screening(options: StoreOptions) -> Screening:
    return Screening(WorkerLimits(Limits(max_bytes=2_000_000), memory_mb=512), 60.0, options)


def test_a_prefix_is_scanned_whole_and_no_neighbour_of_it(out: Path, scan_it: ScanIt, screening: Screening) -> None:
    scan_it("s3://bucket/arch", screening=screening)
    rows = {row["path"].removeprefix("s3://bucket/"): row for row in rows_of(out)}
    assert set(rows) == {key for key in OBJECTS if key.startswith("arch/")}
    assert {key: row["error"] for key, row in rows.items() if row["error"]} == {
        "arch/words.jpg": "image_format",
        "arch/empty.jpg": "image_empty",
        "arch/large.jpg": "image_too_large",
        "arch/film.jpg": "video_not_scanned",
    }
    assert {row["entry"] for row in rows.values() if row["verdict"] == "match"} == {"picture 3", "picture 5"}


@pytest.mark.parametrize(
    ("address", "keys"),
    [
        ("s3://bucket/arch/inner/*.jpg", {"arch/inner/3.jpg"}),
        ("s3://bucket/arch/*/**/3.jpg", {"arch/inner/3.jpg"}),
        ("s3://bucket/arch/2.jpg", {"arch/2.jpg"}),
        ("s3://bucket/archipelago/", {"archipelago/other.jpg"}),
    ],
)
def test_patterns_and_single_objects_are_listed(options: StoreOptions, address: str, keys: set[str]) -> None:
    listed = {each.url.removeprefix("s3://bucket/"): each.size for each in list_store(parse_source(address), options)}
    assert set(listed) == keys
    assert all(size == len(OBJECTS[key]) for key, size in listed.items())


def test_a_listing_of_many_pages_loses_nothing(options: StoreOptions) -> None:
    listed = [each.url for each in list_store(parse_source("s3://bucket/many"), options)]
    assert sorted(listed) == sorted(f"s3://bucket/many/{number}" for number in range(PAGE + 3))


def test_nothing_is_an_error_and_not_an_empty_scan(options: StoreOptions) -> None:
    for address in ("s3://bucket/none", "s3://no-such-bucket/x", "s3://bucket/*.gif", "s3://bucket/none.parquet"):
        with pytest.raises(SourceError):
            list(list_store(parse_source(address), options))


def test_what_is_too_large_or_gone_is_that_object_s_error(options: StoreOptions) -> None:
    with pytest.raises(ImageTooLargeError):
        read_object("s3://bucket/arch/large.jpg", 2_000_000, options)
    for address in ("s3://bucket/none", "s3://no-such-bucket/x", "file:///etc/hostname", "/etc/hostname", ""):
        with pytest.raises(ObjectUnreadableError):
            read_object(address, 2_000_000, options)
    assert read_object("s3://bucket/arch/words.jpg", 5, options) == b"words"


def test_anonymous_reads_what_is_open_to_all(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    assert read_object("s3://bucket/open/3.jpg", 2_000_000, StoreOptions(endpoint, anonymous=True)) == jpeg(3)


def test_lists_in_a_store_are_read_there(out: Path, scan_it: ScanIt, screening: Screening) -> None:
    scan_it("s3://bucket/lists/hashes.parquet", "s3://bucket/lists/names.csv", screening=screening)
    assert [(row["path"].removeprefix("s3://bucket/"), row["verdict"], row["error"]) for row in rows_of(out)] == [
        ("lists/hashes.parquet#0", "match", None),
        ("lists/hashes.parquet#1", "no_match", None),
        ("lists/hashes.parquet#2", "match", None),
        ("arch/inner/3.jpg", "match", None),
        ("arch/none.jpg", "error", "object_unreadable"),
    ]
