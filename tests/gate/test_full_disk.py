"""A full disk or a full /dev/shm: nothing breaks, nothing is lost, a withdrawal counts, and the gate recovers."""

import os
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from feed_server import Feed, serve
from gate_process import running_gate, wait_until, write_config
from tiny_disk import fill, tiny_disk

from notcontent.errors import StorageError
from notcontent.gate.metrics import Tally
from notcontent.gate.tombstones import Tombstones

ENFORCE = '[policy]\nmode = "enforce"\n[limits]\ndecoders = 1\n'


@pytest.mark.parametrize("full", ["shared", "data"])
def test_on_a_full_disk_the_gate_goes_on_and_a_withdrawal_counts(tmp_path: Path, full: str) -> None:
    feed = Feed()
    aliases = {value: feed.add(value) for value in (os.urandom(32) for _ in range(200))}
    kept, gone, *_ = aliases
    with ExitStack() as stack:
        disk = stack.enter_context(tiny_disk(tmp_path / full, "2m"))
        address = stack.enter_context(serve(feed))
        path = write_config(tmp_path, feed, address, top='shared_dir = "shared"', tables=ENFORCE)
        gate = stack.enter_context(running_gate(path))
        wait_until(lambda: gate.health()["entries"] == 200, "all entries")
        ballast = fill(disk)
        late = os.urandom(32)
        feed.add(late)
        feed.withdraw(aliases[gone])
        wait_until(lambda: gate.action(gone) == "allow", "the withdrawal to count")
        assert gate.action(kept) == "block"
        assert gate.health()["status"] == "ok"
        if full == "shared":
            wait_until(lambda: '"publish_failed", "code": "storage"' in gate.log, "the failure in the log")
        else:
            wait_until(lambda: gate.health()["sync"] == "storage", "the failure in health")
        found = re.search(r"publish_failures_total ([0-9.]+)", gate.staff.get("/metrics").text)
        assert found is not None
        assert (float(found[1]) > 0) == (full == "shared")
        ballast.unlink()
        wait_until(lambda: gate.action(late) == "block", "the recovery")
        assert [gate.action(value) for value in (kept, gone)] == ["block", "allow"]
        wait_until(lambda: gate.health()["entries"] == 200, "200 entries")  # one came, one went
        assert gate.stop() == 0


def test_what_is_mapped_has_its_space_from_the_beginning_or_is_refused(tmp_path: Path) -> None:
    # A sparse file would be made all right, and kill the process with SIGBUS when it is written to.
    with tiny_disk(tmp_path / "full", "1m") as disk:
        fill(disk)
        for make in (lambda: Tombstones.create(disk), lambda: Tally.create(disk, "x", [("a",)] * 10)):
            with pytest.raises(StorageError):
                make()


def test_a_file_that_may_not_grow_is_a_storage_error_and_leaves_nothing(tmp_path: Path) -> None:
    # RLIMIT_FSIZE needs no root; in a process of its own, because it cannot be raised again.
    code = """
import resource, sys, numpy as np
from pathlib import Path
from notcontent.errors import StorageError
from notcontent.gate.manifest import Manifest, SegmentFile, write_manifest
from notcontent.gate.metrics import Tally
from notcontent.gate.segments import write_segment
from notcontent.gate.tombstones import Tombstones
folder = Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
rows, slots = np.zeros((1000, 32), np.uint8), np.arange(1000, dtype=np.uint32)
many = tuple(SegmentFile("seg-1-0.bin", n, n + 1, 1) for n in range(200))
for attempt in (
    lambda: write_segment(folder / "seg-1-1.bin", 0, 1000, (rows, slots)),
    lambda: write_manifest(folder, Manifest(1, "b", 1, 0, 0, 0, many, "ok")),
    lambda: Tombstones.create(folder),
    lambda: Tally.create(folder, "x", [("a", str(n)) for n in range(1000)]),
):
    try:
        attempt()
    except StorageError:
        print("refused")
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["refused"] * 4
    assert list(tmp_path.glob("*seg*")) == []
    assert list(tmp_path.glob("manifest*")) == []
