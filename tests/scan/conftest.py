"""Scans in this process."""

from pathlib import Path
from typing import Any

import pytest
from scan_stage import NO_ESTIMATES, ScanIt, compared, fill

from notcontent.scan.pipeline import Scan, Summary, here, run
from notcontent.scan.sources import parse_sources
from notcontent.scan.stage import Screening
from notcontent.signals.worker import WorkerLimits

WORKERS = 2


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Twelve drawn pictures, of which two are banked: 3 and 5."""
    folder = tmp_path / "archive"
    fill(folder, range(12))
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def scan_it(out: Path) -> ScanIt:
    """Scan into `out`."""

    def scan(*sources: object, **settings: Any) -> Summary:
        limits = WorkerLimits(memory_mb=settings.pop("memory_mb", 512))
        screening = settings.pop("screening", Screening(limits, settings.pop("timeout_s", 60.0)))
        place = here(screening, settings.pop("compared", compared()), WORKERS)
        watcher = settings.pop("watcher", None)
        wanted = Scan(
            sources=parse_sources([str(source) for source in sources]),
            out=settings.pop("out", out),
            screening=screening,
            radius=31,
            estimates=settings.pop("estimates", NO_ESTIMATES),
            **settings,
        )
        return run(wanted, place, watcher)

    return scan
