"""A poll that hangs can hold neither a lease nor an end open: its process is ended, and the next one shreds."""

import os
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import msgspec
from feed_server import Feed, serve
from gate_parts import Site
from gate_process import running_gate, wait_until, write_config

from notcontent.exchange.wire import Lease
from notcontent.gate.sealing import KEY_FILE
from notcontent.gate.syncer import watch_over
from notcontent.gate.watch import STOP_AFTER_S, Watch


def filled(site: Site) -> tuple[Watch, list[int]]:
    """A site with a lease of 100 and 1,000 seconds, in the middle of a poll, and its watch."""
    site.feed.lease = msgspec.structs.replace(site.feed.lease, hold_after_s=100, shred_after_s=1000)
    site.feed.add(os.urandom(32))
    site.follow()
    site.syncer._stop = threading.Event()
    site.syncer.polling = True
    ends: list[int] = []
    return watch_over(site.syncer, ends.append), ends


def test_a_poll_that_outlives_the_lease_is_ended_and_the_next_process_shreds_first(site: Site) -> None:
    watch, ends = filled(site)
    watch.look(0.0)
    site.clock.pass_s(999)
    watch.look(1.0)
    assert ends == []
    site.clock.pass_s(2)
    watch.look(2.0)
    assert ends == [1]
    site.feed.status = [500] * 100
    site.reopen()
    site.syncer.run()  # stopped: it does only what comes before the first poll
    assert site.syncer.store.last_slot() == 0
    assert not list(site.syncer.config.shared.glob("seg-*"))


def test_the_lease_is_watched_beside_a_transaction_that_hangs(site: Site) -> None:
    watch, ends = filled(site)
    site.clock.pass_s(1001)
    with closing(sqlite3.connect(site.syncer.config.database, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        watch.look(0.0)
    assert ends == [1]


def test_between_polls_the_loop_itself_shreds(site: Site) -> None:
    watch, ends = filled(site)
    site.syncer.polling = False
    site.clock.pass_s(1001)
    watch.look(0.0)
    assert ends == []


def test_a_poll_has_a_longest_time_and_a_new_one_begins_anew(site: Site) -> None:
    watch, ends = filled(site)
    longest = site.syncer.config.hub.longest_poll_s
    watch.look(0.0)
    site.syncer.polling = False
    watch.look(longest - 1)
    site.syncer.polling = True
    watch.look(longest)
    watch.look(2 * longest - 1)
    assert ends == []
    watch.look(2 * longest)
    assert ends == [1]


def test_an_order_to_stop_is_not_held_up_by_a_poll(site: Site) -> None:
    watch, ends = filled(site)
    site.syncer.stop()
    watch.look(10.0)
    assert ends == []
    watch.look(10.0 + STOP_AFTER_S)
    assert ends == [0]


@contextmanager
def dripping(port: int) -> Iterator[list[socket.socket]]:
    """A hub that begins every answer and goes on with a byte a moment."""
    taken: list[socket.socket] = []
    over = threading.Event()

    def drip(one: socket.socket) -> None:
        with suppress(OSError):
            one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not over.wait(0.1):
                one.sendall(b"x")

    def accept() -> None:
        with suppress(OSError):
            while True:
                taken.append(listener.accept()[0])
                threading.Thread(target=drip, args=(taken[-1],), daemon=True).start()

    with socket.create_server(("127.0.0.1", port)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield taken
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            for one in taken:
                one.close()


def test_a_hub_that_drips_prolongs_no_lease_and_holds_up_no_end(tmp_path: Path) -> None:
    feed = Feed(lease=Lease(hold_after_s=3, shred_after_s=4))
    feed.add(os.urandom(32))
    with serve(feed) as address:
        path = write_config(tmp_path, feed, address, tables="[limits]\ndecoders = 1\n", poll_s=0.1)
        gate_context = running_gate(path)
        gate = gate_context.__enter__()
    try:
        with dripping(int(address.rpartition(":")[2])) as taken:
            key = Path(gate.config.data_dir, KEY_FILE)
            sealed_under = key.read_bytes()
            wait_until(lambda: bool(taken), "a poll that hangs")
            wait_until(lambda: '"lease_shred"}' in gate.log, "the end of the poll and of the bank")
            wait_until(lambda: not list(gate.config.shared.glob("seg-*")), "empty shared memory")
            assert key.read_bytes() != sealed_under
            assert gate.stop() == 0
            with closing(sqlite3.connect(gate.config.database)) as db:
                assert db.execute("SELECT count(*) FROM entries").fetchone() == (0,)
    finally:
        gate_context.__exit__(None, None, None)
