"""What the gate's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from feed_server import Feed, serve
from gate_parts import SetClock, Site
from gate_process import write_config

from notcontent.gate.config import read_config
from notcontent.gate.syncer import open_syncer


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def site(tmp_path: Path, clock: SetClock) -> Iterator[Site]:
    feed = Feed()
    with serve(feed) as address:
        path = write_config(tmp_path, feed, address, top='shared_dir = "shared"')
        made = Site(feed, tmp_path, clock, path, open_syncer(read_config(path), clock))
        made.syncer.stop()  # no pauses between tries
        yield made
        made.syncer.close_connection()
        made.syncer.store.close()
