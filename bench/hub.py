"""Measure a hub with a large bank: its snapshot and its pages, in CPU seconds and memory.

    python bench/hub.py [ENTRIES]          1,000,000 by default; fills a database in a temporary folder first

Entries are put straight into the tables. One JSON object is printed; progress goes to stderr.
"""
# ruff: noqa: PLC0415 (models can be imported only after the hub is loaded)

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from notcontent.hub.boot import boot, migrate

PORTION = 5000


def fill(entries: int) -> str:
    """Bank and publish so many entries for one member; give its key."""
    from django.db import transaction
    from django.utils import timezone

    from notcontent.hub import flows
    from notcontent.hub.accounts.models import Member
    from notcontent.hub.bank.models import Entry
    from notcontent.hub.feed.models import Delivery, Event
    from notcontent.hub.keys import hub_ring

    flows.create_member("bench", "alpha", "Alpha")
    key = flows.create_member_key("bench", "alpha", "bench").text
    member, day, sealer = Member.objects.get().pk, timezone.now().date(), hub_ring().sealer("bank entry")
    plain: dict[str, Any] = {"signal_type": "pdq", "kind": "whole", "quality": 90, "state": "active"}
    said: dict[str, Any] = {"op": "add", "live": True, "epoch": 1, "day": day}
    for start in range(0, entries, PORTION):
        ids = [uuid4() for _ in range(min(PORTION, entries - start))]
        banked = [
            Entry(
                id=entry_id,
                item_id=start + place,
                value_sealed=sealer.seal(os.urandom(32), entry_id.bytes),
                value_index=os.urandom(16),
                **plain,
            )
            for place, entry_id in enumerate(ids, 1)
        ]
        events = [Event(entry_id=each, salt=os.urandom(32), commitment=os.urandom(32), **said) for each in ids]
        with transaction.atomic():
            Entry.objects.bulk_create(banked)
            Event.objects.bulk_create(events)
            Delivery.objects.bulk_create(
                Delivery(member_id=member, seq=seq, event=event) for seq, event in enumerate(events, start + 1)
            )
        sys.stderr.write(f"\r{start + len(ids)} of {entries}")
    sys.stderr.write("\n")
    return key


def memory_mib() -> int:
    """Give the most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def measure(key: str, entries: int) -> dict[str, float]:
    """Stream a snapshot, then read pages from the middle."""
    from notcontent.hub import flows

    nonce = "0" * 32
    flows.feed_page(key, after=0, limit=1000, nonce=nonce)
    before, began = memory_mib(), time.process_time()
    stream = flows.feed_snapshot(key, nonce=nonce)
    size = sum(len(chunk) for chunk in stream)
    stream.close()
    answer = {
        "entries": entries,
        "snapshot_bytes": size,
        "snapshot_cpu_s": round(time.process_time() - began, 2),
        "memory_before_mib": before,
        "memory_most_mib": memory_mib(),
    }
    for limit in (1000, 5000):
        began = time.process_time()
        flows.feed_page(key, after=entries // 2, limit=limit, nonce=nonce)
        answer[f"page_of_{limit}_cpu_ms"] = round(1000 * (time.process_time() - began), 1)
    return answer


def main() -> None:
    """Fill, then measure in a process of its own: filling holds more memory than serving does."""
    if sys.argv[1:2] == ["--measure"]:
        _, _, config, key, entries = sys.argv
        boot(Path(config))
        print(json.dumps(measure(key, int(entries))))
        return
    entries = sys.argv[1] if len(sys.argv) > 1 else "1000000"
    with tempfile.TemporaryDirectory(prefix="notcontent-bench-") as folder:
        config = str(Path(folder) / "hub.toml")
        Path(config).write_text('origin = "bench"\ndata_dir = "data"\nepoch_s = 0\n', encoding="utf-8")
        migrate(Path(config))
        key = fill(int(entries))
        subprocess.run([sys.executable, __file__, "--measure", config, key, entries], check=True)


if __name__ == "__main__":
    main()
