"""The tick as a process: `python -P -m notcontent.hub.ticker`, started by the supervisor (serve.py)."""

import os
import signal
import threading
import time
from pathlib import Path

from notcontent.hub.boot import boot
from notcontent.hub.config import CONFIG_ENVIRONMENT
from notcontent.hub.lifeline import follow_supervisor
from notcontent.hub.logs import Said, note, note_failure


def main() -> None:
    """Tick every `tick_s` seconds until SIGTERM. A tick that fails is noted; the next one tries again."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    follow_supervisor()
    config = boot(Path(os.environ[CONFIG_ENVIRONMENT]))
    while not ended.is_set():
        started = time.monotonic()
        tick_once()
        ended.wait(max(0.1, config.tick_s - (time.monotonic() - started)))


def tick_once() -> None:
    """Run one tick and note what it did, if anything."""
    from django.db import close_old_connections, connection  # noqa: PLC0415 (after boot)
    from django.utils import timezone  # noqa: PLC0415

    from notcontent.hub.upkeep import tick  # noqa: PLC0415

    close_old_connections()
    try:
        report = tick(timezone.now())
    except Exception as error:  # noqa: BLE001 (the loop's edge: the next tick tries again)
        note_failure(Said.TICK_FAILED, error)
        connection.close()
        return
    if report.published or report.erased or report.ended_cases:
        note(Said.TICK, published=report.published, erased=report.erased, ended_cases=report.ended_cases)


if __name__ == "__main__":
    main()
