"""The gate's log: one JSON object a line on stderr, with an event's name, a code and counts. Nothing else.

What can be passed here cannot hold a hash, a key, an address or a path: events come from an Enum, codes are
short words without digits, everything else is a number. Anything that is not so is dropped, not written.
"""

import json
import re
import sys
from datetime import UTC, datetime
from enum import Enum
from traceback import extract_tb

_CODE = re.compile(r"[A-Za-z][A-Za-z_]{0,59}\Z")


class LogEvent(Enum):
    """Everything the gate ever says."""

    STARTED = "gate_started"
    STOPPING = "gate_stopping"
    STOPPED = "gate_stopped"
    PROCESS_ENDED = "process_ended"
    WORKER_READY = "worker_ready"
    SYNCED = "synced"
    SYNC_FAILED = "sync_failed"
    POLL_ENDED = "poll_ended"
    SYNC_RECOVERED = "sync_recovered"
    PUBLISHED = "published"
    PUBLISH_FAILED = "publish_failed"
    WITHDRAWALS_KEPT_IN_MEMORY = "withdrawals_kept_in_memory"
    LEASE_HOLD = "lease_hold"
    LEASE_SHRED = "lease_shred"
    SNAPSHOT_REFUSED = "snapshot_refused"
    DECODER_ENDED = "decoder_ended"
    INTERNAL_ERROR = "internal_error"
    SERVER = "server"


def write(event: LogEvent, *, code: str = "", **counts: float) -> None:
    """Write one line. `code` is an error's stable code or an exception's type; `counts` are numbers."""
    line: dict[str, object] = {"t": datetime.now(UTC).isoformat(timespec="seconds"), "event": event.value}
    if _CODE.match(code):
        line["code"] = code
    line.update({name: count for name, count in counts.items() if isinstance(count, int | float)})
    print(json.dumps(line), file=sys.stderr, flush=True)  # noqa: T201 (this is the log)


def write_internal(error: BaseException) -> None:
    """Write where an unforeseen error came from: its type and line numbers, never its text, which may hold data."""
    frames = extract_tb(error.__traceback__)
    inner = [frame for frame in frames if "notcontent" in frame.filename] or frames
    at = inner[-1].lineno if inner else 0
    module = (
        re.sub(r"[^A-Za-z]", "_", inner[-1].filename.rpartition("notcontent/")[2].removesuffix(".py")) if inner else ""
    )
    write(LogEvent.INTERNAL_ERROR, code=f"{type(error).__name__}__{module}"[:60], line=at or 0)
